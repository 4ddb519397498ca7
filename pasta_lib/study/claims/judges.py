"""What claims on scores, parameters and heads are judged by: predicates on one setting's evidence.

Differences are in points. A claim "on most tasks" needs more than half of the tasks on which all
that it compares have run; where there is none, a predicate returns None: not run.
"""

from collections.abc import Callable, Mapping, Sequence
from statistics import mean
from typing import Literal

from ..statistics import Summary, expected_maximum, interval, summarise_search
from .claim import Evidence, Finding, predicate


@predicate
def on_average(
    evidence: Evidence,
    better: str,
    worse: str,
    at_least: float,
    tasks: Sequence[str] = (),
    split: str = "validation",
) -> Finding | None:
    """Judge mean(better − worse) ≥ `at_least` points over the tasks that ran both."""
    gaps = _gaps(evidence, better, worse, tasks, split)
    if not gaps:
        return None
    average = mean(gap for gap, _ in gaps.values())
    return Finding(average >= at_least, f"mean {average:+.1f}: {_listed(gaps)}", _keys(gaps))


@predicate
def on_most(
    evidence: Evidence, better: str, worse: str, by: float = 0.0, tasks: Sequence[str] = ()
) -> Finding | None:
    """Judge better − worse > `by` points on more than half of the tasks that ran both."""
    gaps = _gaps(evidence, better, worse, tasks)
    if not gaps:
        return None
    wins = sum(gap > by for gap, _ in gaps.values())
    found = f"{wins} of {len(gaps)}: {_listed(gaps)}"
    return Finding(2 * wins > len(gaps), found, _keys(gaps))


@predicate
def lowest(evidence: Evidence, method: str, others: Sequence[str]) -> Finding | None:
    """Judge that a method's score is below each of the others' on most tasks that ran them all."""
    gaps = {}
    for task in evidence.tasks:
        summaries = [evidence.best(task, name) for name in (method, *others)]
        if all(summaries):
            worst = min(summaries[1:], key=lambda summary: summary.median)
            gaps[task] = _gap(worst, summaries[0])
    if not gaps:
        return None
    wins = sum(gap > 0 for gap, _ in gaps.values())
    found = f"{wins} of {len(gaps)}; to the next lowest: {_listed(gaps)}"
    return Finding(2 * wins > len(gaps), found, _keys(gaps))


@predicate
def fewer_parameters(evidence: Evidence, method: str, other: str, times: float) -> Finding | None:
    """Judge that a method trains at most 1/`times` of another's parameters, on every task."""
    ratios, keys = [], []
    for task in evidence.tasks:
        pair = [evidence.best(task, name) for name in (method, other)]
        if all(pair):
            own, its = (s.records[0]["result"]["parameters"]["method"] for s in pair)
            ratios.append(its / own)
            keys += [summary.keys[0] for summary in pair]
    if not ratios:
        return None
    found = f"{min(ratios):.1f} times fewer at least, over {len(ratios)} tasks"
    return Finding(min(ratios) >= times, found, tuple(keys))


@predicate
def counted(
    evidence: Evidence,
    method: str,
    name: Literal["method", "percent"],
    low: float,
    high: float,
    **fields: object,
) -> Finding | None:
    """Judge low ≤ a method's trained parameters, or their percentage, ≤ high, as counted."""
    records = [
        record
        for record in evidence.of("count", method=method)
        if fields.items() <= (record["config"] | record["config"]["fields"]).items()
    ]
    if not records:
        return None
    values = [record["result"][name] for record in records]
    unit = " %" if name == "percent" else ""
    found = "; ".join(
        f"{record['config']['backbone']}: {value:,.4g}{unit}"
        for record, value in zip(records, values, strict=True)
    )
    holds = all(low <= value <= high for value in values)
    return Finding(holds, found, tuple(record["key"] for record in records))


@predicate
def all_beat(evidence: Evidence, worse: str) -> Finding | None:
    """Judge that every method scores above `worse` on every task; name those that do not."""
    methods = {record["config"]["method"] for record in evidence.of("train")} - {worse}
    gaps = {method: _gaps(evidence, method, worse) for method in sorted(methods)}
    tried = sum(map(len, gaps.values()))
    if not tried:
        return None
    behind = [
        f"{method} on {task} ({gap:+.1f})"
        for method, by_task in gaps.items()
        for task, (gap, _) in by_task.items()
        if gap <= 0
    ]
    found = f"{tried - len(behind)} of {tried} do; not: {', '.join(behind) or 'none'}"
    keys = tuple(dict.fromkeys(key for by_task in gaps.values() for key in _keys(by_task)))
    return Finding(not behind, found, keys)


@predicate
def norms_grow(evidence: Evidence, at_least: float) -> Finding | None:
    """Judge Spearman's ρ(layer, mean norm of PASTA's vectors) ≥ `at_least` on most tasks."""
    bests = {task: evidence.best(task, "pasta") for task in evidence.tasks}
    bests = {task: best for task, best in bests.items() if best}
    rhos = {
        task: mean(_rank_growth(record["result"]["norms"]) for record in best.records)
        for task, best in bests.items()
    }
    if not rhos:
        return None
    grown = sum(rho >= at_least for rho in rhos.values())
    found = ", ".join(f"{task} ρ {rho:+.2f}" for task, rho in rhos.items())
    keys = tuple(key for best in bests.values() for key in best.keys)
    return Finding(2 * grown > len(rhos), f"{grown} of {len(rhos)}: {found}", keys)


@predicate
def vertical_share(evidence: Evidence, at_least: float) -> Finding | None:
    """Judge that at least this share of all heads is vertical on the paper's sentence."""
    records = evidence.of("heads")
    if not records:
        return None
    heads = records[0]["result"]["heads"]
    vertical = sum(head["vertical"] for head in heads)
    found = f"{vertical} of {len(heads)} heads, {100 * vertical / len(heads):.1f} %"
    return Finding(vertical >= at_least * len(heads), found, (records[0]["key"],))


@predicate
def vertical_on_both(evidence: Evidence, at_least: int) -> Finding | None:
    """Judge that so many vertical heads look mostly at [CLS], and so many mostly at [SEP]."""
    records = evidence.of("heads")
    if not records:
        return None
    vertical = [head for head in records[0]["result"]["heads"] if head["vertical"]]
    cls = sum(head["share_cls"] >= head["share_sep"] for head in vertical)
    sep = len(vertical) - cls
    found = f"{cls} mostly on [CLS], {sep} mostly on [SEP]"
    return Finding(min(cls, sep) >= at_least, found, (records[0]["key"],))


@predicate
def steadier(
    evidence: Evidence, method: str, others: Sequence[str], seeds: int = 3
) -> Finding | None:
    """Judge that a method's spread over seeds is under the others' mean spread on most tasks.

    Tasks count where the method and at least one other have `seeds` or more.
    """
    spreads, keys = {}, []
    for task in evidence.tasks:
        own, *rest = (evidence.best(task, name) for name in (method, *others))
        rest = [summary for summary in rest if summary and summary.seeds >= seeds]
        if own and own.seeds >= seeds and rest:
            spreads[task] = 100 * own.std, 100 * mean(summary.std for summary in rest)
            keys += [key for summary in (own, *rest) for key in summary.keys]
    if not spreads:
        return None
    wins = sum(own < theirs for own, theirs in spreads.values())
    listed = ", ".join(f"{t} {own:.1f} to {its:.1f}" for t, (own, its) in spreads.items())
    return Finding(2 * wins > len(spreads), f"{wins} of {len(spreads)}: {listed}", tuple(keys))


@predicate
def along(
    evidence: Evidence, method: str, field: str, holds: Callable[[Sequence[float]], bool]
) -> Finding | None:
    """Judge a method's mean score as one of its fields grows (the best of the rest at each value).

    `holds` sees the means in points over the tasks that ran every value, two values at least.
    """
    tried = {
        task: summarise_search(
            evidence.of("train", task=task, method=method),
            lambda record: record["config"]["fields"][field],
        )
        for task in evidence.tasks
    }
    values = sorted(set().union(*tried.values()))
    table = {task: [points.get(value) for value in values] for task, points in tried.items()}
    table = {task: line for task, line in table.items() if all(line)}
    if len(values) < 2 or not table:
        return None
    means = [100 * mean(s.median for s in column) for column in zip(*table.values(), strict=True)]
    found = ", ".join(f"{field} {v}: {m:.1f}" for v, m in zip(values, means, strict=True))
    keys = tuple(key for line in table.values() for s in line for key in s.keys)
    return Finding(holds(means), f"{found} (mean of {len(table)} tasks)", keys)


@predicate
def overtakes(evidence: Evidence, method: str, other: str, within: int) -> Finding | None:
    """Judge that a method's expected best score passes another's within so many assignments.

    Both are compared after the same number of assignments, on most tasks that searched both.
    """
    first, keys = {}, []
    for task in evidence.tasks:
        tried = [
            summarise_search(evidence.of("train", task=task, method=name)).values()
            for name in (method, other)
        ]
        curves = [expected_maximum([summary.median for summary in points]) for points in tried]
        if min(map(len, curves)) > 1:
            pairs = enumerate(zip(*curves, strict=False), start=1)
            first[task] = next((n for n, (own, its) in pairs if own > its), None)
            keys += [key for points in tried for summary in points for key in summary.keys]
    if not first:
        return None
    wins = sum(n is not None and n < within for n in first.values())
    listed = ", ".join(f"{task} at {n or 'none'}" for task, n in first.items())
    return Finding(2 * wins > len(first), f"{wins} of {len(first)}: {listed}", tuple(keys))


def _gaps(
    evidence: Evidence,
    better: str,
    worse: str,
    tasks: Sequence[str] = (),
    split: str = "validation",
) -> dict[str, tuple[float, tuple[Summary, Summary]]]:
    gaps = {}
    for task in evidence.tasks:
        pair = [evidence.best(task, name, split) for name in (better, worse)]
        if all(pair) and (not tasks or task in tasks):
            gaps[task] = _gap(*pair)
    return gaps


def _gap(better: Summary, worse: Summary) -> tuple[float, tuple[Summary, Summary]]:
    return 100 * (better.median - worse.median), (better, worse)


def _listed(gaps: Mapping[str, tuple[float, tuple[Summary, Summary]]]) -> str:
    seeds = [summary.seeds for _, pair in gaps.values() for summary in pair]
    counts = f"{min(seeds)}" if min(seeds) == max(seeds) else f"{min(seeds)} to {max(seeds)}"
    listed = ", ".join(f"{task} {gap:+.1f}" for task, (gap, _) in gaps.items())
    known = ""
    if len(gaps) > 2:
        low, high = interval([gap for gap, _ in gaps.values()])
        known = f"; 95 % of the mean over tasks: {low:+.1f} to {high:+.1f}"
    return f"{listed} (seeds: {counts}{known})"


def _keys(gaps: Mapping[str, tuple[float, tuple[Summary, Summary]]]) -> tuple[str, ...]:
    return tuple(key for _, pair in gaps.values() for summary in pair for key in summary.keys)


def _rank_growth(norms: Sequence[Sequence[float]]) -> float:
    means = [mean(row) for row in norms]
    if len(set(means)) == 1:  # no order to correlate with
        return 0.0
    from scipy.stats import spearmanr  # a second of imports, for this alone

    return float(spearmanr(range(len(means)), means).statistic)
