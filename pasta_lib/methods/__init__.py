"""The tuning methods of both papers' tables, and PASTA on random positions, by name.

A method of your own is a frozen dataclass and one line: `METHODS["mine"] = Mine`.
"""

from collections.abc import Callable
from dataclasses import asdict
from functools import cache, partial
from math import isfinite
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from ..errors import InputError, unknown
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

_PLAIN = {
    bool: "True or False",
    int: "a whole number",
    float: "a number",
    str: "a text",
    NoneType: "None",
}

# cached: a plan builds tens of thousands of methods
_hints: Callable[[type], dict[str, Any]] = cache(get_type_hints)


def build(name: str, **fields: object) -> Method:
    """Return the method called `name` with its `fields` set; the others keep their defaults.

    Raises `InputError` for an unknown name or field, and for a value that its field does not take:
    one of another type, a whole number below 1, a number that is not finite, a dropout outside
    [0, 1).
    """
    if name not in METHODS:
        raise unknown("method", name, METHODS)
    hints = _hints(type(METHODS[name]()))
    for field, value in fields.items():
        if field not in hints:
            raise unknown(f"field of method {name!r}", field, hints)
        _check(f"{field} of method {name!r}", field, value, hints[field])
    return METHODS[name](**fields)


def _check(what: str, field: str, value: Any, hint: Any) -> None:
    """Refuse a value that its field's type does not take; a type not known here takes any."""
    if get_origin(hint) is Literal:
        if value not in get_args(hint):
            raise unknown(what, value, get_args(hint))
        return
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if not _PLAIN.keys() >= set(kinds):
        return
    if float in kinds and type(value) is int:
        value = float(value)
    if type(value) not in kinds:  # not isinstance, by which True is a whole number
        allowed = " or ".join(_PLAIN[kind] for kind in kinds)
        raise InputError(f"{what} is {value!r}, but must be {allowed}")
    if type(value) is int and value < 1:
        raise InputError(f"{what} is {value}, but must be at least 1")
    if type(value) is float and not isfinite(value):
        raise InputError(f"{what} is {value}, but must be finite")
    if field == "dropout" and not 0 <= value < 1:
        raise InputError(f"{what} is {value}, but must be at least 0 and below 1")


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
