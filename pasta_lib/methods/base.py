"""What every tuning method is: hyper-parameters, and the marking of what trains."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Self, TypeVar, get_type_hints

import numpy as np
import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .. import backbones
from ..errors import InputError, Seed, require
from .undo import unchanged_if_refused

if TYPE_CHECKING:
    from ..tasks import Task

Placed = TypeVar("Placed", bound=nn.Module)

# cached: a plan builds tens of thousands of methods
hints: Callable[[type], dict[str, Any]] = cache(partial(get_type_hints, include_extras=True))
_known: Callable[[type], set[Any]] = cache(lambda kind: set())


@dataclass(frozen=True)
class Tuning:
    """What was applied to a model: the method, its head's parameters by name, its encoder."""

    method: "Method"
    head: tuple[str, ...]
    backbone_size: int
    fingerprints: Mapping[str, str]

    @property
    def backbone_fingerprint(self) -> str:
        """The first of `backbones.fingerprints`: a record's weights."""
        return next(iter(self.fingerprints.values()))


@dataclass(frozen=True)
class Method:
    """A frozen set of hyper-parameters whose `apply` leaves `requires_grad` on just what it trains.

    Optimiser, counts, checkpoints, packs and adapters all follow from that flag. Every method
    trains the same head; a subclass says in `insert` what else it adds or unfreezes. `packs` is
    false where K runs cannot share their passes through the encoder, `resizes` true where training
    changes the shapes of what trains.
    """

    packs = True  # without a type: no field of the dataclass
    resizes = False

    def __post_init__(self) -> None:
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, value in checked(type(self), given, type(self).__name__).items():
            object.__setattr__(self, name, value)

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
        draws what the method initialises at random. Raises `InputError` for a model that carries a
        method already or that the method does not fit, and for sizes that no memory holds: `model`
        is then left as it was.
        """
        require({"seed": seed}, {"seed": Seed}, "apply")
        backbones.require_model(model)
        if hasattr(model, "tuning"):
            carried = type(tuning_of(model).method).__name__
            raise InputError(
                f"this {type(model).__name__} carries the method {carried} already: "
                "load the backbone anew for each method"
            )
        method = self.resolve(model, tokenizer, task)
        head = backbones.head(model)  # named before the method inserts anything
        size = sum(parameter.numel() for parameter in backbones.base(model).parameters())
        tuning = Tuning(method, tuple(head), size, backbones.fingerprints(model))
        with unchanged_if_refused(model):
            backbones.note(model, tuning=tuning)
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

    def reach(self, model: PreTrainedModel) -> int | None:
        """Return how many tokens of a text `model` reads, or None where nothing limits them."""
        return backbones.positions(model)

    def begin_epoch(self, model: PreTrainedModel, epoch: int, epochs: int) -> bool:
        """Prepare for `epoch` of 1 … `epochs`; return whether it may be selected as the best.

        What trains may change: the loop then goes on with a fresh optimiser.
        """
        return True

    def penalty(self, model: PreTrainedModel) -> Tensor | float:
        """Return what is added to the loss of every training step."""
        return 0.0

    def fuse(self, model: PreTrainedModel) -> None:
        """Replace the training form of what the method added by its finished form, in place."""
        raise InputError(f"fuse needs an aot or lora method, and this is {type(self).__name__}")


def checked(kind: type, given: Mapping[str, Any], of: str) -> dict[str, Any]:
    """Return fields of the method `kind`, numbers as Python's own: an adapter writes them as JSON.

    Raises `InputError` for a value that its field does not take.
    """
    own = {name: v.item() if isinstance(v, np.generic) else v for name, v in given.items()}
    require(own, hints(kind), of, _known(kind))
    return own


def tuning_of(model: PreTrainedModel) -> Tuning:
    """Return what was applied to `model`; raises `InputError` where nothing was."""
    tuning: Tuning | None = getattr(model, "tuning", None)
    if tuning is None:
        raise InputError(f"no method was applied to this {type(model).__name__}")
    return tuning


def fuse(model: PreTrainedModel) -> PreTrainedModel:
    """Fuse what a method added to `model`, in place; the logits stay.

    AoT's P becomes its lookup table, LoRA's update is merged into the weights. Raises `InputError`
    where no method was applied, or one that has nothing to fuse.
    """
    if not hasattr(model, "tuning"):
        raise InputError(f"fuse needs an aot or lora method, and {type(model).__name__} has none")
    tuning_of(model).method.fuse(model)
    return model


def place(module: Placed, model: PreTrainedModel) -> Placed:
    """Move a freshly drawn `module` to the device and dtype of `model`."""
    weight = backbones.word_embeddings(model).weight
    return module.to(device=weight.device, dtype=weight.dtype)


def drawn_on(model: PreTrainedModel) -> torch.device:
    """Return where to draw new parameters: the CPU, for the same draw everywhere; or meta."""
    device = backbones.word_embeddings(model).weight.device
    return device if device.type == "meta" else torch.device("cpu")
