"""What training leaves alone, made ready once: weights packed for their products, cast for bf16."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from inspect import signature
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from . import backbones


@contextmanager
def ready(model: PreTrainedModel, dtype: torch.dtype) -> Iterator[None]:
    """Hold what does not train of `model` in `dtype` meanwhile, its linear layers packed.

    Autocast casts a frozen weight anew in every step, for it keeps only casts of what trains, and
    leaves the residual stream in fp32. A model held in bf16 needs neither.
    """
    frozen = [p for p in model.parameters() if not p.requires_grad and p.is_floating_point()]
    former = [parameter.data for parameter in frozen]
    linear = [m for m in model.modules() if type(m) is nn.Linear and not m.weight.requires_grad]
    packs = model.device.type == "cpu" and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    try:
        for parameter in frozen:
            parameter.data = parameter.data.to(dtype)
        for module in linear if packs else ():
            trained = module.bias is not None and module.bias.requires_grad
            forward = _with_trained_bias if trained else _forward
            packed = Packed(module.weight.detach())
            vars(module)["forward"] = partial(forward, module, packed)
        backbones.note(model, held_in=dtype)
        yield
    finally:
        backbones.note(model, held_in=None)
        for module in linear:
            vars(module).pop("forward", None)
        for parameter, data in zip(frozen, former, strict=True):
            parameter.data = data


def held_in(model: PreTrainedModel) -> torch.dtype | None:
    """Return the type in which `ready` holds what does not train of `model`, or None outside it."""
    return getattr(model, "held_in", None)


def cast(model: PreTrainedModel, tensor: Tensor) -> Tensor:
    """Return a trained `tensor` in the type in which the rest of `model` is held."""
    return tensor.to(held_in(model) or tensor.dtype)


class Packed:
    """A weight W (o, i) in the orders in which oneDNN reads it for x Wᵀ and for g W.

    Of 176 x 384 by 384 x 1536 (AMD EPYC, two cores): 220 GFLOP/s, by PyTorch's own call 190; in
    bf16 423 and 352. Within a step, where the weights are not in the caches, 134 and 93.
    """

    def __init__(self, weight: Tensor) -> None:
        self.ahead, self.back = (
            torch.ops.mkldnn._reorder_linear_weight(weight.contiguous())
            for weight in (weight, weight.t())
        )

    def product(self, values: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return x Wᵀ + b, (…, o)."""
        return torch.ops.mkldnn._linear_pointwise(values, self.ahead, bias, "none", [], "")

    def product_back(self, gradient: Tensor) -> Tensor:
        """Return g W, (…, i)."""
        return torch.ops.mkldnn._linear_pointwise(gradient, self.back, None, "none", [], "")


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(values: Tensor, packed: Packed, bias: Tensor | None) -> Tensor:
        return packed.product(values, bias)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Tensor) -> None:
        ctx.packed = inputs[1]

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        return ctx.packed.product_back(gradient), None, None

    @staticmethod
    def vmap(info: Any, in_dims: tuple, *inputs: Any) -> tuple[Tensor, int]:
        at, _, _ = in_dims  # the weight and its bias are the same in all lanes
        return _Product.apply(inputs[0].movedim(at, 0), *inputs[1:]), 0


# `apply` asks for it at every call, which takes as long as a small product
vars(_Product.forward)["__signature__"] = signature(_Product.forward)


def _forward(module: nn.Linear, packed: Packed, values: Tensor) -> Tensor:
    return _Product.apply(values, packed, module.bias)


def _with_trained_bias(module: nn.Linear, packed: Packed, values: Tensor) -> Tensor:
    return _Product.apply(values, packed, None) + module.bias
