"""Our records laid out in the grid of a printed table: its methods down, its columns across.

A grid is a frame with the columns `method`, `column`, `task`, `metric`, `split`, one line for each
printed number; where `task` is empty, `metric` is "mean" (of the row's scores) or "percent" (of
the backbone's parameters, trained).
"""

from collections.abc import Iterator
from dataclasses import replace
from statistics import mean

import pandas as pd

from ..budget import could_go_on
from ..statistics import Summary, score, summarise
from . import frames, legend
from .exhibit import Cell

RUNS, PERCENT = "seeds / tried", "%Param"
_MISMATCHED = "validation_mismatched"
_BOTH, _OVERALL = "(m/mm)", "(overall)"  # of MNLI's two halves of validation
SCORED = "Ours: best configuration on validation, median ± standard deviation over seeds."
COUNTED = f"{SCORED} Last column: its seeds / the configurations tried."


def ours(profile: str, grid: pd.DataFrame) -> Iterator[Cell]:
    """Yield our cells, setting by setting: the grid's methods, then the majority class."""
    places = list(grid.drop_duplicates("column").itertuples())
    training = frames.training(profile)
    for block, runs in frames.settings(training[training["task"].isin(grid["task"])]):
        for method in filter(None, grid["method"].unique()):
            yield from _line(block, method, places, runs[runs["method"] == method])
        for place in filter(lambda place: place.task, places):
            yield _majority(block, place, frames.of(runs, task=place.task))


def printed(grid: pd.DataFrame, paper: str) -> Iterator[Cell]:
    """Yield a paper's cells as printed, backbone by backbone."""
    lines = grid[grid["printed"] != ""].drop_duplicates(["backbone", "row", "column"])
    for place in lines.itertuples():
        block = f"{paper}, as printed: {legend.backbone(place.backbone)}".removesuffix(": ")
        cell = Cell(block, place.row, place.column, method=place.method, metric=place.metric)
        yield cell.printed(place.printed, place.value, place.spread, place.note)


def in_metric(best: Summary, metric: str, split: str = "validation") -> Summary | None:
    """Return a configuration's scores in another metric or on another split; None if it lacks."""
    found = [score(run, metric, split) for run in best.records]
    return None if None in found else replace(best, scores=tuple(found))


def _line(block: str, method: str, places: list, runs: pd.DataFrame) -> Iterator[Cell]:
    summaries = {place.column: _summary(place, runs) for place in places if place.task}
    run = [summary for summary in summaries.values() if summary]
    for place in places:
        cell = Cell(block, legend.method(method), place.column, method=method, metric=place.metric)
        if place.task:
            yield _both(cell.score(summaries[place.column]), place, summaries[place.column])
        elif place.metric == "percent" and run:
            yield _percent(cell, run)
        elif place.metric == "mean" and len(run) == len(summaries):
            yield _mean(cell, run)
        else:
            yield cell
    if run:
        yield _effort(Cell(block, legend.method(method), RUNS, method=method), run)


def _summary(place, runs: pd.DataFrame) -> Summary | None:
    """Return the best of a place; where MNLI is printed "overall", over both its halves."""
    best = summarise(frames.of(runs, task=place.task), place.metric, place.split)
    overall = best and place.column.endswith(_OVERALL)
    other = in_metric(best, place.metric, _MISMATCHED) if overall else None
    if best is None or other is None:
        return best
    pairs = zip(best.scores, other.scores, strict=True)  # halves of all but the same size
    return replace(best, scores=tuple(map(mean, pairs)))


def _both(cell: Cell, place, best: Summary | None) -> Cell:
    """Add the score on MNLI's mismatched rows, where both are printed; say where it lacks."""
    if best is None or not place.column.endswith((_BOTH, _OVERALL)):
        return cell
    other = in_metric(best, place.metric, _MISMATCHED)
    if other is None:
        return replace(cell, note="of the matched rows alone")
    if place.column.endswith(_OVERALL):
        return cell
    return replace(cell, shown=f"{cell.shown} / {cell.score(other).shown}")


def _percent(cell: Cell, run: list[Summary]) -> Cell:
    records = [summary.records[0] for summary in run]
    percents = sorted({f"{r['result']['parameters']['percent']:.3g}%" for r in records})
    return cell.fact(_span(percents), records)


def _mean(cell: Cell, run: list[Summary]) -> Cell:
    value = 100 * mean(summary.median for summary in run)
    records = [record for summary in run for record in summary.records]
    return replace(
        cell.trained(f"{value:.1f}", records, value), unended=any(map(could_go_on, records))
    )


def _effort(cell: Cell, run: list[Summary]) -> Cell:
    seeds = _span(sorted({summary.seeds for summary in run}))
    tried = _span(sorted({summary.configurations for summary in run}))
    records = [record for summary in run for record in summary.records]
    return cell.fact(f"{seeds} / {tried}", records)


def _majority(block: str, place, records: list[dict]) -> Cell:
    cell = Cell(block, "Majority class", place.column, metric=place.metric)
    done = [record for record in records if record["status"] == "done"][-1:]
    if not done:
        return cell
    result = done[0]["result"]
    value = 100 * result["majority"][place.metric]
    return cell.fact(f"{value:.1f}", done, value)


def _span(values: list) -> str:
    return f"{values[0]}" if len(values) == 1 else f"{values[0]}–{values[-1]}"
