"""The tuning methods of both papers' tables, and PASTA on random positions, by name.

A method of your own is a frozen dataclass and one line: `METHODS["mine"] = Mine`.
"""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial

from ..errors import unknown
from .adapter import Adapter
from .aot import AotFullyConnected, AotKronecker, AotNaive, TokenBias
from .base import Method, Tuning, checked, fuse, hints, tuning_of
from .bitfit import BitFit
from .diff_prune import DiffPrune
from .lora import Lora
from .pasta import Pasta, SpecialTokenBias
from .pasta_random import PastaRandom
from .plain import Classifier, Full
from .prefix import PTuningV2
from .prompts import PTuningV1
from .undo import unchanged_if_refused

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


def build(name: str, **fields: object) -> Method:
    """Return the method called `name` with its `fields` set; the others keep their defaults.

    Raises `InputError` for an unknown name or field, and for a value that its field does not take:
    one of another type, not finite, or outside the bound of its annotation.
    """
    if not isinstance(name, str) or name not in METHODS:
        raise unknown("method", name, METHODS)
    kind = type(METHODS[name]())
    for field in fields:
        if field not in hints(kind):
            raise unknown(f"field of method {name!r}", field, hints(kind))
    return METHODS[name](**checked(kind, fields, f"method {name!r}"))


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
    "unchanged_if_refused",
]
