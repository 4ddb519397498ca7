"""What a rehearsal leaves of a profile's grids and of a run's training; a record's key stays.

So the tables find in a rehearsal's store what they would in the real one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

import torch
from torch import Tensor

from ...training import TrainConfig
from .end import ToTheEnd
from .grid import Grid, Profile

_G = TypeVar("_G", bound=Grid)
_POINTS = 2  # of each curve: rates, sizes, seeds
_STEPS, _BATCH, _EVALUATED = 2, 4, 16


def thinned(profile: Profile) -> Profile:
    """Return a profile with two points of each curve, and each grid in its first budget."""
    first: dict[tuple, Grid] = {}

    def kept(grids: Iterable[Grid]) -> tuple[Grid, ...]:
        thin = {shape: first.setdefault(shape, _thin(g)) for g in grids for shape in (_shape(g),)}
        return tuple(thin.values())

    return replace(profile, grids={name: kept(grids) for name, grids in profile.grids.items()})


def _shape(grid: Grid) -> tuple:
    """Return what tells a grid from others, but for its budget."""
    falls = isinstance(grid, ToTheEnd) and grid.falls
    who = type(grid), grid.backbone, grid.tasks, grid.methods
    return *who, falls, grid.train.schedule, grid.train.metric


def _thin(grid: _G) -> _G:
    fewer: dict = {
        "lrs": {method: lrs[:_POINTS] for method, lrs in grid.lrs.items()},
        "fields": {method: fields[:_POINTS] for method, fields in grid.fields.items()},
        "seeds": grid.seeds[:_POINTS],
    }
    if isinstance(grid, ToTheEnd) and grid.search:
        fewer["search"] = _thin(grid.search)
    return replace(grid, **fewer)


def shortened(train: TrainConfig) -> TrainConfig:
    """Return what is trained instead: two steps of four rows, each an epoch."""
    return replace(
        train,
        epochs=_STEPS,
        max_steps=None,
        patience=None,
        batch_size=_BATCH,
        train_rows=_BATCH,
        eval_rows=_EVALUATED,
    )


def require_trained(
    before: Mapping[str, Tensor], after: Mapping[str, Tensor], head: set[str], what: str
) -> None:
    """Raise where two steps moved nothing of a method, or nothing of the head."""
    for part, names in (("the head", before.keys() & head), (what, before.keys() - head)):
        if names and all(torch.equal(before[n].cpu(), after[n].cpu()) for n in names):
            raise RuntimeError(f"two steps left all of {part} as it was: nothing trains it")
