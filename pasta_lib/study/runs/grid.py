"""What a grid, a profile and a choice of its runs are."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ...errors import Repeats, require, unknown
from ...training import TrainConfig
from ..statistics import score
from ..store import Record, is_finished
from .config import RunConfig


@dataclass(frozen=True)
class Grid:
    """Every task with every method, in each of its settings, with each seed.

    A setting is a learning rate of `lrs` and one of the alternatives of `fields`, the method's
    own by default. With `rungs`, caps on the steps, settings are first searched (after successive
    halving, Jamieson & Talwalkar, 2016, but keeping two each time): the first rung tries each with
    the first seed and at most so many steps, each rung after it the best two of the one before.
    Only the best of the last goes on, with every seed and all its steps. Best is twice: on all of
    validation, as the papers pick, and on the half that picks.

    With `named`, the runs are part of a profile only for who names their backbone: its weights are
    not there before they are asked for.
    """

    tasks: tuple[str, ...]
    methods: tuple[str, ...]
    lrs: Mapping[str, tuple[float, ...]]
    seeds: tuple[int, ...]
    train: TrainConfig
    backbone: str = "minilm"
    source: str = "sample"  # the profile's
    fields: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    rungs: tuple[int, ...] = ()
    named: bool = False

    def __iter__(self) -> Iterator[RunConfig]:
        """Yield the runs in a fixed order; of a search, those of its first rung."""
        for task in self.tasks:
            for method in self.methods:
                yield from self._tried(task, method)

    def followers(self, get: Callable[[str], Record | None], *, ahead: bool) -> Iterator[RunConfig]:
        """Yield the runs that follow from finished rungs: `get` finds their records.

        With `ahead`, the first settings stand in for those that are not known yet.
        """
        if self.rungs:
            for task in self.tasks:
                for method in self.methods:
                    yield from self._follow([*self._tried(task, method)], get, ahead)

    def _follow(
        self, tried: list[RunConfig], get: Callable[[str], Record | None], ahead: bool
    ) -> Iterator[RunConfig]:
        stages = [(2, cap, self.seeds[:1]) for cap in self.rungs[1:]]
        going = dict.fromkeys(("validation", "picked"), tried)
        for kept, cap, seeds in (*stages, (1, self.train.max_steps, self.seeds)):
            # Both splits wait for both: what shares a pack is then known at once.
            known = all(is_finished(get(run.key)) for runs in going.values() for run in runs)
            if not (known or ahead):
                return
            for split, runs in going.items():
                best = (_ranked(runs, get, split) if known else runs)[:kept]
                going[split] = [_with(run, seed, cap) for run in best for seed in seeds]
            yield from {run.key: run for runs in going.values() for run in runs}.values()

    def _tried(self, task: str, method: str) -> Iterator[RunConfig]:
        seeds, steps = self.seeds, self.train.max_steps
        if self.rungs:
            seeds, steps = seeds[:1], self.rungs[0]
        for fields in self.fields.get(method, ({},)):
            for lr in self.lrs[method]:
                run = RunConfig(
                    self.backbone, task, self.source, method, fields, replace(self.train, lr=lr)
                )
                yield from (_with(run, seed, steps) for seed in seeds)


def _with(run: RunConfig, seed: int, max_steps: int | None) -> RunConfig:
    return replace(run, train=replace(run.train, seed=seed, max_steps=max_steps))


def _ranked(
    runs: Iterable[RunConfig], get: Callable[[str], Record | None], split: str
) -> list[RunConfig]:
    """Return the runs from the highest score on a split down, without those that diverged."""
    scored = [
        (value, run) for run in runs if (value := score(get(run.key), split=split)) is not None
    ]
    return [run for _, run in sorted(scored, key=lambda pair: pair[0], reverse=True)]


@dataclass(frozen=True)
class Choice:
    """Some of a profile's runs: those on these backbones and tasks, with these methods."""

    backbones: tuple[str, ...] = ()  # none named: all
    tasks: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()

    def takes(self, backbone: str, *, named: bool) -> bool:
        """Say whether `backbone` is among them; one that is `named` is so only by its name."""
        return backbone in self.backbones if self.backbones or named else True

    def of(self, grid: Grid) -> Grid | None:
        """Return what is chosen of `grid`, or None."""
        if not self.takes(grid.backbone, named=grid.named):
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
        require({"seeds": seeds}, {"seeds": Repeats | None}, f"profile {self.name!r}")
        notebooks = [notebooks] if isinstance(notebooks, str) else notebooks
        needed = [grid for notebook in notebooks for grid in self.grids.get(notebook, ())]
        grids = list({id(grid): grid for grid in needed}.values())
        choice = choice or Choice()
        self._check(choice)
        grids = [chosen for grid in grids if (chosen := choice.of(grid))]
        runs = []
        for grid in grids:
            first = grid.seeds[0]
            chosen = tuple(range(first, first + seeds)) if seeds else grid.seeds
            grid = replace(grid, source=source or self.source, seeds=chosen)
            runs += [*grid, *grid.followers(get, ahead=ahead)]
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
