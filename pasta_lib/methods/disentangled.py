"""DeBERTa's attention over further keys and values, which the model itself has no place for.

Letters: B rows, H heads, T tokens, P prefix columns, h head size.
"""

import math
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers.models.deberta.modeling_deberta import DisentangledSelfAttention as First
from transformers.models.deberta_v2.modeling_deberta_v2 import DisentangledSelfAttention as Second

if TYPE_CHECKING:
    from .prefix import Prefix

Disentangled: TypeAlias = First | Second


class PrefixedAttention(nn.Module):
    """softmax([Q K_pᵀ / s, Q Kᵀ / s + R]) [V_p; V] with s = √(h·(1 + number of position terms)).

    R are the position scores, content to position and back, of DeBERTa v1 or v2 (He et al. 2021,
    Eq. 4). A prefix column stands nowhere, so it gets content scores only, on the same scale s; it
    is never masked. With P = 0 this is DeBERTa's own attention.
    """

    def __init__(self, attention: Disentangled, prefix: "Prefix", layer: int) -> None:
        super().__init__()
        self.attention, self.layer = attention, layer
        self._prefix = [prefix]  # in a list: shared by all layers, registered once on the model

    def forward(
        self,
        hidden_states: Tensor,
        attention_mask: Tensor,
        output_attentions: bool = False,
        query_states: None = None,
        relative_pos: Tensor | None = None,
        rel_embeddings: Tensor | None = None,
    ) -> tuple[Tensor, Tensor | None]:
        """Return the context (B, T, H·h) and, where asked for, the attention (B, H, T, P + T)."""
        own = self.attention
        query, key, value = _project(own, hidden_states)
        terms = 1 + len(own.pos_att_type)
        scaled = query / math.sqrt(query.shape[-1] * terms)
        position = key.new_zeros(1, 1, 1, key.shape[2])
        if own.relative_attention:
            embeddings = own.pos_dropout(rel_embeddings)
            if isinstance(own, First):
                assert relative_pos is not None, "its encoder gives them"
                position = own.disentangled_att_bias(scaled, key, relative_pos, embeddings, terms)
            else:
                position = own.disentangled_attention_bias(
                    query.flatten(0, 1), key.flatten(0, 1), relative_pos, embeddings, terms
                ).unflatten(0, query.shape[:2])
        keys, values = self._prefix[0].update(key, value, self.layer)
        count = keys.shape[2] - key.shape[2]
        scores = scaled @ keys.transpose(-1, -2) + F.pad(position, (count, 0))
        hidden_columns = F.pad(~attention_mask.bool(), (count, 0))
        scores = scores.masked_fill(hidden_columns, torch.finfo(scores.dtype).min)
        weights = own.dropout(scores.softmax(-1))
        context = (weights @ values).transpose(1, 2).flatten(-2)
        return context, weights if output_attentions else None


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


def is_disentangled(attention: nn.Module) -> TypeGuard[Disentangled]:
    """Return whether `attention` is DeBERTa's."""
    return hasattr(attention, "pos_att_type")
