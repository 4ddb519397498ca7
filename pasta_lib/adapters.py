"""What `requires_grad` marks: counted, saved and loaded without the frozen encoder."""

import json
from dataclasses import dataclass
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import PreTrainedModel

from . import backbones
from .errors import InputError
from .methods import build, describe

_TENSORS, _CARD = "adapter.safetensors", "adapter.json"


@dataclass(frozen=True)
class Parameters:
    """Trained parameters: the method's own, the head's; and the size of the encoder."""

    method: int
    head: int
    backbone: int

    @property
    def percent(self) -> float:
        """The method's share of the encoder, 100 · method / backbone; the head is counted apart."""
        return 100 * self.method / self.backbone


def trainable(model: nn.Module) -> dict[str, nn.Parameter]:
    """Return the parameters that train, by name."""
    return {n: p for n, p in model.named_parameters() if p.requires_grad}


def count_parameters(model: PreTrainedModel) -> Parameters:
    """Count what an applied method trains; works on the meta device.

    The papers count the same way: without the head, over the size of the encoder.
    """
    tuning = _tuning(model)
    sizes = {name: parameter.numel() for name, parameter in trainable(model).items()}
    head = sum(size for name, size in sizes.items() if name in tuning.head)
    return Parameters(sum(sizes.values()) - head, head, tuning.backbone_size)


def save_adapter(model: PreTrainedModel, folder: str | Path) -> Path:
    """Write the trained tensors (safetensors) and what they are (JSON) to `folder`.

    Encoder weights that the checkpoint lacked, a random pooler say, are saved with them.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tuning = _tuning(model)
    card = describe(tuning.method) | {"backbone": tuning.backbone_fingerprint}
    save_file(_tensors(model), folder / _TENSORS)
    (folder / _CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    return folder


def load_adapter(model: PreTrainedModel, folder: str | Path) -> PreTrainedModel:
    """Apply the saved method to a fresh `model` of the same backbone and load its tensors.

    Raises `InputError` where `folder` holds no adapter or was trained on another backbone.
    """
    folder = Path(folder)
    if not (folder / _CARD).is_file() or not (folder / _TENSORS).is_file():
        raise InputError(f"{str(folder)!r} holds no adapter ({_CARD} and {_TENSORS})")
    card = json.loads((folder / _CARD).read_text(encoding="utf-8"))
    if card["backbone"] != backbones.fingerprint(model):
        raise InputError(f"the adapter in {str(folder)!r} was trained on another backbone")
    tensors = load_file(folder / _TENSORS)
    build(card["method"], **card["fields"]).apply(model)
    mine = dict(model.named_parameters())
    for name, tensor in tensors.items():
        mine[name].data.copy_(tensor)
    return model


def _tensors(model: PreTrainedModel) -> dict[str, Tensor]:
    fresh = backbones.freshly_drawn(model)
    parameters = model.named_parameters()
    return {n: p.detach().contiguous() for n, p in parameters if p.requires_grad or n in fresh}


def _tuning(model: PreTrainedModel):
    if not hasattr(model, "tuning"):
        raise InputError(f"no method was applied to this {type(model).__name__}")
    return model.tuning
