"""How methods, tasks, metrics, backbones and data are called and coloured, everywhere alike.

Colours are Okabe and Ito's (safe for colour-blind readers); ablations are tints of their method.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..budget import TO_THE_END
from ..names import BACKBONES as BACKBONES
from ..names import METHODS as METHODS
from ..names import TASKS as TASKS
from ..names import backbone as backbone
from ..names import contender as contender
from ..names import method as method
from ..names import task as task

COLOURS = {
    "full": "#000000",
    "classifier": "#999999",
    "pasta": "#D55E00",
    "pasta-no-cls": "#E38B4F",
    "pasta-no-sep": "#ECAE85",
    "pasta-shared": "#F4CFB6",
    "pasta-random": "#B79B8B",
    "aot-fc": "#009E73",
    "aot-kron": "#66C4A9",
    "aot-naive": "#B2E0D4",
    "bitfit": "#E69F00",
    "lora": "#0072B2",
    "lora-fused": "#7FB8D8",
    "adapter": "#56B4E9",
    "diff-prune": "#C9BC1F",
    "p-tuning-v2": "#CC79A7",
    "p-tuning-v1": "#E5BBD2",
}
METRICS = {
    "accuracy": "accuracy",
    "f1": "F1",
    "accuracy_f1": "(acc. + F1) / 2",
    "matthews": "Matthews corr.",
    "pearson": "Pearson corr.",
    "spearman": "Spearman corr.",
    "pearson_spearman": "(Pears. + Spearm.) / 2",
    "f1a_em": "(answer F1 + EM) / 2",
    "accuracy_macro_f1": "(acc. + macro F1) / 2",
    "entity_f1": "entity F1",
}
_CORRELATIONS = ("matthews", "pearson", "spearman", "pearson_spearman")
TOKEN_TABLES = {"wsc": 7, "copa": 8, "rte": 9, "superglue-rte": 9, "cb": 10}  # of AoT
BENCHMARKS = {"GLUE": "T2", "SuperGLUE": "T3"}  # AoT's tables of scores
ALONG = {
    "size": "AoT Figures 5, 7: scores by prefix length and rank",
    "lr": "Scores by learning rate",
    "macro": "AoT Figure 3: macro scores by prefix length and rank",
    "expected": "AoT Figures 6, 8: expected validation performance",
}
MACRO = "Mean over a benchmark's tasks, each by its own metric, where all of them ran the value."
SOURCES = {"sample": "sample tasks", "folder": "real tasks", "hub": "real tasks (hub)"}


def colour(name: str) -> str:
    """Return a method's colour."""
    return COLOURS.get(name, "#666666")


def same(task: str) -> tuple[str, ...]:
    """Return the names under which a task's runs may stand: RTE is in both benchmarks."""
    return ("rte", "superglue-rte") if task.endswith("rte") else (task,)


def place(name: str, listed: Mapping[str, object]) -> int:
    """Return where a name stands in METHODS, TASKS or BACKBONES; behind all of them if nowhere."""
    return list(listed).index(name) if name in listed else len(listed)


def metric(name: str) -> str:
    """Return a metric's name for an axis."""
    return METRICS.get(name, name.replace("_", " "))


def reach(metric: str) -> tuple[float, float]:
    """Return between which scores a metric lies, in points."""
    return (-100 if metric in _CORRELATIONS else 0), 100


def setting(name: str, source: str, given: str = "") -> str:
    """Return what a score was measured on: backbone, data, and what the runs were let have."""
    return ", ".join(filter(None, (backbone(name), SOURCES.get(source, source), given)))


def place_of(name: str, source: str, machine: str, given: str = "") -> str:
    """Return what something was found on: the backbone, with the data or the machine if any."""
    return f"{backbone(name)} on {machine}" if machine else setting(name, source, given)


def encoder(name: str, setting: str) -> str:
    """Return a setting without its data: the backbone, and whether it was trained to the end."""
    return f"{backbone(name)}, {TO_THE_END}" if setting.endswith(TO_THE_END) else backbone(name)


def corpus(config: Mapping[str, str]) -> str:
    """Return what texts a measurement was made on: the task and its source, as one label."""
    return f"{task(config['task'])}, {SOURCES.get(config['source'], config['source'])}"


def rate(lr: float) -> str:
    """Return a learning rate as the papers write it: 4.5e-3."""
    return np.format_float_scientific(lr, trim="-", exp_digits=1)


def length(tokens: int | None) -> str:
    """Return how long the rows of a benchmark of training are."""
    return f"{tokens} tokens" if tokens else "lengths as CoLA's"


def special_tokens(count: int, method: str = "pasta") -> list[str]:
    """Return what each of a method's `count` vectors is added to: [CLS], then each [SEP].

    Ablations adapt some of them, share one vector, or adapt as many random positions.
    """
    if method == "pasta-shared":
        return ["all of them"]
    if method == "pasta-random":
        return [f"random {i}" for i in range(1, count + 1)]
    first = [] if method == "pasta-no-cls" else ["[CLS]"]
    seps = count - len(first)
    return [*first, *([f"[SEP] {i}" for i in range(1, seps + 1)] if seps > 1 else ["[SEP]"] * seps)]


def metrics(grid: pd.DataFrame) -> str:
    """Return the sentence that says which metric each column of a grid shows."""
    scored = grid[grid["task"] != ""].drop_duplicates("column")
    by_metric = scored.groupby("metric", sort=False)["column"].agg(", ".join)
    return "; ".join(f"{columns}: {metric(name)}" for name, columns in by_metric.items()) + "."


def norms(method: str) -> tuple[str, str]:
    """Return the name and title of what shows the norms of a method's vectors."""
    if method == "pasta":
        return "pasta_figure4", "PASTA Figure 4: norms of the vectors"
    return f"norms_{method}", f"Norms of the vectors, {METHODS[method]}"
