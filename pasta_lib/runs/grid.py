"""What a grid, a profile and a choice of its runs are."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import unknown
from ..training import TrainConfig
from .config import RunConfig


@dataclass(frozen=True)
class Grid:
    """Every task with every method, at each of the method's learning rates, with each seed."""

    tasks: tuple[str, ...]
    methods: tuple[str, ...]
    lrs: Mapping[str, tuple[float, ...]]
    seeds: tuple[int, ...]
    train: TrainConfig
    backbone: str = "minilm"
    source: str = "sample"  # the profile's
    fields: Mapping[str, Any] = field(default_factory=dict)  # of every method

    def __iter__(self) -> Iterator[RunConfig]:
        """Yield the runs in a fixed order."""
        for task in self.tasks:
            for method in self.methods:
                for lr in self.lrs[method]:
                    for seed in self.seeds:
                        train = replace(self.train, lr=lr, seed=seed)
                        yield RunConfig(
                            self.backbone, task, self.source, method, self.fields, train
                        )


@dataclass(frozen=True)
class Choice:
    """Some of a profile's runs: those on these backbones and tasks, with these methods."""

    backbones: tuple[str, ...] = ()  # none named: all
    tasks: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()

    def of(self, grid: Grid) -> Grid | None:
        """Return what is chosen of `grid`, or None."""
        if self.backbones and grid.backbone not in self.backbones:
            return None
        tasks = tuple(task for task in grid.tasks if not self.tasks or task in self.tasks)
        methods = tuple(m for m in grid.methods if not self.methods or m in self.methods)
        return replace(grid, tasks=tasks, methods=methods)


@dataclass(frozen=True)
class Profile:
    """A named set of grids: what each notebook needs, and where its data come from by default."""

    name: str
    source: str
    grids: Mapping[str, tuple[Grid, ...]]

    def runs(
        self,
        notebooks: str | Iterable[str],
        *,
        source: str | None = None,
        seeds: int | None = None,
        choice: Choice | None = None,
    ) -> list[RunConfig]:
        """Return the runs that `notebooks` need, each once, in a fixed order.

        `source` replaces the profile's; `seeds` asks for that many, counted on from the first.
        Raises `InputError` for a `choice` that names what the profile never runs.
        """
        notebooks = [notebooks] if isinstance(notebooks, str) else notebooks
        needed = [grid for notebook in notebooks for grid in self.grids.get(notebook, ())]
        grids = list({id(grid): grid for grid in needed}.values())
        if choice:
            self._check(choice)
            grids = [chosen for grid in grids if (chosen := choice.of(grid))]
        runs = []
        for grid in grids:
            first = grid.seeds[0]
            chosen = tuple(range(first, first + seeds)) if seeds else grid.seeds
            runs += replace(grid, source=source or self.source, seeds=chosen)
        return list({run.key: run for run in runs}.values())

    def _check(self, choice: Choice) -> None:
        grids = [grid for some in self.grids.values() for grid in some]
        for kind, named, has in (
            ("backbone", choice.backbones, [grid.backbone for grid in grids]),
            ("task", choice.tasks, [task for grid in grids for task in grid.tasks]),
            ("method", choice.methods, [method for grid in grids for method in grid.methods]),
        ):
            for name in named:
                if name not in has:
                    raise unknown(f"{kind} of profile {self.name!r}", name, dict.fromkeys(has))
