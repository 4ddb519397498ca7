"""What an encoder's size changes: scores, the share of the way covered, and its vertical heads.

An encoder's size is that of all its parameters, without a head.
"""

from collections.abc import Iterable, Mapping
from statistics import mean

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ..claims.share import leading, shares
from . import distance, frames, legend
from .exhibit import NOT_RUN, Picture, Table
from .figures import WIDTH, picture

# The papers' encoders, counted on their shapes.
SIZES = {
    "bert-base": 109_482_240,
    "bert-large": 335_141_888,
    "roberta-base": 124_055_040,
    "roberta-large": 354_310_144,
    "deberta-xl": 757_804_032,
}
_PASTAS = "bert-large"  # whose share PASTA's tables give
_OURS, _PRINTED = "osv^<>", "D"
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")  # of encoders


def macro(profile: str, tables: Mapping[str, Table]) -> Picture:
    """Draw mean scores by the encoder's size: a panel per table of AoT's (its Figure 1).

    The mean is over the tasks that all our encoders have run, for the paper's encoders too.
    """
    chosen = {title: common_tasks(table.cells) for title, table in tables.items()}
    runs = runs_behind(
        table.cells[table.cells["column"].isin(chosen[title])] for title, table in tables.items()
    )
    markers = dict(zip(runs, _OURS, strict=False))

    def draw(figure: Figure) -> None:
        axes = figure.subplots(1, len(tables), squeeze=False)[0]
        for ax, (title, table) in zip(axes, tables.items(), strict=True):
            means = _means(profile, table.cells, chosen[title])
            for (_, method), points in means.groupby(["line", "method"], sort=False):
                points, colour = points.sort_values("size"), legend.colour(method)
                ours = points["origin"].iloc[0] == "ours"
                x = _beside(points["size"], method)
                ax.plot(x, points["value"], "-" if ours else ":", color=colour, lw=0.8)
                for place, point in zip(x, points.itertuples(), strict=True):
                    face = colour if ours else "white"
                    marker = markers.get(point.block, _PRINTED)
                    ax.plot(place, point.value, marker, color=colour, mfc=face)
            _size_axis(ax, means["size"])
            ax.set(title=f"{title}: {', '.join(chosen[title])}", ylabel="mean score")
            if not len(means):
                ax.text(0.5, 0.5, NOT_RUN, ha="center", transform=ax.transAxes)
        _legends(
            figure,
            [m for table in tables.values() for m in table.cells["method"] if m],
            {f"{block} ({n} runs)": markers[block] for block, n in runs.items()},
        )

    title = "AoT Figure 1: scores by the encoder's size"
    caption = (
        "Mean over the tasks that all our encoders have run, named above: filled ours, with the "
        "number of runs behind them; open as printed, over the same tasks."
    )
    return picture(profile, "aot_figure1", title, caption, draw, (1.5 * WIDTH, 3.8))


def common_tasks(cells: pd.DataFrame) -> list[str]:
    """Return the columns of a table's tasks on which every encoder of ours has a score."""
    ours = cells[cells["metric"].isin(legend.METRICS) & cells["method"].ne("")]
    ours = ours[ours["origin"].eq("ours") & ours["value"].notna()]
    has = [set(rows["column"]) for _, rows in ours.groupby(ours["block"].map(_encoder))]
    shared = set.intersection(*has) if has else set()
    return [column for column in cells["column"].unique() if column in shared]


def share_by_size(profile: str) -> Picture:
    """Draw the share of the way against the encoder's size, a line for each method.

    It is taken over the tasks on which all our encoders that have a way to cover have one.
    """
    trained = [evidence for evidence in frames.evidence(profile) if evidence.size]
    ways = {id(evidence): set(leading(evidence)) for evidence in trained}
    common = set.intersection(*filter(None, ways.values())) if any(ways.values()) else set()
    without = [evidence for evidence in trained if not ways[id(evidence)]]
    markers = {evidence.setting: m for evidence, m in zip(trained, _OURS, strict=False)}
    points = [
        (evidence, share)
        for evidence in trained
        for share in shares(evidence, common)
        if share.method not in distance.ASIDE
    ]
    printed = list(distance.printed())
    runs: dict[str, set[str]] = {setting: set() for setting in markers}
    for evidence, share in points:
        runs[evidence.setting] |= {run["key"] for best in share.best for run in best.records}

    def draw(figure: Figure) -> None:
        ax = figure.subplots()
        for height in (0, 1):
            ax.axhline(height, color="#999999", lw=0.6, ls=":")
        for evidence, share in points:
            (x,) = _beside([evidence.size], share.method)
            ax.plot(
                x,
                float(share.found.value),
                markers[evidence.setting],
                color=legend.colour(share.method),
            )
        for point in printed:
            (x,) = _beside([SIZES[_PASTAS]], point.method)
            colour = legend.colour(point.method)
            ax.plot(x, point.share, _PRINTED, color=colour, mfc="white")
        for evidence in without:
            text = f"{evidence.setting}: full fine-tuning is\nnot surely above the classifier"
            ax.text(evidence.size, 0.5, text, rotation=90, ha="center", va="center", fontsize=6)
        _size_axis(ax, [*(evidence.size for evidence in trained), SIZES[_PASTAS]])
        ax.set(ylabel="share of the way", ylim=(-0.05, 1.25))
        named = {share.method for _, share in points} | {point.method for point in printed}
        _legends(
            figure,
            named,
            {
                f"{setting} ({len(runs[setting])} runs)": marker
                for setting, marker in markers.items()
                if runs[setting]
            },
        )

    over = ", ".join(map(legend.task, sorted(common, key=lambda t: legend.place(t, legend.TASKS))))
    title = "Share of the way by the encoder's size"
    caption = (
        f"0: the classifier alone; 1: full fine-tuning. Ours over {over or 'no task yet'}, which "
        "all our encoders with a way to cover share; as printed: PASTA's own four tasks."
    )
    return picture(profile, "share_by_size", title, caption, draw, (1.3 * WIDTH, 3.8))


def heads_by_depth(profile: str) -> Picture:
    """Draw the share of a layer's heads that are vertical, by depth, encoder by encoder."""
    records = [*frames.measured(profile, "heads"), *frames.measured(profile, "heads-corpus")]
    records.sort(key=lambda r: legend.place(r["config"]["backbone"], legend.BACKBONES))
    names = list(dict.fromkeys(record["config"]["backbone"] for record in records))
    text = frames.printed("pasta", "text").query("row == 'App. C'").set_index("metric")["value"]
    stated = text["vertical_heads"] / text["heads"]

    def draw(figure: Figure) -> None:
        ax = figure.subplots()
        ax.axhline(stated, color="#555555", ls=":", label=f"BERT-large, printed: {stated:.0%}")
        for record in records:
            name = record["config"]["backbone"]
            shares = layer_shares(record)
            sentence = record["kind"] == "heads"
            on = "the paper's sentence" if sentence else legend.corpus(record["config"])
            ax.plot(
                np.arange(1, len(shares) + 1) / len(shares),
                shares,
                "o-" if sentence else "--",
                color=_COLOURS[names.index(name) % len(_COLOURS)],
                lw=1.2 if sentence else 0.7,
                label=f"{legend.backbone(name)}, {on}: {mean(shares):.0%}",
            )
        ax.set(xlabel="depth (layer / number of layers)", ylabel="vertical heads", ylim=(0, None))
        ax.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
        figure.legend(loc="outside lower center", fontsize=6)
        if not records:
            ax.text(0.5, 0.5, NOT_RUN, ha="center", transform=ax.transAxes)

    title = "Vertical heads by depth"
    caption = (
        "The share of each layer's heads that are vertical, over many texts its mean; the legend "
        "gives the share of all heads. The paper prints BERT-large's 112 of 384 alone."
    )
    return picture(profile, "heads_by_depth", title, caption, draw, (WIDTH, 2.9))


def layer_shares(record: Mapping) -> list[float]:
    """Return, layer by layer, the share of heads that are vertical, over many texts its mean."""
    heads = pd.DataFrame(record["result"]["heads"])
    vertical = heads["vertical" if record["kind"] == "heads" else "texts"].astype(float)
    return vertical.groupby(heads["layer"]).mean().tolist()


def _means(profile: str, cells: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return each method's mean over `columns`, block by block where it has them all."""
    sizes = {
        record["key"]: record["result"]["parameters"]["backbone"]
        for record in frames.records(profile, "train")
        if record["result"]
    }
    lines = []
    shown = cells[cells["column"].isin(columns) & cells["method"].ne("") & cells["value"].notna()]
    for (block, method), rows in shown.groupby(["block", "method"], sort=False):
        if not columns or set(rows["column"]) != set(columns):
            continue
        origin = rows["origin"].iloc[0]
        keys = " ".join(rows["records"]).split()
        size = sizes[keys[0]] if origin == "ours" else SIZES[_named(block)]
        value = rows.groupby("column")["value"].first().mean()
        line = block.replace(_encoder(block), "") if origin == "ours" else origin
        lines.append((block, line, method, origin, size, value))
    return pd.DataFrame(lines, columns=["block", "line", "method", "origin", "size", "value"])


def _encoder(block: str) -> str:
    return block.partition(", ")[0]


def _named(block: str) -> str:
    """Return which of the papers' encoders a block of printed cells is of."""
    written = block.rpartition(": ")[2]
    return next(name for name, shown in legend.BACKBONES.items() if shown == written)


def runs_behind(some: Iterable[pd.DataFrame]) -> dict[str, int]:
    """Return the number of runs behind the scores of each block of ours in some cells."""
    runs: dict[str, set[str]] = {}
    for cells in some:
        for cell in cells[cells["origin"].eq("ours") & cells["method"].ne("")].itertuples():
            runs.setdefault(cell.block, set()).update(cell.records.split())
    return {block: len(keys) for block, keys in runs.items()}


def _beside(sizes: Iterable[float], method: str) -> list[float]:
    """Return where a method's points stand: methods of one encoder beside each other."""
    aside = legend.place(method, legend.METHODS) - len(legend.METHODS) / 2
    return [size * 1.02**aside for size in sizes]


def _legends(figure: Figure, methods: Iterable[str], markers: Mapping[str, str]) -> None:
    """Name what colours and markers stand for, below the figure."""
    named = sorted(set(methods), key=lambda method: legend.place(method, legend.METHODS))
    grey = {"ls": "", "color": "#555555"}
    handles = [Line2D([], [], lw=4, color=legend.colour(m), label=legend.method(m)) for m in named]
    handles += [Line2D([], [], marker=m, label=label, **grey) for label, m in markers.items()]
    handles.append(Line2D([], [], marker=_PRINTED, mfc="white", label="as printed", **grey))
    figure.legend(handles=handles, loc="outside lower center", ncols=2)


def _size_axis(ax: Axes, sizes: Iterable[float]) -> None:
    sizes = sorted(set(sizes))
    ax.set_xscale("log")
    ax.set_xlabel("encoder's parameters, millions")
    if sizes:
        ax.set_xlim(sizes[0] / 1.5, sizes[-1] * 1.5)
        former = [0.0, *sizes]
        labels = [
            f"{size / 1e6:.0f}" if size > 1.2 * before else ""  # else they would touch
            for before, size in zip(former, sizes, strict=False)
        ]
        ax.set_xticks(sizes, labels)
    ax.minorticks_off()
