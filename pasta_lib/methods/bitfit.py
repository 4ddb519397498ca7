"""BitFit: the biases that are there already (Ben Zaken et al. 2022, §3)."""

from dataclasses import dataclass

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .. import backbones
from ..errors import InputError
from .base import Method


@dataclass(frozen=True)
class BitFit(Method):
    """Train every bias b of the encoder and no weight W.

    As in their code, the embeddings' LayerNorm and the pooler are among them. BERT-large: 270,336
    in the layers, 1,024 in the embeddings and 1,024 in the pooler. The keys' biases are counted
    though BERT cannot feel them: they shift all scores of a query alike, which softmax cancels.
    """

    def insert(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase | None) -> None:
        """Unfreeze the biases; raise `InputError` on an encoder that has none."""
        encoder = backbones.base(model)
        biases = [p for name, p in encoder.named_parameters() if name.endswith("bias")]
        if not biases:
            raise InputError(f"bitfit trains biases, but {type(encoder).__name__} has none")
        for bias in biases:
            bias.requires_grad_(True)
