"""What training to the end teaches: what it adds to a few epochs, what it takes, what it decides.

It shows the tasks and methods that a search's leaders were trained to their end on.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from statistics import mean, median

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..budget import FALLING, GRID, TO_THE_END, ended
from ..claims import CLAIMS, Evidence, judge
from ..claims.claim import Claim, Score
from ..statistics import Summary, score, summarise
from . import frames, legend
from .cards import Card, Line
from .exhibit import Cell, Picture, Table, signed
from .figures import method_legend, picture, say_if_empty

Place = tuple[str, str, str]  # budget, task, method
Bests = dict[Place, Summary]
BLOCKS = {GRID: "a few epochs", TO_THE_END: "to the end", FALLING: "as many, rate falling to zero"}
_HALF = "the half that picked nothing"
_ABREAST = 4  # panels
_ASIDE = ("pasta-no-cls", "pasta-no-sep", "pasta-shared")  # in the tables alone


def exhibits(profile: str) -> Iterator[Table | Picture]:
    """Yield all of it, claims task by task; nothing where nothing was trained to its end."""
    tasks = [task for _, found in _settings(profile) for _, task, _ in found]
    if tasks:
        yield gains(profile)
        yield ends(profile)
        yield needs(profile)
        yield from (claims(profile, task) for task in dict.fromkeys(tasks))


def gains(profile: str) -> Table:
    """Return the scores of both budgets beside each other, and what the larger one adds."""
    cells = []
    apart = dict(_settings(profile, "half"))
    for setting, found in _settings(profile):
        places = dict.fromkeys((task, method) for _, task, method in found)
        for task in dict.fromkeys(task for task, _ in places):
            block = f"{legend.task(task)} ({setting})"
            for method in (method for at, method in places if at == task):
                row = Cell(block, legend.method(method), "", method=method)
                for given, name in BLOCKS.items():
                    best = found.get((given, task, method))
                    if best or given != FALLING:
                        cells.append(replace(row, column=name).score(best))
                cells.append(_gained(replace(row, column="gained"), found, task, method))
                other = replace(row, column=f"gained on {_HALF}")
                cells.append(_gained(other, apart.get(setting, {}), task, method))
    return Table.of(
        "end_gains",
        "A few epochs, and training to the end",
        "Best configuration on validation, median ± standard deviation over seeds (three after a "
        "few epochs, five at the end). To the end: constant rate, patience, the best epoch kept.",
        cells,
    ).write(profile)


def _gained(cell: Cell, found: Bests, task: str, method: str) -> Cell:
    """Fill a cell with what the score to the end lies above that of a few epochs."""
    few, end = (found.get((given, task, method)) for given in (GRID, TO_THE_END))
    if not few or not end:
        return cell
    gap = 100 * (end.median - few.median)
    return cell.trained(signed(gap), [*few.records, *end.records], gap)


def needs(profile: str) -> Table:
    """Return what each method needs on each task: its rate, steps, epochs, and how it ended."""
    cells = []
    evidence = {each.setting: each for each in frames.evidence(profile)}
    for setting, found in _settings(profile):
        for (given, task, method), best in found.items():
            if given == GRID:
                continue
            label = legend.method(method) + (", falling rate" if given == FALLING else "")
            cell = Cell(f"{legend.task(task)} ({setting})", label, "", method=method)
            facts = _needs(best)
            if given == TO_THE_END:
                facts["above the majority class, 95 %"] = _lead(
                    evidence[f"{setting}, {TO_THE_END}"], task, method
                )
            cells.append(replace(cell, column="score").score(best))
            apart = tuple(score(record, split="half") for record in best.records)
            if None not in apart:
                other = replace(best, scores=apart)
                cells.append(replace(cell, column=f"on {_HALF}").score(other))
            cells += [
                replace(cell, column=column).fact(shown, best.records)
                for column, shown in facts.items()
            ]
    return Table.of(
        "end_needs",
        "What each method needs to get to its end",
        "Steps to leave the majority class: up to the first epoch from which, until the best one, "
        "every score lies above that class's; medians over seeds. In brackets: how many seeds of "
        "all left it.",
        cells,
    ).write(profile)


def _needs(best: Summary) -> dict[str, str]:
    runs = [record["result"] for record in best.records]
    left = [at for run in runs if (at := left_majority(run)) is not None]
    by = Counter(ended(record) for record in best.records)
    return {
        "rate": legend.rate(best.records[0]["config"]["train"]["lr"]),
        "steps to leave the majority class": (
            f"{median(left):,.0f} ({len(left)} of {len(runs)})" if left else "never"
        ),
        "steps to the best epoch": f"{median(steps_to(r, r['best_epoch']) for r in runs):,.0f}",
        "best epoch": f"{median(run['best_epoch'] for run in runs):g}",
        "epochs run": f"{median(len(run['curve']) for run in runs):g}",
        "training loss then": f"{median(run['curve'][-1]['loss'] for run in runs):.2f}",
        "ended by": ", ".join(f"{how} {count}" for how, count in by.items()),
    }


def steps_to(result: Mapping, epoch: int) -> float:
    """Return how many steps a run had taken at the end of an epoch."""
    return result["steps"] / len(result["curve"]) * epoch


def left_majority(result: Mapping) -> float | None:
    """Return after how many steps a run left the majority class for good, None where it did not.

    That is the first epoch from which, until the best one, every score lies above the class's.
    """
    bar = result["majority"][result["metric"]]
    curve = result["curve"][: result["best_epoch"]]
    under = [p["epoch"] for p in curve if p["metrics"][result["metric"]] <= bar]
    first = max(under, default=0) + 1
    return None if first > result["best_epoch"] else steps_to(result, first)


def _lead(evidence: Evidence, task: str, method: str) -> str:
    found = evidence.over_majority(task, method)
    if found is None or not found.error > 0:
        return "–"
    low, high = found.interval()
    return f"[{signed(low)}, {signed(high)}]"


def ends(profile: str) -> Picture:
    """Draw score and training loss by epoch, each method to its end: a column for each task."""
    found = [
        (setting, task, method, best)
        for setting, bests in _settings(profile)
        for (given, task, method), best in bests.items()
        if given == TO_THE_END and method not in _ASIDE
    ]
    tasks = list(dict.fromkeys((setting, task) for setting, task, _, _ in found))
    blocks = [tasks[i : i + _ABREAST] for i in range(0, len(tasks), _ABREAST)] or [[]]
    abreast = max(len(blocks[0]), 1)

    def draw(figure: Figure) -> None:
        axes = figure.subplots(2 * len(blocks), abreast, squeeze=False)
        for ax in axes.flat:
            ax.set_visible(False)
        for row, block in enumerate(blocks):
            for column, (setting, task) in enumerate(block):
                score, loss = axes[2 * row : 2 * row + 2, column]
                for ax in (score, loss):
                    ax.set_visible(True)
                own = {m: best for at, t, m, best in found if (at, t) == (setting, task)}
                for method, best in own.items():
                    _ending(score, loss, method, best)
                result = next(iter(own.values())).records[0]["result"]
                bar = 100 * result["majority"][result["metric"]]
                score.axhline(bar, ls=":", lw=0.8, color="#999999", zorder=0)
                score.set(title=legend.task(task), ylabel=legend.metric(result["metric"]))
                loss.set(ylabel="training loss", xlabel="epoch")
        method_legend(figure, [method for _, _, method, _ in found], max(4 * abreast // 3, 3))
        say_if_empty(axes, found)

    title = "Score and training loss, each method to its end"
    caption = (
        "Mean over the seeds that still train, as long as at least half of them do. Dot: the "
        "median best epoch. Dotted: the majority class."
    )
    size = (2.2 * max(abreast, 2), 0.9 + 2.9 * len(blocks))
    return picture(profile, "end_curves", title, caption, draw, size)


def _ending(score: Axes, loss: Axes, method: str, best: Summary) -> None:
    """Draw one method's two lines, each as long as at least half of its seeds trained."""
    runs = [record["result"] for record in best.records]
    last = sorted(len(run["curve"]) for run in runs)[len(runs) // 2]
    points = [[run["curve"][i] for run in runs if i < len(run["curve"])] for i in range(last)]
    scores = [100 * mean(p["metrics"][runs[0]["metric"]] for p in at) for at in points]
    losses = [mean(p["loss"] for p in at) for at in points]
    colour, epochs = legend.colour(method), np.arange(1, last + 1)
    dot = min(round(median(run["best_epoch"] for run in runs)), last) - 1
    for ax, values in ((score, scores), (loss, losses)):
        ax.plot(epochs, values, color=colour, lw=0.9)
        ax.plot(epochs[dot], values[dot], "o", color=colour)


def claims(profile: str, task: str) -> Table:
    """Return the claims about two methods' scores, put to one task after each budget."""
    evidence = {each.setting: each for each in frames.evidence(profile)}
    cells = []
    for setting, found in _settings(profile):
        ran = {method for given, at, method in found if given == TO_THE_END and at == task}
        for claim in CLAIMS:
            if not _of_two(claim, ran) or task not in claim.tasks:
                continue
            cell = Cell(setting, claim.sentence, "")
            asked = replace(claim, tasks=(task,), over="these tasks")
            cells.append(replace(cell, column="asks").text(Card(asked, ()).asks))
            for column, place in (
                (BLOCKS[GRID], setting),
                (BLOCKS[TO_THE_END], f"{setting}, {TO_THE_END}"),
            ):
                verdict = judge(asked, evidence[place])
                shown = "not run" if verdict is None else _said(Line(verdict))
                cells.append(replace(cell, column=column).text(shown))
    return Table.of(
        f"end_claims_{task}",
        f"The claims put to {legend.task(task)} alone",
        "What a claim says of several tasks, asked of this one: no verdict on the claim. On the "
        "half of validation that picked nothing. “(budget)”: decided, but for a method whose best "
        "epoch or rate was the last allowed.",
        cells or [Cell("No claim", "so far", BLOCKS[TO_THE_END])],
    ).write(profile)


def _of_two(claim: Claim, ran: set[str]) -> bool:
    """Say whether a claim is about the scores of two methods that ran."""
    rule = claim.rule
    return isinstance(rule, Score) and len(rule.methods) == 1 and {*rule.methods, rule.other} <= ran


def _said(line: Line) -> str:
    return f"{line.mark} {line.outcome}: {line.number}"


def _settings(profile: str, split: str = "validation") -> Iterator[tuple[str, Bests]]:
    """Yield each backbone and source, and the best of each budget, task and method on `split`.

    Only of tasks that two methods were trained to their end on; in the papers' order.
    """
    runs = frames.training(profile)
    for (backbone, source), group in runs.groupby(["backbone", "source"]):
        places = group[group["budget"] == TO_THE_END][["task", "method"]].drop_duplicates()
        places = places[places.groupby("task")["method"].transform("size") > 1]
        order = sorted(
            places.itertuples(index=False),
            key=lambda p: (
                legend.place(p.task, legend.TASKS),
                legend.place(p.method, legend.METHODS),
            ),
        )
        found = {
            (given, task, method): best
            for given in BLOCKS
            for task, method in order
            if (best := summarise(_of(group, given, task, method), split=split))
        }
        if found:
            yield legend.setting(backbone, source), found


def _of(runs: pd.DataFrame, given: str, task: str, method: str) -> list[dict]:
    return frames.of(runs, budget=given, task=task, method=method)
