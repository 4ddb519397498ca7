"""The embedded tasks: grammars of our own, seeded, whose labels are right by construction."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import cycle, islice
from random import Random
from typing import Any

from .acceptability import cola
from .answering import boolq, multirc, qnli, unfolded
from .causes import copa
from .duplicates import qqp
from .entities import conll2003
from .inference import cb, mnli, mnli_mismatched, rte, superglue_rte
from .paraphrase import mrpc
from .pronouns import wsc
from .senses import wic
from .sentiment import sst2
from .similarity import stsb

Row = dict[str, Any]  # a value is of its column's type
Draw = Callable[[Random, Any], Row]  # with one of its grammar's labels: numbers, or None

SIZES = {"train": 800, "validation": 240, "test": 200}


def _numbered(rows: list[Row]) -> list[Row]:
    return [row | {"idx": number} for number, row in enumerate(rows)]


def _identified(rows: list[Row]) -> list[Row]:
    return [{"id": str(number)} | row for number, row in enumerate(rows)]


@dataclass(frozen=True)
class Grammar:
    """How a task's rows are made.

    `draw(random, label)` makes a row for each of `labels` in turn, less the label; where that is
    None, the row brings its own. `number` numbers the rows of a split; it makes `per_draw` rows of
    each one drawn. `hidden` stands for the test labels where the hub keeps them back.
    """

    draw: Draw
    labels: tuple[int | None, ...] = (0, 1)
    hidden: float | None = -1
    number: Callable[[list[Row]], list[Row]] = _numbered
    per_draw: int = 1
    mismatched: Draw | None = None


GRAMMARS = {
    "cola": Grammar(cola),
    "sst2": Grammar(sst2),
    "mrpc": Grammar(mrpc, hidden=None),
    "stsb": Grammar(stsb, labels=(None,), hidden=-1.0),
    "qqp": Grammar(qqp),
    "mnli": Grammar(mnli, labels=(0, 1, 2), mismatched=mnli_mismatched),
    "qnli": Grammar(qnli),
    "rte": Grammar(rte),
    "boolq": Grammar(boolq),
    "cb": Grammar(cb, labels=(0, 1, 2)),
    "copa": Grammar(copa),
    "multirc": Grammar(multirc, labels=(None,), number=unfolded, per_draw=8),
    "superglue-rte": Grammar(superglue_rte),
    "wic": Grammar(wic),
    "wsc": Grammar(wsc),
    "conll2003": Grammar(conll2003, labels=(None,), hidden=None, number=_identified),
}


def _draws(draw: Draw, r: Random, labels: list[int | None], seen: set[str]) -> list[Row]:
    """Return a row for each label, none of which is in `seen`, and add them to it."""
    rows = []
    for label in labels:
        row = draw(r, label)
        while repr(row) in seen:
            row = draw(r, label)
        seen.add(repr(row))
        rows.append(row if label is None else row | {"label": label})
    return rows


@cache
def _splits(name: str) -> dict[str, dict[str, list]]:
    grammar = GRAMMARS[name]
    seen: set[str] = set()
    # GLUE's and SuperGLUE's RTE are the same rows.
    r = Random(name.removeprefix("superglue-"))
    plan = {split: (size, grammar.draw) for split, size in SIZES.items()}
    if grammar.mismatched:
        plan["validation_mismatched"] = (SIZES["validation"], grammar.mismatched)
    splits = {}
    for split, (size, draw) in plan.items():
        labels = list(islice(cycle(grammar.labels), size // grammar.per_draw))
        r.shuffle(labels)
        rows = grammar.number(_draws(draw, r, labels, seen))
        splits[split] = {column: [row[column] for row in rows] for column in rows[0]}
    if grammar.hidden is not None:
        splits["test"]["label"] = [grammar.hidden] * SIZES["test"]
    return splits


def rows(name: str, split: str) -> dict[str, list]:
    """Return one split of a sample task as columns with the hub's names.

    The splits are train, validation and test, and for MNLI validation_mismatched.
    """
    return {column: list(values) for column, values in _splits(name)[split].items()}
