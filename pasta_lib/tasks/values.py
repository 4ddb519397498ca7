"""One raw value, as any source gives it: Python's own form of it, missing or not, and in a message.

Files bring text and JSON; data sets and frames also bring scalars and arrays of other libraries.
"""

from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd

from ..errors import LONGEST, shown

_MOST_NAMES = 20


def plain(value: Any) -> Any:
    """Return a value as Python's own: None where it is missing, a list for any sequence or array.

    Missing are None, NaN, and pandas' NA and NaT. Text, even empty or "NaN", is never missing.
    """
    value = _scalar(value)
    # One level is all that any column has; what is nested deeper is refused, so nobody looks there.
    return [_scalar(item) for item in value] if isinstance(value, list | tuple) else value


def _scalar(value: Any) -> Any:
    if hasattr(value, "tolist"):  # of NumPy, PyTorch and pandas
        value = value.tolist()
    is_nan = isinstance(value, float) and value != value
    return None if is_nan or value is pd.NA or value is pd.NaT else value


def listed(names: Iterable, show: Callable[[Any], str] = shown) -> str:
    """Return names as a message lists them: the first twenty, and how many more there are."""
    names = [*names]
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(map(show, names[:_MOST_NAMES])) + more


def bare(name: str) -> str:
    """Return a name as a message shows it without quotation marks, where it can be read so."""
    return name if name.isprintable() and len(name) <= LONGEST else shown(name)


def half_a_character(text: str) -> str | None:
    """Return the first lone surrogate of a text, which no encoding can write, or None."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        return text[error.start]
    return None
