"""K runs of one shape in one pass through the frozen encoder they share.

Lane k brings its own trained tensors; `torch.vmap` over `functional_call` lets the encoder see
all lanes' rows as one batch and keeps the lanes' gradients apart. A method that cannot be
trained that way has `packs = False` (full fine-tuning, diff pruning).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor
from torch.func import functional_call
from transformers import PreTrainedModel

from . import backbones, frozen
from .attend import written_out
from .dropout import quick
from .methods import tuning_of
from .precision import Precision, computed_in


def logits(
    model: PreTrainedModel,
    parameters: Sequence[Mapping[str, Tensor]],
    inputs: Sequence[Mapping[str, Tensor]],
) -> Sequence[Tensor]:
    """Return lane k's logits for `inputs[k]`, computed with `parameters[k]`, for all K lanes.

    The lanes' inputs have one shape. A single set of inputs is read by every lane. One lane is a
    plain call; dropout draws apart in every lane. What trains is cast to what the rest is held in.
    """
    if len(parameters) == 1:
        own = {name: frozen.cast(model, tensor) for name, tensor in parameters[0].items()}
        return [_call(model, own, inputs[0])]

    def lane(own: dict[str, Tensor], lane_inputs: dict[str, Tensor]) -> Tensor:
        return _call(model, own, lane_inputs)

    stacked = {
        name: frozen.cast(model, torch.stack([own[name] for own in parameters]))
        for name in parameters[0]
    }
    with backbones.additive_masks(model):
        if len(inputs) == 1:
            return torch.vmap(lane, (0, None), randomness="different")(
                stacked, dict(inputs[0])
            ).unbind()
        together = {name: torch.stack([batch[name] for batch in inputs]) for name in inputs[0]}
        return torch.vmap(lane, randomness="different")(stacked, together).unbind()


def _call(model: PreTrainedModel, own: dict[str, Tensor], inputs: Mapping[str, Tensor]) -> Tensor:
    # Looking for tied weights goes through all names, 1.5 ms a step; none that trains has a second.
    return functional_call(model, own, kwargs=dict(inputs), tie_weights=False).logits


@contextmanager
def prepared(model: PreTrainedModel, lanes: int, asked: Precision) -> Iterator[None]:
    """Make `model` ready to train `lanes` runs in the precision `asked` for, and to evaluate them.

    What all runs share is held in that precision, and what drops does so by `dropout`. Attention is
    written out on a CPU, and for more than one run: fused attention has no rule for `torch.vmap` on
    the CPU, goes lane by lane and warns; on a GPU its memory-efficient kernel refuses the gradients
    of stacked lanes ("LSE is not correctly aligned", PyTorch 2.11 on an H200).
    """
    half = computed_in(asked, model.device) == "bf16"
    with ExitStack() as stack:
        if tuning_of(model).method.packs or not half:  # else autocast: what trains is the encoder
            stack.enter_context(frozen.ready(model, torch.bfloat16 if half else torch.float32))
        stack.enter_context(quick(model))
        if lanes > 1 or model.device.type == "cpu":
            stack.enter_context(written_out(model))
        yield
