"""AoT P-Tuning: a row of a trained table, chosen by the token, before every layer.

Gavrilov & Balagansky 2023, §3.2–3.3.
"""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, Self

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .. import backbones, reparam
from ..errors import Count, InputError, Share, Size
from ..hooks import LayerBias
from .base import Method, drawn_on, place

if TYPE_CHECKING:
    from ..tasks import Task


@dataclass(frozen=True)
class Aot(Method):
    """H^l ← H^l + {P^l[x_1], …, P^l[x_n]} (Eq. 1); a subclass says how P^l is written."""

    def insert(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase | None) -> None:
        """Add the table, in its training form."""
        config = model.config
        with drawn_on(model):
            table = self.form(model, config.num_hidden_layers, config.hidden_size)
        place(TokenBias(table), model).attach(model)

    def fuse(self, model: PreTrainedModel) -> None:
        """Turn P into one lookup table, (|V|, L, d), in the model's dtype."""
        bias = model.layer_bias
        assert isinstance(bias, TokenBias), "`insert` put it there"
        with torch.no_grad():
            tables = [bias.table.table(layer) for layer in range(model.config.num_hidden_layers)]
            bias.table = reparam.Fused(torch.stack(tables, dim=1))

    def form(self, model: PreTrainedModel, layers: int, hidden: int) -> reparam.Form:
        """Return P's training form for `model`."""
        raise NotImplementedError


@dataclass(frozen=True)
class AotNaive(Aot):
    """P^l itself: |V|·d parameters a layer."""

    def form(self, model: PreTrainedModel, layers: int, hidden: int) -> reparam.Form:
        """Return the plain table."""
        return reparam.Naive(layers, model.config.vocab_size, hidden)


@dataclass(frozen=True)
class AotKronecker(Aot):
    """P = (W_L ⊗ W_M) W_R (Eq. 2): r·(a + b) + r²·d parameters a layer.

    a and b default to the most nearly square pair with a·b ≥ |V|. The paper takes 256 and 200
    for RoBERTa, 360 and 360 for DeBERTa, and dropout 0.1 on P_x (§4.1).
    """

    rank: Size = 25
    a: Count | None = None
    b: Count | None = None
    dropout: Share = 0.1

    def resolve(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase | None,
        task: "Task | None",
    ) -> Self:
        """Choose a and b where not given; raise `InputError` for too few rows a·b, or too many."""
        vocabulary = model.config.vocab_size
        if (most := max(self.a or 0, self.b or 0)) > vocabulary:
            raise InputError(f"{most} rows in one factor are over the vocabulary of {vocabulary}")
        a = self.a or math.ceil(vocabulary / (self.b or math.isqrt(vocabulary - 1) + 1))
        b = self.b or math.ceil(vocabulary / a)
        if a * b < vocabulary:
            raise InputError(f"a·b = {a}·{b} = {a * b} is less than the vocabulary of {vocabulary}")
        return replace(self, a=a, b=b)

    def form(self, model: PreTrainedModel, layers: int, hidden: int) -> reparam.Form:
        """Return the Kronecker form."""
        vocabulary = model.config.vocab_size
        assert self.a is not None and self.b is not None, "`resolve` chooses them"
        return reparam.Kronecker(
            layers, vocabulary, hidden, self.a, self.b, self.rank, self.dropout
        )


@dataclass(frozen=True)
class AotFullyConnected(Aot):
    """P = f(E W₁ + b₁) W₂ + b₂ (Eq. 3): e·r + r + r·d + d parameters a layer."""

    rank: Size = 64
    activation: Literal["gelu", "relu", "tanh"] = "gelu"
    dropout: Share = 0.1

    def form(self, model: PreTrainedModel, layers: int, hidden: int) -> reparam.Form:
        """Return the network over the encoder's own word embeddings."""
        embeddings = backbones.word_embeddings(model)
        return reparam.FullyConnected(
            layers, embeddings, hidden, self.rank, self.activation, self.dropout
        )


class TokenBias(LayerBias):
    """Rows of P^l for every token of a batch. Rows at padding are masked by attention."""

    def __init__(self, table: reparam.Form) -> None:
        super().__init__()
        self.table = table

    def prepare(self, ids: Tensor) -> None:
        """Keep the batch's ids; of a finished table, gather their rows of all layers at once."""
        self._ids = ids
        self._found = self.table.gather(ids) if isinstance(self.table, reparam.Fused) else None

    def add(self, hidden: Tensor, layer: int) -> Tensor:
        """Add each token's row, (B, T, d)."""
        found, table = self._found, self.table
        rows = table.rows(self._ids, layer) if found is None else found[..., layer, :]
        return hidden + rows.to(hidden.dtype)
