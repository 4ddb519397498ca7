"""What every tuning method is: hyper-parameters, and the marking of what trains."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .. import backbones

if TYPE_CHECKING:
    from ..tasks import Task


@dataclass(frozen=True)
class Tuning:
    """What was applied to a model: the method, its head's parameters by name, its encoder."""

    method: "Method"
    head: tuple[str, ...]
    backbone_size: int
    backbone_fingerprint: str


@dataclass(frozen=True)
class Method:
    """A frozen set of hyper-parameters whose `apply` leaves `requires_grad` on just what it trains.

    Optimiser, counts, checkpoints, packs and adapters all follow from that flag. Every method
    trains the same head; a subclass says in `insert` what else it adds or unfreezes.
    """

    def apply(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase | None = None,
        task: "Task | None" = None,
        *,
        seed: int = 0,
    ) -> PreTrainedModel:
        """Freeze `model`, insert the method, and return the model, changed in place.

        `tokenizer` and `task` are needed only where the fields leave something to them; `seed`
        draws what the method initialises at random.
        """
        method = self.resolve(model, tokenizer, task)
        head = backbones.head(model)  # named before the method inserts anything
        size = sum(parameter.numel() for parameter in backbones.base(model).parameters())
        model.tuning = Tuning(method, tuple(head), size, backbones.fingerprint(model))
        model.requires_grad_(False)
        for parameter in head.values():
            parameter.requires_grad_(True)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            method.insert(model, tokenizer)
        return model

    def resolve(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase | None,
        task: "Task | None",
    ) -> Self:
        """Return this method with the fields filled in that depend on model, tokenizer or task."""
        return self

    def insert(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase | None) -> None:
        """Add or unfreeze what the method trains beside the head."""
        raise NotImplementedError


def place(module: nn.Module, model: nn.Module) -> nn.Module:
    """Move a freshly drawn `module` to the device and dtype of `model`."""
    weight = backbones.word_embeddings(model).weight
    return module.to(device=weight.device, dtype=weight.dtype)


def drawn_on(model: nn.Module) -> torch.device:
    """Return where to draw new parameters: the CPU, for the same draw everywhere; or meta."""
    device = backbones.word_embeddings(model).weight.device
    return device if device.type == "meta" else torch.device("cpu")
