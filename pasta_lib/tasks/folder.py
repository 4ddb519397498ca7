"""The official GLUE, SuperGLUE and CoNLL-2003 downloads, read from a folder as they are.

The folder is the one that holds glue/, superglue/ and conll2003/, or one of those, or a task's own.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path

from ..errors import InputError
from . import files
from .iob import ImpossibleTag, to_iob2
from .rows import Rows
from .table import TaskSpec
from .values import shown

_STEMS = {
    "train": ("train",),
    "validation": ("dev", "val", "valid", "validation", "testa"),
    "test": ("test", "testb"),
}
_MNLI_STEMS = {
    "train": ("train",),
    "validation": ("dev_matched", "val_matched", "validation_matched", "dev"),
    "validation_mismatched": ("dev_mismatched", "val_mismatched", "validation_mismatched"),
    "test": ("test_matched", "test"),
    "test_mismatched": ("test_mismatched",),
}
_ENDINGS = {"glue": (".tsv",), "superglue": (".jsonl",), "ner": ("", ".txt", ".conll", ".bio")}
_REQUIRED = ("train", "validation")


def read(spec: TaskSpec, folder: Path) -> dict[str, Rows]:
    """Return the rows of each split found below `folder`; train and validation must be there.

    Raises `InputError` naming the file and line of the first thing that is wrong.
    """
    folder = _task_folder(spec, folder)
    reader = {"glue": _glue, "superglue": _superglue, "ner": _ner}[spec.suite]
    splits = {}
    for split, stems in (_MNLI_STEMS if spec.name == "mnli" else _STEMS).items():
        path = _find(spec, folder, stems)
        if path is not None:
            splits[split] = reader(spec, path)
            splits[split].names = {c: (*own, c) for c, own in spec.official.items()}
        elif split in _REQUIRED:
            names = ", ".join(stem + _ENDINGS[spec.suite][0] for stem in stems)
            raise InputError(f"no {split} file of {spec.name!r} in {folder} (looked for {names}).")
    return splits


def _task_folder(spec: TaskSpec, folder: Path) -> Path:
    """Return the deepest folder that can be the task's, by official names in any spelling."""
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise InputError(f"the data folder {folder} {what}.")
    suite = _child(folder, {spec.suite}) or folder
    own = _child(suite, {_plain(spec.folder), _plain(spec.name)})
    if own is None and _find(spec, suite, _STEMS["train"]) is None:
        raise InputError(f"no folder {spec.folder!r} of the task {spec.name!r} in {suite}.")
    return own or suite


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except PermissionError:
        raise InputError(f"cannot read the folder {folder}: permission denied.") from None
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror}.") from None


def _child(folder: Path, names: set[str]) -> Path | None:
    return next((p for p in _entries(folder) if p.is_dir() and _plain(p.name) in names), None)


def _find(spec: TaskSpec, folder: Path, stems: tuple[str, ...]) -> Path | None:
    """Return the file of the first of `stems` that is there, in any case, CoNLL's with eng. too."""
    found = {path.name.lower(): path for path in _entries(folder) if path.is_file()}
    starts = ("eng.", "") if spec.suite == "ner" else ("",)
    names = (
        f"{start}{stem}{ending}"
        for stem in stems
        for start in starts
        for ending in _ENDINGS[spec.suite]
    )
    return next((found[name] for name in names if name in found), None)


def _glue(spec: TaskSpec, path: Path) -> Rows:
    known = {*spec.columns, *chain.from_iterable(spec.official.values())}
    return files.tsv(path, spec.header, known, spec.drop_ragged)


def _superglue(spec: TaskSpec, path: Path) -> Rows:
    return files.jsonl(path, _FLATTEN.get(spec.name))


def _wsc(record: Mapping) -> Iterator[dict]:
    yield {**record, **record["target"]}


def _multirc(record: Mapping) -> Iterator[dict]:
    for question in record["passage"]["questions"]:
        for answer in question["answers"]:
            ids = {"paragraph": record["idx"], "question": question["idx"]}
            yield {
                "paragraph": record["passage"]["text"],
                "question": question["question"],
                "answer": answer["text"],
                "idx": ids | {"answer": answer["idx"]},
                "label": answer.get("label"),
            }


_FLATTEN: Mapping[str, Callable[[Mapping], Iterator[dict]]] = {"wsc": _wsc, "multirc": _multirc}


def _ner(spec: TaskSpec, path: Path) -> Rows:
    sentences, notes = files.conll(path)
    for line, _, tag in (word for sentence in sentences for word in sentence):
        if tag not in spec.labels:
            allowed = ", ".join(spec.labels)
            raise InputError(f"{path}, line {line}: tag {shown(tag)} is not one of {allowed}.")
    try:
        tags, odd = to_iob2([[tag for _, _, tag in sentence] for sentence in sentences])
    except ImpossibleTag as error:
        line = sentences[error.sentence][error.word][0]
        raise InputError(f"{path}, line {line}: {error}.") from None
    notes["needless_b_tags"] += odd
    tokens = [[word for _, word, _ in sentence] for sentence in sentences]
    columns = {"tokens": tokens, "ner_tags": tags}
    return Rows(columns, str(path), [sentence[0][0] for sentence in sentences], notes)
