"""Attention over further keys and values, for encoders whose own has no place for them.

Letters: B rows, H heads, T tokens, P prefix columns, h head size.
"""

import math
from typing import TYPE_CHECKING, TypeAlias, cast

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers.models.deberta.modeling_deberta import DisentangledSelfAttention as First
from transformers.models.deberta_v2.modeling_deberta_v2 import DisentangledSelfAttention as Second

from .. import backbones

if TYPE_CHECKING:
    from .prefix import Prefix

Disentangled: TypeAlias = First | Second


class PrefixedAttention(nn.Module):
    """softmax([Q K_pᵀ / s, Q Kᵀ / s + R + M]) [V_p; V], in place of an encoder's own attention.

    s is that attention's scale, R its position scores, M its mask (0 or lowest). A prefix column
    stands nowhere, so it gets content scores only, on the same scale; it is never masked. With
    P = 0 this is the encoder's own attention. A subclass gives Q, K, V, s, R and M.
    """

    def __init__(self, attention: nn.Module, prefix: "Prefix", layer: int) -> None:
        super().__init__()
        self.attention, self.layer = attention, layer
        self._prefix = [prefix]  # in a list: shared by all layers, registered once on the model

    def over_the_prefix(
        self, query: Tensor, key: Tensor, value: Tensor, scale: float, position: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Return the context (B, T, H·h) and the attention (B, H, T, P + T).

        `query`, `key` and `value` are (B, H, T, h); `position` is R + M, (B or 1, H or 1, T, T).
        """
        keys, values = self._prefix[0].update(key, value, self.layer)
        scores = query / scale @ keys.mT
        if position is not None:
            scores = scores + F.pad(position, (keys.shape[2] - key.shape[2], 0))
        weights = self.attention.get_submodule("dropout")(scores.softmax(-1))
        return (weights @ values).transpose(1, 2).flatten(-2), weights


class PrefixedDisentangled(PrefixedAttention):
    """DeBERTa's, v1 or v2: s = √(h·(1 + number of position terms)) (He et al. 2021, Eq. 4).

    R are the scores of content to position and back.
    """

    attention: Disentangled

    def forward(
        self,
        hidden_states: Tensor,
        attention_mask: Tensor,
        output_attentions: bool = False,
        query_states: None = None,
        relative_pos: Tensor | None = None,
        rel_embeddings: Tensor | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Return the context and, where asked for, the attention."""
        own = self.attention
        query, key, value = _project(own, hidden_states)
        terms = 1 + len(own.pos_att_type)
        scale = math.sqrt(query.shape[-1] * terms)
        lowest = torch.finfo(query.dtype).min
        position = query.new_zeros(attention_mask.shape).masked_fill(~attention_mask.bool(), lowest)
        if own.relative_attention:
            embeddings = own.pos_dropout(rel_embeddings)
            if isinstance(own, First):
                assert relative_pos is not None, "its encoder gives them"
                position = position + own.disentangled_att_bias(
                    query / scale, key, relative_pos, embeddings, terms
                )
            else:
                position = position + own.disentangled_attention_bias(
                    query.flatten(0, 1), key.flatten(0, 1), relative_pos, embeddings, terms
                ).unflatten(0, query.shape[:2])
        context, weights = self.over_the_prefix(query, key, value, scale, position)
        return context, weights if output_attentions else None


class PrefixedBiased(PrefixedAttention):
    """MPNet's and its like: s = √h, and R a learned bias of each distance, which the encoder gives.

    The projection of the context is inside (`o`), where the others leave it to what follows.
    """

    def forward(
        self,
        hidden_states: Tensor,
        attention_mask: Tensor | None = None,
        position_bias: Tensor | None = None,
        output_attentions: bool = False,
        **kwargs: object,
    ) -> tuple[Tensor, ...]:
        """Return the projected context and, where asked for, the attention."""
        heads, apply = cast(int, self.attention.num_attention_heads), self.attention.get_submodule
        query, key, value = (_split(apply(name)(hidden_states), heads) for name in ("q", "k", "v"))
        position = position_bias
        if attention_mask is not None:
            position = attention_mask if position is None else position + attention_mask
        scale = math.sqrt(query.shape[-1])
        context, weights = self.over_the_prefix(query, key, value, scale, position)
        projected = apply("o")(context)
        return (projected, weights) if output_attentions else (projected,)


def prefixed(attention: nn.Module, prefix: "Prefix", layer: int) -> PrefixedAttention | None:
    """Return what stands in `attention`'s place, or None where it takes further keys itself."""
    if backbones.is_disentangled(attention):
        return PrefixedDisentangled(attention, prefix, layer)
    if backbones.is_biased(attention):
        return PrefixedBiased(attention, prefix, layer)
    return None


def _project(own: Disentangled, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    # Queries, keys and values, (B, H, T, h) each.
    heads = own.num_attention_heads
    if isinstance(own, First):  # one projection, in which each head's three lie side by side
        query, key, value = _split(own.in_proj(hidden), heads).chunk(3, dim=-1)
        return query + _split(own.q_bias[None], heads), key, value + _split(own.v_bias[None], heads)
    projections = (own.query_proj, own.key_proj, own.value_proj)
    query, key, value = (_split(projection(hidden), heads) for projection in projections)
    return query, key, value


def _split(states: Tensor, heads: int) -> Tensor:
    # (…, T, H·h) to (…, H, T, h)
    return states.unflatten(-1, (heads, -1)).transpose(-2, -3)
