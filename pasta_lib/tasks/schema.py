"""Rows from any source become a split in the hub's schema here, or one sentence says why not."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from datasets import ClassLabel, Dataset, Features, List, Value

from ..errors import InputError, nearest
from . import checks
from .rows import Rows
from .table import TaskSpec

# The hub's mark for a row without a label.
UNLABELLED = -1


class _Reject(Exception):
    """A value that its column does not take; the message ends the sentence after the column."""


def features(spec: TaskSpec) -> Features:
    """Return the hub's features of a task (conll2003 without the columns nobody reads)."""
    kinds = {
        "text": Value("string"),
        "number": Value("int32"),
        "id": Value("string"),
        "score": Value("float32"),
        "label": ClassLabel(names=list(spec.labels)) if spec.labels else None,
        "tokens": List(Value("string")),
        "tags": List(ClassLabel(names=list(spec.labels))) if spec.labels else None,
        "answer": {part: Value("int32") for part in ("paragraph", "question", "answer")},
    }
    return Features({column: kinds[kind] for column, kind in spec.columns.items()})


def class_names(feature: object) -> list[str] | None:
    """Return the names of a feature of classes, or of lists of them; None for any other."""
    feature = feature.feature if isinstance(feature, List) else feature
    return feature.names if isinstance(feature, ClassLabel) else None


def build(spec: TaskSpec, split: str, rows: Rows) -> Dataset:
    """Return `rows` as the split's data set; test splits may lack labels, ids are made if absent.

    Oddities that are handled are counted in `rows.notes`; anything else raises `InputError` with
    the value and its place.
    """
    if not len(rows):
        raise InputError(f"{rows.where} has no rows: the {split} split of {spec.name!r} is empty.")
    may_lack_label = split.startswith("test")
    columns = {}
    for column, kind in spec.columns.items():
        names = dict.fromkeys((*spec.official.get(column, ()), column))
        name = next((name for name in names if name in rows.columns), column)
        values = rows.columns.get(name, ())
        absent = all(value is None for value in values)
        if column == spec.label and may_lack_label and all(value in (None, "") for value in values):
            columns[column] = _unlabelled(spec, columns, len(rows))
        elif kind == "id" or (column == "idx" and kind == "number" and (absent or None in values)):
            # Ids only of some rows could meet the numbers given to the rest.
            columns[column] = [str(i) if kind == "id" else i for i in range(len(rows))]
        elif absent:
            wanted = " or ".join(map(repr, names))
            found = ", ".join(map(repr, rows.columns))
            raise InputError(f"{rows.where} has no column {wanted} (its columns: {found}).")
        else:
            take = _taker(spec, column, kind, rows, unlabelled=may_lack_label)
            columns[column] = _take(take, values, name, rows)
    checks.run(spec, columns, rows)
    return Dataset.from_dict(columns, features=features(spec))


def _unlabelled(spec: TaskSpec, columns: Mapping[str, list], rows: int) -> list:
    if spec.head == "tokens":
        return [[UNLABELLED] * len(tokens) for tokens in columns["tokens"]]
    return [UNLABELLED] * rows


def _take(take: Callable, values: Iterable, column: str, rows: Rows) -> list:
    """Apply `take` to each value; the first that it rejects is named with its place."""
    taken = []
    try:
        for value in values:
            taken.append(take(value))
    except _Reject as reason:
        raise InputError(f"{rows.at(len(taken))}: {column} {reason}.") from None
    return taken


def _taker(spec: TaskSpec, column: str, kind: str, rows: Rows, unlabelled: bool) -> Callable:
    """Return the function that turns one raw value of a column into the schema's."""

    def text(value: Any) -> str:
        if not isinstance(value, str):
            raise _Reject("is missing" if value is None else f"is {value!r}, not a text")
        if not value.strip():
            if column not in spec.may_be_empty:
                raise _Reject("is an empty text")
            rows.notes[f"empty_{column}"] += 1
        return value

    def number(value: Any) -> int:
        try:
            return int(value if isinstance(value, int) else str(value))
        except ValueError:
            raise _Reject(f"is {value!r}, not a whole number") from None

    def score(value: Any) -> float:
        try:
            result = float(value)
        except (TypeError, ValueError):
            raise _Reject(f"is {value!r}, not a number") from None
        if unlabelled and result == UNLABELLED:
            return result
        if not math.isfinite(result):
            raise _Reject(f"is {value!r}, not a finite number")
        if spec.score_range and not spec.score_range[0] <= result <= spec.score_range[1]:
            low, high = spec.score_range
            raise _Reject(f"is {value!r}, outside {low:g} to {high:g}")
        return result

    classes = {name: i for i, name in enumerate(spec.labels)}
    classes |= {word: i for i, word in enumerate(spec.words)}

    def label(value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            if 0 <= value < len(spec.labels) or (unlabelled and value == UNLABELLED):
                return value
        elif (name := str(value)) in classes:
            return classes[name]
        if value in (None, ""):
            raise _Reject("is missing")
        allowed = list(spec.words or spec.labels)
        close = nearest(str(value), allowed)
        hint = f" (did you mean {close!r}?)" if close else ""
        raise _Reject(f"is {value!r}, not one of {', '.join(allowed)}{hint}")

    def tokens(value: Any) -> list[str]:
        if not isinstance(value, list) or not value:
            raise _Reject(f"is {value!r}, not a list of words")
        return [text(word) for word in value]

    def tags(value: Any) -> list[int]:
        if not isinstance(value, list):
            raise _Reject(f"is {value!r}, not a list of tags")
        return [label(tag) for tag in value]

    def answer(value: Any) -> dict[str, int]:
        try:
            return {part: number(value[part]) for part in ("paragraph", "question", "answer")}
        except (TypeError, KeyError):
            raise _Reject(f"is {value!r}, not paragraph, question and answer numbers") from None

    return {
        "text": text,
        "number": number,
        "id": str,
        "score": score,
        "label": label,
        "tokens": tokens,
        "tags": tags,
        "answer": answer,
    }[kind]
