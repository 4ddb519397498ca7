"""The answers that records keep, row by row, and which of them are right.

Letters: K seeds, N rows of validation.
"""

from collections.abc import Sequence
from html import escape

import numpy as np
from numpy.typing import NDArray

from ... import paths
from ...errors import InputError
from ...tasks import TASKS, load_task
from ..statistics import Summary
from ..store import Store


def answers(profile: str, best: Summary) -> tuple[str, NDArray, NDArray] | None:
    """Return the name of the labels, the labels (N,) and the answers of each seed (K, N)."""
    kept = [
        next((a for a in run["result"].get("answers", ()) if a["split"] == "validation"), None)
        for run in best.records
    ]
    if None in kept or len({each["gold"] for each in kept}) != 1:
        return None
    labels = Store(paths.runs(profile)).gold(kept[0]["gold"])
    if labels is None:
        return None
    gold = np.array(labels["labels"].split(), dtype=float)
    given = np.array([each["answers"].split() for each in kept], dtype=float)
    return kept[0]["gold"], gold, given


def right_in(task: str, gold: NDArray, mine: NDArray, theirs: NDArray) -> NDArray:
    """Return in which share of a method's seeds each row is right, (N,)."""
    head = TASKS[task].head
    if head == "tokens":  # found, none, missed: all entities found, and no other
        counts = mine.reshape(len(mine), -1, 3)
        return (counts[..., 1:].sum(-1) == 0).mean(0)
    if head == "regression":
        return (np.abs(mine - gold) < np.abs(theirs.mean(0) - gold)).mean(0)
    return (mine == gold).mean(0)


def texts_of(task: str, data: str, gold: NDArray) -> Sequence[str]:
    """Return each row's texts, escaped; raise `InputError` where the folder has other labels."""
    read = load_task(task, source=data)
    labels = read.gold("validation")[: len(gold)]
    if read.head == "tokens":
        rows = [" ".join(words) for words in read.splits["validation"]["tokens"]]
    elif [float(label) for label in labels] != [float(label) for label in gold]:
        raise InputError(f"{data!r} holds other labels of {task} than the records were scored on.")
    else:
        rows = [
            " / ".join(dict.fromkeys(t for texts in example for t in texts))
            for example in read.texts("validation")
        ]
    return [escape(text) for text in rows]
