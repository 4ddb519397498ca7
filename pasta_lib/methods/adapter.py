"""Adapters: a small bottleneck at the end of both sub-layers (Houlsby et al. 2019, §2.1)."""

from dataclasses import dataclass

from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .. import backbones
from ..errors import Size
from .base import Method, drawn_on, place


@dataclass(frozen=True)
class Adapter(Method):
    """h ← h + f(h W₁ + b₁) W₂ + b₂, W₁ (d, m), m = `size`: 2·L·(2·d·m + d + m) parameters.

    As in their code: it follows the dropout of attention and of the feed-forward network and
    precedes the residual and its LayerNorm; f is gelu; W starts normal with standard deviation
    10⁻³, cut at two of them, and b at zero, near the identity; every LayerNorm of the encoder
    trains too (`layer_norm`), 2·d each.
    """

    size: Size = 64
    layer_norm: bool = True

    def insert(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase | None) -> None:
        """Add the bottlenecks and unfreeze the norms."""
        for norm in backbones.norms(model) if self.layer_norm else ():
            norm.requires_grad_(True)
        for layer in backbones.layers(model):
            for end in backbones.sublayer_ends(layer):
                with drawn_on(model):
                    bottleneck = Bottleneck(model.config.hidden_size, self.size)
                end.dropout = nn.Sequential(end.get_submodule("dropout"), place(bottleneck, model))


class Bottleneck(nn.Module):
    """h + f(h W₁ + b₁) W₂ + b₂, (…, d) to (…, d)."""

    def __init__(self, hidden: int, size: int) -> None:
        super().__init__()
        self.down, self.up = nn.Linear(hidden, size), nn.Linear(size, hidden)
        for linear in (self.down, self.up):
            nn.init.trunc_normal_(linear.weight, std=1e-3, a=-2e-3, b=2e-3)
            nn.init.zeros_(linear.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        """Apply the equation above."""
        return hidden + self.up(F.gelu(self.down(hidden)))
