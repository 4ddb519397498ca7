"""What a grid, a profile and a choice of its runs are."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..errors import unknown
from ..statistics import score
from ..store import Record, is_finished
from ..training import TrainConfig
from .config import RunConfig


@dataclass(frozen=True)
class Grid:
    """Every task with every method, in each of its settings, with each seed.

    A setting is a learning rate of `lrs` and one of the alternatives of `fields`, the method's
    own by default. With `search_steps` there are two stages: every setting is tried with the first
    seed and at most so many steps, and only the best goes on, with every seed and all its steps:
    the best on all of validation, as the papers pick, and the best on the half that picks.
    """

    tasks: tuple[str, ...]
    methods: tuple[str, ...]
    lrs: Mapping[str, tuple[float, ...]]
    seeds: tuple[int, ...]
    train: TrainConfig
    backbone: str = "minilm"
    source: str = "sample"  # the profile's
    fields: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    search_steps: int | None = None

    def __iter__(self) -> Iterator[RunConfig]:
        """Yield the runs in a fixed order; of two stages, those of the first."""
        for task in self.tasks:
            for method in self.methods:
                yield from self._tried(task, method)

    def finals(self, get: Callable[[str], Record | None], *, ahead: bool) -> Iterator[RunConfig]:
        """Yield the runs of the second stage whose search is finished: `get` finds its records.

        With `ahead`, the first setting stands in for a winner that is not known yet.
        """
        if self.search_steps is None:
            return
        for task in self.tasks:
            for method in self.methods:
                tried = list(self._tried(task, method))
                records = [get(run.key) for run in tried]
                found = [record for record in records if is_finished(record)]
                if len(found) == len(tried):
                    best = [_best(tried, found, split) for split in ("validation", "picked")]
                else:
                    best = tried[:1] if ahead else []
                for run in {run.key: run for run in best if run}.values():
                    for seed in self.seeds:
                        train = replace(run.train, seed=seed, max_steps=self.train.max_steps)
                        yield replace(run, train=train)

    def _tried(self, task: str, method: str) -> Iterator[RunConfig]:
        seeds, steps = self.seeds, self.train.max_steps
        if self.search_steps is not None:
            seeds, steps = seeds[:1], self.search_steps
        for fields in self.fields.get(method, ({},)):
            for lr in self.lrs[method]:
                for seed in seeds:
                    train = replace(self.train, lr=lr, seed=seed, max_steps=steps)
                    yield RunConfig(self.backbone, task, self.source, method, fields, train)


def _best(tried: Iterable[RunConfig], found: Iterable[Record], split: str) -> RunConfig | None:
    """Return the run with the highest score on a split; None where every one diverged."""
    scored = [
        (value, run)
        for run, record in zip(tried, found, strict=True)
        if (value := score(record, split=split)) is not None
    ]
    return max(scored, key=lambda pair: pair[0])[1] if scored else None


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
    """A named set of grids: what each notebook needs, and where its data come from by default.

    `keeps_adapters` says that what is trained to its end is kept, and not its record alone.
    """

    name: str
    source: str
    grids: Mapping[str, tuple[Grid, ...]]
    keeps_adapters: bool = False

    def runs(
        self,
        notebooks: str | Iterable[str],
        *,
        source: str | None = None,
        seeds: int | None = None,
        choice: Choice | None = None,
        get: Callable[[str], Record | None] = lambda key: None,
        ahead: bool = False,
    ) -> list[RunConfig]:
        """Return the runs that `notebooks` need, each once, in a fixed order.

        `source` replaces the profile's; `seeds` asks for that many, counted on from the first.
        What follows a search is known where `get` finds the search's records; `ahead` counts it
        all the same. Raises `InputError` for a `choice` that names what the profile never runs.
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
            grid = replace(grid, source=source or self.source, seeds=chosen)
            runs += [*grid, *grid.finals(get, ahead=ahead)]
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
