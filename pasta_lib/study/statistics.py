"""What a handful of scores says: median and spread over seeds, intervals, expected maximum.

A *configuration* is a run's config without its seed; records are the store's dictionaries.
"""

import json
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import mean, median, stdev

from scipy.special import stdtrit


@dataclass(frozen=True)
class Summary:
    """The best configuration among `configurations`: its scores, one per seed, in natural units."""

    scores: tuple[float, ...]
    configurations: int
    records: tuple[Mapping, ...]

    @property
    def median(self) -> float:
        """Median over seeds, as AoT Tables 2 and 3 print it."""
        return median(self.scores)

    @property
    def std(self) -> float | None:
        """Sample standard deviation over seeds; None for one seed."""
        return stdev(self.scores) if self.seeds > 1 else None

    @property
    def seeds(self) -> int:
        """Number of seeds behind the median."""
        return len(self.scores)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the records behind the scores."""
        return tuple(record["key"] for record in self.records)


def score(record: Mapping, metric: str | None = None, split: str = "validation") -> float | None:
    """Return a run's score at its best epoch, None where it has none.

    Without `metric` it is the one the run was selected by. On "validation" the epoch is the best on
    the same rows, as in the papers; "half" is the half of them that had no say in the epoch, which
    was "picked" by the other one; any further split is named as in `Result.held_out`.
    """
    if record["status"] != "done":
        return None
    result = record["result"]
    halves = result.get("halves", {})  # records of earlier versions have none
    scores = {
        **result["held_out"],
        "validation": result["metrics"],
        "half": halves.get("reported", {}),
        "picked": halves.get("picked", {}),
    }
    return scores.get(split, {}).get(metric or result["metric"])


def configuration(record: Mapping, ignore: Sequence[str] = ("seed",)) -> str:
    """Name what a run was made with but for `ignore`: equal names, equal configurations."""
    config = record["config"]
    train = {name: value for name, value in config["train"].items() if name not in ignore}
    return json.dumps({**config, "train": train}, sort_keys=True)


def configurations(
    records: Iterable[Mapping], ignore: Sequence[str] = ("seed",)
) -> dict[str, list[Mapping]]:
    """Group runs that differ only in `ignore`, each group in the order of its seeds."""
    groups: dict[str, list[Mapping]] = {}
    for record in sorted(records, key=lambda record: record["config"]["train"]["seed"]):
        groups.setdefault(configuration(record, ignore), []).append(record)
    return dict(sorted(groups.items()))


def summarise(
    records: Iterable[Mapping], metric: str | None = None, split: str = "validation"
) -> Summary | None:
    """Summarise the best configuration of one method on one task; None where none has finished.

    Best is the highest median on validation, of which a "half" has no say in it, among the
    configurations with the most seeds. A search proposes: its runs, capped on their steps, count as
    tried and are no result.
    """
    tried = list(records)
    return _best(tried, [r for r in tried if _cap(r) is None], metric, split)


def summarise_search(
    records: Iterable[Mapping], value: Callable[[Mapping], Hashable] = configuration
) -> dict[Hashable, Summary]:
    """Summarise one method's search on one task: the best at each `value` of what was tried.

    Only the runs of that cap on steps count under which most configurations were tried: scores of
    a search that was cut short and of what followed it are no points of one curve.
    """
    by_cap: dict[int | None, list[Mapping]] = {}
    for record in records:
        by_cap.setdefault(_cap(record), []).append(record)
    points: dict[Hashable, list[Mapping]] = {}
    for record in max(by_cap.values(), key=lambda same: len(configurations(same)), default=[]):
        points.setdefault(value(record), []).append(record)
    return {at: best for at, same in points.items() if (best := _best(same, same))}


def _cap(record: Mapping) -> int | None:
    return record["config"]["train"].get("max_steps")


def _best(
    tried: Sequence[Mapping],
    results: Sequence[Mapping],
    metric: str | None = None,
    split: str = "validation",
) -> Summary | None:
    tried, results = (
        [r for r in some if score(r, metric, split) is not None] for some in (tried, results)
    )
    groups = configurations(results).values()
    picks = "picked" if split == "half" else "validation"
    best = max(
        groups,
        key=lambda group: (len(group), median(score(r, metric, picks) for r in group)),
        default=None,
    )
    if best is None:
        return None
    scores = tuple(score(r, metric, split) for r in best)
    return Summary(scores, len(configurations(tried, ("seed", "max_steps"))), tuple(best))


def expected_maximum(values: Sequence[float]) -> list[float]:
    """Return the expected best of n = 1 … N draws with replacement from N scores.

    E[max of n] = Σ_i v_i [(i/N)^n − ((i−1)/N)^n] over ascending v (Dodge et al., 2019, section 3).
    It supposes that the N assignments were drawn at random; a grid is only like that.
    """
    ascending, count = sorted(values), len(values)
    return [
        sum(v * ((i / count) ** n - ((i - 1) / count) ** n) for i, v in enumerate(ascending, 1))
        for n in range(1, count + 1)
    ]


def interval(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Return Student's interval of the mean of at least two values: mean ± t s/√n."""
    half = stdtrit(len(values) - 1, (1 + level) / 2) * stdev(values) / sqrt(len(values))
    return mean(values) - half, mean(values) + half
