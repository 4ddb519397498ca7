"""The share of the way from the classifier alone to full fine-tuning that a method covers."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..statistics import Summary
from .evidence import Evidence
from .rule import ALPHA, Estimate, Region, share
from .trained import TWINS

START, END = "classifier", "full"


@dataclass(frozen=True)
class Share:
    """What a method covers: the share over `tasks`, and the best runs behind it."""

    method: str
    tasks: tuple[str, ...]
    found: Estimate
    best: tuple[Summary, ...]
    whole: bool  # these are all tasks that have a way to cover


def leading(evidence: Evidence) -> dict[str, str]:
    """Return the tasks that have a way to cover, each with the split that it is measured on.

    Full fine-tuning has to lie above the classifier by an interval that excludes 0: elsewhere the
    share would divide by luck.
    """
    found = {task: split for task in evidence.tasks if (split := _leads(evidence, task))}
    return {task: split for task, split in found.items() if TWINS.get(task) not in found}


def shares(evidence: Evidence, over: Collection[str] = ()) -> Iterator[Share]:
    """Yield (score − classifier) / (full − classifier) of each method: a ratio of sums over tasks.

    Of the tasks of `leading`, or of those that `over` names too, those count on which the method
    was trained to the end.
    """
    tasks = {task: s for task, s in leading(evidence).items() if not over or task in over}
    methods = {method for task in tasks for method in evidence.methods(task)} - {START, END}
    for method in sorted(methods):
        ran = {
            task: best
            for task, split in tasks.items()
            if (best := _best(evidence, task, method, split))
        }
        parts = [_part(evidence, task, best, tasks[task]) for task, best in ran.items()]
        if parts:
            found, whole = share(*zip(*parts, strict=True)), len(ran) == len(tasks)
            yield Share(method, tuple(ran), found, tuple(ran.values()), whole)


def _leads(evidence: Evidence, task: str) -> str:
    """Return the split on which full fine-tuning is surely above the classifier, or ""."""
    for split in ("half", "validation"):  # records of before the halves have the second alone
        ends = [_best(evidence, task, method, split) for method in (END, START)]
        if all(ends):
            way = evidence.compare(*ends, evidence.metric(task, END), split)
            return split if way.inside(Region(low=0.0)) <= ALPHA else ""
    return ""


def _part(
    evidence: Evidence, task: str, best: Summary, split: str
) -> tuple[tuple[NDArray, ...], tuple[NDArray, int] | None]:
    """Return the scores of a method, the classifier and full over seeds, and on drawn rows."""
    metric = evidence.metric(task, END)
    three = [best, *(_best(evidence, task, end, split) for end in (START, END))]
    luck = [evidence.resamples(each, metric, split) for each in three]
    known = None not in luck and len({gold for _, _, gold in luck}) == 1
    rows = (np.array([values for values, _, _ in luck]), luck[0][1]) if known else None
    return tuple(evidence.scores(each, metric, split) for each in three), rows


def _best(evidence: Evidence, task: str, method: str, split: str) -> Summary | None:
    if not (evidence.runs(task, method) and evidence.runs(task, END)):
        return None
    return evidence.best(task, method, evidence.metric(task, END), split)
