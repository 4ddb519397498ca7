"""What all measures of trained runs share: the best of each, two compared, what is said of both."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from math import inf
from typing import TypeVar

from .. import names
from ..statistics import Summary
from .claim import Claim
from .evidence import POINTS, Evidence, Record
from .rule import Estimate, VarianceRatio
from .verdict import PICKED_HERE, ROWS_UNKNOWN, Contrast, Part

Of = TypeVar("Of", bound=Hashable)
Pairs = Sequence[tuple[str, Summary, Summary]]  # a name, and which configuration minus which
SEARCH, ONE_SEED = "only a search was run", "one seed has no spread"
ONE_TASK = "one task says nothing of tasks in general"


class Lacking(Exception):
    """What a task's records lack for a claim."""


def bests(
    asked: Sequence[Of], best: Callable[[Of, str], Summary | None], split: str = "half"
) -> tuple[dict[Of, Summary | None], str]:
    """Return the best of each on a split, and the split: all of validation, if any lacks halves."""
    found = {of: best(of, split) for of in asked}
    if split == "half" and not all(found.values()):  # records of before the halves
        split, found = "validation", {of: best(of, "validation") for of in asked}
    return found, split


def finished(found: Mapping[Of, Summary | None]) -> dict[Of, Summary]:
    """Return what was found; raise `Lacking` where one was never trained to its end."""
    known = {of: best for of, best in found.items() if best}
    if len(known) < len(found):
        raise Lacking(SEARCH)
    return known


def compared(task: str, evidence: Evidence, metric: str, split: str, pairs: Pairs) -> Part:
    """Compare each pair of configurations by one metric."""
    contrasts, known = [], True
    for name, own, its in pairs:
        found = evidence.compare(own, its, metric, split)
        known &= evidence.rows(own, its, metric=metric, split=split) is not None
        number = shown(found) if len(pairs) == 1 else f"{name} {shown(found)}"
        budget = evidence.limited(own, split), evidence.limited(its, split)
        contrasts.append(Contrast(found, number, *budget, name=name))
    used = list({id(s): s for _, *pair in pairs for s in pair}.values())
    own_metrics = {run["result"]["metric"] for run in records(used)}
    notes = (
        seeds(used),
        "" if known else ROWS_UNKNOWN,
        PICKED_HERE if split == "validation" else "",
        f"both in {metric}" if len(own_metrics) > 1 else "",
    )
    return Part(task, tuple(contrasts), tuple(records(used)), tuple(filter(None, notes)))


def spreads(
    task: str,
    evidence: Evidence,
    split: str,
    bests: Mapping[str, Summary | None],
    named: Sequence[str],
    seeds_needed: int,
) -> Part:
    """Divide the variance over seeds of each of the `named` by the mean of all others'.

    Raises `Lacking` where one of them, or all of the others, have fewer than `seeds_needed`.
    """
    enough = {name: best for name, best in bests.items() if best and best.seeds >= seeds_needed}
    others = [best for name, best in enough.items() if name not in named]
    if not others or not set(named) <= set(enough):
        raise Lacking(SEARCH if not all(bests.values()) else f"fewer than {seeds_needed} seeds")
    df = sum(each.seeds - 1 for each in others)
    pooled = sum(each.std**2 * (each.seeds - 1) for each in others) / df
    budget = "; ".join(filter(None, (evidence.limited(each, split) for each in enough.values())))
    contrasts = []
    for name in named:
        own = enough[name]
        found = VarianceRatio(own.std**2 / pooled if pooled else inf, own.seeds - 1, df)
        told = f"{names.method(name)} {POINTS * own.std:.1f} to {POINTS * pooled**0.5:.1f}"
        contrasts.append(Contrast(found, told, budget, budget, name))
    used = enough.values()
    return Part(task, tuple(contrasts), tuple(records(used)), (seeds(used),))


def need_seeds(claim: Claim, summaries: Iterable[Summary]) -> None:
    """Raise `Lacking` where one seed cannot say how sure a difference is.

    Over tasks in general it is the tasks that differ.
    """
    if claim.over != "tasks in general" and min(summary.seeds for summary in summaries) < 2:
        raise Lacking(ONE_SEED)


def records(summaries: Iterable[Summary]) -> Iterator[Record]:
    """Yield the records of all configurations."""
    for summary in summaries:
        yield from summary.records


def seeds(summaries: Iterable[Summary]) -> str:
    """Say how many seeds the configurations have."""
    counts = [summary.seeds for summary in summaries]
    low, high = min(counts), max(counts)
    return f"{low} seed{'s' * (low > 1)}" if low == high else f"{low} to {high} seeds"


def shown(found: Estimate, digits: int = 1) -> str:
    """Return an estimate with its interval, if any spread was seen."""
    value = f"{found.value:+.{digits}f}"
    if not found.error > 0:
        return value
    low, high = found.interval()
    return f"{value} [{low:+.{digits}f}, {high:+.{digits}f}]"
