"""K runs of one shape in one pass through the frozen encoder they share.

Lane k brings its own trained tensors; `torch.vmap` over `functional_call` lets the encoder see
all lanes' rows as one batch and keeps the lanes' gradients apart. A method that cannot be
trained that way has `packs = False` (full fine-tuning, diff pruning).
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor
from torch.func import functional_call
from transformers import PreTrainedModel

from . import backbones


def logits(
    model: PreTrainedModel,
    parameters: Sequence[Mapping[str, Tensor]],
    inputs: Sequence[Mapping[str, Tensor]],
) -> Sequence[Tensor]:
    """Return lane k's logits for `inputs[k]`, computed with `parameters[k]`, for all K lanes.

    The lanes' inputs have one shape. A single set of inputs is read by every lane. One lane is a
    plain call; dropout draws apart in every lane.
    """
    if len(parameters) == 1:
        return [functional_call(model, dict(parameters[0]), kwargs=dict(inputs[0])).logits]

    def lane(own: dict[str, Tensor], lane_inputs: dict[str, Tensor]) -> Tensor:
        return functional_call(model, own, kwargs=lane_inputs).logits

    stacked = {name: torch.stack([own[name] for own in parameters]) for name in parameters[0]}
    with backbones.additive_masks(model):
        if len(inputs) == 1:
            return torch.vmap(lane, (0, None), randomness="different")(
                stacked, dict(inputs[0])
            ).unbind()
        together = {name: torch.stack([batch[name] for batch in inputs]) for name in inputs[0]}
        return torch.vmap(lane, randomness="different")(stacked, together).unbind()


def attention(model: PreTrainedModel, lanes: int) -> AbstractContextManager:
    """Return a context in which `lanes` runs of `model` share passes.

    Attention is then written out. PyTorch's fused attention has no rule for `torch.vmap` on the
    CPU, goes lane by lane and warns; on a GPU its memory-efficient kernel refuses the gradients of
    stacked lanes ("LSE is not correctly aligned", PyTorch 2.11 on an H200).
    """
    return nullcontext() if lanes == 1 else backbones.eager_attention(model)
