"""Where a number comes from: code, packages, machine. No torch is needed to read it."""

import os
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from ..paths import ROOT

_CHANGED = ("status", "--porcelain", "-uno", "--", ".", ":(exclude)data/runs")
_PACKAGES = ("torch", "transformers", "datasets", "numpy", "scipy", "scikit-learn", "seqeval")
_INSTRUCTIONS = ("avx2", "avx512_f", "avx512_bf16", "amx_bf16")  # one CPU's name may mean any


@cache
def packages() -> dict[str, str]:
    """Return the versions that decide a score."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def commit() -> tuple[str | None, bool]:
    """Return the commit of the working tree, and whether tracked files differ: records aside."""

    def git(*words: str) -> str:
        command = ["git", "-C", str(ROOT), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        return git("rev-parse", "HEAD"), bool(git(*_CHANGED))
    except (subprocess.CalledProcessError, FileNotFoundError):
        return None, False


def hardware() -> dict[str, str | int | list[str] | None]:
    """Return processor, its instructions, accelerator and thread count; never the host's name."""
    found = {"machine": platform.machine(), "cpu": _cpu(), "gpu": None, "threads": os.cpu_count()}
    if torch := sys.modules.get("torch"):
        can = torch.cpu.get_capabilities()
        found["instructions"] = [name for name in _INSTRUCTIONS if can.get(name)]
        found["gpu"] = torch.cuda.get_device_name() if torch.cuda.is_available() else None
        found["threads"] = torch.get_num_threads()
    return found


def machine(device: str) -> str:
    """Return the name of the processor that `device` stands for, as speed records carry it."""
    made = hardware()
    if device.startswith("cuda"):
        return str(made["gpu"])
    return f"{made['cpu']}, {made['threads']} threads".replace("(R)", "")


def provenance() -> dict:
    """Return what a record says of its origin, but for data, weights and times."""
    revision, dirty = commit()
    return {
        "commit": revision,
        "dirty": dirty,
        "packages": packages(),
        "hardware": hardware(),
    }


@cache
def _cpu() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            names = (line.partition(":")[2].strip() for line in lines if "model name" in line)
            return next(names, platform.processor())
    except FileNotFoundError:
        return platform.processor()
