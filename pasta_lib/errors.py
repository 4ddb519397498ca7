"""Errors whose message is one sentence: bad input, and what the operating system refuses."""

import os
import re
import reprlib
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from math import inf
from numbers import Integral, Real
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = LONGEST = 80


class InputError(ValueError):
    """Bad input: the message is one sentence naming the value and what is allowed (exit code 2)."""


class DiskError(OSError):
    """The operating system refused a file: the message is one sentence naming it (exit code 1)."""


def nearest(value: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed name that reads most like `value`, or None where none is near."""
    close = get_close_matches(str(value).lower(), list(allowed), n=1, cutoff=0.5)
    return close[0] if close else None


def known(kind: str, value: Any, allowed: Iterable[str]) -> None:
    """Raise `InputError` for what is no name among `allowed`."""
    if not isinstance(value, str) or value not in (allowed := [*allowed]):
        raise unknown(kind, value, allowed)


def unknown(kind: str, value: object, allowed: Iterable[str]) -> InputError:
    """Return the error for a name that is not among `allowed`, suggesting the nearest one."""
    allowed = list(allowed)
    close = nearest(str(value), allowed)
    hint = f": did you mean {close!r}?" if close else "."
    return InputError(f"unknown {kind} {value!r}{hint} (allowed: {', '.join(allowed)})")


def refusal(error: BaseException) -> str | None:
    """Return what the operating system says in `error`, or None where something else went wrong.

    Libraries written in Rust (safetensors, tokenizers) put its number into exceptions of their own.
    """
    number = getattr(error, "errno", None) if isinstance(error, OSError) else None
    if found := re.search(r"\(os error (\d+)\)", str(error)):
        number = int(found[1])
    return os.strerror(number).lower() if number and number > 0 else None


def sentence(error: Exception) -> str:
    """Return what `error` says as one line, with the file where the operating system names one."""
    reason, file = refusal(error), getattr(error, "filename", None)
    said = f"{file}: {reason}." if reason and file else f"{reason}." if reason else str(error)
    return " ".join(said.split())


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether `error` says that there is not enough memory, on the CPU or a GPU."""
    # torch's for a GPU has a class of its own, and for the CPU none
    named = {kind.__name__ for kind in type(error).__mro__} & {"MemoryError", "OutOfMemoryError"}
    return bool(named) or "can't allocate memory" in str(error)


def shown(value: Any) -> str:
    """Return a value as a message shows it: on one line, however long or deeply nested it is."""
    try:
        return _SHORT.repr(value).replace("\n", " ")
    except ValueError:  # Python writes no longer ones out
        return "a number of more than 4,300 digits"


@dataclass(frozen=True)
class Bound:
    """What a number must be beside its type: as a message says it, and as a test."""

    says: str
    holds: Callable[[Any], bool]


Count = Annotated[int, Bound("at least 1", lambda number: number >= 1)]
Repeats = Annotated[int, Bound("from 1 to 1,000", lambda number: 1 <= number <= 1000)]
Size = Annotated[int, Bound("from 1 to 65,536", lambda number: 1 <= number <= 2**16)]
Seed = Annotated[int, Bound("from 0 to 2⁶³ − 1", lambda number: 0 <= number < 2**63)]
Share = Annotated[float, Bound("at least 0 and below 1", lambda number: 0 <= number < 1)]
NotNegative = Annotated[float, Bound("at least 0", lambda number: number >= 0)]
Positive = Annotated[float, Bound("above 0", lambda number: number > 0)]

Text = Annotated[str, Bound("that UTF-8 can write", lambda text: _is_written(text))]
Named = Annotated[  # a file or a folder: "" would be the current one
    str | Path,
    Bound("that names something", lambda name: str(name).strip() and "\0" not in str(name)),
]


def _is_written(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # it holds half a character, a lone surrogate
        return False
    return True


_NAMED = {
    bool: "True or False",
    int: "a whole number",
    float: "a finite number",
    str: "a text",
    dict: "a mapping",
    tuple: "a list",
    NoneType: "None",
}


_SIMPLE = (bool, int, float, str, NoneType)


def require(
    values: Mapping[str, Any], hints: Mapping[str, Any], of: str, known: set[Any] | None = None
) -> None:
    """Raise `InputError` for the first of `values` that is not of its type in `hints`.

    Types are those of annotations; where `Annotated` with a `Bound`, numbers keep within it.
    `known` remembers what fitted, for a plan that makes a hundred thousand configs.
    """
    known = set() if known is None else known
    for name, value in values.items():
        hint, case = hints[name], (name, type(value), value)
        simple = type(value) in _SIMPLE  # what can be looked up
        if simple and case in known:
            continue
        if _fits(value, hint):
            if simple:
                known.add(case)
            continue
        if get_origin(hint) is Literal:
            raise unknown(f"{name} of {of}", value, get_args(hint))
        raise InputError(f"{name} of {of} is {shown(value)}, but must be {_allowed(hint)}")


def _fits(value: Any, hint: Any) -> bool:
    """Return whether `value` is of the type `hint`; of a kind unknown here, anything is."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _fits(value, inner[0]) and all(bound.holds(value) for bound in inner[1:])
    if origin is Literal:
        return isinstance(value, str) and value in inner
    if origin in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is tuple:  # as JSON has them, lists
        return isinstance(value, list | tuple) and all(_fits(item, inner[0]) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(_fits(item, inner[1]) for item in value.values())
    if hint in (int, float):  # True and False are no numbers, and NaN is none either
        kind: Any = Integral if hint is int else Real
        most = inf if hint is int else sys.float_info.max
        return isinstance(value, kind) and not isinstance(value, bool) and abs(value) <= most
    return hint is Any or not isinstance(hint, type) or isinstance(value, hint)


def _allowed(hint: Any) -> str:
    """Return what `hint` allows, as a message says it."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return f"{_allowed(inner[0])} {inner[1].says}"
    if origin is Literal:
        return ", ".join(map(repr, inner))
    if origin in (Union, UnionType):
        return " or ".join(map(_allowed, inner))
    if origin in (tuple, dict) and inner[-2] is not Any and inner[-1] is not Any:
        return f"{_NAMED[origin]} of which each is {_allowed(inner[0 if origin is tuple else 1])}"
    return _NAMED.get(origin or hint, f"a {getattr(hint, '__name__', hint)}")
