"""A control of ours, in neither paper: PASTA's vectors on tokens that are not special."""

from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .pasta import Pasta, SpecialTokenBias


@dataclass(frozen=True)
class PastaRandom(Pasta):
    """h_i ← h_i + e(v_p^l) where token i is the p-th of S ordinary tokens drawn in its own row.

    Ordinary is what is neither special nor padding. The row's own tokens seed the draw, so a row
    is read alike in every epoch, batch and run; one of fewer than S ordinary tokens gets fewer
    vectors. S, and all else, are PASTA's: does it matter that the tokens are special?
    """

    def ids(self, tokenizer: PreTrainedTokenizerBase | None, model: PreTrainedModel) -> list[int]:
        """Return the ids of the tokens that are not ordinary."""
        return [*Pasta().ids(tokenizer, model), model.config.pad_token_id]

    def bias(self, vectors: Tensor, ids: Tensor, count: int) -> "OrdinaryTokenBias":
        """Return the module that adds the vectors."""
        return OrdinaryTokenBias(vectors, ids, count, self.dropout)


class OrdinaryTokenBias(SpecialTokenBias):
    """Vectors (L, S or 1, d) at S drawn tokens of each row that are not among `ids`."""

    def adapted(self, ids: Tensor) -> Tensor:
        """Return the S ordinary tokens with the least draws, (B, T)."""
        ordinary = ~super().adapted(ids)
        position = torch.arange(ids.shape[-1], device=ids.device)
        seed = (_mix(ids + _mix(position)) * ordinary).sum(-1, keepdim=True)
        draw = _mix(seed + position).masked_fill(~ordinary, torch.iinfo(torch.int64).max)
        return ordinary & (draw.argsort(-1).argsort(-1) < self.count)


def _mix(numbers: Tensor) -> Tensor:
    # SplitMix64's finaliser (Steele et al. 2014): fixed numbers that look drawn, the same anywhere.
    numbers = (numbers ^ (numbers >> 30)) * (0xBF58476D1CE4E5B9 - 2**64)
    numbers = (numbers ^ (numbers >> 27)) * (0x94D049BB133111EB - 2**64)
    return numbers ^ (numbers >> 31)
