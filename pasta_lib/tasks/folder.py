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
    """Return the one folder that can be the task's, by official names in any spelling."""
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise InputError(f"the data folder {folder} {what}.")
    places = [*_children(folder, {spec.suite}), folder]
    names = {_plain(spec.folder), _plain(spec.name)}
    own = [child for place in places for child in _children(place, names)]
    holding = [place for place in (*own, *places) if _find(spec, place, _STEMS["train"])]
    if found := _only(holding, f"a folder of the task {spec.name!r}") or next(iter(own), None):
        return found
    raise InputError(f"no folder {spec.folder!r} of the task {spec.name!r} in {places[0]}.")


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except PermissionError:
        raise InputError(f"cannot read the folder {folder}: permission denied.") from None
    except OSError as error:
        raise InputError(f"cannot read the folder {folder}: {error.strerror}.") from None


def _children(folder: Path, names: set[str]) -> list[Path]:
    return [p for p in _entries(folder) if p.is_dir() and _plain(p.name) in names]


def _find(spec: TaskSpec, folder: Path, stems: tuple[str, ...]) -> Path | None:
    """Return the one file called by one of `stems`, in any case, CoNLL's with eng. too."""
    starts = ("eng.", "") if spec.suite == "ner" else ("",)
    names = {s + stem + ending for s in starts for stem in stems for ending in _ENDINGS[spec.suite]}
    found = [path for path in _entries(folder) if path.name.lower() in names and path.is_file()]
    return _only(found, f"a {stems[0]} file of the task {spec.name!r}")


def _only(found: list[Path], what: str) -> Path | None:
    """Return what was found, None where nothing was; nobody knows which of two is meant."""
    first, *others = {path.resolve(): path for path in found}.values() or (None,)
    if first is not None and others:
        raise InputError(f"{first} and {others[0]} could both be {what}: keep one there.")
    return first


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
