"""The rows of a trained AoT table: their norms, their ranks, and what lies near in direction."""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from .trained import adapter

_NEAREST = 8


def ranks(sizes: Tensor, token: int) -> list[int]:
    """Return, layer by layer, how many rows are larger than a token's, and one."""
    return (1 + (sizes > sizes[:, token, None]).sum(dim=1)).tolist()


def nearest(name: str, token: int, layer: int) -> list[str]:
    """Return the tokens whose rows at a layer point most nearly as one token's does."""
    rows, tokenizer = _rows(name, layer), adapter(name)[1]
    alike = cosine_similarity(rows, rows[token, None])
    alike[token] = -2  # itself
    return tokenizer.convert_ids_to_tokens(alike.topk(_NEAREST).indices.tolist())


@lru_cache(maxsize=2)
@torch.no_grad()
def norms(name: str) -> Tensor:
    """Return the norm of every row of every layer, (L, |V|)."""
    model = adapter(name)[0]
    layers = range(model.config.num_hidden_layers)
    return torch.stack([model.layer_bias.table.table(at).norm(dim=-1) for at in layers])


@lru_cache(maxsize=2)  # some 50 MB each
@torch.no_grad()
def _rows(name: str, layer: int) -> Tensor:
    return adapter(name)[0].layer_bias.table.table(layer - 1)
