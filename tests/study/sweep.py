"""A sweep of 216 tiny runs, as a process of its own: python sweep.py ROOT WORKERS.

WORKERS are Ray's; 0 are the processes that this CPU carries.
"""

import sys
from pathlib import Path

from pasta_lib import paths
from pasta_lib.study import runs
from pasta_lib.study.runs.grid import Grid, Profile
from pasta_lib.training import TrainConfig

METHODS = ("classifier", "pasta", "aot-fc")
RUNS = 216


def profile(backbone: Path) -> Profile:
    """Return the sweep, as the profile quick."""
    train = TrainConfig(epochs=1, train_rows=8, eval_rows=8)
    lrs = dict.fromkeys(METHODS, (1e-4, 1e-3, 1e-2))
    grids = tuple(
        Grid(("cola",), METHODS, lrs, tuple(range(8)), train, str(backbone))
        for train in (TrainConfig(**vars(train) | {"batch_size": size}) for size in (2, 4, 8))
    )
    return Profile("quick", "sample", {"03_glue": grids})


def settle(root: Path) -> None:
    """Make `root` the home of the study's data, and the sweep its profile quick."""
    paths.DATA, paths.CACHE = root / "data", root / "data" / "cache"
    runs.PROFILES["quick"] = profile(root / "backbone")


if __name__ == "__main__":
    settle(Path(sys.argv[1]))
    workers = int(sys.argv[2]) or None
    print(len(runs.complete("quick", "03_glue", workers=workers, device="cpu").done))
