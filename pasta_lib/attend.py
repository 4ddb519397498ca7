"""Attention written out, where that is faster than PyTorch's fused kernels or the only way."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import Tensor, nn
from transformers import AttentionInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import repeat_kv
from transformers.masking_utils import AttentionMaskInterface, eager_mask

from .dropout import dropout as drop

_NAME = "written out by pasta_lib"


def attend(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    dropout: float = 0.0,
    scaling: float | None = None,
    **others: object,
) -> tuple[Tensor, Tensor]:
    """Return dropout(softmax(s Q Kᵀ + M)) V, (B, T, H, h), and the weights, (B, H, T, T).

    Q, K and V are (B, H, T, h), M is 0 or lowest, s = `scaling` or 1 / √h. Transformers calls this
    in place of `scaled_dot_product_attention`, which on a CPU draws its masks slowly (`dropout`).
    Without dropout the attention alone takes (AMD EPYC with AVX-512) in bf16 0.5 to 0.85 of the
    fused kernel's time, 11 to 256 tokens; in fp32 0.8 of it, from 64 tokens on 1.2 to 1.5 times.
    """
    if (groups := getattr(module, "num_key_value_groups", 1)) > 1:  # a decoder's
        key, value = repeat_kv(key, groups), repeat_kv(value, groups)
    scores = query * (query.shape[-1] ** -0.5 if scaling is None else scaling) @ key.mT
    if attention_mask is not None:
        scores = scores + attention_mask
    weights = drop(scores.softmax(-1), dropout, module.training)
    return (weights @ value).transpose(1, 2).contiguous(), weights


AttentionInterface.register(_NAME, attend)
AttentionMaskInterface.register(_NAME, eager_mask)


@contextmanager
def written_out(model: PreTrainedModel) -> Iterator[None]:
    """Let `model` attend by `attend` meanwhile, if it attends by PyTorch's kernels otherwise."""
    former = model.config._attn_implementation
    if former != "sdpa":
        yield
        return
    model.set_attn_implementation(_NAME)
    try:
        yield
    finally:
        model.set_attn_implementation(former)
