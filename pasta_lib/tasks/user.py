"""A user's own rows (CSV, TSV, JSON lines or a `datasets.Dataset`) become a task."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from datasets import Dataset, List

from ..errors import InputError, unknown
from . import files, formats
from .iob import ImpossibleTag, to_iob2
from .load import assemble, need_splits
from .rows import Rows
from .schema import class_names
from .table import TaskSpec
from .task import Task

_READERS = {".csv": files.comma_separated, ".tsv": files.tsv, ".jsonl": files.jsonl}
_METRICS = {
    "classification": ("accuracy", "macro_f1", "matthews"),
    "regression": ("pearson_spearman", "pearson", "spearman"),
    "tokens": ("entity_f1", "entity_precision", "entity_recall"),
}


def user_task(
    name: str,
    splits: Mapping[str, str | Path | Dataset],
    *,
    texts: str | Sequence[str],
    label: str = "label",
    head: str = "classification",
    metric: str | None = None,
    max_length: int = 128,
) -> Task:
    """Return a task over a user's own splits, of which train and validation must be given.

    `texts` names one text column or two (for head "tokens" the column of word lists), `label` the
    column of labels: words or class numbers, scores, or IOB tags. The labels are those of the
    training split, sorted, or a `ClassLabel`'s in its order. Raises `InputError`.
    """
    if head not in _METRICS:
        raise unknown("head", head, _METRICS)
    if metric is not None and metric not in _METRICS[head]:
        raise unknown(f"metric of a {head} task", metric, _METRICS[head])
    need_splits(name, "the call", splits)
    texts = (texts,) if isinstance(texts, str) else tuple(texts)
    if head == "tokens":
        columns, official = {"tokens": "tokens", "ner_tags": "tags"}, {"tokens": texts}
    else:
        kind = "score" if head == "regression" else "label"
        columns, official = {**dict.fromkeys(texts, "text"), "label": kind}, {}
    found = {split: _read(given, f"the {split} data") for split, given in splits.items()}
    for rows in found.values():
        _prepare(rows, label, head)
    spec = TaskSpec(
        name=name,
        suite="user",
        head=head,
        columns=columns,
        labels=_labels(splits["train"], found["train"], label, head),
        # Two texts that change places are another input: the format tells which comes first.
        formats={} if head == "tokens" else {", ".join(texts): formats.columns(*texts)},
        metrics=_METRICS[head],
        official={**official, "ner_tags" if head == "tokens" else "label": (label,)},
        max_length=max_length,
    )
    return assemble(spec, "user", found, metric=metric)


def _read(given: str | Path | Dataset, where: str) -> Rows:
    if isinstance(given, Dataset):
        return Rows({name: _named(given, name) for name in given.column_names}, where)
    path = Path(given)
    if path.suffix not in _READERS:
        raise unknown("file ending", path.suffix, _READERS)
    return _READERS[path.suffix](path)


def _named(dataset: Dataset, column: str) -> list:
    """Return a column's values, class numbers as class names and the hub's -1 as no label."""
    feature, values = dataset.features[column], dataset[column][:]
    names = class_names(feature)
    if names is None:
        return values
    if isinstance(feature, List):
        return [[names[i] for i in row] for row in values]
    return [None if i == -1 else names[i] for i in values]


def _prepare(rows: Rows, label: str, head: str) -> None:
    """Bring the labels of a split to words or IOB2 tags."""
    labels = rows.columns.get(label)
    if labels is None or head == "regression":
        return
    if head == "tokens":
        rows.columns[label], odd = _iob2(labels, rows)
        rows.notes["needless_b_tags"] += odd
    else:
        # A whole number in a user's rows is the label's name, not its place.
        rows.columns[label] = [None if value in (None, "") else str(value) for value in labels]


def _iob2(labels: Sequence[Sequence[str]], rows: Rows) -> tuple[list[list[str]], int]:
    for i, tags in enumerate(labels):
        if not isinstance(tags, list):
            raise InputError(f"{rows.at(i)}: {tags!r} is not a list of tags.")
        for tag in tags:
            if not re.fullmatch(r"O|[BI]-.+", str(tag)):
                raise InputError(f"{rows.at(i)}: tag {tag!r} is not O, B-something or I-something.")
    try:
        return to_iob2(labels)
    except ImpossibleTag as error:
        raise InputError(f"{rows.at(error.sentence)}: {error}.") from None


def _labels(train: str | Path | Dataset, rows: Rows, label: str, head: str) -> tuple[str, ...]:
    """Return a `ClassLabel`'s names, or the labels found in training, sorted ("O" first)."""
    if head == "regression":
        return ()
    if label not in rows.columns:
        raise unknown(f"column of {rows.where}", label, rows.columns)
    if isinstance(train, Dataset) and (names := class_names(train.features[label])):
        return tuple(names)
    if head == "tokens":
        kinds = {tag[2:] for row in rows.columns[label] for tag in row} - {""}
        return ("O", *(f"{mark}-{kind}" for kind in sorted(kinds) for mark in "BI"))
    found = {value for value in rows.columns[label] if value is not None}
    if len(found) < 2:
        raise InputError(f"{rows.where} has {len(found)} labels in {label!r}: two are needed.")
    return tuple(sorted(found, key=int if all(map(str.isdecimal, found)) else str))
