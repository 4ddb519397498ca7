"""The study's figures: drawn from the cells of a table, or from attention maps, in one style."""

from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import cycle
from pathlib import Path
from textwrap import fill

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.ticker import LogLocator, NullFormatter

from ..budget import could_go_on
from ..statistics import Summary
from . import frames, legend
from .exhibit import NOT_RUN, STALE, STALE_MEANS, UNENDED, UNENDED_MEANS, Picture, Table
from .layout import PERCENT

STYLE = Path(__file__).with_name("study.mplstyle")
WIDTH = 3.3  # inches: one column
_FEW = 4  # panels: so many stand two abreast in a column, more of them four across the page
SHAPES = {"ours": "osv^<>hp", "paper": "DsP*Xdv^"}  # by block; over again where all are used
VERTICAL = "#D55E00"
_ROW = 0.8  # of the distance between two methods, for the markers of one
_NAMED = 40  # tokens: of more the names beside a map of attention would not be read
_LETTERS = 16  # of a title to an inch
_SEED = {"ls": "", "marker": "o", "ms": 2.2, "mec": "white", "mew": 0.35}  # one seed's score
_TICKS = 6  # more learning rates than these would overlap: powers of ten stand instead


def dots(profile: str, table: Table, sizes: bool = False) -> Picture:
    """Draw a table of scores: a panel per column, a line per method, ours filled, printed open.

    With `sizes` each method's name has what it trains behind it, as the table says (%Param).
    """
    cells = table.cells[table.cells["metric"].isin(legend.METRICS)]
    columns = list(cells["column"].unique())
    methods = list(cells.loc[cells["method"] != "", "method"].unique())
    drawn = cells[cells["method"].ne("") & cells["value"].notna()]
    markers = {
        block: (shape, origin)
        for origin, shapes in SHAPES.items()
        for block, shape in zip(
            drawn[drawn["origin"] == origin]["block"].unique(), cycle(shapes), strict=False
        )
    }
    rows, abreast, width = _layout(len(columns))
    trained = table.cells[table.cells["column"].eq(PERCENT) & table.cells["origin"].eq("ours")]
    percents = trained.groupby("method")["shown"].first().to_dict() if sizes else {}
    named = [
        f"{legend.method(name)} ({percents[name]})" if name in percents else legend.method(name)
        for name in methods
    ]

    def draw(figure: Figure) -> None:
        axes = figure.subplots(rows, abreast, sharey=True, squeeze=False)
        for ax, column in zip(axes.flat, columns, strict=False):
            _score_panel(ax, cells[cells["column"] == column], methods, markers)
            ax.set_yticks(range(len(named)), named)
            ax.set_title(column)
            ax.set_xlabel(legend.metric(cells.loc[cells["column"] == column, "metric"].iloc[0]))
        for ax in axes.flat[len(columns) :]:
            ax.set_visible(False)
        handles = [
            Line2D(
                [],
                [],
                ls="",
                marker=shape,
                color="#555555",
                mfc=_face("#555555", origin),
                label=block,
            )
            for block, (shape, origin) in markers.items()
        ]
        handles.append(Line2D([], [], ls=":", lw=0.8, color="#999999", label="majority class"))
        figure.legend(handles=handles, loc="outside lower center")

    line = max(0.14, 0.05 * len(markers))
    height = 0.5 + rows * (0.5 + line * len(methods)) + 0.15 * len(markers)
    caption = (
        "Filled: ours, the median over seeds, and a dot for each; open: as printed, the bar a "
        "standard deviation, as far as the metric reaches."
        + marked(cells["stale"], cells["unended"])
    )
    return picture(profile, table.name, table.title, caption, draw, (width, height))


def norm_maps(profile: str, method: str = "pasta", tasks: Collection[str] = ()) -> Picture:
    """Draw the norm of each trained special-token vector: a map per task, layers down (Fig. 4).

    Of some tasks only, if they are named.
    """
    found = [each for each in frames.best(profile, method) if not tasks or each[0] in tasks]
    settings = list(dict.fromkeys(setting for _, setting, _ in found))
    rows, abreast, width = _layout(len(found))

    def draw(figure: Figure) -> None:
        axes = figure.subplots(rows, abreast, squeeze=False)
        for ax, (task, setting, best) in zip(axes.flat, found, strict=False):
            values = frames.mean_norms(best)
            names = legend.special_tokens(values.shape[1], method)
            frame = pd.DataFrame(values, index=range(1, len(values) + 1), columns=names)
            low, high = values.min(), values.max()
            _heat_map(ax, frame, vmin=low, vmax=high)
            _head(ax, legend.task(task), setting if len(settings) > 1 else "")
            ax.tick_params(length=0)
            ax.tick_params(axis="x", rotation=0, labelsize=5 if len(names) < 4 else 4)
            ax.tick_params(axis="y", rotation=0)
            bar = figure.colorbar(ax.collections[0], ax=ax, aspect=15, pad=0.04)
            bar.set_ticks([low, high], labels=[f"{low:.2g}", f"{high:.2g}"])
            bar.ax.tick_params(length=0, labelsize=5)
        for ax in axes[:, 0]:
            ax.set_ylabel("layer")
        for ax in axes.flat[len(found) :]:
            ax.set_visible(False)
        say_if_empty(axes, found)

    name, title = legend.norms(method)
    title += f": {settings[0]}" if len(settings) == 1 and width > WIDTH else ""
    caption = (
        "‖v‖, the mean over the seeds of the best configuration; layer 1 is nearest the input. "
        "Each task has its own scale, from its smallest norm to its largest."
        + _of_runs(best for *_, best in found)
    )
    return picture(profile, name, title, caption, draw, (width, 0.4 + 1.8 * rows))


def token_norms(profile: str, method: str = "aot-fc") -> Picture:
    """Draw the norms of the 50 largest rows of P by layer, a line per task."""
    lines = [
        (task, setting, best.records[0]["result"]["top_tokens"])
        for task, setting, best in frames.best(profile, method)
    ]
    settings = list(dict.fromkeys(setting for _, setting, _ in lines))
    tasks = sorted({task for task, *_ in lines}, key=lambda name: legend.place(name, legend.TASKS))
    rows, abreast, width = _layout(len(settings))

    def draw(figure: Figure) -> None:
        from seaborn import color_palette

        axes = figure.subplots(rows, abreast, sharey=True, squeeze=False)
        colours = dict(zip(tasks, color_palette("husl", len(tasks)), strict=True))
        for task, setting, layers in lines:
            ax, norms = axes.flat[settings.index(setting)], [[n for _, n in row] for row in layers]
            ax.plot(np.mean(norms, axis=1), "o-", color=colours[task])
            ends = np.min(norms, axis=1), np.max(norms, axis=1)
            ax.fill_between(range(len(norms)), *ends, color=colours[task], alpha=0.2)
        for ax, setting in zip(axes.flat, settings, strict=False):
            ax.set_title(setting, fontsize=5.5)
            ax.set_xlabel("layer")
            ax.locator_params(axis="x", integer=True)
            _logarithmic(ax)  # tasks lie two orders apart
        for ax in axes[:, 0]:
            ax.set_ylabel(r"$\|P_x\|_2$, 50 largest rows")
        for ax in axes.flat[len(settings) :]:
            ax.set_visible(False)
        handles = [
            Line2D([], [], marker="o", color=colours[name], label=legend.task(name))
            for name in tasks
        ]
        if lines:
            figure.legend(handles=handles, loc="outside lower center", ncols=4)
        say_if_empty(axes, lines)

    name, title = "aot_top_norms", f"Largest rows of P, {legend.method(method)}"
    caption = (
        "Line: mean; band: smallest to largest. Layer 0 is the first layer's input."
        + _of_runs(best for *_, best in frames.best(profile, method))
    )
    height = 0.6 + 1.9 * rows + 0.15 * (len(tasks) / 4)
    return picture(profile, name, title, caption, draw, (width, height))


def score_lines(profile: str, name: str) -> Picture:
    """Draw scores along "size" or "lr": a panel for each task, a line for each method.

    Along sizes a dashed line is full fine-tuning's best, for reference (AoT Figures 5, 7).
    """
    frame, across = frames.along(profile, name), {"size": "size", "lr": "x"}[name]
    full = frames.reference(profile) if name == "size" else {}

    def line(ax: Axes, rows: pd.DataFrame, colour: str) -> None:
        rows = rows.sort_values("x")
        ax.plot(rows[across], [100 * best.median for best in rows["best"]], "o-", color=colour)
        for x, best in zip(rows[across], rows["best"], strict=True):
            if best.seeds > 1:
                ax.plot([x] * best.seeds, 100 * np.array(best.scores), **_SEED, mfc=colour)
        if best := full.get((rows["setting"].iloc[0], rows["task"].iloc[0])):
            ax.axhline(100 * best.median, color=legend.colour("full"), ls="--", lw=0.9)
        ax.set_xscale("log")
        ax.xaxis.set_minor_formatter(NullFormatter())
        ticks = frame.drop_duplicates("x")
        if across == "size":  # the same for all panels: one of them may not reach a power of ten
            ax.set_xlim(frame["size"].min() / 1.5, frame["size"].max() * 1.5)
        elif len(ticks) <= _TICKS:
            ax.set_xticks(ticks["x"], ticks["shown"], rotation=45)

    label = {"size": "trained parameters", "lr": "learning rate"}[name]
    caption = "At each value the best of the other hyper-parameters, the median over seeds."
    if full:
        caption += " Dashed: full fine-tuning, its best likewise."
    frame = frame.assign(tried=[[best] for best in frame["best"]])
    dashed = ["full"] if full else []
    return _lines(
        profile, f"scores_along_{name}", legend.ALONG[name], caption, frame, line, label, dashed
    )


def training_lines(profile: str, name: str) -> Picture:
    """Draw "loss" or "gradient_norm" by epoch: a panel for each task, a line for each method."""

    def line(ax: Axes, rows: pd.DataFrame, colour: str) -> None:
        ax.plot(rows["epoch"], rows[name], "o-", color=colour)
        ax.locator_params(axis="x", integer=True)
        if name == "gradient_norm":
            _logarithmic(ax)

    title = {"loss": "Training loss", "gradient_norm": "Gradient norm"}[name]
    caption = "The best configuration, by epoch: mean over its steps and over seeds."
    frame = frames.curves(profile).assign(metric=name)
    return _lines(profile, f"training_{name}", title, caption, frame, line, "epoch")


def macro_lines(profile: str) -> Picture:
    """Draw each benchmark's macro score by prefix length or rank, a line for each method."""
    frame, label = frames.macro_along(profile), "prefix length or rank"
    sizes = sorted(frame["x"].unique())

    def line(ax: Axes, rows: pd.DataFrame, colour: str) -> None:
        rows = rows.sort_values("x")
        ax.plot(rows["x"], rows["value"], "o-", color=colour)
        ax.set_xscale("log")
        ax.set_xticks(sizes, [f"{size:g}" for size in sizes])
        ax.xaxis.set_minor_formatter(NullFormatter())

    title = legend.ALONG["macro"]
    return _lines(profile, "aot_figure3", title, legend.MACRO, frame, line, label)


def expected_curves(
    profile: str, tasks: Collection[str] = (), methods: Collection[str] = ()
) -> Picture:
    """Draw the expected best score of n assignments: a panel per task, a line per method."""

    def line(ax: Axes, rows: pd.DataFrame, colour: str) -> None:
        for values in rows["values"]:
            ax.plot(range(1, len(values) + 1), 100 * np.array(values), color=colour)
        ax.locator_params(axis="x", integer=True)

    title = legend.ALONG["expected"]
    caption = "Expected best of n assignments drawn from those tried (Dodge et al., 2019)."
    frame, label = frames.expected(profile, tasks, methods), "assignments"
    return _lines(profile, "expected_validation", title, caption, frame, line, label)


def head_map(
    profile: str, backbone: str, sentence: str, maps: np.ndarray, heads: pd.DataFrame
) -> Picture:
    """Draw every head's attention map (L, H, N, N), the vertical ones in orange (Fig. 5)."""
    layers, count, tokens, _ = maps.shape
    vertical = heads.sort_values(["layer", "head"])["vertical"].to_numpy().reshape(layers, count)
    pitch = tokens + 2
    image = np.ones((layers * pitch, count * pitch, 3))
    for layer, head in np.ndindex(layers, count):
        ink = to_rgb(VERTICAL if vertical[layer, head] else "#1a1a1a")
        shade = maps[layer, head][..., None]
        place = np.s_[layer * pitch : layer * pitch + tokens, head * pitch : head * pitch + tokens]
        image[place] = 1 - shade * (1 - np.array(ink))

    def draw(figure: Figure) -> None:
        ax = figure.subplots()
        ax.imshow(image, interpolation="nearest")
        for layer, head in np.ndindex(layers, count):
            corner = (head * pitch - 0.5, layer * pitch - 0.5)
            colour, width = (VERTICAL, 0.9) if vertical[layer, head] else ("#b0b0b0", 0.3)
            ax.add_patch(Rectangle(corner, tokens, tokens, fill=False, ec=colour, lw=width))
        middle = (tokens - 1) / 2
        ax.set_xticks(middle + pitch * np.arange(count), range(1, count + 1))
        ax.set_yticks(middle + pitch * np.arange(layers), range(1, layers + 1))
        ax.set(xlabel="head", ylabel="layer")
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)

    title = f"PASTA Figure 5: all heads of {legend.backbone(backbone)}"
    caption = (
        f"“{sentence}”: {vertical.sum()} of {vertical.size} heads are vertical, in orange. Rows "
        "of a map attend to its columns; darker is more."
    )
    size = (WIDTH, 0.65 + 0.88 * WIDTH * layers / count)
    return picture(profile, "pasta_figure5", title, caption, draw, size)


def head_shares(profile: str) -> Picture:
    """Draw the share of texts on which each head is vertical: an encoder a row, a corpus a map."""
    by_backbone: dict[str, list[dict]] = {}
    for record in frames.measured(profile, "heads-corpus"):
        by_backbone.setdefault(record["config"]["backbone"], []).append(record)
    rows = sorted(by_backbone.items(), key=lambda row: legend.place(row[0], legend.BACKBONES))
    shapes = [pd.DataFrame(records[0]["result"]["heads"])["layer"].nunique() for _, records in rows]

    def draw(figure: Figure) -> None:
        shape = max(len(rows), 1), max((len(records) for _, records in rows), default=1)
        ratios = shapes or [1]
        axes = figure.subplots(*shape, squeeze=False, gridspec_kw={"height_ratios": ratios})
        for line, (name, records) in zip(axes, rows, strict=False):
            for ax, record in zip(line, records, strict=False):
                frame = pd.DataFrame(record["result"]["heads"])
                shares = frame.pivot(index="layer", columns="head", values="texts")
                _heat_map(ax, shares, vmin=0, vmax=1, square=True)
                ax.set_title(
                    f"{legend.backbone(name)}: {legend.corpus(record['config'])}", fontsize=5.5
                )
                ax.set_ylabel("layer" if ax is line[0] else "")
                ax.tick_params(length=0, labelrotation=0)
            for ax in line[len(records) :]:
                ax.set_visible(False)
        if rows:
            bar = figure.colorbar(axes[0, 0].collections[0], ax=axes, location="bottom", aspect=40)
            bar.set_label("share of texts on which the head is vertical")
        say_if_empty(axes, rows)

    title = "Vertical heads over many texts"
    caption = "Beyond the papers: the first texts of validation, of our own grammars."
    size = (WIDTH, 1.0 + 0.15 * sum(shapes or [6]))
    return picture(profile, "vertical_heads_corpus", title, caption, draw, size)


def head_examples(
    profile: str, backbone: str, tokens: list[str], maps: np.ndarray, heads: pd.DataFrame
) -> Picture:
    """Draw four heads that attend most to [CLS] and four that attend most to [SEP] (Fig. 1)."""
    named = tokens if len(tokens) <= _NAMED else []

    def draw(figure: Figure) -> None:
        axes = figure.subplots(2, 4)
        for line, share in zip(axes, ("share_cls", "share_sep"), strict=True):
            for ax, head in zip(line, heads.nlargest(4, share).itertuples(), strict=True):
                ax.imshow(maps[head.layer - 1, head.head - 1], cmap="Greys", vmin=0, vmax=1)
                ax.set_title(
                    f"L{head.layer}-H{head.head}\n[CLS] {100 * head.share_cls:.0f} %\n"
                    f"[SEP] {100 * head.share_sep:.0f} %",
                    color=VERTICAL if head.vertical else "black",
                    fontsize=6,
                    loc="center",
                )
                ax.spines[:].set_visible(False)
                ax.set_xticks(range(len(named)), named, rotation=90, fontsize=4)
                ax.set_yticks([])
                ax.tick_params(length=0)
            line[0].set_yticks(range(len(named)), named, fontsize=4)
            line[0].set_ylabel(f"most on [{share[-3:].upper()}]")

    title = f"PASTA Figure 1: heads of {legend.backbone(backbone)}"
    caption = (
        "The heads whose tokens most often put their largest weight on [CLS] (above) and [SEP] "
        "(below), with the shares of tokens that do; orange: vertical, 90 % on both together."
    )
    return picture(profile, "pasta_figure1", title, caption, draw, (WIDTH, 2.7))


class _Figure(Figure):
    """A figure that is laid out where matplotlib would first draw it for its layout alone."""

    def draw(self, renderer) -> None:
        engine = self.get_layout_engine()  # a placeholder once all is in its place
        if isinstance(engine, ConstrainedLayoutEngine):
            engine.execute(self)
        else:
            super().draw(renderer)


def picture(
    profile: str | None,
    name: str,
    title: str,
    caption: str,
    draw: Callable[[Figure], None],
    size: tuple[float, float] | None = None,
    named: bool = True,
) -> Picture:
    """Draw on a figure of the study's style, its title with the profile if `named`.

    It is written to the figures of `profile`; of None, to none.
    """
    with matplotlib.style.context(STYLE):
        figure = _Figure(figsize=size)
        draw(figure)
        wide = size[0] if size else WIDTH
        whole = f"{title} (profile\N{NO-BREAK SPACE}{profile})" if named else title
        figure.suptitle(fill(whole, int(_LETTERS * wide), break_long_words=False))
        figure.draw_without_rendering()  # laid out once: each file that is saved would do it again
        with matplotlib.rc_context({"figure.constrained_layout.use": False}):
            figure.set_layout_engine()
            drawn = Picture.drawn(name, title, caption, figure)
            return drawn.write(profile) if profile else drawn


def _lines(
    profile: str,
    name: str,
    title: str,
    caption: str,
    frame: pd.DataFrame,
    line: Callable[[Axes, pd.DataFrame, str], None],
    label: str,
    dashed: Sequence[str] = (),
) -> Picture:
    """Draw a panel for each task and setting of `frame`, and in it a line for each method.

    `tried` holds the summaries behind a line: title, panel and caption say if they are a search's.
    `dashed` names methods that stand in the legend besides, with such a line.
    """
    tried = [best for bests in frame["tried"] for best in bests]
    panels = sorted(
        frame.groupby(["task", "setting"], sort=False),
        key=lambda panel: legend.place(panel[0][0], legend.TASKS),
    )
    rows, abreast, width = _layout(len(panels))
    beside = max(abreast, 2)  # names of methods in a line of the legend
    named = frame["setting"].unique() if width > WIDTH else []  # a narrow heading has no room

    def draw(figure: Figure) -> None:
        axes = figure.subplots(rows, abreast, squeeze=False)
        for i, (((task, setting), group), ax) in enumerate(zip(panels, axes.flat, strict=False)):
            for method, same in group.groupby("method"):
                line(ax, same, legend.colour(method))
            cut = frames.cut([best for bests in group["tried"] for best in bests])
            _head(ax, legend.task(task), "" if len(named) == 1 else setting, cut)
            ax.set(
                xlabel=label if i + abreast >= len(panels) else "",
                ylabel=legend.metric(group["metric"].iloc[0]),
            )
        for ax in axes.flat[len(panels) :]:
            ax.set_visible(False)
        method_legend(figure, frame["method"], beside, dashed)
        say_if_empty(axes, panels)

    title = frames.titled(title, tried)
    caption += f" {frames.effort(tried).capitalize()}." + _of_runs(tried)
    if len(named) == 1:
        title += f": {named[0]}"
    height = 0.5 + 1.5 * rows + 0.15 * (frame["method"].nunique() / beside)
    return picture(profile, name, title, caption, draw, (width, height))


def marked(stale: Iterable[bool], unended: Iterable[bool] = ()) -> str:
    """Return what a caption says of numbers that a table would mark, as a picture cannot."""
    said = [f"{STALE} Some numbers are {STALE_MEANS}"] if any(stale) else []
    if any(unended):
        said.append(f"{UNENDED} Of some numbers: {UNENDED_MEANS}")
    return "".join(f" {each}" for each in said)


def _of_runs(tried: Iterable[Summary]) -> str:
    records = frames.runs(tried)
    return marked((record["stale"] for record in records), map(could_go_on, records))


def _heat_map(ax: Axes, frame: pd.DataFrame, **options) -> None:
    from seaborn import heatmap  # here: it takes longer to import than most notebooks to draw

    heatmap(frame, ax=ax, cmap="cividis", cbar=False, **options)


def _layout(panels: int) -> tuple[int, int, float]:
    """Return how many rows of panels, how many abreast, and the figure's width in inches."""
    abreast = 4 if panels > _FEW else min(max(panels, 1), 2)
    return -(-max(panels, 1) // abreast), abreast, WIDTH * max(abreast / 2, 1)


def _head(ax: Axes, title: str, *more: str) -> None:
    """Write a panel's title, and in small letters under it what else there is to say."""
    small = "; ".join(filter(None, more))
    ax.set_title(title, fontsize=6.5, pad=9 if small else None)
    # not laid out: a longer line would make the panel narrower than the others
    ax.text(0, 1.03, small, transform=ax.transAxes, fontsize=4.3, in_layout=False)


def method_legend(
    figure: Figure, methods: Iterable[str], beside: int = 2, dashed: Sequence[str] = ()
) -> None:
    """Name the methods under a figure, `beside` each other, some by a dashed line."""
    lines = {name: {"marker": "o"} for name in methods} | {name: {"ls": "--"} for name in dashed}
    handles = [
        Line2D([], [], color=legend.colour(name), label=legend.method(name), **lines[name])
        for name in sorted(lines, key=lambda name: legend.place(name, legend.METHODS))
    ]
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=beside)


def _score_panel(ax: Axes, cells: pd.DataFrame, methods: list[str], markers: dict) -> None:
    for cell in cells.dropna(subset=["value"]).itertuples():
        if not cell.method:
            ax.axvline(cell.value, color="#999999", lw=0.8, ls=":")
            continue
        shape, origin = markers[cell.block]
        colour = legend.colour(cell.method)
        aside = list(markers).index(cell.block) - (len(markers) - 1) / 2
        at = methods.index(cell.method) + min(0.25, _ROW / len(markers)) * aside
        low, high = legend.reach(cell.metric)
        spread = 0 if pd.isna(cell.spread) or cell.each else cell.spread
        bar = [[min(spread, cell.value - low)], [min(spread, high - cell.value)]]
        where = (cell.value, at)
        ax.errorbar(
            *where, xerr=bar if spread else None, fmt=shape, color=colour, mfc=_face(colour, origin)
        )
        seeds = [float(score) for score in cell.each.split()]
        ax.plot(seeds, [at] * len(seeds), **_SEED, mfc=colour)
    ax.set_ylim(len(methods) - 0.5, -0.5)
    ax.margins(x=0.1)
    ax.locator_params(axis="x", nbins=4)
    ax.grid(axis="x")
    if cells["value"].isna().all():
        ax.set_xticks([])  # an axis without a value would show a scale of its own
    if not (cells["origin"] == "ours").any():
        ax.set_title(NOT_RUN, loc="right", fontweight="normal", fontsize=4.5)


def _logarithmic(ax: Axes) -> None:
    ax.set_yscale("log")
    ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())


def _face(colour: str, origin: str) -> str:
    return colour if origin == "ours" else "white"


def say_if_empty(axes: np.ndarray, shown: list) -> None:
    """Say in place of empty axes that nothing was run."""
    if not shown:
        for ax in axes.flat:
            ax.set_visible(True)
            ax.set_axis_off()
            ax.text(0.5, 0.5, NOT_RUN, ha="center", transform=ax.transAxes)
