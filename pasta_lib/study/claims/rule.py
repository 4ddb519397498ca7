"""The rule of `docs/verdicts.md` as functions of arrays, which know no record.

Arrays may have any leading shape: the same functions judge one claim and thousands of simulated
ones. A p-value is the least α at which the interval of level 1 − α decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import fdtr, fdtrc, fdtri, stdtr, stdtrit  # `scipy.stats` loads for a second

ALPHA = 0.05


@dataclass(frozen=True)
class Region:
    """Where a claim says that a number lies: between `low` and `high`."""

    low: float = -inf
    high: float = inf


ANYWHERE = Region()


class Reading(Protocol):
    """A number that was found: its value, its 95 % interval, and how surely a region holds it."""

    @property
    def value(self) -> ArrayLike: ...

    def interval(self) -> tuple[ArrayLike, ArrayLike]:
        """Return the ends of the 95 % interval."""

    def inside(self, region: Region) -> ArrayLike:
        """Return the p-value of the number lying within `region`."""

    def outside(self, region: Region) -> ArrayLike:
        """Return the p-value of the number lying beyond `region`."""


@dataclass(frozen=True)
class Estimate:
    """An estimate with its standard error; error · t of `df` degrees of freedom around it.

    An error of 0 (no spread was seen) or NaN (one seed) decides nothing. `possible` is where a
    number of its kind can lie at all.
    """

    value: ArrayLike
    error: ArrayLike
    df: ArrayLike
    possible: Region = ANYWHERE

    def interval(self) -> tuple[ArrayLike, ArrayLike]:
        """Return value ∓ t(0.975; df) · error, cut where no such number can lie."""
        half = stdtrit(self.df, 1 - ALPHA / 2) * self.error
        return (
            np.maximum(self.value - half, self.possible.low),
            np.minimum(self.value + half, self.possible.high),
        )

    def inside(self, region: Region) -> ArrayLike:
        """Return the larger of the two-sided p-values against the region's ends."""
        return np.maximum(self._over(region.low), self._under(region.high))

    def outside(self, region: Region) -> ArrayLike:
        """Return the smaller of the two-sided p-values against the region's ends, from beyond."""
        return np.minimum(self._under(region.low), self._over(region.high))

    def _over(self, bound: float) -> ArrayLike:
        return 0.0 if bound == -inf else self._tail(np.subtract(self.value, bound), bound)

    def _under(self, bound: float) -> ArrayLike:
        return 0.0 if bound == inf else self._tail(np.subtract(bound, self.value), bound)

    def _tail(self, distance: ArrayLike, bound: float) -> ArrayLike:
        if abs(bound) == inf:
            return 1.0
        spread = np.where(np.greater(self.error, 0), self.error, 1)
        p = np.minimum(1, 2 * stdtr(np.maximum(self.df, 1e-9), -distance / spread))
        return np.where(np.greater(self.error, 0), p, 1.0)


@dataclass(frozen=True)
class Known:
    """A number whose interval is known: a count, which has no width, or a recorded ratio."""

    value: float
    low: float
    high: float

    def interval(self) -> tuple[float, float]:
        """Return the interval."""
        return self.low, self.high

    def inside(self, region: Region) -> float:
        """Return 0 where the whole interval lies within the region, its ends included, else 1."""
        return float(not region.low <= self.low <= self.high <= region.high)

    def outside(self, region: Region) -> float:
        """Return 0 where none of the interval lies within the region, else 1."""
        return float(not (self.high < region.low or self.low > region.high))


@dataclass(frozen=True)
class VarianceRatio:
    """The ratio of two sample variances, with the degrees of freedom of each (Fisher's F)."""

    value: float
    df: int
    other_df: int

    def interval(self) -> tuple[float, float]:
        """Return value / F(0.975) and value / F(0.025)."""
        ends = fdtri(self.df, self.other_df, [1 - ALPHA / 2, ALPHA / 2])
        return tuple(self.value / ends)

    def inside(self, region: Region) -> float:
        """Return the larger of the two-sided p-values against the region's ends."""
        return max(self._over(region.low), self._under(region.high))

    def outside(self, region: Region) -> float:
        """Return the smaller of the two-sided p-values against the region's ends, from beyond."""
        low = self._under(region.low) if region.low > -inf else 1.0
        high = self._over(region.high) if region.high < inf else 1.0
        return min(low, high)

    def _over(self, bound: float) -> float:
        if bound == -inf:
            return 0.0
        return self._p(fdtrc(self.df, self.other_df, self.value / bound))

    def _under(self, bound: float) -> float:
        if bound == inf:
            return 0.0
        return self._p(fdtr(self.df, self.other_df, self.value / bound))

    def _p(self, tail: float) -> float:
        return min(1.0, 2 * tail) if 0 < self.value < inf else 1.0


def difference(
    first: NDArray, second: NDArray, rows: tuple[ArrayLike, int] | None = None
) -> Estimate:
    """Return mean(first) − mean(second) over seeds, (…, n₁) and (…, n₂).

    Welch's variance s²₁/n₁ + s²₂/n₂, plus the difference's variance over resampled rows where
    `rows` gives it with the number of rows.
    """
    parts = [_over_seeds(first), _over_seeds(second)]
    if rows is not None:
        parts.append((np.asarray(rows[0]), rows[1] - 1))
    return _estimate(np.mean(first, -1) - np.mean(second, -1), parts)


def level(scores: NDArray, bar: ArrayLike, rows: tuple[ArrayLike, int] | None = None) -> Estimate:
    """Return mean(scores) − bar over seeds, (…, n); `rows` as in `difference`."""
    parts = [_over_seeds(scores)]
    if rows is not None:
        parts.append((np.asarray(rows[0]), rows[1] - 1))
    return _estimate(np.mean(scores, -1) - bar, parts)


def share(
    parts: Sequence[tuple[NDArray, NDArray, NDArray]],
    rows: Sequence[tuple[NDArray, int] | None],
) -> Estimate:
    """Return r = Σ (m − c) / Σ (f − c) over tasks, for the scores m, c and f of three methods.

    `parts` holds the three over seeds, task by task; m, c and f are their means. The error is that
    of Σ (m − r f − (1 − r) c) over the sum below the line (the delta method), with the rows' part
    where `rows` gives the three means on resampled rows, (3, B), and the number of rows.
    """
    middle = np.array([[np.mean(scores) for scores in part] for part in parts])
    over, under = (middle[:, 0] - middle[:, 1]).sum(), (middle[:, 2] - middle[:, 1]).sum()
    r = over / under
    weights = np.array([1, r - 1, -r])
    errors = []
    for part, luck in zip(parts, rows, strict=True):
        for weight, scores in zip(weights, part, strict=True):
            variance, df = _over_seeds(scores)
            errors += [((weight / under) ** 2 * variance, df)] if weight else []
        if luck is not None:
            errors.append((np.var(weights @ luck[0], ddof=1) / under**2, luck[1] - 1))
    return _estimate(r, errors or [(0.0, 1)])


def mean_of(estimates: Sequence[Estimate]) -> Estimate:
    """Return the mean of independent estimates, each with its own variance: of these tasks."""
    n = len(estimates)
    parts = [((each.error / n) ** 2, each.df) for each in estimates]
    return _estimate(sum(each.value for each in estimates) / n, parts)


def minus(one: Estimate, other: Estimate) -> Estimate:
    """Return the difference of independent estimates."""
    parts = [(each.error**2, each.df) for each in (one, other)]
    return _estimate(one.value - other.value, parts)


def in_general(values: NDArray) -> Estimate:
    """Return the mean of values (…, k) that stand for others of their kind: Student's interval."""
    k = np.shape(values)[-1]
    return _estimate(np.mean(values, -1), [(np.var(values, -1, ddof=1) / k, k - 1)])


def at_least(p: NDArray, needed: int) -> NDArray:
    """Return the p-value of `needed` of k statements being true, from each one's, (…, k).

    (k − r + 1) · p₍ᵣ₎ for r needed (Benjamini & Heller, 2008, eq. 4): k of k takes the largest,
    one of k is Bonferroni's.
    """
    k = np.shape(p)[-1]
    return np.minimum(1, (k - needed + 1) * np.sort(p, -1)[..., needed - 1])


def most(k: int) -> int:
    """Return the least number that is more than half of k."""
    return k // 2 + 1


def holm(p: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number (Holm, 1979): max of (m − j + 1) p₍ⱼ₎, j ≤ i."""
    order = np.argsort(p)
    factors = np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1, np.maximum.accumulate(factors * np.asarray(p)[order]))
    return corrected.tolist()


def _over_seeds(scores: NDArray) -> tuple[NDArray, int]:
    n = np.shape(scores)[-1]
    if n == 1:
        return np.full(np.shape(scores)[:-1], np.nan), 0
    return np.var(scores, -1, ddof=1) / n, n - 1


def _estimate(value: ArrayLike, parts: Sequence[tuple[ArrayLike, ArrayLike]]) -> Estimate:
    """Add variances; the degrees of freedom are Satterthwaite's V² / Σ vᵢ²/dfᵢ."""
    variance = sum(v for v, _ in parts)
    with np.errstate(divide="ignore", invalid="ignore"):
        df = variance**2 / sum(v**2 / np.where(v > 0, n, 1) for v, n in parts)
    return Estimate(value, np.sqrt(variance), df)
