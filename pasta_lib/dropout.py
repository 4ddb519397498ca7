"""Dropout whose masks cost a CPU little: PyTorch's own drawing is by far the slowest part there."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from inspect import signature
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

_LEVELS = 1 << 16


def dropout(values: Tensor, p: float, training: bool) -> Tensor:
    """Return x ⊙ m / (1 − p), m = 0 with probability p, of the shape of x; x without `training`.

    On a CPU p is rounded to 2⁻¹⁶, and the scale is that of the rounded p. torch's generator seeds
    each call; under `torch.vmap` each lane has draws of its own.
    """
    if not training or p == 0:
        return values
    if values.device.type != "cpu":  # drawn inside one kernel there
        return F.dropout(values, p)
    return _Dropout.apply(values, _LEVELS - round(p * _LEVELS))[0]


class _Dropout(torch.autograd.Function):
    """x ⊙ m · 2¹⁶ / `kept`, m = 1 with probability `kept` / 2¹⁶.

    For 393,216 values in two threads of an AMD EPYC with AVX-512 `bernoulli_`, which has one thread
    there, takes 2.4 ms. Four 16-bit draws out of each of NumPy's 64-bit numbers take 0.2 ms,
    comparing them into a float mask 0.03 ms (into a bool one, cast at each use, 0.27 ms).
    """

    @staticmethod
    def forward(values: Tensor, kept: int) -> tuple[Tensor, Tensor]:
        seed, count = int(torch.randint(1 << 62, ())), values.numel()
        numbers = np.random.SFC64(seed).random_raw(-(-count // 4))
        draws = torch.from_numpy(numbers.view(np.int16)[:count]).view(values.shape)
        mask = torch.empty(values.shape, dtype=values.dtype)
        torch.lt(draws, kept - _LEVELS // 2, out=mask)
        return _masked(values, mask, kept), mask

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: tuple) -> None:
        ctx.kept = inputs[1]
        ctx.save_for_backward(output[1])
        ctx.mark_non_differentiable(output[1])

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, _: Tensor) -> tuple[Tensor, None]:
        (mask,) = ctx.saved_tensors
        return _masked(gradient, mask, ctx.kept), None

    @staticmethod
    def vmap(info: Any, in_dims: tuple, values: Tensor, kept: int) -> tuple[tuple, tuple]:
        lanes = values.movedim(in_dims[0], 0)
        return _Dropout.apply(lanes, kept), (0, 0)


# `apply` asks for it at every call, which takes as long as a small mask
vars(_Dropout.forward)["__signature__"] = signature(_Dropout.forward)


def _masked(values: Tensor, mask: Tensor, kept: int) -> Tensor:
    # in one pass, the scale in float32 also where the values are in bf16
    if not kept:
        return torch.zeros_like(values)
    return torch.addcmul(values.new_zeros(()), values, mask, value=_LEVELS / kept)


@contextmanager
def quick(model: nn.Module) -> Iterator[None]:
    """Let every `nn.Dropout` in `model` drop by `dropout` meanwhile."""
    modules = [module for module in model.modules() if type(module) is nn.Dropout]
    for module in modules:
        vars(module)["forward"] = partial(_forward, module)
    try:
        yield
    finally:
        for module in modules:
            del vars(module)["forward"]


def _forward(module: nn.Dropout, values: Tensor) -> Tensor:
    return dropout(values, module.p, module.training)
