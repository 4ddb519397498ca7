"""The study: what regenerates the tables and figures of two papers with the library.

Where a number comes from:

1. `runs/grids.py` and `runs/paper.py` say which runs each notebook needs in a profile: a named set
   of backbones, tasks and settings (quick, replica, paper). Each run is a `runs.config.RunConfig`.
2. `runs/engine.py` does those that have no record yet. `runs/train.py` reads the task
   (`pasta_lib/tasks`: the sample's grammars, the hub, or the folder given as `--data`), loads the
   encoder, applies the method and calls `pasta_lib/training.py`.
3. `training.py` scores validation after each epoch with `pasta_lib/metrics.py`, picks the best
   epoch on the same rows, as the papers do, and then scores the test split where it has labels.
4. `store.py` writes the record, scores as fractions: `data/runs/PROFILE/<2 digits>/<key>.json`.
5. `reporting/frames.py` reads the records; `statistics.py` picks a method's setting (most seeds
   first, then the highest median of validation) and gives median and spread over its seeds.
6. `reporting/layout.py` puts them where the papers print theirs: rows, columns and each column's
   metric come from `data/published/*.csv`, read by `published.py`.
7. `reporting/exhibit.py` turns fractions into points and writes `figures/PROFILE/*.csv`, `.md` and
   pictures; the notebooks call it, and `13_report` collects all in `report.html`.

Claims are read from the same records, by `claims` and `reporting/frames.py`. The names load on
first use, so that reading records does not import torch.
"""

from importlib import import_module

_HOMES = {
    "runs": ("Choice", "complete", "open_store"),
    "origin": ("provenance",),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
_MODULES = ("claims", "explore", "published", "reporting", "statistics")

__all__ = sorted(_HOME_OF)


def __getattr__(name: str):
    if name in _MODULES:
        return import_module(f".{name}", __name__)
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOME_OF[name]}", __name__), name)


def __dir__() -> list[str]:
    return [*__all__, *_MODULES]
