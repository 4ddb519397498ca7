"""How methods, tasks, metrics, backbones and data are called and coloured, everywhere alike.

Colours are Okabe and Ito's (safe for colour-blind readers); ablations are tints of their method.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..budget import TO_THE_END

METHODS = {
    "full": ("Full fine-tuning", "#000000"),
    "classifier": ("Classifier only", "#999999"),
    "pasta": ("PASTA", "#D55E00"),
    "pasta-no-cls": ("– w/o [CLS]", "#E38B4F"),
    "pasta-no-sep": ("– w/o [SEP]", "#ECAE85"),
    "pasta-shared": ("– shared vector", "#F4CFB6"),
    "pasta-random": ("– random positions", "#B79B8B"),
    "aot-fc": ("FC AoT P-Tuning", "#009E73"),
    "aot-kron": ("Kron. AoT P-Tuning", "#66C4A9"),
    "aot-naive": ("Naive AoT P-Tuning", "#B2E0D4"),
    "bitfit": ("BitFit", "#E69F00"),
    "lora": ("LoRA", "#0072B2"),
    "lora-fused": ("LoRA fused", "#7FB8D8"),
    "adapter": ("Adapter", "#56B4E9"),
    "diff-prune": ("Diff-Prune", "#C9BC1F"),
    "p-tuning-v2": ("P-Tuning v2", "#CC79A7"),
    "p-tuning-v1": ("P-Tuning v1", "#E5BBD2"),
}
TASKS = {
    "rte": "RTE",
    "cola": "CoLA",
    "stsb": "STS-B",
    "mrpc": "MRPC",
    "sst2": "SST-2",
    "qnli": "QNLI",
    "mnli": "MNLI",
    "qqp": "QQP",
    "boolq": "BoolQ",
    "cb": "CB",
    "copa": "COPA",
    "multirc": "MultiRC",
    "superglue-rte": "RTE (SuperGLUE)",
    "wic": "WiC",
    "wsc": "WSC",
    "conll2003": "CoNLL2003",
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
BACKBONES = {
    "minilm": "MiniLM",
    "mpnet": "MPNet",
    "bert-base": "BERT-base",
    "bert-large": "BERT-large",
    "roberta-base": "RoBERTa-base",
    "roberta-large": "RoBERTa-large",
    "deberta-xl": "DeBERTa-XL",
}
TOKEN_TABLES = {"wsc": 7, "copa": 8, "rte": 9, "superglue-rte": 9, "cb": 10}  # of AoT
BENCHMARKS = {"GLUE": "T2", "SuperGLUE": "T3"}  # AoT's tables of scores
MACRO_ALONG = (
    "AoT Figure 3: macro scores by size",
    "Mean over a benchmark's tasks, each by its own metric, where all of them ran the value.",
)
SOURCES = {"sample": "sample tasks", "folder": "real tasks", "hub": "real tasks (hub)"}


def method(name: str) -> str:
    """Return a method's name as the papers print it."""
    return METHODS[name][0] if name in METHODS else name


def colour(name: str) -> str:
    """Return a method's colour."""
    return METHODS[name][1] if name in METHODS else "#666666"


def task(name: str) -> str:
    """Return a task's name as the papers print it."""
    return TASKS.get(name, name)


def place(name: str, listed: Mapping[str, object]) -> int:
    """Return where a name stands in METHODS, TASKS or BACKBONES; behind all of them if nowhere."""
    return list(listed).index(name) if name in listed else len(listed)


def metric(name: str) -> str:
    """Return a metric's name for an axis."""
    return METRICS.get(name, name.replace("_", " "))


def backbone(name: str) -> str:
    """Return a backbone's name as people write it."""
    return BACKBONES.get(name, name)


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


def special_tokens(count: int) -> list[str]:
    """Return the names of a row's special tokens in order: [CLS], then each [SEP]."""
    return ["[CLS]", "[SEP]"] if count == 2 else ["[CLS]", *(f"[SEP] {i}" for i in range(1, count))]


def metrics(grid: pd.DataFrame) -> str:
    """Return the sentence that says which metric each column of a grid shows."""
    scored = grid[grid["task"] != ""].drop_duplicates("column")
    by_metric = scored.groupby("metric", sort=False)["column"].agg(", ".join)
    return "; ".join(f"{columns}: {metric(name)}" for name, columns in by_metric.items()) + "."


def norms(profile: str, method: str) -> tuple[str, str]:
    """Return the name and title of what shows the norms of a method's vectors."""
    if method == "pasta":
        return "pasta_figure4", f"PASTA Figure 4: norms of the vectors (profile {profile})"
    name = METHODS[method][0].removeprefix("– ")
    return f"norms_{method}", f"Norms of the vectors, PASTA {name} (profile {profile})"
