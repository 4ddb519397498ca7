"""PASTA's trained vectors: the special tokens that they stand on, and their scaling meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn

from ... import backbones
from .trained import adapter


def specials(name: str) -> list[str]:
    """Return the special tokens that an adapter moves, in order, numbered where there are two."""
    _, tokenizer, task = adapter(name)
    kinds = [f"[{kind.upper()}]" for kind in backbones.frame(tokenizer, pair=task.pair)]
    return [
        f"{kind} {kinds[: at + 1].count(kind)}" if kinds.count(kind) > 1 else kind
        for at, kind in enumerate(kinds)
    ]


@contextmanager
def times(vectors: nn.Parameter, factors: Tensor) -> Iterator[None]:
    """Multiply the vectors (L, S, d) by factors (L, S) meanwhile."""
    former = vectors.data
    try:
        vectors.data = former * factors.unsqueeze(-1)
        yield
    finally:
        vectors.data = former
