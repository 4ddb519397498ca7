"""The records of one setting, as claims ask for them: scores, how sure they are, the budget."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import names
from ..budget import SEARCH, TO_THE_END, budget
from ..statistics import Summary, score, summarise
from .rows import resampled
from .rule import ALPHA, Estimate, Region, difference, level

Record = Mapping[str, Any]
Gold = Callable[[str], Mapping[str, Any] | None]
POINTS = 100


class Evidence:
    """The records of one setting: what was trained, counted or timed.

    `gold` finds the labels that runs were held against, by the name that their records give.
    """

    def __init__(
        self,
        records: Iterable[Record],
        setting: str = "",
        backbone: str = "",
        gold: Gold = lambda name: None,
        sample: bool = False,
    ) -> None:
        self.records, self.setting, self.backbone = list(records), setting, backbone
        self.gold, self.sample = gold, sample
        self._trained: dict[tuple[str, str], list[Record]] = {}
        for record in self.records:
            if record["kind"] == "train":
                place = record["config"]["task"], record["config"]["method"]
                self._trained.setdefault(place, []).append(record)
        self._best: dict[tuple, Summary | None] = {}
        self._resampled: dict[tuple, tuple[NDArray, int, str] | None] = {}
        self._informative: dict[str, bool] = {}

    def own(self, on: Sequence[str]) -> bool:
        """Whether this is a backbone that a paper speaks of, on real tasks."""
        return self.backbone in on and not self.sample

    @property
    def size(self) -> int:
        """The number of parameters of the encoder that was trained; 0 where none was."""
        sizes = (run["result"]["parameters"]["backbone"] for run in self.of("train"))
        return max(sizes, default=0)

    @property
    def regimes(self) -> set[tuple[str, bool]]:
        """Where the tasks of finished runs came from, and whether those ran to their end."""
        configs = (run["config"] for run in self.of("train"))
        return {
            (config["source"], budget(config) == TO_THE_END)
            for config in configs
            if budget(config) != SEARCH
        }

    def of(self, kind: str, **where: Any) -> list[Record]:
        """Return the finished records of a kind whose config has the given values."""
        return [
            record
            for record in self.records
            if record["kind"] == kind and record["status"] == "done"
            if all(record["config"].get(name) == value for name, value in where.items())
        ]

    def ran(self, methods: Iterable[str]) -> bool:
        """Whether all of the methods were run on some task."""
        return any(all(self.runs(task, each) for each in methods) for task in self.tasks)

    def runs(self, task: str, method: str) -> list[Record]:
        """Return the finished runs of a method on a task, those of a search included."""
        return [run for run in self._trained.get((task, method), []) if run["status"] == "done"]

    @property
    def tasks(self) -> list[str]:
        """The tasks that were trained on."""
        return sorted({task for task, _ in self._trained})

    def methods(self, task: str) -> list[str]:
        """Return the methods that were run on a task."""
        return sorted(method for at, method in self._trained if at == task)

    def metric(self, task: str, method: str) -> str:
        """Return the metric that a method's runs on a task were selected by."""
        return self.runs(task, method)[0]["result"]["metric"]

    def best(self, task: str, method: str, metric: str, split: str) -> Summary | None:
        """Return a method's best configuration that was trained to its end, scored on `split`."""
        asked = task, method, metric, split
        if asked not in self._best:
            self._best[asked] = summarise(self.runs(task, method), metric, split)
        return self._best[asked]

    def scores(self, best: Summary, metric: str, split: str) -> NDArray:
        """Return a configuration's scores over seeds, in points."""
        return POINTS * np.array([score(run, metric, split) for run in best.records])

    def compare(self, first: Summary, second: Summary, metric: str, split: str) -> Estimate:
        """Return first minus second in points, with the seeds' luck and, if known, the rows'."""
        return difference(
            self.scores(first, metric, split),
            self.scores(second, metric, split),
            self.rows(first, second, metric=metric, split=split),
        )

    def rows(
        self, first: Summary, second: Summary | None = None, *, metric: str, split: str
    ) -> tuple[float, int] | None:
        """Return the variance of a difference (or a score) over resampled rows, and their number.

        None where a record holds no answers, or not all were on the same rows.
        """
        sides = [self.resamples(side, metric, split) for side in (first, second) if side]
        if None in sides or len({gold for _, _, gold in sides}) != 1:
            return None
        means = [values for values, _, _ in sides]
        values = means[0] - means[1] if second else means[0]
        return float(np.var(values, ddof=1)), sides[0][1]

    def resamples(self, best: Summary, metric: str, split: str) -> tuple[NDArray, int, str] | None:
        """Return a configuration's mean score on each resample of the rows, in points.

        With it the number of rows and the name of their labels; None where a record holds no
        answers, or not all seeds were scored on the same rows.
        """
        runs = [self._on_resamples(run, metric, split) for run in best.records]
        if None in runs or len({gold for _, _, gold in runs}) != 1:
            return None
        return POINTS * np.mean([values for values, _, _ in runs], axis=0), *runs[0][1:]

    def limited(self, best: Summary, split: str) -> str:
        """Say what of the budget may have kept a configuration from a better score, or ""."""
        config = best.records[0]["config"]
        task, method, train = config["task"], config["method"], config["train"]
        epochs = [
            run["result"]["halves"]["epoch"] if split == "half" else run["result"]["best_epoch"]
            for run in best.records
        ]
        rates = [run["config"]["train"]["lr"] for run in self._trained[task, method]]
        found = []
        if 2 * epochs.count(train["epochs"]) >= len(epochs):
            found.append("its last epoch is its best")
        if train["lr"] in (min(rates), max(rates)):
            found.append("its best rate is the first or last tried")
        where = f"{names.method(method)} on {names.task(task)}"
        return f"{where}: {', '.join(found)}" if found else ""

    def informative(self, task: str) -> bool:
        """Say whether some method is surely above the majority class, on all of validation."""
        if task not in self._informative:
            self._informative[task] = any(
                self._above_majority(task, method) for method in self.methods(task)
            )
        return self._informative[task]

    def _above_majority(self, task: str, method: str) -> bool:
        found = self.over_majority(task, method)
        return found is not None and bool(found.inside(Region(low=0.0)) <= ALPHA)

    def over_majority(self, task: str, method: str) -> Estimate | None:
        """Return by how many points a method lies above the majority class; None if never run."""
        if not self.runs(task, method):
            return None
        metric, split = self.metric(task, method), "validation"
        best = self.best(task, method, metric, split)
        if best is None:
            return None
        bar = POINTS * best.records[0]["result"]["majority"][metric]
        rows = self.rows(best, metric=metric, split=split)
        return level(self.scores(best, metric, split), bar, rows)

    def _on_resamples(
        self, run: Record, metric: str, split: str
    ) -> tuple[NDArray, int, str] | None:
        """Return a run's score on each resample, the number of rows, and the labels' name."""
        asked = run["key"], metric, split
        if asked not in self._resampled:
            self._resampled[asked] = self._resample(run, metric, split)
        return self._resampled[asked]

    def _resample(self, run: Record, metric: str, split: str) -> tuple[NDArray, int, str] | None:
        kept = {each["split"]: each for each in run["result"].get("answers", ())}.get(split)
        labels = self.gold(kept["gold"]) if kept else None
        if labels is None:
            return None
        gold, answers, groups = (
            None if line is None else np.array(line.split(), dtype=float)
            for line in (labels["labels"], kept["answers"], labels["groups"])
        )
        if metric.startswith("entity"):
            answers = answers.reshape(len(gold), 3)
        return *resampled(metric, gold, answers, groups), kept["gold"]


@dataclass(frozen=True)
class Pair:
    """What was trained on a smaller and on a larger backbone, for claims about growth."""

    smaller: Evidence
    larger: Evidence

    @property
    def setting(self) -> str:
        """Both settings, as one label."""
        return f"{self.smaller.setting} → {self.larger.setting}"

    @property
    def backbone(self) -> str:
        """The larger backbone, to which the growth leads."""
        return self.larger.backbone

    def own(self, on: Sequence[str]) -> bool:
        """Whether a paper speaks of both backbones, on real tasks."""
        return self.smaller.own(on) and self.larger.own(on)

    def informative(self, task: str) -> bool:
        """Say whether a task is informative on both."""
        return self.smaller.informative(task) and self.larger.informative(task)


def pairs(evidence: Sequence[Evidence], methods: Sequence[str], on: Sequence[str]) -> list[Pair]:
    """Return the smallest and the largest backbone that ran all methods, for each source of data.

    What was trained to its end and what was not are not compared. Where two of those that a paper
    speaks of (`on`) did, only they count.
    """
    found = []
    for regime in sorted({regime for each in evidence for regime in each.regimes}):
        able = [each for each in evidence if regime in each.regimes and each.ran(methods)]
        named = [each for each in able if each.own(on)]
        ascending = sorted(named if len(named) > 1 else able, key=lambda each: each.size)
        if ascending and ascending[0].size < ascending[-1].size:
            found.append(Pair(ascending[0], ascending[-1]))
    return found
