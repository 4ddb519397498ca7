"""Where to compute when nobody says: on a GPU that PyTorch can use, else on the CPU."""

import os
import re
import subprocess
import sys
from functools import cache

import torch
from tqdm.auto import tqdm

from ..errors import InputError

# What a person sets to hide every GPU.
_HIDDEN = ("", "-1")


def chosen_device(name: str | None) -> str:
    """Return `name`, or the default where nobody names one.

    Raises `InputError` for a device that PyTorch does not find here.
    """
    if name is None:
        return default_device()
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    found = ["cpu", *["cuda"][:gpus], *(f"cuda:{number}" for number in range(gpus))]
    found += ["mps"] * torch.backends.mps.is_available()
    if name not in found:
        raise InputError(
            f"there is no device {name!r} here: PyTorch {torch.__version__} finds "
            f"{', '.join(found)}"
        )
    return name


@cache
def default_device() -> str:
    """Return `cuda` or `cpu`; where that leaves a GPU idle, say so once, with the way out."""
    if torch.cuda.is_available():
        return "cuda"
    if gpu := _listed_gpu():
        version = torch.__version__
        tqdm.write(  # a line of its own, beside a progress bar too
            f"note: the CPU computes although there is a GPU ({gpu}), because the installed "
            f"PyTorch {version} cannot use it: `{sys.executable} -m uv pip install "
            f"--torch-backend=auto --reinstall-package torch torch=={version.partition('+')[0]}` "
            "installs one that can (https://pytorch.org/get-started/locally names it for pip), "
            "and --device cpu ends this note.",
            file=sys.stderr,
        )
    return "cpu"


def _listed_gpu() -> str | None:
    """Return the name of the first GPU that the driver's own tool knows, unless all are hidden."""
    if os.environ.get("CUDA_VISIBLE_DEVICES") in _HIDDEN:
        return None
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.search(r"^GPU \d+: (.+?)(?: \(UUID|$)", listed.stdout, re.MULTILINE)
    return found and found[1]
