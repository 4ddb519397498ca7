"""What a search found, trained until it gets no better: one rule for every method."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from ...tasks import TASKS
from ..budget import EPOCHS, SMALL_EPOCHS
from ..store import Record
from .config import RunConfig
from .grid import Grid

_PATIENCE = 10  # at most: that of AoT's Table 6 where it is less
_SMALL = ("copa", "cb", "wsc")  # under 600 training rows: an epoch is 16 to 35 steps


@dataclass(frozen=True)
class ToTheEnd(Grid):
    """The leaders of `search`, with more seeds, until patience ends them.

    A constant rate, in fp32 so that kinds of machine compare; the best epoch is kept. Where a
    leader's rate was the first or last that was tried, one step further is tried beside it.
    With `falls` the rate falls to zero over all the epochs instead, and none is left out.
    """

    search: Grid | None = None
    falls: bool = False

    @classmethod
    def of(
        cls,
        search: Grid,
        seeds: tuple[int, ...],
        methods: tuple[str, ...] | None = None,
        *,
        falls: bool = False,
    ) -> "ToTheEnd":
        """Return the runs that follow once `search` is finished, with its methods or some."""
        schedule = "linear" if falls else "constant"
        train = replace(search.train, schedule=schedule, precision="fp32")
        return cls(
            search.tasks,
            methods or search.methods,
            search.lrs,
            seeds,
            train,
            search.backbone,
            search.source,
            search=search,
            falls=falls,
        )

    def __iter__(self) -> Iterator[RunConfig]:
        """Yield nothing: all of it waits for the search."""
        return iter(())

    def followers(self, get: Callable[[str], Record | None], *, ahead: bool) -> Iterator[RunConfig]:
        """Yield the runs of every task and method whose search is finished, as a search does."""
        for task in self.tasks:
            for method in self.methods:
                asked = {"tasks": (task,), "methods": (method,), "source": self.source}
                found = replace(self.search, **asked).followers(get, ahead=ahead)
                leaders = [run for run in found if run.train.max_steps is None]
                runs = (
                    self._run(run, lr, s) for s in self.seeds for run, lr in self._rates(leaders)
                )
                yield from {run.key: run for run in runs}.values()

    def _rates(self, leaders: list[RunConfig]) -> Iterator[tuple[RunConfig, float]]:
        for run in leaders:
            tried = self.lrs[run.method]
            yield run, run.train.lr
            for end, inner in ((tried[0], tried[1]), (tried[-1], tried[-2])):
                if run.train.lr == end:
                    yield run, _nearest(end * end / inner)

    def _run(self, run: RunConfig, lr: float, seed: int) -> RunConfig:
        epochs = SMALL_EPOCHS if run.task in _SMALL else EPOCHS
        aot = TASKS[run.task].aot  # none for CoNLL2003, which that paper does not have
        patience = min(aot.patience, _PATIENCE) if aot else _PATIENCE
        patience = None if self.falls else patience
        train = replace(self.train, lr=lr, seed=seed, epochs=epochs, patience=patience)
        return replace(run, train=train)


def _nearest(rate: float) -> float:
    """Return the nearest rate of the kind that is searched: 1, 2, 3 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(rate))
    steps = [float(f"{step * power:.0e}") for step in (1, 2, 3, 5, 10)]
    return min(steps, key=lambda step: abs(math.log(step / rate)))
