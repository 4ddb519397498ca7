"""What curves say about a claim: scores by rank, by prefix and by the number of assignments.

A point of a curve is the best of all that was tried there, trained to its end with every seed.
"""

from collections.abc import Sequence
from itertools import combinations
from statistics import median

import numpy as np
from numpy.typing import NDArray

from ..statistics import configurations, expected_maximum, score, summarise
from .claim import Against, Along, Claim, Expected, Gain, SpreadAlong
from .evidence import POINTS, Evidence, Record
from .parts import ONE_TASK, SEARCH, Lacking, bests, compared, finished, shown, spreads
from .rule import difference, in_general, level
from .verdict import PICKED_HERE, ROWS_UNKNOWN, Contrast, Part

_STRAIGHT = -1.0  # stands among a curve's values for the method that is compared with all of them


def along(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    """Compare points of one method's curve."""
    rule: Along = claim.rule
    points = _points(evidence.runs(task, rule.method), rule.field)
    if len(points) < 2:
        return None
    metric = evidence.metric(task, rule.method)
    asked, split = bests(list(points), lambda at, on: summarise(points[at], metric, on))
    found, picks = finished(asked), "picked" if split == "half" else "validation"

    def as_picked(at: float) -> float:
        return median(score(run, metric, picks) for run in found[at].records)

    *others, last = points
    if rule.between == "any two":
        pairs = [(b, a) for a, b in combinations(points, 2)]
    else:
        pairs = [(last, others[0] if rule.between == "ends" else max(others, key=as_picked))]
    named = [(f"{rule.field} {b:g} to {a:g}", found[b], found[a]) for b, a in pairs]
    return compared(task, evidence, metric, split, named)


def against(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    """Compare each point of one method's curve with the best of another method."""
    rule: Against = claim.rule
    names = rule.method, rule.other
    if not all(evidence.runs(task, name) for name in names):
        return None
    ahead = rule.curved == rule.method
    straight = rule.other if ahead else rule.method
    _assignments(evidence.runs(task, straight))
    points = _points(evidence.runs(task, rule.curved), rule.field)
    points = {at: runs for at, runs in points.items() if at > rule.above}
    if not points:
        return None
    metric = evidence.metric(task, rule.method)
    points |= {_STRAIGHT: evidence.runs(task, straight)}
    asked, split = bests(list(points), lambda at, on: summarise(points[at], metric, on))
    found = finished(asked)
    best = found.pop(_STRAIGHT)
    named = [
        (f"{rule.field} {at:g}", *((each, best) if ahead else (best, each)))
        for at, each in found.items()
    ]
    return compared(task, evidence, metric, split, named)


def by_value(parts: Sequence[Part]) -> tuple[Part, ...]:
    """Turn each task's contrasts, one for each value, into a mean over tasks for each value.

    Only values that all tasks ran count. Raises `Lacking` for one task alone.
    """
    if len(parts) == 1:
        raise Lacking(ONE_TASK)
    tasks = [{each.name: each for each in part.contrasts} for part in parts]
    runs = tuple(run for part in parts for run in part.records)
    # tasks that differ hold the rows' luck
    notes = {note: None for part in parts for note in part.notes if note != ROWS_UNKNOWN}
    return tuple(
        Part(name, (_mean(name, [task[name] for task in tasks]),), runs, tuple(notes))
        for name in tasks[0]
        if all(name in task for task in tasks)
    )


def _mean(name: str, contrasts: Sequence[Contrast]) -> Contrast:
    found = in_general(np.array([each.reading.value for each in contrasts]))
    rises = "; ".join(filter(None, (each.rises for each in contrasts)))
    falls = "; ".join(filter(None, (each.falls for each in contrasts)))
    return Contrast(found, shown(found), rises, falls, name)


def expected(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    """Compare two methods' expected best after as many assignments as both tried."""
    rule: Expected = claim.rule
    names = rule.method, rule.other
    if not all(evidence.runs(task, name) for name in names):
        return None
    metric = evidence.metric(task, rule.method)
    groups = [_assignments(evidence.runs(task, name)) for name in names]
    n = min(*map(len, groups), rule.most)
    found = difference(*(_expected_best(group, metric)[:, n - 1] for group in groups))
    runs = tuple(run for group in groups for runs in group for run in runs)
    told = f"{shown(found)} at {n} assignments"
    return Part(task, (Contrast(found, told),), runs, (PICKED_HERE, ROWS_UNKNOWN))


def gain(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    """Compare a method's expected best after all assignments with that after one, seed by seed."""
    rule: Gain = claim.rule
    if not evidence.runs(task, rule.method):
        return None
    group = _assignments(evidence.runs(task, rule.method))
    best = _expected_best(group, evidence.metric(task, rule.method))
    found = level(best[:, -1] - best[:, 0], 0.0)
    runs = tuple(run for runs in group for run in runs)
    told = f"{shown(found)} over {len(group)} assignments"
    return Part(task, (Contrast(found, told),), runs, (PICKED_HERE, ROWS_UNKNOWN))


def spread_along(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    """Divide the variance over seeds at a curve's last point by the mean of the others'."""
    rule: SpreadAlong = claim.rule
    points = _points(evidence.runs(task, rule.method), rule.field)
    if len(points) < 2:
        return None
    metric = evidence.metric(task, rule.method)
    asked, split = bests(list(points), lambda at, on: summarise(points[at], metric, on))
    named = {f"{rule.field} {at:g}": best for at, best in finished(asked).items()}
    return spreads(task, evidence, split, named, list(named)[-1:], rule.seeds)


def _points(runs: Sequence[Record], field: str) -> dict[float, list[Record]]:
    """Return what was tried at each value of a field, ascending; raise where it was cut short."""
    values = sorted({run["config"]["fields"][field] for run in runs})
    if len(values) > 1:
        _assignments(runs)
    return {at: [run for run in runs if run["config"]["fields"][field] == at] for at in values}


def _assignments(runs: Sequence[Record]) -> list[list[Record]]:
    """Return every configuration tried, each with all its seeds; raise where one was cut short."""
    tried = configurations(runs, ("seed", "max_steps"))
    whole = configurations(r for r in runs if r["config"]["train"].get("max_steps") is None)
    seeds = {len(group) for group in whole.values()}
    if len(whole) < len(tried) or len(tried) < 2 or len(seeds) != 1 or min(seeds) < 2:
        raise Lacking(SEARCH)
    return list(whole.values())


def _expected_best(group: Sequence[Sequence[Record]], metric: str) -> NDArray:
    """Return each seed's expected best score after n = 1 … N assignments, in points: (seeds, N)."""
    scores = [[score(run, metric) for run in seed] for seed in zip(*group, strict=True)]
    return POINTS * np.array([expected_maximum(seed) for seed in scores])
