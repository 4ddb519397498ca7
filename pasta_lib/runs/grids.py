"""The grids as data: which runs each notebook needs, by profile."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ..training import TrainConfig
from .config import RunConfig

PASTA_ABLATIONS = ("pasta", "pasta-no-cls", "pasta-no-sep", "pasta-shared", "classifier")
AOT = ("aot-naive", "aot-kron", "aot-fc")


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

    def __iter__(self) -> Iterator[RunConfig]:
        """Yield the runs in a fixed order."""
        for task in self.tasks:
            for method in self.methods:
                for lr in self.lrs[method]:
                    for seed in self.seeds:
                        train = replace(self.train, lr=lr, seed=seed)
                        yield RunConfig(self.backbone, task, self.source, method, train=train)


@dataclass(frozen=True)
class Profile:
    """A named set of grids: what each notebook needs, and where its data come from by default."""

    name: str
    source: str
    grids: Mapping[str, tuple[Grid, ...]]

    def runs(
        self, notebook: str, *, source: str | None = None, seeds: int | None = None
    ) -> list[RunConfig]:
        """Return the runs that `notebook` needs, each once, in a fixed order.

        `source` replaces the profile's; `seeds` asks for that many, counted on from the first.
        """
        runs = []
        for grid in self.grids.get(notebook, ()):
            first = grid.seeds[0]
            chosen = tuple(range(first, first + seeds)) if seeds else grid.seeds
            runs += replace(grid, source=source or self.source, seeds=chosen)
        return list({run.key: run for run in runs}.values())


# One learning rate for each method, found by hand on the sample tasks: the quick profile shows
# that everything works, it does not search.
_QUICK_LRS = {
    "full": (1e-4,),
    "classifier": (5e-3,),
    "pasta": (1e-2,),
    "pasta-no-cls": (1e-2,),
    "pasta-no-sep": (1e-2,),
    "pasta-shared": (1e-2,),
    "aot-naive": (5e-3,),
    "aot-kron": (5e-3,),
    "aot-fc": (5e-3,),
}
_QUICK_TRAIN = TrainConfig(epochs=8, batch_size=16)


def _quick(tasks: tuple[str, ...], methods: tuple[str, ...]) -> tuple[Grid, ...]:
    return (Grid(tasks, methods, _QUICK_LRS, (42,), _QUICK_TRAIN),)


_QUICK_GLUE = _quick(("rte", "cola"), ("full", *PASTA_ABLATIONS, *AOT))
_QUICK_NER = _quick(("conll2003",), ("full", *PASTA_ABLATIONS, "aot-fc"))

QUICK = Profile(
    "quick",
    "sample",
    {
        "03_glue": _QUICK_GLUE,
        "05_ner": _QUICK_NER,
        "06_ablation": _quick(("cola", "rte", "conll2003"), PASTA_ABLATIONS),
        "07_norm_distribution": _quick(("cola", "rte", "conll2003"), ("pasta",)),
        "08_top_norm_tokens": _quick(("cola", "rte", "conll2003"), ("aot-fc",)),
        "13_report": (*_QUICK_GLUE, *_QUICK_NER),
    },
)
PROFILES = {profile.name: profile for profile in (QUICK,)}
