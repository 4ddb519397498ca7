"""What inference costs: AoT Figures 4 and 9, many tasks in one batch, and what packs gain.

Speed belongs to a machine. The profile's own measurements stand beside those of
`python -m pasta_lib bench`, which lie in `data/runs/speed`.
"""

from collections.abc import Iterator
from itertools import product
from statistics import median

import pandas as pd
from matplotlib.figure import Figure

from . import frames, legend
from .exhibit import Cell, Picture, Table
from .figures import WIDTH, picture

_COLOURS = {"aot": "aot-fc", "pasta": "pasta", "bitfit": "bitfit", "lora": "lora"}
_COLOURS |= {"adapter": "adapter", "p-tuning-v1": "p-tuning-v1", "p-tuning-v2": "p-tuning-v2"}
_GAINS = {
    "packs": "runs an hour, 8 packed over single",
    "steps": "time of a step over full fine-tuning's",
    "trainer": "time over transformers.Trainer's",
}
_CAPTION = (
    "Time over the vanilla model's in the same round, the median over rounds, in brackets where "
    "the true median lies with 95 %. Encoders of the named shapes with random weights: speed does "
    "not depend on them."
)


def inference_speed(profile: str) -> Table:
    """Return the time and memory of each method's forward pass, over the vanilla model's."""
    cells = []
    for at, record in _measured(profile, "speed"):
        block = f"{legend.backbone(at['shape'])}, batch {at['batch']}, {at['length']} tokens"
        cells += _lines(f"{block}: {_where(at)}", record)
    return Table.of(
        "inference_speed",
        f"AoT Figures 4 and 9: inference time (profile {profile})",
        _CAPTION,
        cells or [Cell("This study", "all methods", "time")],
        "11_inference_speed",
    ).write(profile)


def many_tasks(profile: str) -> Table:
    """Return what it costs to serve many tasks in one batch, over one task's vanilla model."""
    cells = []
    for at, record in _measured(profile, "speed-multitask"):
        block = (
            f"{at['tasks']} tasks, {legend.backbone(at['shape'])}, {at['batch']} rows of "
            f"{at['length']} tokens, tables in {at['tables']}: {_where(at)}"
        )
        cells += _lines(block, record)
    return Table.of(
        "multi_task",
        f"Many tasks in one batch (profile {profile})",
        f"{_CAPTION} Mixed: rows of all tasks in one pass; loop: a pass for each task.",
        cells or [Cell("This study", "all methods", "time")],
        "12_multi_task",
    ).write(profile)


def training_speed(profile: str) -> Table:
    """Return what packs gain, and a step and the loop against their peers."""
    cells = []
    for at, record in _measured(profile, "speed-training"):
        block = f"{legend.backbone(at['backbone'])}, {at['precision']}: {at['machine']}"
        length = f"{at['length']} tokens" if at["length"] else "lengths as CoLA's"
        row = f"{_GAINS[at['benchmark']]}; batch {at['batch_size']}, {length}"
        for method, ratios in record["result"]["ratios"].items():
            shown = f"{median(ratios):.2f} [{min(ratios):.2f}–{max(ratios):.2f}]"
            cells.append(
                Cell(block, row, legend.method(method), method=method).fact(
                    shown, [record], median(ratios)
                )
            )
    return Table.of(
        "training_speed",
        f"Speed of training (profile {profile})",
        "Both sides take turns in one process; the median over rounds, in brackets the extremes.",
        cells or [Cell("This study", "all methods", "`python -m pasta_lib bench packs`")],
    ).write(profile)


def speed_figure(profile: str, number: int) -> Picture:
    """Draw AoT Figure 4 (384 tokens) or 9 (fewer): a panel for each encoder, batch and length."""
    lengths = (384,) if number == 4 else (16, 64, 128)
    lines = _frame(profile)
    lines = lines[lines["length"].isin(lengths)]
    rows = list(dict.fromkeys(zip(lines["shape"], lines["where"], strict=True)))
    columns = [
        (batch, length)
        for length, batch in product(lengths, sorted(lines["batch"].unique()))
        if ((lines["batch"] == batch) & (lines["length"] == length)).any()
    ]
    names = list(dict.fromkeys(lines["contender"]))

    def draw(figure: Figure) -> None:
        axes = figure.subplots(max(len(rows), 1), max(len(columns), 1), sharey=True, squeeze=False)
        for (y, (shape, where)), (x, (batch, length)) in product(
            enumerate(rows), enumerate(columns)
        ):
            ax = axes[y, x]
            same = lines[
                (lines["shape"] == shape)
                & (lines["where"] == where)
                & (lines["batch"] == batch)
                & (lines["length"] == length)
            ]
            for line in same.itertuples():
                low, high = line.ratio - line.ratio_low, line.ratio_high - line.ratio
                colour = _colour(line.contender)
                ax.errorbar(
                    line.ratio, names.index(line.contender), xerr=[[low], [high]], fmt="o", c=colour
                )
            ax.axvline(1, color="#999999", lw=0.8, ls=":")
            ax.set_title(f"batch {batch}\n{length} tokens" if y == 0 else "", fontsize=6)
            ax.set_yticks(range(len(names)), names)
            ax.set_ylim(len(names) - 0.5, -0.5)
            ax.grid(axis="x")
            ax.locator_params(axis="x", nbins=3)
            if x == 0:
                ax.set_ylabel(f"{legend.backbone(shape)}\n{where}", fontsize=4.5)
        figure.supxlabel("time over the vanilla model's", fontsize=7)
        if not columns:
            axes[0, 0].text(0.5, 0.5, "not run", ha="center", transform=axes[0, 0].transAxes)

    title = f"AoT Figure {number}: inference time (profile {profile})"
    height = 0.7 + max(len(rows), 1) * (0.5 + 0.13 * len(names))
    return picture(profile, f"aot_figure{number}", title, _CAPTION, draw, (WIDTH, height))


def overhead(
    profile: str, shape: str, contender: str, batch: int, length: int
) -> tuple[str, list[dict]]:
    """Return how much longer than vanilla a contender takes, by machine, and the records of it."""
    lines = _frame(profile)
    lines = lines[
        (lines["shape"] == shape)
        & (lines["contender"] == contender)
        & (lines["batch"] == batch)
        & (lines["length"] == length)
    ]
    shown = (f"{100 * (line.ratio - 1):+.1f} % ({line.where})" for line in lines.itertuples())
    return "; ".join(shown).replace("-", "−"), list(lines["record"])


def _measured(profile: str, kind: str) -> Iterator[tuple[dict, dict]]:
    """Yield (configuration, record) of each measurement of a kind that was made."""
    for record in frames.measured(profile, kind):
        if record["status"] == "done":
            yield record["config"], record


def _frame(profile: str) -> pd.DataFrame:
    lines = [
        {
            **{name: at[name] for name in ("shape", "batch", "length")},
            "where": _where(at),
            "contender": line["contender"],
            **{name: line[f"wall_{name}"] for name in ("ratio", "ratio_low", "ratio_high")},
            "record": record,
        }
        for at, record in _measured(profile, "speed")
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
            yield Cell(block, line["contender"], column).fact(text, [record], value)


def _where(at: dict) -> str:
    return f"{at['machine']}, {at['dtype']}"


def _colour(contender: str) -> str:
    name = contender.split()[0]
    return legend.colour(_COLOURS.get(name, name))
