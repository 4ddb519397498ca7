"""A frozen encoder and its layer biases, for whoever has torch and transformers alone.

H^l[t] ← H^l[t] + layer_bias[index(t), l] before each layer l. AoT's index is the token's id;
PASTA's the ordinal of a special token in its row, from 1, and 0, a row of zeros, for all others.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import BertForSequenceClassification as Base


class Biased(Base):
    """The model of `config.architectures`, with a bias before every layer."""

    def __init__(self, config: Any) -> None:  # whatever Base takes
        super().__init__(config)
        spec = config.layer_bias
        self.layer_bias = nn.Parameter(torch.empty(spec["size"]), requires_grad=False)
        self.special_ids = spec["special_ids"]
        getattr(self, self.base_model_prefix).register_forward_pre_hook(
            self._before_encoder, with_kwargs=True
        )
        for name in spec["layers"]:
            layer = self.get_submodule(name)
            layer.register_forward_pre_hook(self._before_layer, with_kwargs=True)
        self.post_init()

    def _before_encoder(self, encoder: nn.Module, args: tuple, kwargs: dict) -> None:
        ids = args[0] if args else kwargs["input_ids"]
        self._rows = F.embedding(self._index(ids), self.layer_bias.flatten(1))  # (B, T, L·d)
        self._rows = self._rows.unflatten(-1, self.layer_bias.shape[1:]).unbind(2)
        self._layer = 0

    def _before_layer(self, layer: nn.Module, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        rows = self._rows[self._layer]
        self._layer += 1
        if args:
            return (args[0] + rows, *args[1:]), kwargs
        return args, kwargs | {"hidden_states": kwargs["hidden_states"] + rows}

    def _index(self, ids: Tensor) -> Tensor:
        if self.special_ids is None:
            return ids
        special = sum(ids == token for token in self.special_ids).bool()
        ordinal = special.cumsum(-1)
        return ordinal * (special & (ordinal < len(self.layer_bias)))
