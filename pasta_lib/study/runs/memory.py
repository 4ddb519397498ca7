"""How many lanes of a pack fit into memory at once."""

import os

import torch
from transformers import PreTrainedModel

from ...precision import Precision

_SHARE = 0.6  # of the memory: the rest is for the weights, the optimiser and whatever else runs


def total(device: torch.device) -> int:
    """Return the memory of `device` in bytes: not what is free now, so that it never changes."""
    if device.type == "cuda":
        return torch.cuda.get_device_properties(device).total_memory
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def lanes_that_fit(
    model: PreTrainedModel, precision: Precision, rows: int, longest: int, memory: int
) -> int:
    """Return how many lanes' activations fit into `memory` bytes, at least one.

    A layer keeps s·b·h·(34 + 5·a·s/h) bytes at 16 bits, for s tokens in each of b rows, hidden size
    h and a heads (Korthikanti et al. 2022, Eq. 2): a little more than a frozen encoder needs.
    `precision` is what is computed in; `rows` are a batch's, the longest of `longest` tokens.
    """
    hidden, heads = model.config.hidden_size, model.config.num_attention_heads
    layer = longest * rows * (34 * hidden + 5 * heads * longest)
    width = 1 if precision == "bf16" else 2
    return max(1, int(_SHARE * memory / (layer * width * model.config.num_hidden_layers)))
