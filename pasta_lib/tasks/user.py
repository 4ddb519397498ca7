"""A user's own rows (CSV, TSV, JSON lines, a `datasets.Dataset`, a DataFrame) become a task."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias

import pandas as pd
from datasets import Dataset

from .. import disk
from ..errors import Count, InputError, Text, known, require, unknown
from . import files, formats, schema
from .iob import ImpossibleTag, to_iob2
from .load import assemble, need_splits
from .rows import Rows
from .table import Head, TaskSpec
from .task import Task
from .values import bare, plain, shown

Given: TypeAlias = str | Path | Dataset | pd.DataFrame

_READERS = {".csv": files.comma_separated, ".tsv": files.tsv, ".jsonl": files.jsonl}
_HINTS = {"name": Text, "max_length": Count}
_METRICS = {
    "classification": ("accuracy", "macro_f1", "matthews"),
    "regression": ("pearson_spearman", "pearson", "spearman"),
    "tokens": ("entity_f1", "entity_precision", "entity_recall"),
}


def user_task(
    name: str,
    splits: Mapping[str, Given],
    *,
    texts: str | Sequence[str],
    label: str = "label",
    head: Head = "classification",
    metric: str | None = None,
    max_length: int = 128,
) -> Task:
    """Return a task over a user's own splits, of which train and validation must be given.

    Each is a file (.csv, .tsv, .jsonl), a `datasets.Dataset` in any format, or a DataFrame. `texts`
    names one text column or two (for head "tokens" the column of word lists), `label` the column
    of labels: words or class numbers, scores, or IOB tags. The labels are those of the training
    split, sorted, or a `ClassLabel`'s in its order. In the task's own splits the columns are called
    text (text1 and text2) and label, or tokens and ner_tags. Raises `InputError`.
    """
    known("head", head, _METRICS)
    if metric is not None:
        known(f"metric of a {head} task", metric, _METRICS[head])
    require({"name": name, "max_length": max_length}, _HINTS, "user_task")
    if not isinstance(splits, Mapping):
        raise InputError(f"the splits are a {type(splits).__name__}, not a mapping by their names.")
    for split in splits:
        require({"name of a split": split}, {"name of a split": Text}, "user_task")
    need_splits(name, "the call", splits)
    kinds, names = _columns(texts, label, head)
    found = {split: _rows(split, given, names, head) for split, given in splits.items()}
    declared = _declared(splits["train"], label)
    spec = TaskSpec(
        name=name,
        suite="user",
        head=head,
        columns=kinds,
        labels=_labels(found["train"], label, head, declared),
        # Two texts that change places are another input: the format tells which comes first.
        formats={} if head == "tokens" else {_format(texts): formats.columns(*[*kinds][:-1])},
        metrics=_METRICS[head],
        max_length=max_length,
    )
    return assemble(spec, "user", found, metric=metric)


def _format(texts: str | Sequence[str]) -> str:
    """Return the names of the text columns in their order, however they were given."""
    return texts if isinstance(texts, str) else ", ".join(texts)


def _columns(
    texts: str | Sequence[str], label: str, head: str
) -> tuple[dict[str, str], dict[str, tuple[str]]]:
    """Return the schema's columns by their kind, the label last, and what each is called here."""
    several = isinstance(texts, Sequence) and not isinstance(texts, str)
    given = tuple(texts) if several else (texts,)
    for name in (*given, label):
        if not isinstance(name, str):
            raise InputError(f"{shown(name)} is not the name of a column.")
    most = 1 if head == "tokens" else 2
    if not 1 <= len(given) <= most:
        raise InputError(f"texts names {len(given)} columns: a {head} task takes 1 to {most}.")
    if len({*given}) < len(given):
        raise InputError(f"texts names the column {given[0]!r} twice.")
    if label in given:
        raise InputError(f"the column {label!r} cannot be both a text and the label.")
    if head == "tokens":
        kinds = {"tokens": "tokens", "ner_tags": "tags"}
    else:
        columns = ("text",) if len(given) == 1 else ("text1", "text2")
        kinds = dict.fromkeys(columns, "text")
        kinds["label"] = "score" if head == "regression" else "label"
    return kinds, {column: (own,) for column, own in zip(kinds, (*given, label), strict=True)}


def _rows(split: str, given: Given, names: Mapping[str, tuple[str]], head: str) -> Rows:
    """Read a split, its labels brought to words or IOB2 tags where it has some."""
    rows = _read(given, f"the {split} data")
    rows.names = names
    if isinstance(given, Dataset):
        _name_classes(rows, given)
    (label,) = [*names.values()][-1]
    if label in rows.columns:
        _PREPARE[head](rows, label, may_lack=schema.may_lack_labels(split))
    return rows


def _read(given: Given, where: str) -> Rows:
    if isinstance(given, Dataset):
        return Rows(_dataset(given, where), where)
    if isinstance(given, pd.DataFrame):
        if not given.columns.is_unique:
            twice = given.columns[given.columns.duplicated()][0]
            raise InputError(f"{where}: the column {shown(twice)} occurs twice.")
        return Rows({column: given[column].tolist() for column in given.columns}, where)
    if not isinstance(given, str | Path):
        raise InputError(
            f"{where}: a {type(given).__name__} is not a file, a datasets.Dataset or a DataFrame."
        )
    path = disk.named(given, where)
    if path.suffix not in _READERS:
        raise unknown("file ending", path.suffix, _READERS)
    return _READERS[path.suffix](path)


def _dataset(given: Dataset, where: str) -> dict[str, Sequence]:
    """Return a data set's columns, in whatever format it is; each is read when it is asked for."""
    if given.format["type"] == "custom":
        raise InputError(f"{where}: a transform is set, which is not applied here: map it first.")
    data = given.with_format(None)
    return {column: data[column] for column in data.column_names}


def _name_classes(rows: Rows, dataset: Dataset) -> None:
    """Put class names for class numbers, and None for the hub's -1, where they are asked for."""
    for (column,) in rows.names.values():
        names = schema.class_names(dataset.features.get(column))
        if names is not None:
            taker = _class_namer(names)
            named = schema.take(taker, rows.columns[column][:], column, rows)
            rows.columns = {**rows.columns, column: named}


def _class_namer(names: Sequence[str]) -> Callable:
    def name(number: int | list | None) -> str | list | None:
        if isinstance(number, list):
            return [name(item) for item in number]
        if number is None or number == schema.UNLABELLED:
            return None
        if not 0 <= number < len(names):
            raise schema.Reject(f"is {number}, not a class number from 0 to {len(names) - 1}")
        return names[number]

    return name


def _declared(train: Given, label: str) -> list[str] | None:
    """Return the names of the training split's `ClassLabel`, None where it has none."""
    return schema.class_names(train.features.get(label)) if isinstance(train, Dataset) else None


def _words(rows: Rows, label: str, may_lack: bool) -> None:
    """Bring a column of labels to words: a whole number is a label's name here, not its place."""
    names: dict[Any, tuple[str, bool]] = {}  # what a value was called first, and whether by text
    looks: dict[str, str] = {}

    def taker(value: Any) -> str | None:
        word = schema.word(value)
        if word is None and not may_lack:
            raise schema.Reject("is missing")
        if word is not None:
            by_text = isinstance(value, str)
            first, was_text = names.setdefault(
                _written(word) if by_text else value, (word, by_text)
            )
            # Of 1, 1.0 and True each would be a class; texts are names, and may differ by a letter.
            if first != word and not (by_text and was_text):
                raise schema.Reject(f"is {bare(word)}, and {bare(first)} before: write them alike")
            if (alike := looks.setdefault(_seen(word), word)) != word:
                raise schema.Reject(
                    f"is {ascii(word)}, and {ascii(alike)} before, which look the same: write them "
                    "alike"
                )
        rows.notes["spaced_labels"] += isinstance(value, str) and word not in (None, value)
        return word

    words = schema.take(taker, _plain(rows, label), label, rows)
    rows.columns = {**rows.columns, label: words}


def _seen(word: str) -> str:
    """Return what of a word is seen: one form of each letter, and no marks without a width."""
    composed = unicodedata.normalize("NFC", word)
    return "".join(letter for letter in composed if unicodedata.category(letter) != "Cf")


def _written(word: str) -> Any:
    """Return the number or truth value that a text writes, the text where it writes none."""
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,3})?", word, re.IGNORECASE):
        return Decimal(word)  # equal to just the int and float of its value
    return {"true": True, "false": False}.get(word.lower(), word)


def _tags(rows: Rows, label: str, may_lack: bool) -> None:
    """Bring a column of tag lists to IOB2, unless it says that there are no tags."""
    values = _plain(rows, label)
    if may_lack and schema.unlabelled(values):
        return
    tags = schema.take(_tag_list, values, "tag", rows)
    try:
        converted, odd = to_iob2(tags)
    except ImpossibleTag as error:
        raise InputError(f"{rows.at(error.sentence)}: {error}.") from None
    rows.columns = {**rows.columns, label: converted}
    rows.notes["needless_b_tags"] += odd


def _tag_list(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise schema.Reject(
            "list is missing" if value is None else f"list is {shown(value)}, not a list"
        )
    tags = []
    for tag in [schema.word(tag) for tag in value]:
        if tag is None:
            raise schema.Reject("is missing")
        if not re.fullmatch(r"O|[BI]-.+", tag):
            raise schema.Reject(f"{shown(tag)} is not O, B-something or I-something")
        tags.append(tag)
    return tags


def _plain(rows: Rows, column: str) -> list:
    return [plain(value) for value in rows.columns[column][:]]


_PREPARE = {
    "classification": _words,
    "regression": lambda rows, label, may_lack: None,
    "tokens": _tags,
}


def _labels(rows: Rows, label: str, head: str, declared: Sequence[str] | None) -> tuple[str, ...]:
    """Return a `ClassLabel`'s names, or the labels found in training, sorted ("O" first)."""
    if head == "regression":
        return ()
    if label not in rows.columns:
        raise schema.no_column([label], rows)
    names = None if declared is None else _declared_names(declared, f"{rows.where}: {label}")
    if head == "tokens":
        if names is None:
            kinds = {tag[2:] for row in rows.columns[label] for tag in row} - {""}
            return ("O", *(f"{mark}-{kind}" for kind in sorted(kinds) for mark in "BI"))
        # IOB2 opens where the declared scheme may not, and has an outside.
        opening = [f"B-{name[2:]}" for name in names if name.startswith("I-")]
        return tuple(dict.fromkeys([*names, "O", *opening]))
    found = set(rows.columns[label]) if names is None else names
    if len(found) < 2:
        raise InputError(f"{rows.where} has {len(found)} labels in {label!r}: two are needed.")
    if names is not None:
        return tuple(names)
    numbers = all(name.isascii() and name.isdecimal() for name in found)
    return tuple(sorted(found, key=_by_size if numbers else None))


def _declared_names(declared: Sequence, where: str) -> list[str]:
    try:
        names = [schema.word(name) or "" for name in declared]
    except schema.Reject as reason:
        raise InputError(f"{where} has a class that {reason}.") from None
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f"{where} has two classes {shown(twice)}.")
    return names


def _by_size(digits: str) -> tuple[int, str, str]:
    significant = digits.lstrip("0")
    return len(significant), significant, digits
