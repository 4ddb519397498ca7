"""Two methods whose true difference is known, drawn thousands of times and judged.

A row is answered right where μ + row + seed + both > 0, four normal parts of total variance 1 (the
row's is partly the same for both methods). So a method is right on Φ(μ) of all rows, exactly: that
is the truth which the rule does not know. `python tests/study/simulation.py` prints the table that
`docs/verdicts.md` shows.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from pasta_lib.study.claims import rows
from pasta_lib.study.claims.rule import ALPHA, Estimate, Region, at_least, difference, most

DRAWS, BASE, MARGIN = 2_000, 0.7, 1.0
SEEDS, SPREADS, ROWS = (3, 5), (0.4, 2.0, 9.0), (100, 400, 1_500)
RULES = {"at least as good": Region(low=-MARGIN), "outperforms": Region(low=0.0)}
TRUTHS = (-MARGIN, 0.0, 2 * MARGIN, 4 * MARGIN)
MIXED = ((100, 9.0), (277, 2.0), (400, 0.4), (1_000, 2.0), (1_500, 0.4))  # rows, spread of a task
ALIKE = ((1_500, 0.4),) * 5
MOST = {  # the tasks, and the true difference on each
    "0 on all": (MIXED, (0, 0, 0, 0, 0)),
    "0 on three, +20 on two": (MIXED, (20, 20, 0, 0, 0)),
    "0 on three, −20 on two": (MIXED, (-20, -20, 0, 0, 0)),
    "+2 on all": (MIXED, (2, 2, 2, 2, 2)),
    "+4 on all": (MIXED, (4, 4, 4, 4, 4)),
    "+4 on all, each of 1,500 rows, spread 0.4": (ALIKE, (4, 4, 4, 4, 4)),
}


class Shares(NamedTuple):
    """How many of the draws each rule decided, and how."""

    supported: float
    contradicted: float
    old: float  # "holds" by two medians, the rule before this one


Shared = Mapping[tuple, Shares]


@dataclass(frozen=True)
class Draws:
    """The luck of many draws: what a row, a seed and both of them add, for each of two methods."""

    latent: tuple[NDArray, NDArray]  # (draws, seeds, rows)
    given_rows: tuple[NDArray, NDArray]  # (draws, rows): the part that is the row's
    rest: float  # the standard deviation of what is not

    @classmethod
    def of(cls, random: np.random.Generator, seeds: int, spread: float, size: int) -> "Draws":
        """Draw; `spread` is the standard deviation over seeds of a method's score on all rows."""

        def normal(*shape: int) -> NDArray:
            return random.standard_normal((DRAWS, *shape), dtype=np.float32)

        seed = spread / 100 / norm.pdf(norm.ppf(BASE))
        both = 0.5 * min(1, spread / 2)  # small spreads mean that seeds answer alike
        own = np.sqrt(0.4 - both**2 - seed**2)
        shared = normal(1, size) * 0.6**0.5
        rows = [np.float32(shared + own * normal(1, size)) for _ in range(2)]
        latent = [row + both * normal(seeds, size) + seed * normal(seeds, 1) for row in rows]
        return cls(tuple(latent), tuple(row[:, 0] for row in rows), np.hypot(seed, both))

    def judged(self, truth: float, luck: bool = True) -> tuple[NDArray, NDArray, Estimate]:
        """Return both methods' scores in points, (draws, seeds), and the rule's estimate."""
        bars = [-norm.ppf(BASE + points / 100) for points in (truth, 0)]
        right = [own > bar for own, bar in zip(self.latent, bars, strict=True)]
        scores = [100 * each.mean(-1) for each in right]
        known = None
        if luck:
            gap = np.subtract(*(each.mean(1, dtype=np.float32) for each in right))
            size = gap.shape[1]
            resampled = 100 * (rows.draws(size) @ gap.T) / size
            known = np.var(resampled, axis=0, ddof=1), size
        return *scores, difference(*scores, known)

    def of_these_rows(self) -> NDArray:
        """Return the difference that is true on the drawn rows, where none is on all, in points."""
        first, second = (
            norm.cdf((norm.ppf(BASE) + row) / self.rest).mean(-1) for row in self.given_rows
        )
        return 100 * (first - second)


def scores() -> Iterator[tuple[tuple, Shares]]:
    """Yield (rule, truth, seeds, spread, rows) and the shares, for one task."""
    random = np.random.default_rng(0)
    for seeds, spread, size in product(SEEDS, SPREADS, ROWS):
        luck = Draws.of(random, seeds, spread, size)
        for truth in TRUTHS:
            first, second, found = luck.judged(truth)
            gap = np.median(first, -1) - np.median(second, -1)
            for name, region in RULES.items():
                old = gap >= region.low if region.low else gap > 0
                yield (
                    (name, truth, seeds, spread, size),
                    _shares(found.inside(region), found.outside(region), old),
                )
        # without predictions the truth is that of the rows at hand
        first, second, found = luck.judged(0, luck=False)
        moved = Estimate(found.value - luck.of_these_rows(), found.error, found.df)
        region = RULES["outperforms"]
        yield (
            ("outperforms, on these rows", 0.0, seeds, spread, size),
            _shares(moved.inside(region), moved.outside(region), first.mean(-1) > second.mean(-1)),
        )


def most_tasks() -> Iterator[tuple[tuple, Shares]]:
    """Yield (truth, seeds) and the shares, for "outperforms on most of five tasks"."""
    random, region = np.random.default_rng(1), RULES["outperforms"]
    for seeds, (name, (tasks, truths)) in product(SEEDS, MOST.items()):
        inside, outside, ahead = [], [], []
        for (size, spread), truth in zip(tasks, truths, strict=True):
            first, second, found = Draws.of(random, seeds, spread, size).judged(truth)
            inside.append(found.inside(region))
            outside.append(found.outside(region))
            ahead.append(np.median(first, -1) > np.median(second, -1))
        needed = most(len(tasks))
        yield (
            (name, seeds),
            _shares(
                at_least(np.stack(inside, -1), needed),
                at_least(np.stack(outside, -1), needed),
                np.sum(ahead, axis=0) >= needed,
            ),
        )


def table(one: Shared, most_of_five: Shared) -> list[str]:
    """Return the lines that the note shows: over all seeds, spreads and rows, least to most."""
    found: dict[tuple[str, str], list[Shares]] = {}
    for (name, truth, *_), shares in one.items():
        found.setdefault((name, _points(truth)), []).append(shares)
    for (name, _), shares in most_of_five.items():
        found.setdefault(("outperforms on most of 5 tasks", name), []).append(shares)
    head = "| rule | true difference | supported | contradicted | old rule: holds |"
    return [head, "|---|---|---|---|---|"] + [
        f"| {name} | {truth} | " + " | ".join(map(_span, zip(*alike, strict=True))) + " |"
        for (name, truth), alike in sorted(found.items(), key=lambda line: line[0][0])
    ]


def _points(truth: float) -> str:
    return f"{truth:+.0f}".replace("-", "−") if truth else "0"


def _shares(inside: NDArray, outside: NDArray, old: NDArray) -> Shares:
    decided = (np.mean(inside <= ALPHA), np.mean(outside <= ALPHA), np.mean(old))
    return Shares(*map(float, decided))


def _span(values: Sequence[float]) -> str:
    low, high = (f"{100 * end:.1f}" for end in (min(values), max(values)))
    return f"{low} %" if low == high else f"{low} to {high} %"


if __name__ == "__main__":
    print("\n".join(table(dict(scores()), dict(most_tasks()))))
