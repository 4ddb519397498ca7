"""A trained bias added to the input of every layer: the one mechanism under PASTA and AoT.

Letters: B rows, T tokens, L layers, d hidden size.
"""

import inspect
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from torch import Tensor, nn
from transformers import PreTrainedModel

from . import backbones
from .errors import InputError


class LayerBias(nn.Module):
    """H^l ← H^l + bias^l(ids) before each layer l = 0 … L−1; nothing after the last.

    Layer 0's bias comes after the whole embedding block, and the residual path carries every
    bias (PASTA §3.1, AoT Eq. 1). `prepare` sees the batch's ids once; `add` runs before each
    layer. `attach` puts the hooks on a model, `detach` takes all of them off again.
    """

    def __init__(self) -> None:
        super().__init__()
        self._undo = ExitStack()

    def prepare(self, ids: Tensor) -> None:
        """Take the ids of the coming batch, (B, T)."""
        raise NotImplementedError

    def add(self, hidden: Tensor, layer: int) -> Tensor:
        """Return the input of `layer` with its bias added, (B, T, d)."""
        raise NotImplementedError

    def attach(self, model: PreTrainedModel) -> None:
        """Register this bias on `model`: its parameters and its hooks."""
        model.add_module("layer_bias", self.train(model.training))
        encoder = backbones.base(model)
        self._signature = inspect.signature(encoder.forward)
        self._hook(encoder, self._before_encoder)
        positions = defaultdict(list)
        for index, layer in enumerate(backbones.layers(model)):
            positions[layer].append(index)
        self._calls = {indices[0]: 0 for indices in positions.values()}
        for layer, indices in positions.items():
            self._hook(layer, partial(self._before_layer, indices))
        self._undo.callback(delattr, model, "layer_bias")

    def detach(self) -> None:
        """Remove every hook and the registration; the model computes what it did before."""
        self._undo.close()

    def _hook(self, module: nn.Module, hook: Callable) -> None:
        self._undo.callback(module.register_forward_pre_hook(hook, with_kwargs=True).remove)

    def _before_encoder(self, encoder: nn.Module, args: tuple, kwargs: dict) -> None:
        ids = self._signature.bind_partial(*args, **kwargs).arguments.get("input_ids")
        if ids is None:
            raise InputError(
                "a layer bias is chosen by token id: pass input_ids instead of embeddings"
            )
        self._calls = dict.fromkeys(self._calls, 0)
        self.prepare(ids)

    def _before_layer(
        self, indices: list[int], layer: nn.Module, args: tuple, kwargs: dict
    ) -> tuple[tuple, dict]:
        index = indices[0]
        if len(indices) > 1:  # a shared layer: the bias follows the call, not the module
            call = self._calls[index]
            self._calls[index] += 1
            # calls beyond the last recompute a checkpointed layer, from the last call to the first
            index = indices[call] if call < len(indices) else indices[-1 - call % len(indices)]
        if args:
            return (self.add(args[0], index), *args[1:]), kwargs
        return args, kwargs | {"hidden_states": self.add(kwargs["hidden_states"], index)}
