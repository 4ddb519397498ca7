"""P-tuning v2: trained keys and values before the text's own, in every layer (Liu et al. 2022, §3).

Letters: B rows, H heads, T tokens, P prefix columns, L layers, d hidden size, h = d / H.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .. import backbones
from ..dropout import dropout
from ..errors import Share, Size
from .base import Method, drawn_on, place
from .prefixed import prefixed


@dataclass(frozen=True)
class PTuningV2(Method):
    """softmax(Q [K_p; K]ᵀ / √h) [V_p; V] in every layer: 2·P·L·d parameters, P = `prefix`.

    K_p and V_p are trained as they are, past the layer's projections, and no column of theirs is
    ever masked. As in their code they start normal with standard deviation 0.02, with dropout 0.1.
    Their code also counts the text's positions from P on (BERT, RoBERTa); here the text keeps its
    own, so that keys and values are all that changes and a text may have the encoder's full length.
    Over a prefix, attention with position scores of its own (DeBERTa, MPNet) is as `prefixed` says.
    """

    prefix: Size = 20
    dropout: Share = 0.1

    def insert(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase | None) -> None:
        """Add the prefix; raise `InputError` where attention cannot take one."""
        config = model.config
        with drawn_on(model):
            weight = torch.randn(config.num_hidden_layers, 2, self.prefix, config.hidden_size)
        place(Prefix(weight * 0.02, self.dropout), model).attach(model)


class Prefix(nn.Module):
    """K_p and V_p of all layers, (L, 2, P, d), handed to attention as a cache of past tokens is."""

    def __init__(self, weight: Tensor, dropout: float) -> None:
        super().__init__()
        self.weight, self.dropout = nn.Parameter(weight), dropout

    def attach(self, model: PreTrainedModel) -> None:
        """Register the prefix on `model` and give it to each layer's attention."""
        model.add_module("prefix", self.train(model.training))
        for index, layer in enumerate(backbones.layers(model)):
            name, attention = backbones.self_attention(layer)
            if in_its_place := prefixed(attention, self, index):
                layer.set_submodule(name, in_its_place)
            else:
                attention.register_forward_pre_hook(self._before_attention, with_kwargs=True)

    def update(self, keys: Tensor, values: Tensor, layer: int) -> tuple[Tensor, Tensor]:
        """Put the layer's prefix before `keys` and `values`, (B, H, T, h) to (B, H, P + T, h)."""
        rows, heads, _, size = keys.shape
        prefix = self.weight[layer].unflatten(-1, (heads, size)).transpose(1, 2)  # (2, H, P, h)
        prefix = prefix.to(keys.dtype).unsqueeze(1).expand(-1, rows, -1, -1, -1)
        key, value = dropout(prefix, self.dropout, self.training)
        return torch.cat((key, keys), dim=2), torch.cat((value, values), dim=2)

    def _before_attention(
        self, attention: nn.Module, args: tuple, kwargs: dict
    ) -> tuple[tuple, dict]:
        mask = backbones.widened(kwargs["attention_mask"], self.weight.shape[2])
        return args, kwargs | {"attention_mask": mask, "past_key_values": self}
