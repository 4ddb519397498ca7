"""Where a number comes from: code, packages, machine. No torch is needed to read it."""

import ast
import hashlib
import os
import platform
import subprocess
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ..paths import ROOT

# What can change a score: editing these makes earlier records stale.
_TRAINING_CODE = (
    "adapters.py",
    "attention.py",
    "backbones.py",
    "batches.py",
    "hooks.py",
    "methods",
    "metrics.py",
    "packs.py",
    "reparam.py",
    "scratch.py",
    "tasks",
    "training.py",
)
_CHANGED = ("status", "--porcelain", "-uno", "--", ".", ":(exclude)data/runs")
_PACKAGES = ("torch", "transformers", "datasets", "numpy", "scipy", "scikit-learn", "seqeval")


@cache
def code() -> str:
    """Return the sha256 of the training code's syntax: comments, layout and docstrings aside."""
    digest = hashlib.sha256()
    package = Path(__file__).parents[1]
    for name in _TRAINING_CODE:
        path = package / name
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            tree = ast.parse(file.read_text(encoding="utf-8"))
            digest.update(f"{file.relative_to(package)} {ast.dump(_undocumented(tree))}".encode())
    return digest.hexdigest()


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


def hardware() -> dict[str, str | int | None]:
    """Return processor, accelerator and thread count; never the name of the host."""
    gpu, threads = None, os.cpu_count()
    if torch := sys.modules.get("torch"):
        gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
        threads = torch.get_num_threads()
    return {"machine": platform.machine(), "cpu": _cpu(), "gpu": gpu, "threads": threads}


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
        "code": code(),
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


def _undocumented(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:]
    return tree
