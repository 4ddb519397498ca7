"""PASTA: a trained vector on each special token before every layer (Yang et al. 2023, §3.1)."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .. import backbones
from ..dropout import dropout
from ..errors import InputError, Share, Size
from ..hooks import LayerBias
from .base import Method, drawn_on, place

if TYPE_CHECKING:
    from ..tasks import Task


@dataclass(frozen=True)
class Pasta(Method):
    """h_i ← h_i + e(v_p^l) where token i is the p-th special token of its own row, else h_i.

    L·S vectors of size d, so L·S·d parameters (L·d where `shared`), S = `special_tokens` (BERT: 2
    for one sentence, 3 for a pair; RoBERTa: 2 and 4). By default S is counted from the tokenizer
    and the task. The ablations of Table 4 are values of `special` and `shared`. The paper leaves
    initialisation and dropout open: its code draws with standard deviation 0.02 and drops the
    vectors at 0.1; here both are fields, and the default is the exact identity at the start,
    without dropout.
    """

    special_tokens: Size | None = None
    special: Literal["both", "cls", "sep"] = "both"
    shared: bool = False
    init: Literal["zero", "normal"] = "zero"
    dropout: Share = 0.0

    def resolve(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase | None,
        task: "Task | None",
    ) -> Self:
        """Count S where it is not given; raise `InputError` where there is nothing to adapt."""
        if tokenizer is not None and not backbones.frame(tokenizer, pair=False):
            raise InputError(
                f"pasta adapts special tokens, but this tokenizer "
                f"({type(tokenizer).__name__}) adds none: use an encoder, or an aot method"
            )
        if self.special_tokens is not None:
            return self
        if tokenizer is None or task is None:
            raise InputError("pasta needs special_tokens=, or a tokenizer and a task to count them")
        kinds = backbones.frame(tokenizer, pair=task.pair)
        return replace(self, special_tokens=sum(self.special in ("both", kind) for kind in kinds))

    def insert(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase | None) -> None:
        """Add the vectors."""
        count = self.special_tokens
        assert count is not None, "`resolve` counts them"
        rows = 1 if self.shared else count
        size = (model.config.num_hidden_layers, rows, model.config.hidden_size)
        std = {"zero": 0.0, "normal": 0.02}[self.init]
        with drawn_on(model):
            vectors = torch.randn(size) * std
            ids = torch.tensor(self.ids(tokenizer, model))
            bias = self.bias(vectors, ids, count)
        place(bias, model).attach(model)

    def ids(self, tokenizer: PreTrainedTokenizerBase | None, model: PreTrainedModel) -> list[int]:
        """Return the ids of the adapted special tokens, the tokenizer's or else the model's."""
        kinds = backbones.special_ids(tokenizer if tokenizer is not None else model.config)
        ids = [token for kind, token in kinds.items() if self.special in ("both", kind)]
        if not ids and model.device.type != "meta":
            raise InputError(
                f"pasta needs the tokenizer of {type(model).__name__} to know its special tokens"
            )
        return ids

    def bias(self, vectors: Tensor, ids: Tensor, count: int) -> "SpecialTokenBias":
        """Return the module that adds the vectors."""
        return SpecialTokenBias(vectors, ids, count, self.dropout)


class SpecialTokenBias(LayerBias):
    """Vectors (L, S or 1, d), added at the special tokens' own positions and nowhere else.

    A row's specials beyond the S-th get no vector. Padding is never special.
    """

    ids: Tensor
    _rows: Tensor | None

    def __init__(self, vectors: Tensor, ids: Tensor, count: int, dropout: float) -> None:
        super().__init__()
        self.vectors = nn.Parameter(vectors)
        self.register_buffer("ids", ids, persistent=False)
        self.count, self.dropout = count, dropout

    def prepare(self, ids: Tensor) -> None:
        """Find where each ordinal stands in each row: fixed shapes, so nothing synchronises."""
        adapted = self.adapted(ids)  # (B, T)
        ordinal = (adapted.cumsum(-1) - 1).masked_fill(~adapted, -1)  # (B, T)
        found = ordinal.unsqueeze(1) == torch.arange(self.count, device=ids.device).view(-1, 1)
        at = found.int().argmax(-1, keepdim=True)  # (B, S, 1); 0 where there is none
        self._at = at.expand(-1, -1, self.vectors.shape[-1])
        self._present = found.any(-1, keepdim=True)  # (B, S, 1)
        # Without gradients all layers at once: a small batch feels every operation. With them a
        # layer's own, because reentrant checkpointing runs backward through each layer alone.
        self._rows = None if torch.is_grad_enabled() else self._placed(self.layers())

    def adapted(self, ids: Tensor) -> Tensor:
        """Return where the tokens stand that get a vector, (B, T)."""
        return (ids.unsqueeze(-1) == self.ids).any(-1)

    def layers(self) -> Tensor:
        """Return the vectors of all layers, (L, B or 1, S or 1, d)."""
        return self.vectors.unsqueeze(1)

    def add(self, hidden: Tensor, layer: int) -> Tensor:
        """Add the layer's vectors at the special positions, (B, T, d)."""
        rows = self._placed(self.vectors[layer]) if self._rows is None else self._rows[layer]
        return hidden.scatter_add(1, self._at, rows.to(hidden.dtype))

    def _placed(self, vectors: Tensor) -> Tensor:
        """Return `vectors`, (…, S or 1, d), in every row that has them, (…, B, S, d)."""
        vectors = vectors.expand(*vectors.shape[:-3], *self._at.shape)
        return dropout(vectors, self.dropout, self.training) * self._present
