"""The papers' question at one look: how much of the way to full fine-tuning for how few parameters.

0 is the classifier alone, 1 is full fine-tuning.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from statistics import mean

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..claims.share import END, START, Share, shares
from . import frames, legend
from .exhibit import NOT_RUN, Cell, Picture, Table
from .figures import picture

NAME = "share_of_the_way"
TITLE = "Share of the way from the classifier alone (0) to full fine-tuning (1)"
_PRINTED = "PASTA, as printed: BERT-large"
_FLOOR, _TOP = -0.05, 1.2  # of the axis: between these bars are drawn
_NAMES = 1.27  # above them the methods' names
_BESIDE = 0.2  # decades: names nearer than that would touch
ASIDE = ("pasta-no-cls", "pasta-no-sep", "pasta-shared", "pasta-random")  # in the table alone


@dataclass(frozen=True)
class Point:
    """A method's share on one setting, with its interval, and the percentage that it trains."""

    block: str
    method: str
    tasks: tuple[str, ...]
    share: float
    percent: float
    low: float | None = None
    high: float | None = None
    records: tuple[dict, ...] = ()
    note: str = ""
    whole: bool = True  # on all tasks that have a way to cover


def share_of_the_way(profile: str) -> Table:
    """Return each method's share of the way, and what it trains for it."""
    cells = [cell for point in points(profile) for cell in _cells(point)]
    return Table.of(
        NAME,
        TITLE,
        "Σ (score − classifier) / Σ (full − classifier) over the tasks named. These are all tasks "
        "on which the method was trained and full fine-tuning is surely above the classifier: the "
        "interval of their difference excludes 0. Scores are means over seeds on the half of "
        "validation that picked nothing. In brackets: 95 %, by seeds and, where predictions were "
        "kept, rows. The paper's own row mixes two splits: the methods on test (Table 2), the "
        "classifier on validation (Table 4). AoT prints no classifier alone.",
        cells or [Cell("This study", "every method", "share")],
        "03_glue",
    ).write(profile)


def share_picture(profile: str) -> Picture:
    """Draw the share of the way against the trained parameters: a panel for each setting."""
    by_block: dict[str, list[Point]] = {}
    for point in points(profile):
        if point.method not in ASIDE:
            by_block.setdefault(point.block, []).append(point)
    if list(by_block) == [_PRINTED]:
        by_block = {"This study": [], **by_block}

    def draw(figure: Figure) -> None:
        axes = figure.subplots(1, len(by_block), sharey=True, squeeze=False)[0]
        for ax, (block, shown) in zip(axes, by_block.items(), strict=True):
            _panel(ax, shown)
            ax.set_title(block.replace(", as printed: ", " as printed,\n").replace(", ", ",\n", 1))
        axes[0].set_ylabel("share of the way")
        figure.supxlabel("trained parameters beside the head, % of the encoder's", fontsize=7)

    caption = (
        "0: the classifier alone; 1: full fine-tuning; bars: 95 %. Over the tasks on which full "
        "fine-tuning is surely above the classifier; hollow: over a part of them. "
        "As printed: methods on test, the classifier on validation."
    )
    size = (2.6 * len(by_block) + 0.4, 3.1)
    return picture(profile, NAME, TITLE, caption, draw, size, named=False)


def sentence(profile: str, method: str) -> str:
    """Return what a method covers on each setting of ours, in words; "" where nothing is known."""
    found = [point for point in points(profile) if point.method == method and point.records]
    if not found:
        return ""
    percents = sorted({f"{point.percent:.2g}" for point in found}, key=float)
    trained = percents[0] if len(percents) == 1 else f"{percents[0]} to {percents[-1]}"
    shares = "; ".join(map(_in_words, found))
    return (
        f"{legend.method(method)} trains {trained} % of the encoder's parameters. Of the way from "
        f"the classifier alone to full fine-tuning it covers {shares}."
    )


def _in_words(point: Point) -> str:
    sure = ""
    if point.low is not None:
        sure = f" (95 %: {100 * point.low:.0f} to {100 * point.high:.0f} %)".replace(": -", ": −")
    tasks = ", ".join(map(legend.task, point.tasks))
    return f"{100 * point.share:.0f} %{sure} on {point.block} ({tasks})"


def points(profile: str) -> Iterator[Point]:
    """Yield each method's share, setting by setting, then as PASTA's tables print it."""
    for evidence in frames.evidence(profile):
        found = sorted(shares(evidence), key=lambda s: legend.place(s.method, legend.METHODS))
        yield from (_point(evidence.setting, share) for share in found)
    yield from printed()


def _point(setting: str, share: Share) -> Point:
    low, high = share.found.interval() if share.found.error > 0 else (None, None)
    records = tuple(record for best in share.best for record in best.records)
    percent = mean(record["result"]["parameters"]["percent"] for record in records)
    value = float(share.found.value)
    named = tuple(sorted(share.tasks, key=lambda task: legend.place(task, legend.TASKS)))
    return Point(
        setting, share.method, named, value, percent, low, high, records, whole=share.whole
    )


def printed() -> Iterator[Point]:
    """Yield PASTA's Table 2 between its Table 4's classifier and its own full fine-tuning."""
    table, alone = frames.printed("pasta", "T2"), frames.printed("pasta", "T4")
    start = alone[alone["method"] == START].set_index("task")["value"]
    scores = table[table["task"].isin(start.index)].pivot_table(
        index="method", columns="task", values="value", sort=False
    )
    percent = table[table["metric"] == "percent"].groupby("method")["value"].mean()
    start = start[scores.columns]
    way = (scores - start).sum(axis=1) / (scores.loc[END] - start).sum()
    for method in way.index.drop(END):
        yield Point(
            _PRINTED,
            method,
            tuple(scores.columns),
            way[method],
            percent[method],
            note="methods on test, the classifier on validation",
        )


def _cells(point: Point) -> Iterator[Cell]:
    row = Cell(point.block, legend.method(point.method), "", method=point.method)
    tasks = ", ".join(map(legend.task, point.tasks))
    shown = {
        "share": (f"{point.share:.2f}", point.share),
        "95 %": ("–" if point.low is None else f"[{point.low:.2f}, {point.high:.2f}]", None),
        "% trained": (f"{point.percent:.3g}", point.percent),
        "tasks": (tasks, None),
    }
    for column, (text, value) in shown.items():
        cell = replace(row, column=column)
        if point.records:
            yield cell.trained(text, point.records, value)
        elif column != "95 %":
            yield cell.printed(text, value, note=point.note)


def _panel(ax: Axes, shown: list[Point]) -> None:
    for height in (0, 1):
        ax.axhline(height, color="#999999", lw=0.6, ls=":")
    for point in shown:
        colour = legend.colour(point.method)
        bars = None
        if point.low is not None:
            bars = [[point.share - max(point.low, _FLOOR)], [min(point.high, _TOP) - point.share]]
        face = colour if point.whole and point.records else "white"
        for beyond, at, arrow in (
            (point.high is not None and point.high > _TOP, _TOP, "^"),
            (point.low is not None and point.low < _FLOOR, _FLOOR, "v"),
        ):
            if beyond:  # the interval goes on
                ax.plot(point.percent, at, arrow, color=colour, ms=3, clip_on=False)
        ax.errorbar(
            point.percent,
            point.share,
            yerr=bars,
            fmt="o" if point.records else "D",
            color=colour,
            mfc=face,
        )
    ax.set(xscale="log", ylim=(_FLOOR, 1.75), yticks=np.arange(0, 1.3, 0.2))
    if not shown:
        ax.text(0.5, 0.5, NOT_RUN, ha="center", transform=ax.transAxes)
        return
    low, high = (end(point.percent for point in shown) for end in (min, max))
    ax.set_xlim(low / 2, high * 4)
    ax.xaxis.set_major_formatter("{x:g}")
    shown = sorted(shown, key=lambda point: point.percent)
    for point, x in zip(shown, _apart([point.percent for point in shown]), strict=True):
        top = min(point.high or point.share, _TOP) + 0.03
        ax.plot([point.percent, x], [top, _NAMES - 0.02], color="#bbbbbb", lw=0.4)
        ax.text(
            x, _NAMES, legend.method(point.method), color=legend.colour(point.method), rotation=60
        )


def _apart(ascending: list[float]) -> list[float]:
    """Move numbers apart that are nearer than `_BESIDE` decades, as little as it takes."""
    placed: list[float] = []
    for value in ascending:
        placed.append(max(value, placed[-1] * 10**_BESIDE) if placed else value)
    return placed
