"""bf16 is used where the hardware has instructions for it, and fp32 elsewhere.

A CPU without them emulates bf16: on an AMD EPYC with AVX2 alone a PASTA step of 16 x 64 tokens took
32 times as long as in fp32.
"""

import logging
from functools import cache
from typing import Literal

import torch

Precision = Literal["fp32", "bf16"]

_BF16_ON_CPU = ("avx512_bf16", "amx_bf16")

_log = logging.getLogger(__name__)


def has_bf16(device: torch.device) -> bool:
    """Say whether `device` multiplies in bf16: a GPU that has it, AVX512-BF16 or AMX-BF16."""
    if device.type == "cuda" and torch.cuda.is_available():
        with torch.cuda.device(device):
            return torch.cuda.is_bf16_supported(including_emulation=False)
    found = torch.cpu.get_capabilities() if device.type == "cpu" else {}
    return any(found.get(name, False) for name in _BF16_ON_CPU)


def computed_in(asked: Precision, device: torch.device | str) -> Precision:
    """Return the precision in which `device` computes what asks for `asked`.

    Logs a warning, once per process, where that is another one.
    """
    device = torch.device(device)
    if asked == "fp32" or has_bf16(device):
        return asked
    _say(device.type)
    return "fp32"


@cache
def _say(kind: str) -> None:
    name = "CPU" if kind == "cpu" else "GPU"
    _log.warning("bf16 was asked for, but this %s has no instructions for it: fp32 is used.", name)
