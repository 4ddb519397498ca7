"""What a run predicted, row by row, as its record keeps it: a few bytes a row, and no text.

The labels that they are held against are kept once for all runs on the same rows. With both, the
luck of the rows can be reckoned long after, where the task's files are no longer at hand.
"""

from collections.abc import Sequence
from typing import Any

from ...metrics import entity_counts
from ...tasks import Encoded, Task
from ...training import Data, Result
from ..store import Store


def keep(result: Result, task: Task, data: Data, store: Store) -> list[dict[str, str]]:
    """Return a run's answers on each split that it was scored on, and keep the labels in `store`.

    Each names its split, the labels (`gold`) and, in one line, a class, a score or, of tokens, a
    sentence's entities: found, none, missed.
    """
    rows = {"validation": data.validation, "half": data.validation.take(data.parts[2])}
    rows |= data.held_out
    return [
        {
            "split": split,
            "gold": store.keep_gold(_gold(task, split, rows[split])),
            "answers": _line(_answers(task, rows[split], answers)),
        }
        for split, answers in result.answers.items()
    ]


def _gold(task: Task, split: str, rows: Encoded) -> dict[str, str | None]:
    labels = rows.labels
    if task.head == "tokens":  # how many entities each sentence has
        labels = [missed for _, _, missed in _counts(task, rows, [["O"]] * rows.rows)]
    groups = None if rows.groups is None else _line(rows.groups)
    return {"task": task.name, "split": split, "labels": _line(labels), "groups": groups}


def _answers(task: Task, rows: Encoded, answers: list) -> list:
    if task.head == "tokens":
        counts = _counts(task, rows, [[task.labels[i] for i in row] for row in answers])
        return [count for sentence in counts for count in sentence]
    return answers


def _counts(
    task: Task, rows: Encoded, predicted: Sequence[Sequence[str]]
) -> list[tuple[int, int, int]]:
    gold = [[task.labels[tag] for tag in tags] for tags in rows.tags]
    return entity_counts(gold, predicted)


def _line(values: Sequence[Any]) -> str:
    return " ".join(f"{v:.5g}" if isinstance(v, float) else str(v) for v in values)
