"""What training to the end teaches: what a few epochs gave, what more of them add, and at what cost.

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
from ..claims.claim import Score
from ..statistics import Summary, summarise
from . import frames, legend
from .cards import MARKS, Line, cards
from .exhibit import Cell, Picture, Table
from .figures import method_legend, picture, say_if_empty

BLOCKS = {GRID: "a few epochs", TO_THE_END: "to the end", FALLING: "as many, rate falling to zero"}
_GAINED = "to the end minus a few epochs"
_ABREAST = 5  # panels


def gains(profile: str) -> Table:
    """Return the scores of both budgets, one under the other, and what the larger one adds."""
    cells = []
    for setting, found in _settings(profile):
        shown = {}
        for (given, task, method), best in found.items():
            cell = Cell(f"{setting}: {BLOCKS[given]}", legend.method(method), legend.task(task))
            shown[given, task, method] = replace(cell, method=method).score(best)
        cells += shown.values()
        for (given, task, method), cell in shown.items():
            few = shown.get((GRID, task, method))
            if given == TO_THE_END and few:
                gap = cell.value - few.value
                cells.append(
                    replace(
                        cell,
                        block=f"{setting}: {_GAINED}",
                        shown=f"{gap:+.1f}".replace("-", "−"),
                        value=gap,
                        spread=None,
                        unended=False,
                    )
                )
    return Table.of(
        "end_gains",
        f"A few epochs, and training to the end (profile {profile})",
        "Best configuration on validation, median ± standard deviation over seeds (three after a "
        "few epochs, five at the end). To the end: constant rate, patience, the best epoch kept.",
        cells,
    ).write(profile)


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
            cells += [
                replace(cell, column=column).fact(shown, best.records)
                for column, shown in facts.items()
            ]
    return Table.of(
        "end_needs",
        f"What each method needs to get to its end (profile {profile})",
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
    return f"[{low:+.1f}, {high:+.1f}]".replace("-", "−")


def ends(profile: str) -> Picture:
    """Draw score and training loss by epoch, each method to its end: a column for each task."""
    found = [
        (task, method, best, setting)
        for setting, bests in _settings(profile)
        for (given, task, method), best in bests.items()
        if given == TO_THE_END and not method.startswith("pasta-") or method == "pasta-random"
        if given == TO_THE_END
    ]
    tasks = list(dict.fromkeys((setting, task) for task, _, _, setting in found))
    blocks = [tasks[i : i + _ABREAST] for i in range(0, len(tasks), _ABREAST)] or [[]]
    abreast = max(len(blocks[0]), 1)

    def draw(figure: Figure) -> None:
        axes = figure.subplots(2 * len(blocks), abreast, squeeze=False)
        for ax in axes.flat:
            ax.set_visible(False)
        for row, block in enumerate(blocks):
            for column, (setting, task) in enumerate(block):
                own = [f for f in found if f[0] == task and f[3] == setting]
                score, loss = axes[2 * row : 2 * row + 2, column]
                for ax in (score, loss):
                    ax.set_visible(True)
                for _, method, best, _ in own:
                    _ending(score, loss, method, best)
                result = own[0][2].records[0]["result"]
                bar = 100 * result["majority"][result["metric"]]
                score.axhline(bar, ls=":", lw=0.8, color="#999999", zorder=0)
                score.set(title=legend.task(task), ylabel=legend.metric(result["metric"]))
                loss.set(ylabel="training loss", xlabel="epoch")
        method_legend(figure, [method for _, method, _, _ in found], max(2 * abreast - 1, 2))
        say_if_empty(axes, found)

    title = "To the end: score and training loss by epoch"
    named = {setting for setting, _ in tasks}
    if len(named) == 1:
        title += f": {named.pop()}"
    caption = (
        "Mean over the seeds that still train, as long as at least half of them do. Dot: the "
        "median best epoch. Dotted: the majority class."
    )
    size = (1.7 * max(abreast, 2), 0.9 + 2.5 * len(blocks))
    return picture(profile, "end_curves", f"{title} (profile {profile})", caption, draw, size)


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


def changed(profile: str) -> Table:
    """Return every claim that both budgets speak of and on which they do not agree."""
    cells = []
    for card in cards(profile):
        by_setting = {line.verdict.setting: line for line in card.ran}
        for setting, end in by_setting.items():
            few = by_setting.get(setting.removesuffix(f", {TO_THE_END}"))
            if setting.endswith(TO_THE_END) and few and few.outcome != end.outcome:
                cell = Cell(card.claim.paper, card.claim.sentence, "")
                cells += [
                    replace(cell, column=column).text(shown)
                    for column, shown in (
                        ("a few epochs", _said(few)),
                        ("to the end", _said(end)),
                    )
                ]
    return Table.of(
        "end_changed",
        f"Claims whose outcome another budget changes (profile {profile})",
        "“(budget)”: decided, but for a method whose best epoch or rate was the last allowed.",
        cells or [Cell("No claim", "so far", "to the end")],
    ).write(profile)


def _said(line: Line) -> str:
    return f"{MARKS[line.verdict.outcome]} {line.outcome}: {line.number}"


def alone(profile: str, task: str) -> Table:
    """Return the claims about two methods' scores, each judged on one task trained to the end."""
    cells = []
    for evidence in frames.evidence(profile):
        if not evidence.setting.endswith(TO_THE_END) or task not in evidence.tasks:
            continue
        for claim in CLAIMS:
            if not isinstance(claim.rule, Score) or task not in claim.tasks:
                continue
            verdict = judge(replace(claim, tasks=(task,), over="these tasks"), evidence)
            if verdict is None or verdict.estimate is None:
                continue
            line, cell = Line(verdict), Cell(evidence.setting, claim.sentence, "")
            shown = {
                "margin": f"{claim.rule.margin:g}",
                "difference": line.number,
                "outcome": f"{line.mark} {line.outcome}",
                "limited": verdict.budget,
            }
            cells += [replace(cell, column=c).text(text) for c, text in shown.items()]
    return Table.of(
        f"end_claims_{task}",
        f"The claims on {legend.task(task)} alone, trained to the end (profile {profile})",
        "What the claims say of many tasks, put to this one: no verdict on the claims.",
        cells or [Cell("No claim", "so far", "outcome")],
    ).write(profile)


def _settings(profile: str) -> Iterator[tuple[str, dict[tuple[str, str, str], Summary]]]:
    """Yield each backbone and source, and the best of each budget, task and method.

    Only where something was trained to its end; tasks and methods in the papers' order.
    """
    runs = frames.training(profile)
    for (backbone, source), group in runs.groupby(["backbone", "source"]):
        places = group[group["budget"] == TO_THE_END][["task", "method"]].drop_duplicates()
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
            if (best := summarise(_of(group, given, task, method)))
        }
        if found:
            yield legend.setting(backbone, source), found


def _of(runs: pd.DataFrame, given: str, task: str, method: str) -> list[dict]:
    return frames.of(runs, budget=given, task=task, method=method)
