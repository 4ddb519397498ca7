"""What inference costs: AoT Figures 4 and 9, many tasks in one batch, and what packs gain.

Speed belongs to a machine. The profile's own measurements stand beside those of
`python -m pasta_lib bench`, which lie in `data/runs/speed`.
"""

from collections.abc import Iterator
from statistics import median

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from . import frames, legend
from .exhibit import NOT_RUN, Cell, Picture, Table
from .figures import WIDTH, picture

_COLOURS = {"aot": "aot-fc", "pasta": "pasta", "bitfit": "bitfit", "lora": "lora"}
_COLOURS |= {"adapter": "adapter", "p-tuning-v1": "p-tuning-v1", "p-tuning-v2": "p-tuning-v2"}
_LONG, _LARGE = 384, ("roberta-large", "deberta-xl")  # large inputs and models, as AoT has them
_GAINS = {
    "packs": "runs an hour, 8 packed over single",
    "steps": "time of a step over full fine-tuning's",
    "trainer": "time over transformers.Trainer's",
}
_CAPTION = (
    "Time over the vanilla model's in the same round, the median over rounds, in brackets where "
    "the true median lies with 95 %. Encoders of the named shapes with random weights, MPNet with "
    "its own: speed does not depend on them."
)


def inference_speed(profile: str) -> Table:
    """Return the time and memory of each method's forward pass, over the vanilla model's."""
    cells = []
    for at, record in _configured(profile, "speed"):
        block = f"{legend.backbone(at['shape'])}, batch {at['batch']}, {at['length']} tokens"
        cells += _lines(f"{block}: {_where(at)}", record)
    return Table.of(
        "inference_speed",
        "AoT Figures 4 and 9: inference time",
        _CAPTION,
        cells or [Cell("This study", "all methods", "time")],
        "11_inference_speed",
    ).write(profile)


def many_tasks(profile: str) -> Table:
    """Return what it costs to serve many tasks in one batch, over one task's vanilla model."""
    cells = []
    for at, record in _configured(profile, "speed-multitask"):
        block = (
            f"{at['tasks']} tasks, {legend.backbone(at['shape'])}, {at['batch']} rows of "
            f"{at['length']} tokens, tables in {at['tables']}: {_where(at)}"
        )
        cells += _lines(block, record)
    return Table.of(
        "multi_task",
        "Many tasks in one batch",
        f"{_CAPTION} Mixed: rows of all tasks in one pass; loop: a pass for each task.",
        cells or [Cell("This study", "all methods", "time")],
        "12_multi_task",
    ).write(profile)


def training_speed(profile: str) -> Table:
    """Return what packs gain, and a step and the loop against their peers."""
    cells = []
    for at, record in _configured(profile, "speed-training"):
        block = f"{legend.backbone(at['backbone'])}, {at['precision']}: {at['machine']}"
        row = f"{_GAINS[at['benchmark']]}; batch {at['batch_size']}, {legend.length(at['length'])}"
        for method, ratios in record["result"]["ratios"].items():
            shown = f"{median(ratios):.2f} [{min(ratios):.2f}–{max(ratios):.2f}]"
            cells.append(
                Cell(block, row, legend.method(method), method=method).fact(
                    shown, [record], median(ratios)
                )
            )
    return Table.of(
        "training_speed",
        "Speed of training",
        "Both sides take turns in one process; the median over rounds, in brackets the extremes. "
        "`python -m pasta_lib bench packs`, `steps` and `trainer` measure it.",
        cells or [Cell("This study", "all methods", "ratio")],
    ).write(profile)


def training_limit(profile: str) -> Table:
    """Return how near a step comes to the time of its matrix products, and where the rest goes."""
    cells = []
    for at, record in _configured(profile, "training-limit"):
        many = f", pack of {at['lanes']}" if at["lanes"] > 1 else ""
        block = (
            f"{legend.backbone(at['backbone'])}, {at['precision']}, batch {at['batch_size']}, "
            f"{legend.length(at['length'])}{many}: {at['machine']}"
        )
        for method, found in record["result"]["methods"].items():
            shares = found["shares"]
            shown = {
                "products alone, of a step": (
                    f"{median(shares):.2f} [{min(shares):.2f}–{max(shares):.2f}]",
                    median(shares),
                ),
                "tokens a second": (f"{found['tokens']:,.0f}", found["tokens"]),
                "GFLOP/s of a step": (f"{found['gflops']:,.0f}", found["gflops"]),
                "products, over torch.mm": (f"{found['speed']:.2f}", found["speed"]),
            }
            shown |= {f"{part}, %": (f"{100 * x:.0f}", x) for part, x in found["parts"].items()}
            for column, (text, value) in shown.items():
                cell = Cell(block, legend.method(method), column, method=method)
                cells.append(cell.fact(text, [record], value))
    return Table.of(
        "training_limit",
        f"Where the time of a training step goes (profile {profile})",
        "The first column is the time of exactly the matrix products that a step needs, made alone "
        "in the same process, over the step's: median of the rounds in turn, in brackets the "
        "extremes. The percentages are a profiler's, of one step; Python is what is left. "
        "`python -m pasta_lib bench limit` measures it.",
        cells or [Cell("This study", "all methods", "products alone, of a step")],
    ).write(profile)


def speed_figure(profile: str, number: int) -> Picture:
    """Draw AoT Figure 4 (384 tokens) or 9 (fewer): a panel for each encoder and batch."""
    markers = {4: {384: "o"}, 9: {16: "o", 64: "s", 128: "^"}}[number]
    lines = timed(profile)
    lines = lines[lines["length"].isin(markers)]
    rows = list(dict.fromkeys(zip(lines["shape"], lines["where"], strict=True)))
    batches, names = sorted(lines["batch"].unique()), list(dict.fromkeys(lines["contender"]))

    def draw(figure: Figure) -> None:
        shape = max(len(rows), 1), max(len(batches), 1)
        axes = figure.subplots(*shape, sharex="row", sharey=True, squeeze=False)
        for line in lines.itertuples():
            ax = axes[rows.index((line.shape, line.where)), batches.index(line.batch)]
            aside = 0.25 * (list(markers).index(line.length) - (len(markers) - 1) / 2)
            ax.errorbar(
                line.ratio,
                names.index(line.contender) + aside,
                xerr=[[line.ratio - line.ratio_low], [line.ratio_high - line.ratio]],
                fmt=markers[line.length],
                color=_colour(line.contender),
                markersize=2.5,
            )
        for ax in axes.flat[: len(rows) * len(batches)]:
            ax.axvline(1, color="#999999", lw=0.8, ls=":")
            ax.set_yticks(range(len(names)), [legend.contender(name) for name in names])
            ax.set_ylim(len(names) - 0.5, -0.5)
            ax.grid(axis="x")
            ax.locator_params(axis="x", nbins=3)
        for ax, batch in zip(axes[0], batches, strict=False):
            ax.set_title(f"batch {batch}")
        for ax, (encoder, where) in zip(axes[:, 0], rows, strict=False):
            ax.set_ylabel(f"{legend.backbone(encoder)}\n{where.replace(', ', chr(10))}", fontsize=6)
        for ax in axes[-1]:
            ax.set_xlabel("time over vanilla's", fontsize=5.5)
        for stated in frames.overheads().itertuples():
            at = [where for where in rows if where[0] == stated.backbone]
            known = stated.length in markers and stated.batch in batches
            if at and known and stated.contender in names:
                ax = axes[rows.index(at[0]), batches.index(stated.batch)]
                span, y = [stated.low, stated.high], names.index(stated.contender)
                ax.plot(span, [y - 0.35] * 2, "D-", color="#555555", mfc="white", markersize=2.5)
        stated = Line2D([], [], marker="D", color="#555555", mfc="white", label="the paper's text")
        handles = [
            Line2D([], [], ls="", marker=marker, color="#555555", label=f"{length} tokens")
            for length, marker in markers.items()
        ]
        figure.legend(handles=[*handles, stated], loc="outside lower center", ncols=2)
        if not rows:
            axes[0, 0].text(0.5, 0.5, NOT_RUN, ha="center", transform=axes[0, 0].transAxes)

    title = f"AoT Figure {number}: inference time"
    height = 0.9 + max(len(rows), 1) * (0.3 + 0.14 * max(len(names), 5))
    return picture(profile, f"aot_figure{number}", title, _CAPTION, draw, (WIDTH, height))


def slowest(profile: str, contender: str) -> tuple[float, list[dict]]:
    """Return the largest time over vanilla at which a contender was measured, and the records."""
    lines = timed(profile)
    lines = lines[lines["contender"] == contender]
    return lines["ratio"].max(), list(lines["record"])


def overhead(
    profile: str, shape: str, contender: str, batch: int, length: int
) -> tuple[str, list[dict]]:
    """Return how much longer than vanilla a contender takes, by machine, and the records of it."""
    lines = timed(profile)
    lines = lines[
        (lines["shape"] == shape)
        & (lines["contender"] == contender)
        & (lines["batch"] == batch)
        & (lines["length"] == length)
    ]
    shown = (f"{100 * (line.ratio - 1):+.1f} % ({line.where})" for line in lines.itertuples())
    return "; ".join(shown).replace("-", "−"), list(lines["record"])


def overheads(profile: str, large: bool) -> tuple[str, list[dict]]:
    """Return the smallest and the largest overhead that AoT's section 4.3 sums up, and the records.

    With `large` of fused AoT on large inputs or models; else of the other methods on one long
    sequence with DeBERTa-XL.
    """
    lines = timed(profile)
    if large:
        meant = (lines["length"] >= _LONG) | lines["shape"].isin(_LARGE)
        lines = lines[meant & (lines["contender"] == "aot fused")]
    else:
        others = lines["contender"].str.contains("lora$|adapter|p-tuning")
        at = (lines["shape"] == "deberta-xl") & (lines["batch"] == 1) & (lines["length"] == _LONG)
        lines = lines[at & others]
    ends = (lines["ratio"].min(), lines["ratio"].max())
    shown = " to ".join(f"{100 * (ratio - 1):+.1f} %" for ratio in ends)
    points = f"{len(lines)} point{'s' * (len(lines) > 1)}"
    return f"{shown} ({points})".replace("-", "−"), list(lines["record"])


def mixed(profile: str, method: str) -> tuple[str, list[dict]]:
    """Return what rows of many tasks in one pass cost over the vanilla model, and the records."""
    name = f"{method} mixed"
    found = [
        (line["wall_ratio"], record)
        for _, record in _configured(profile, "speed-multitask")
        for line in record["result"]["lines"]
        if line["contender"] == name
    ]
    ratios = [ratio for ratio, _ in found]
    return " to ".join(f"{end(ratios):.2f}" for end in (min, max) if ratios), [r for _, r in found]


def _configured(profile: str, kind: str) -> list[tuple[dict, dict]]:
    """Return measurements with what they are of, by encoder, batch, length and tasks."""

    def order(found: tuple[dict, dict]) -> tuple:
        at, _ = found
        encoder = at.get("shape", at.get("backbone"))
        sizes = (at.get(name) or 0 for name in ("batch", "batch_size", "length", "tasks"))
        return legend.place(encoder, legend.BACKBONES), encoder, at.get("benchmark", ""), *sizes

    found = [(record["config"], record) for record in frames.measured(profile, kind)]
    return sorted(found, key=order)


def timed(profile: str) -> pd.DataFrame:
    """Return a line for each contender at each point that was timed, but for the vanilla model."""
    lines = [
        {
            **{name: at[name] for name in ("shape", "batch", "length")},
            "where": _where(at),
            "contender": line["contender"],
            **{name: line[f"wall_{name}"] for name in ("ratio", "ratio_low", "ratio_high")},
            "record": record,
        }
        for at, record in _configured(profile, "speed")
        for line in record["result"]["lines"]
        if line["contender"] != "vanilla"
    ]
    names = ["shape", "batch", "length", "where", "contender", "ratio", "ratio_low", "ratio_high"]
    return pd.DataFrame(lines, columns=[*names, "record"])


def _lines(block: str, record: dict) -> Iterator[Cell]:
    for line in record["result"]["lines"]:
        ratio, low, high = (line[f"wall_{name}"] for name in ("ratio", "ratio_low", "ratio_high"))
        shown = {
            "time": (f"{ratio:.2f} [{low:.2f}–{high:.2f}]", ratio),
            "rows a second": (f"{line['wall_rows_per_second']:,.1f}", None),
            "weights, MB": (f"{line['weight_bytes'] / 1e6:,.0f}", None),
        }
        if "table_bytes" in line:
            shown["tables, MB"] = (f"{line['table_bytes'] / 1e6:,.0f}", None)
        if line["peak_bytes"] is not None:
            shown["peak beside, MB"] = (f"{line['peak_bytes'] / 1e6:,.0f}", None)
        for column, (text, value) in shown.items():
            yield Cell(block, legend.contender(line["contender"]), column).fact(
                text, [record], value
            )


def _where(at: dict) -> str:
    return f"{at['machine']}, {at['dtype']}"


def _colour(contender: str) -> str:
    name = contender.split()[0]
    return legend.colour(_COLOURS.get(name, name))
