"""The tuning methods of both papers' tables, and PASTA on random positions, by name.

A method of your own is a frozen dataclass and one line: `METHODS["mine"] = Mine`.
"""

from collections.abc import Callable
from dataclasses import asdict
from functools import cache, partial
from typing import Any, get_type_hints

import numpy as np

from ..errors import require, unknown
from .adapter import Adapter
from .aot import AotFullyConnected, AotKronecker, AotNaive, TokenBias
from .base import Method, Tuning, fuse, tuning_of
from .bitfit import BitFit
from .diff_prune import DiffPrune
from .lora import Lora
from .pasta import Pasta, SpecialTokenBias
from .pasta_random import PastaRandom
from .plain import Classifier, Full
from .prefix import PTuningV2
from .prompts import PTuningV1

METHODS: dict[str, Callable[..., Method]] = {
    "classifier": Classifier,
    "full": Full,
    "pasta": Pasta,
    "pasta-no-cls": partial(Pasta, special="sep"),
    "pasta-no-sep": partial(Pasta, special="cls"),
    "pasta-shared": partial(Pasta, shared=True),
    "pasta-random": PastaRandom,
    "aot-naive": AotNaive,
    "aot-kron": AotKronecker,
    "aot-fc": AotFullyConnected,
    "bitfit": BitFit,
    "lora": Lora,
    "lora-fused": Lora,  # the same run, merged afterwards by `fuse`
    "adapter": Adapter,
    "diff-prune": DiffPrune,
    "p-tuning-v1": PTuningV1,
    "p-tuning-v2": PTuningV2,
}

# cached: a plan builds tens of thousands of methods
_hints: Callable[[type], dict[str, Any]] = cache(partial(get_type_hints, include_extras=True))
_known: Callable[[type], set[Any]] = cache(lambda kind: set())


def build(name: str, **fields: object) -> Method:
    """Return the method called `name` with its `fields` set; the others keep their defaults.

    Raises `InputError` for an unknown name or field, and for a value that its field does not take:
    one of another type, not finite, or outside the bound of its annotation.
    """
    if not isinstance(name, str) or name not in METHODS:
        raise unknown("method", name, METHODS)
    kind = type(METHODS[name]())
    hints = _hints(kind)
    for field in fields:
        if field not in hints:
            raise unknown(f"field of method {name!r}", field, hints)
    # as Python's own numbers, for JSON is what an adapter says of itself
    fields = {
        f: value.item() if isinstance(value, np.generic) else value for f, value in fields.items()
    }
    require(fields, hints, f"method {name!r}", _known(kind))
    return METHODS[name](**fields)


def describe(method: Method) -> dict:
    """Return {"method": name, "fields": {…}}: what `build` needs to make an equal method."""
    fields = asdict(method)
    name = next(name for name, make in METHODS.items() if make is type(method))
    return {"method": name, "fields": fields}


__all__ = [
    "METHODS",
    "Method",
    "SpecialTokenBias",
    "TokenBias",
    "Tuning",
    "build",
    "describe",
    "fuse",
    "tuning_of",
]
