"""The luck of the rows: scores on resampled rows, the same for every run that was scored on them.

Letters: N rows, in U units that are drawn whole (a row; in MultiRC a question with its answers), B
resamples. What is drawn is how often each unit counts, (B, U), and every metric is a function of
these weights.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 1000
_PARTS = {
    "accuracy_f1": ("accuracy", "f1"),
    "pearson_spearman": ("pearson", "spearman"),
    "f1a_em": ("f1", "em"),
    "accuracy_macro_f1": ("accuracy", "macro_f1"),
    "f1a": ("f1",),
}


def resampled(
    metric: str, gold: NDArray, answers: NDArray, groups: NDArray | None = None
) -> tuple[NDArray, int]:
    """Return a metric on B resamples of the rows, (B,), and how many units were drawn from.

    `answers` are classes or scores (N,), or of entities each sentence's counts (N, 3). The same
    number of units gives the same draws, so that two runs on the same rows are paired.
    """
    units = np.arange(len(gold)) if groups is None else np.unique(groups, return_inverse=True)[1]
    count = int(units.max()) + 1
    return weighted(metric, gold, answers, draws(count)[:, units], units), count


def weighted(
    metric: str, gold: NDArray, answers: NDArray, weights: NDArray, units: NDArray
) -> NDArray:
    """Return a metric where row i counts `weights[:, i]` times, (B,) for weights (B, N)."""
    names = _PARTS.get(metric, (metric,))
    return np.mean([_METRICS[name](gold, answers, weights, units) for name in names], axis=0)


@lru_cache(maxsize=2)
def draws(units: int) -> NDArray:
    """Return how often each unit counts in each resample, (B, U): the same at every call."""
    return (
        np.random.default_rng(0)
        .multinomial(units, np.full(units, 1 / units), RESAMPLES)
        .astype(np.float32)
    )


def _confusion(gold: NDArray, answers: NDArray, weights: NDArray) -> NDArray:
    """Return (B, C, C): how often class g was answered by class a."""
    gold, answers = gold.astype(int), answers.astype(int)
    c = 1 + max(gold.max(), answers.max(), 1)
    cells = np.eye(c * c, dtype=weights.dtype)[gold * c + answers]
    return (weights @ cells).reshape(-1, c, c).astype(float)


def _accuracy(gold: NDArray, answers: NDArray, weights: NDArray, units: NDArray) -> NDArray:
    return weights @ (gold == answers) / weights.sum(-1)


def _f1(gold: NDArray, answers: NDArray, weights: NDArray, units: NDArray) -> NDArray:
    return _class_f1(_confusion(gold, answers, weights))[:, 1]


def _macro_f1(gold: NDArray, answers: NDArray, weights: NDArray, units: NDArray) -> NDArray:
    table = _confusion(gold, answers, weights)
    occurs = table.sum(1) + table.sum(2) > 0
    return (_class_f1(table) * occurs).sum(-1) / occurs.sum(-1)


def _class_f1(table: NDArray) -> NDArray:
    right = np.diagonal(table, axis1=1, axis2=2)
    return _ratio(2 * right, table.sum(1) + table.sum(2))


def _matthews(gold: NDArray, answers: NDArray, weights: NDArray, units: NDArray) -> NDArray:
    table = _confusion(gold, answers, weights)
    right, total = np.trace(table, axis1=1, axis2=2), table.sum((1, 2))
    answered, true = table.sum(1), table.sum(2)
    over = right * total - (answered * true).sum(-1)
    under = (total**2 - (answered**2).sum(-1)) * (total**2 - (true**2).sum(-1))
    return _ratio(over, np.sqrt(under))


def _em(gold: NDArray, answers: NDArray, weights: NDArray, units: NDArray) -> NDArray:
    wrong = np.bincount(units, gold != answers)
    firsts = np.unique(units, return_index=True)[1]  # a unit's rows all count alike
    own = weights[:, firsts]
    return own @ (wrong == 0) / own.sum(-1)


def _pearson(gold: NDArray, answers: NDArray, weights: NDArray, units: NDArray) -> NDArray:
    same = np.ones((len(weights), 1))
    return _correlation(same * gold, same * answers, weights)


def _spearman(gold: NDArray, answers: NDArray, weights: NDArray, units: NDArray) -> NDArray:
    return _correlation(_ranks(gold, weights), _ranks(answers, weights), weights)


def _ranks(values: NDArray, weights: NDArray) -> NDArray:
    """Return the rank of every row among rows that count `weights` times, ties averaged."""
    distinct, place = np.unique(values, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.searchsorted(place[order], np.arange(len(distinct)))
    counts = np.add.reduceat(weights[:, order], starts, axis=1).astype(float)
    return (np.cumsum(counts, 1) - counts + (counts + 1) / 2)[:, place]


def _correlation(first: NDArray, second: NDArray, weights: NDArray) -> NDArray:
    total = weights.sum(-1, keepdims=True)
    first = first - (weights * first).sum(-1, keepdims=True) / total
    second = second - (weights * second).sum(-1, keepdims=True) / total
    over = (weights * first * second).sum(-1)
    under = (weights * first**2).sum(-1) * (weights * second**2).sum(-1)
    return _ratio(over, np.sqrt(under))


def _entities(over: tuple[int, ...], under: tuple[int, ...]) -> Callable[..., NDArray]:
    """Make a ratio of the weighted sums of a sentence's counts: found, none, missed."""

    def metric(gold: NDArray, answers: NDArray, weights: NDArray, units: NDArray) -> NDArray:
        sums = weights @ answers
        return _ratio(sums @ over, sums @ under)

    return metric


def _ratio(over: NDArray, under: NDArray) -> NDArray:
    return np.divide(over, under, out=np.zeros_like(over), where=under > 1e-9)


_METRICS: dict[str, Callable[..., NDArray]] = {
    "accuracy": _accuracy,
    "f1": _f1,
    "macro_f1": _macro_f1,
    "matthews": _matthews,
    "em": _em,
    "pearson": _pearson,
    "spearman": _spearman,
    "entity_f1": _entities((2, 0, 0), (2, 1, 1)),
    "entity_precision": _entities((1, 0, 0), (1, 1, 0)),
    "entity_recall": _entities((1, 0, 0), (1, 0, 1)),
}
