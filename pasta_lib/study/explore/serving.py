"""The adapters of the repository that one batch can mix, on one encoder."""

from collections.abc import Sequence
from functools import cache

import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

from ...backbones import load_backbone
from ...inference import MultiTask
from ...tasks import TASKS, load_task
from .trained import FOLDER, adapters, description

LONGEST = 128  # tokens of a row
SERVED = ("pasta", "aot-fc", "aot-kron", "classifier")  # what adds nothing but a bias and a head
Row = tuple[str, ...]


def served() -> list[str]:
    """Return the adapters that one batch can mix."""
    return [name for name in adapters() if description(name)["method"] in SERVED]


@cache
def model_of_all() -> tuple[MultiTask, PreTrainedTokenizerBase]:
    """Return all adapters that one batch can mix on one encoder, and its tokenizer."""
    backbone, tokenizer = load_backbone("minilm")
    model = MultiTask(backbone)
    for name in served():
        model.add(name, FOLDER / name, load_task(description(name)["task"], source="sample"))
    return model, tokenizer


def rows_of(name: str, lines: Sequence[str]) -> list[tuple[int, Row]]:
    """Return the rows that lines become for an adapter, each with its line's place."""
    if TASKS[description(name)["task"]].head != "choice":
        return [(at, (line,)) for at, line in enumerate(lines) if "|" not in line]
    cut = [(at, [part.strip() for part in line.split("|")]) for at, line in enumerate(lines)]
    return [(at, (p[0], choice)) for at, p in cut if len(p) == 3 for choice in p[1:]]


def encoded(tokenizer: PreTrainedTokenizerBase, rows: Sequence[Row]) -> dict[str, Tensor]:
    """Return texts as a batch, as long as its longest row."""
    length = min(LONGEST, max(len(tokenizer(*row)["input_ids"]) for row in rows))
    how = {"padding": "max_length", "truncation": True, "max_length": length}
    each_row = [tokenizer(*row, **how) for row in rows]
    return {name: torch.tensor([each[name] for each in each_row]) for name in each_row[0]}
