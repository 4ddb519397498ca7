"""Predictions for unlabelled test splits, in the files that the GLUE and SuperGLUE servers take."""

import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from .. import disk
from ..errors import InputError, known, require, shown
from .table import TASKS, TaskSpec
from .task import Task
from .values import plain

_MNLI_FILES = {"test": "MNLI-m.tsv", "test_mismatched": "MNLI-mm.tsv"}
# These servers want label names, the others class numbers.
_BY_NAME = ("mnli", "qnli", "rte")


def submission_splits(task: Task) -> list[str]:
    """Return the splits whose predictions the task's submission files hold.

    Raises `InputError` where the task has no such file, or its source no such split.
    """
    require({"task": task}, {"task": Task}, "the call")
    if task.suite not in ("glue", "superglue"):
        raise InputError(
            f"{task.name!r} has no submission file: only GLUE and SuperGLUE tasks have."
        )
    splits = [name for name in task.splits if name.startswith("test")]
    if not splits:
        raise InputError(f"{task.source} has no test split of {task.name!r} to predict.")
    return splits


def write_submission(
    task: Task, predictions: Sequence, folder: str | Path, split: str = "test"
) -> Path:
    """Write `predictions` (`task.decode`'s, in the split's order) as the task's submission file.

    It lies in `folder`, and so does a zip of all the suite's files there, made anew. Returns the
    file's path, not the zip's. Raises `InputError` where the task has no such file, and where a row
    has no prediction or one that the task does not answer with; and `DiskError` where the operating
    system refuses to write: it names the place where the file is kept instead.
    """
    allowed = submission_splits(task)
    known(f"test split of {task.name}", split, allowed)
    ids, predictions = task.splits[split]["idx"][:], _answers(task, predictions, split)
    if len(predictions) != len(ids):
        raise InputError(
            f"{len(predictions)} predictions for the {len(ids)} rows of the {split} split."
        )
    spec = TASKS[task.name]
    if task.suite == "glue":
        name = _MNLI_FILES[split] if task.name == "mnli" else f"{spec.folder}.tsv"
        lines = _tsv(spec, ids, predictions)
    else:
        name = f"{spec.folder}.jsonl"
        records = _multirc if task.name == "multirc" else _records
        lines = map(json.dumps, records(spec, ids, predictions))
    path, text = (
        disk.named(folder, "write_submission") / name,
        "".join(f"{line}\n" for line in lines),
    )
    disk.replace(path, lambda partial: partial.write_text(text, encoding="utf-8"), rescue=True)
    disk.replace(path.with_name(f"{task.suite}.zip"), lambda partial: _zip(partial, path))
    return path


def _answers(task: Task, predictions: Any, split: str) -> list:
    """Return `predictions` as a list; raise `InputError` for one that `task` does not answer."""
    is_list = isinstance(predictions, Sequence) and not isinstance(predictions, str | bytes)
    answers = plain([*predictions] if is_list else predictions)
    if not isinstance(answers, list):  # a text would be one of letters
        raise InputError(f"the predictions are {shown(predictions)}, not a list with one a row.")
    hint: Any = Literal[task.labels] if task.labels else float
    named = {f"prediction for row {row}": answer for row, answer in enumerate(answers)}
    require(named, dict.fromkeys(named, hint), f"the {split} split")
    return answers


def _tsv(spec: TaskSpec, ids: Sequence[int], predictions: Sequence) -> Iterator[str]:
    yield "index\tprediction"
    for idx, prediction in zip(ids, predictions, strict=True):
        if spec.score_range:
            low, high = spec.score_range
            prediction = f"{min(max(prediction, low), high):.3f}"
        elif spec.name not in _BY_NAME:
            prediction = spec.labels.index(prediction)
        yield f"{idx}\t{prediction}"


def _records(spec: TaskSpec, ids: Sequence[int], predictions: Sequence[str]) -> Iterator[dict]:
    for idx, label in zip(ids, predictions, strict=True):
        answer: str | int = label
        if spec.name == "copa":
            answer = spec.labels.index(label)
        elif spec.name in ("boolq", "wic"):
            answer = label.lower()
        yield {"idx": idx, "label": answer}


def _multirc(spec: TaskSpec, ids: Sequence[Mapping], predictions: Sequence[str]) -> Iterator[dict]:
    passages: dict[int, dict[int, list]] = {}
    for idx, label in zip(ids, predictions, strict=True):
        answers = passages.setdefault(idx["paragraph"], {}).setdefault(idx["question"], [])
        answers.append({"idx": idx["answer"], "label": spec.labels.index(label)})
    for passage, questions in passages.items():
        nested = [{"idx": question, "answers": answers} for question, answers in questions.items()]
        yield {"idx": passage, "passage": {"questions": nested}}


def _zip(archive: Path, written: Path) -> None:
    """Pack `written` and the suite's other official files beside it."""
    official = {spec.folder for spec in TASKS.values()} | {"MNLI-m", "MNLI-mm"}
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in sorted(written.parent.glob(f"*{written.suffix}")):
            if file.stem in official:
                packed.write(file, file.name)
