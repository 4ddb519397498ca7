"""How hard the sample tasks are: what the head alone reaches on each, and full fine-tuning."""

from dataclasses import replace

from ..statistics import Summary, summarise
from . import frames, legend
from .exhibit import Cell, Table, signed

_GAP = "difference"
_HARD = 10  # points


def difficulty(profile: str = "sample") -> Table:
    """Return each task's majority class, classifier only, full fine-tuning, and their difference.

    Scores are validation's, in points, by the task's own metric.
    """
    cells = [
        cell
        for block, runs in frames.settings(frames.training(profile))
        for task in legend.TASKS
        for cell in _line(
            Cell(block, legend.task(task), ""),
            summarise(frames.of(runs, task=task, method="classifier")),
            summarise(frames.of(runs, task=task, method="full")),
        )
    ]
    gaps = [cell.value for cell in cells if cell.column == _GAP and cell.value is not None]
    return Table.of(
        "difficulty",
        "How hard the sample tasks are",
        f"Validation scores in points. Full fine-tuning is at least {_HARD} points over the "
        f"classifier alone on {sum(gap >= _HARD for gap in gaps)} of {len(gaps)} tasks.",
        cells,
    ).write(profile)


def _line(row: Cell, classifier: Summary | None, full: Summary | None) -> list[Cell]:
    metric, majority, gap = (
        replace(row, column=name) for name in ("metric", "majority class", _GAP)
    )
    scores = [
        replace(row, column=legend.method(name)).score(summary)
        for name, summary in (("classifier", classifier), ("full", full))
    ]
    if classifier and full:
        records = [*classifier.records, *full.records]
        result = records[0]["result"]
        share = 100 * result["majority"][result["metric"]]
        metric = metric.text(legend.metric(result["metric"]))
        majority = majority.fact(f"{share:.1f}", records[:1], share)
        points = scores[1].value - scores[0].value
        gap = gap.trained(signed(points), records, points)
    return [metric, majority, *scores, gap]
