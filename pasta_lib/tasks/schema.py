"""Rows from any source become a split in the hub's schema here, or one sentence says why not."""

import math
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
from datasets import ClassLabel, Dataset, Features, LargeList, List, Value

from ..errors import InputError, nearest
from . import checks
from .rows import Rows
from .table import TaskSpec
from .values import bare, half_a_character, listed, plain, shown

# The hub's mark for a row without a label.
UNLABELLED = -1
_LARGEST_ID = 2**31 - 1  # the hub's numbers have 32 bits
_LARGEST_SCORE = float(np.finfo(np.float32).max)


class Reject(Exception):
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
    feature = feature.feature if isinstance(feature, List | LargeList) else feature
    return feature.names if isinstance(feature, ClassLabel) else None


def build(spec: TaskSpec, split: str, rows: Rows) -> Dataset:
    """Return `rows` as the split's data set; test splits may lack labels, ids are made if absent.

    Oddities that are handled are counted in `rows.notes`; anything else raises `InputError` with
    the value and its place.
    """
    if not len(rows):
        raise InputError(f"{rows.where} has no rows: the {split} split of {spec.name!r} is empty.")
    columns: dict[str, list] = {}
    for column, kind in spec.columns.items():
        names = rows.names_of(column)
        name = next((name for name in names if name in rows.columns), None)
        values = None if name is None else [plain(value) for value in rows.columns[name][:]]
        if column == spec.label and may_lack_labels(split) and unlabelled(values, classes(spec)):
            columns[column] = _without_labels(spec, columns, len(rows))
        elif kind == "id" or (column == "idx" and kind == "number" and _some_missing(values)):
            # Ids only of some rows could meet the numbers given to the rest.
            columns[column] = [str(i) if kind == "id" else i for i in range(len(rows))]
        elif name is None or values is None:
            raise no_column(names, rows)
        else:
            columns[column] = take(_taker(spec, column, kind, rows), values, name, rows)
    checks.run(spec, columns, rows)
    return Dataset.from_dict(columns, features=features(spec))


def no_column(names: Sequence[str], rows: Rows) -> InputError:
    """Return the error for a column that is not there by any of its names."""
    wanted, found = " or ".join(map(shown, names)), listed(rows.columns)
    return InputError(f"{rows.where} has no column {wanted} (its columns: {found}).")


def may_lack_labels(split: str) -> bool:
    """Return whether a split is one of those whose labels may be kept back: the test splits."""
    return split.startswith("test")


def classes(spec: TaskSpec) -> dict[str, int]:
    """Return the class of each label by its name, and by its word in official files."""
    return {name: i for names in (spec.labels, spec.words) for i, name in enumerate(names)}


def unlabelled(values: Sequence | None, known: Collection[str] = ()) -> bool:
    """Return whether a column of labels, or of tags, says that no row has one.

    It is not there, or each value is missing, empty, or the hub's -1 where no known label is
    called that.
    """

    def blank(value: Any) -> bool:
        word = value.strip() if isinstance(value, str) else value
        if word is None or word == "":
            return True
        return _is_mark(word) and "-1" not in known

    return values is None or all(
        all(map(blank, value)) if isinstance(value, list) else blank(value) for value in values
    )


def _is_mark(value: Any) -> bool:
    if isinstance(value, str):
        return re.fullmatch(r"-1(\.0*)?", value) is not None
    return isinstance(value, int | float) and value == UNLABELLED


def _without_labels(spec: TaskSpec, columns: Mapping[str, list], rows: int) -> list:
    if spec.head == "tokens":
        return [[UNLABELLED] * len(tokens) for tokens in columns["tokens"]]
    return [UNLABELLED] * rows


def _some_missing(values: Sequence | None) -> bool:
    return values is None or any(value is None for value in values)


def take(taker: Callable, values: Sequence, column: str, rows: Rows) -> list:
    """Apply `taker` to each value; the first that it rejects is named with its place."""
    taken = []
    try:
        for value in values:
            taken.append(taker(value))
    except Reject as reason:
        raise InputError(f"{rows.at(len(taken))}: {column} {reason}.") from None
    return taken


def text(value: Any) -> str:
    """Return a text as it is; raises `Reject` for anything else."""
    if not isinstance(value, str):
        raise Reject("is missing" if value is None else f"is {shown(value)}, not a text")
    if half := half_a_character(value):
        raise Reject(f"holds {half!r}, half of a character (a lone surrogate)")
    return value


def word(value: Any) -> str | None:
    """Return a label's name without the space around it, None where it is missing or empty.

    A number or a truth value is called as Python writes it. Raises `Reject` for anything else.
    """
    if isinstance(value, str):
        return text(value).strip() or None
    if value is None:
        return None
    try:
        if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
            return str(value)
    except ValueError:  # Python writes no number of more than 4,300 digits
        pass
    raise Reject(f"is {shown(value)}, not a text or a number")


def _taker(spec: TaskSpec, column: str, kind: str, rows: Rows) -> Callable:
    """Return the function that turns one plain value of a column into the schema's."""

    def full_text(value: Any) -> str:
        if not text(value).strip():
            if column not in spec.may_be_empty:
                raise Reject("is an empty text")
            rows.notes[f"empty_{column}"] += 1
        return value

    def number(value: Any) -> int:
        found = value
        if isinstance(value, str) and re.fullmatch(r"[+-]?[0-9]{1,4000}", value.strip()):
            found = int(value)
        if isinstance(found, bool) or not isinstance(found, int):
            raise Reject(f"is {shown(value)}, not a whole number")
        if abs(found) > _LARGEST_ID:
            raise Reject(f"is {shown(value)}, past {_LARGEST_ID}, the largest that is taken")
        return found

    def score(value: Any) -> float:
        if value is None or (isinstance(value, str) and not value.strip()):
            raise Reject("is missing")
        try:
            # Only Python reads 1_0 as ten, True as one, and the digits of every script.
            odd = isinstance(value, str) and ("_" in value or not value.strip().isascii())
            if isinstance(value, bool) or odd:
                raise ValueError
            result = float(value)
        except (TypeError, ValueError):
            raise Reject(f"is {shown(value)}, not a number") from None
        except OverflowError:
            result = math.inf
        if not math.isfinite(result):
            raise Reject(f"is {shown(value)}, not a finite number")
        if abs(result) > _LARGEST_SCORE:
            raise Reject(f"is {shown(value)}, past {_LARGEST_SCORE:.3g}, the largest in 32 bits")
        if spec.score_range and not spec.score_range[0] <= result <= spec.score_range[1]:
            low, high = spec.score_range
            raise Reject(f"is {shown(value)}, outside {low:g} to {high:g}")
        return result

    known = classes(spec)

    def label(value: Any) -> int:
        if isinstance(value, int) and not isinstance(value, bool):
            if 0 <= value < len(spec.labels):
                return value
        elif isinstance(value, str | bool):
            name = str(value)
            if name in known:
                return known[name]
            if name.strip() in known:
                rows.notes["spaced_labels"] += 1
                return known[name.strip()]
        if value is None or (isinstance(value, str) and not value.strip()):
            raise Reject("is missing")
        allowed = list(spec.words or spec.labels)
        close = nearest(value, allowed) if isinstance(value, str) else None
        hint = f" (did you mean {shown(close)}?)" if close else ""
        raise Reject(f"is {shown(value)}, not one of {listed(allowed, bare)}{hint}")

    def tokens(value: Any) -> list[str]:
        if not isinstance(value, list) or not value:
            raise Reject(f"is {shown(value)}, not a list of words")
        return [full_text(word) for word in value]

    def tags(value: Any) -> list[int]:
        if not isinstance(value, list):
            raise Reject(
                "is missing" if value is None else f"is {shown(value)}, not a list of tags"
            )
        return [label(tag) for tag in value]

    def answer(value: Any) -> dict[str, int]:
        try:
            return {part: number(value[part]) for part in ("paragraph", "question", "answer")}
        except (TypeError, KeyError):
            raise Reject(f"is {shown(value)}, not paragraph, question and answer numbers") from None

    takers: dict[str, Callable] = {
        "text": full_text,
        "number": number,
        "id": str,
        "score": score,
        "label": label,
        "tokens": tokens,
        "tags": tags,
        "answer": answer,
    }
    return takers[kind]
