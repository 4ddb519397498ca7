"""What trained runs say about a claim, task by task: scores, curves, spreads over seeds, growth."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from itertools import combinations
from statistics import mean
from typing import TypeVar

import numpy as np
import scipy

from ..statistics import Summary, configurations, expected_maximum, score, summarise
from .claim import Along, Claim, Expected, Growth, Score, Spread
from .evidence import POINTS, Evidence, Record
from .rule import Estimate, VarianceRatio, difference, level
from .verdict import PICKED_HERE, ROWS_UNKNOWN, Contrast, Measured, Part

TWINS = {"superglue-rte": "rte"}  # the same rows in both benchmarks: they count once
Of = TypeVar("Of", bound=Hashable)
SEARCH, ONE_SEED = "only a search was run", "one seed has no spread"
UNINFORMATIVE = "no method leaves the majority class"


class Lacking(Exception):
    """What a task's records lack for a claim."""


def measure(claim: Claim, evidence: Evidence) -> Measured:
    """Return what was found on each of the claim's tasks that ran what it compares."""
    parts, aside = [], {}
    for task in claim.tasks:
        if any(part.name == TWINS.get(task) for part in parts):
            continue
        try:
            if part := _MEASURES[type(claim.rule)](claim, evidence, task):
                if not evidence.informative(task):
                    raise Lacking(UNINFORMATIVE)
                parts.append(part)
        except Lacking as lacking:
            aside[task] = str(lacking)
    return Measured(tuple(parts), aside)


def _scores(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    rule: Score = claim.rule
    ran = [method for method in rule.methods if evidence.runs(task, method)]
    if not evidence.runs(task, rule.other) or not ran:
        return None
    if rule.all_methods and len(ran) < len(rule.methods):
        return None
    metric = evidence.metric(task, rule.methods[0] if rule.all_methods else rule.other)
    best, split = _bests(
        (*ran, rule.other), lambda name, on: evidence.best(task, name, metric, on), rule.split
    )
    if not all(best.values()):
        raise Lacking(SEARCH)
    _need_seeds(claim, best.values())
    other = best.pop(rule.other)
    return _part(task, evidence, metric, split, [(name, best[name], other) for name in ran])


def _bests(
    asked: Sequence[Of], best: Callable[[Of, str], Summary | None], split: str = "half"
) -> tuple[dict[Of, Summary | None], str]:
    """Return the best of each on a split, and the split: all of validation, if any lacks halves."""
    found = {of: best(of, split) for of in asked}
    if split == "half" and not all(found.values()):  # records of before the halves
        split, found = "validation", {of: best(of, "validation") for of in asked}
    return found, split


def _along(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    rule: Along = claim.rule
    runs = evidence.runs(task, rule.method)
    values = sorted({run["config"]["fields"][rule.field] for run in runs})
    if len(values) < 2:
        return None
    _assignments(runs)  # a point of a curve is the best of all that was tried there
    metric = evidence.metric(task, rule.method)
    points, split = _bests(
        values,
        lambda value, on: summarise(
            [run for run in runs if run["config"]["fields"][rule.field] == value], metric, on
        ),
    )
    tried = list(points.items())
    pairs = [(tried[-1], tried[0])] if rule.ends else [(b, a) for a, b in combinations(tried, 2)]
    named = [(f"{rule.field} {v} to {w}", own, its) for (v, own), (w, its) in pairs]
    return _part(task, evidence, metric, split, named)


def _expected(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    rule: Expected = claim.rule
    names = rule.method, rule.other
    if not all(evidence.runs(task, name) for name in names):
        return None
    metric = evidence.metric(task, rule.method)
    groups = [_assignments(evidence.runs(task, name)) for name in names]
    n = min(*map(len, groups), rule.most)
    curves = [
        POINTS
        * np.array(
            [
                expected_maximum([score(run, metric) for run in seed])[n - 1]
                for seed in zip(*group, strict=True)
            ]
        )
        for group in groups
    ]
    found = difference(*curves)
    records = tuple(run for group in groups for runs in group for run in runs)
    shown = f"{_shown(found)} at {n} assignments"
    return Part(task, (Contrast(found, shown),), records, (PICKED_HERE, ROWS_UNKNOWN))


def _assignments(runs: Sequence[Record]) -> list[list[Record]]:
    """Return every configuration tried, each with all its seeds; raise where one was cut short."""
    tried = configurations(runs, ("seed", "max_steps"))
    whole = configurations(r for r in runs if r["config"]["train"].get("max_steps") is None)
    seeds = {len(group) for group in whole.values()}
    if len(whole) < len(tried) or len(tried) < 2 or len(seeds) != 1 or min(seeds) < 2:
        raise Lacking(SEARCH)
    return list(whole.values())


def _spread(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    rule: Spread = claim.rule
    names = [name for name in (*rule.methods, *rule.others) if evidence.runs(task, name)]
    if not set(rule.methods) <= set(names):
        return None
    metric = evidence.metric(task, rule.methods[0])
    best, split = _bests(names, lambda name, on: evidence.best(task, name, metric, on))
    enough = {name: each for name, each in best.items() if each and each.seeds >= rule.seeds}
    others = [enough[name] for name in rule.others if name in enough]
    if not others or not set(rule.methods) <= set(enough):
        raise Lacking(SEARCH if not all(best.values()) else f"fewer than {rule.seeds} seeds")
    pooled = sum(s.std**2 * (s.seeds - 1) for s in others) / sum(s.seeds - 1 for s in others)
    budget = "; ".join(filter(None, (evidence.limited(each, split) for each in enough.values())))
    contrasts = []
    for name in rule.methods:
        own = enough[name]
        ratio = own.std**2 / pooled if pooled else np.inf
        found = VarianceRatio(ratio, own.seeds - 1, sum(s.seeds - 1 for s in others))
        shown = f"{name} {POINTS * own.std:.1f} to {POINTS * pooled**0.5:.1f}"
        contrasts.append(Contrast(found, shown, budget, budget))
    return Part(
        task, tuple(contrasts), tuple(_records(enough.values())), (_seeds(enough.values()),)
    )


def _growth(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    rule: Growth = claim.rule
    if not evidence.runs(task, rule.method):
        return None
    best = evidence.best(task, rule.method, evidence.metric(task, rule.method), "validation")
    if best is None:
        raise Lacking(SEARCH)
    _need_seeds(claim, [best])
    rhos = np.array([_rank_growth(run["result"]["norms"]) for run in best.records])
    found, budget = level(rhos, 0.0), evidence.limited(best, "validation")
    shown = f"{found.value:+.2f} {_interval(found, 2)}"
    contrast = Contrast(found, shown, budget, budget)
    return Part(task, (contrast,), best.records, (_seeds([best]),))


def _rank_growth(norms: Sequence[Sequence[float]]) -> float:
    means = [mean(row) for row in norms]
    if len(set(means)) == 1:  # no order to correlate with
        return 0.0
    return float(scipy.stats.spearmanr(range(len(means)), means).statistic)


def _part(
    task: str,
    evidence: Evidence,
    metric: str,
    split: str,
    pairs: Sequence[tuple[str, Summary, Summary]],
) -> Part:
    """Compare each pair of configurations by one metric."""
    contrasts, known = [], True
    for name, own, its in pairs:
        found = evidence.compare(own, its, metric, split)
        known &= evidence.rows(own, its, metric=metric, split=split) is not None
        shown = _shown(found) if len(pairs) == 1 else f"{name} {_shown(found)}"
        budget = evidence.limited(own, split), evidence.limited(its, split)
        contrasts.append(Contrast(found, shown, *budget))
    used = list({id(s): s for _, *pair in pairs for s in pair}.values())
    own_metrics = {run["result"]["metric"] for run in _records(used)}
    notes = (
        _seeds(used),
        "" if known else ROWS_UNKNOWN,
        PICKED_HERE if split == "validation" else "",
        f"both in {metric}" if len(own_metrics) > 1 else "",
    )
    return Part(task, tuple(contrasts), tuple(_records(used)), tuple(filter(None, notes)))


def _need_seeds(claim: Claim, summaries: Sequence[Summary]) -> None:
    # over tasks in general it is the tasks that differ
    if claim.over != "tasks in general" and min(summary.seeds for summary in summaries) < 2:
        raise Lacking(ONE_SEED)


def _records(summaries: Sequence[Summary]) -> Iterator[Record]:
    for summary in summaries:
        yield from summary.records


def _seeds(summaries: Sequence[Summary]) -> str:
    low, high = (end(summary.seeds for summary in summaries) for end in (min, max))
    return f"{low} seed{'s' * (low > 1)}" if low == high else f"{low} to {high} seeds"


def _shown(found: Estimate) -> str:
    return f"{found.value:+.1f}" + (f" {_interval(found, 1)}" if found.error > 0 else "")


def _interval(found: Estimate, digits: int) -> str:
    low, high = found.interval()
    return f"[{low:+.{digits}f}, {high:+.{digits}f}]"


_MEASURES: dict[type, Callable[[Claim, Evidence, str], Part | None]] = {
    Score: _scores,
    Along: _along,
    Expected: _expected,
    Spread: _spread,
    Growth: _growth,
}
