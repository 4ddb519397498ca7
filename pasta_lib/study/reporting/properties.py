"""AoT Table 1: parameter efficient, zero-cost, many tasks in one batch; our answers over its ticks.

Our answers follow from facts: counted parameters, measured times, and what `MultiTask` takes.
"""

from . import frames, legend, speeds
from .exhibit import Cell, Table
from .layout import printed

FEW = 5  # percent of the encoder
FREE = 1.05  # of the vanilla model's time
# Who stands for a method in the measurements of time.
_CONTENDERS = {
    "lora": "lora",
    "lora-fused": "lora merged",
    "adapter": "adapter",
    "bitfit": "bitfit",
    "p-tuning-v1": "p-tuning-v1 20",
    "p-tuning-v2": "p-tuning-v2 20",
    "pasta": "pasta",
    **dict.fromkeys(("aot-kron", "aot-fc"), "aot fused"),  # fused, both are one table
}
# What `MultiTask` serves; a test asks it, since nothing that draws may import torch.
MULTI_TASK = ("pasta", "aot-kron", "aot-fc")
WHOLE = ("full", "lora-fused")  # a task has weights of its own for all of the model
METHODS = (
    *("full", "lora", "lora-fused", "adapter", "bitfit", "p-tuning-v1", "p-tuning-v2"),
    *MULTI_TASK,
)


def method_properties(profile: str) -> Table:
    """Return which methods are parameter efficient, cost nothing and serve many tasks at once."""
    grid, counts = frames.printed("aot", "T1"), frames.records(profile, "count")
    few, free, many = grid["column"].unique()
    ours = []
    for method in METHODS:
        row = Cell("This study", legend.method(method), few, method=method)
        ours += [
            _efficient(row, [r for r in counts if r["config"]["method"] == method]),
            _free(Cell(row.block, row.row, free, method=method), profile),
            Cell(row.block, row.row, many, method=method).text(_tick(method not in WHOLE)),
            _served(Cell(row.block, row.row, "one batch here", method=method), profile),
        ]
    return Table.of(
        "aot_table1",
        "AoT Table 1: what methods allow",
        f"Ours: parameter efficient where every size that notebook 02 counts is under {FEW} % of "
        "the encoder, in brackets the smallest and largest; (✓) where only some are. Zero-cost: "
        f"at most {FREE} of the vanilla model's time at every point measured, in brackets the "
        "longest (why not the claims' 1.02: `docs/verdicts.md`). "
        "Multi-task, as the paper means it: rows of several tasks can share a pass, for "
        "what a task trains can be given row by row; ✗ where it is the whole model. One batch "
        "here: ✓ where this study's `MultiTask` serves the method, or peft's mixed batches were "
        "timed, in brackets the least and the most over the vanilla model's time; – not built.",
        [*ours, *printed(grid, "AoT")],
        "11_inference_speed",
    ).write(profile)


def _efficient(cell: Cell, records: list[dict]) -> Cell:
    if not records:
        return cell
    percents = sorted(record["result"]["percent"] for record in records)
    low, high = percents[0], percents[-1]
    tick = "(✓)" if low < FEW <= high else _tick(high < FEW)
    span = f"{low:.3g}" if low == high else f"{low:.3g} to {high:.3g}"
    return cell.fact(f"{tick} ({span} %)", records)


def _free(cell: Cell, profile: str) -> Cell:
    if cell.method == "full":
        return cell.text("✓ (the vanilla model)")
    longest, records = speeds.slowest(profile, _CONTENDERS.get(cell.method, ""))
    return cell.fact(f"{_tick(longest <= FREE)} ({longest:.2f})", records) if records else cell


def _served(cell: Cell, profile: str) -> Cell:
    times, records = speeds.mixed(profile, cell.method)
    if records:
        return cell.fact(f"✓ ({times})", records)
    return cell.text("✓" if cell.method in MULTI_TASK else "–")


def _tick(holds: bool) -> str:
    return "✓" if holds else "✗"
