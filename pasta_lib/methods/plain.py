"""The two ends of the scale: everything trains, or the head alone."""

from dataclasses import dataclass

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .base import Method


@dataclass(frozen=True)
class Classifier(Method):
    """Train the head on the frozen encoder (PASTA Table 4, "classifier only")."""

    def insert(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase | None) -> None:
        """Add nothing: the head is all that trains."""


@dataclass(frozen=True)
class Full(Method):
    """Train every parameter."""

    packs = False  # no pass through an encoder is shared

    def insert(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase | None) -> None:
        """Unfreeze the encoder."""
        model.requires_grad_(True)
