"""AoT's tables P^l, (|V|, d) for each layer, in the forms in which they are trained.

Each form gives the rows that a batch needs (`rows`) and the whole of one layer for fusing
(`table`); both go through the same equation. Every form starts at P = 0.
Letters: L layers, |V| vocabulary size, d hidden size, e embedding size, r rank, N tokens.
"""

import math
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .dropout import dropout as drop
from .scratch import Scratch

ACTIVATIONS: Mapping[str, Callable[[Tensor], Tensor]] = {
    "gelu": F.gelu,
    "relu": F.relu,
    "tanh": torch.tanh,
}


class Form(nn.Module):
    """P, however it is written."""

    def rows(self, ids: Tensor, layer: int) -> Tensor:
        """Return P^layer[ids], (N, d)."""
        raise NotImplementedError

    def table(self, layer: int) -> Tensor:
        """Return P^layer, (|V|, d)."""
        raise NotImplementedError


class Naive(Form):
    """P^l itself, one trained row for each token (AoT Eq. 1)."""

    def __init__(self, layers: int, vocabulary: int, hidden: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(layers, vocabulary, hidden))

    def rows(self, ids: Tensor, layer: int) -> Tensor:
        """Return P^layer[ids], (N, d)."""
        return F.embedding(ids, self.weight[layer])

    def table(self, layer: int) -> Tensor:
        """Return P^layer, (|V|, d)."""
        return self.weight[layer]


class Kronecker(Form):
    """P = (W_L ⊗ W_M) W_R with W_L (a, r), W_M (b, r), W_R (r², d), a·b ≥ |V| (AoT Eq. 2).

    Row x is (W_L[x // b] ⊗ W_M[x % b]) W_R, so only the rows of a batch are ever formed.
    W_L and W_M start random, W_R at zero (AoT §4.1); dropout falls on the row P_x.
    """

    def __init__(
        self, layers: int, vocabulary: int, hidden: int, a: int, b: int, rank: int, dropout: float
    ) -> None:
        super().__init__()
        self.vocabulary, self.b, self.dropout = vocabulary, b, dropout
        # The paper gives no law for "randomly": rows of unit expected norm keep W_L ⊗ W_M at
        # scale 1 whatever the rank.
        self.left = nn.Parameter(torch.randn(layers, a, rank) / math.sqrt(rank))
        self.middle = nn.Parameter(torch.randn(layers, b, rank) / math.sqrt(rank))
        self.right = nn.Parameter(torch.zeros(layers, rank * rank, hidden))

    def rows(self, ids: Tensor, layer: int) -> Tensor:
        """Return P^layer[ids], (N, d), with dropout while training."""
        left = F.embedding(ids // self.b, self.left[layer])
        middle = F.embedding(ids % self.b, self.middle[layer])
        product = (left.unsqueeze(-1) * middle.unsqueeze(-2)).flatten(-2)
        return drop(product @ self.right[layer], self.dropout, self.training)

    def table(self, layer: int) -> Tensor:
        """Return P^layer, (|V|, d): the whole product, cut to the vocabulary."""
        product = torch.kron(self.left[layer], self.middle[layer])[: self.vocabulary]
        return product @ self.right[layer]


class FullyConnected(Form):
    """P = f(E W₁ + b₁) W₂ + b₂ with W₁ (e, r), W₂ (r, d), frozen embeddings E (|V|, e) (AoT Eq. 3).

    W₁ starts random, W₂, b₁ and b₂ at zero; dropout falls on E, token by token (AoT §4.1).
    """

    def __init__(
        self,
        layers: int,
        embeddings: nn.Embedding,
        hidden: int,
        rank: int,
        activation: str,
        dropout: float,
    ) -> None:
        super().__init__()
        self._embeddings = [embeddings]  # in a list: shared with the encoder, not registered here
        self.activation, self.dropout = ACTIVATIONS[activation], dropout
        size = embeddings.embedding_dim
        # The paper names neither f nor W₁'s law: gelu, and the uniform law of nn.Linear.
        bound = 1 / math.sqrt(size)
        self.weight_1 = nn.Parameter(torch.empty(layers, size, rank).uniform_(-bound, bound))
        self.bias_1 = nn.Parameter(torch.zeros(layers, rank))
        self.weight_2 = nn.Parameter(torch.zeros(layers, rank, hidden))
        self.bias_2 = nn.Parameter(torch.zeros(layers, hidden))

    def rows(self, ids: Tensor, layer: int) -> Tensor:
        """Return P^layer[ids], (N, d), with dropout while training."""
        embedded = F.embedding(ids, self._embeddings[0].weight)
        return self._map(drop(embedded, self.dropout, self.training), layer)

    def table(self, layer: int) -> Tensor:
        """Return P^layer, (|V|, d)."""
        return self._map(self._embeddings[0].weight, layer)

    def _map(self, embedded: Tensor, layer: int) -> Tensor:
        inner = self.activation(embedded @ self.weight_1[layer] + self.bias_1[layer])
        return inner @ self.weight_2[layer] + self.bias_2[layer]


class Fused(Form):
    """The finished table: P of all layers as one lookup, (|V|, L, d), nothing left to compute.

    Kept out of `state_dict` and of `parameters`: an adapter stores it as a file of its own.
    """

    weight: Tensor

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", table, persistent=False)
        self._scratch = Scratch()

    def gather(self, ids: Tensor) -> Tensor:
        """Return P[ids] of every layer, (N, L, d): one stretch of memory for each token.

        Without gradients the result is a shared buffer, which the next call overwrites.
        """
        if not torch.is_grad_enabled() and not torch.compiler.is_compiling():
            return self._scratch.gather([self.weight], [ids])
        return F.embedding(ids, self.weight.flatten(1)).unflatten(-1, self.weight.shape[1:])

    def rows(self, ids: Tensor, layer: int) -> Tensor:
        """Return P^layer[ids], (N, d)."""
        return F.embedding(ids, self.weight[:, layer])

    def table(self, layer: int) -> Tensor:
        """Return P^layer, (|V|, d)."""
        return self.weight[:, layer]
