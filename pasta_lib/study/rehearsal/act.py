"""A rehearsal from its first file to its last page, in the process that is sent there."""

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ... import paths
from ...tasks import TASKS
from ..runs import PROFILES, Choice
from . import found, world


def enter(profile: str) -> None:
    """Lay out the stand-ins, and go on as the same command among them: this does not return."""
    print(f"{profile}: laying out the rehearsal in {world.folder(profile)}", flush=True)
    there = world.lay_out(PROFILES[profile])
    words = [sys.executable, "-P", "-m", "pasta_lib", *sys.argv[1:]]
    os.execve(sys.executable, words, there)


def rehearse(
    profile: str, notebooks: Sequence[str], *, data: str | None = None, **asked: Any
) -> list[str]:
    """Do what a start does, and return every fault that showed, each as one sentence."""
    from ..start import start

    grids = [grid for some in PROFILES[profile].grids.values() for grid in some]
    choice = asked.pop("choice", None) or Choice()
    if not choice.backbones:  # those too that a real start takes only by their name
        choice = replace(choice, backbones=tuple(dict.fromkeys(g.backbone for g in grids)))
    held = {task for grid in grids for task in grid.tasks}
    own = None if data or not paths.REHEARSAL else paths.REHEARSAL / "data"
    if faults := list(found.readers([task for task in TASKS if task in held], own)):
        return faults
    if data is None and PROFILES[profile].source == "folder":
        data = str(own)
    world.shown_adapters()
    try:
        failures = start(profile, notebooks, data=data, choice=choice, **asked)
    except Exception as error:
        return [found.of_error(error)]
    if asked.get("shard"):
        return failures
    where = {"data": data, "choice": choice, "seeds": asked.get("seeds")}
    said = [failure for failure in failures if not failure.startswith("run ")]
    return said + found.everything(profile, notebooks, **where)
