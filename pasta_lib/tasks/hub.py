"""The Hugging Face hub's parquet copies of the tasks; no loading script is run."""

import re
from collections.abc import Mapping
from pathlib import Path

from datasets import load_dataset
from huggingface_hub import snapshot_download

from ..errors import InputError
from .rows import Rows
from .schema import class_names, features
from .table import TaskSpec

# GLUE is parquet with named configurations; the other two have only the hub's own parquet branch,
# where a configuration is a folder.
GLUE = "nyu-mll/glue"
SUPERGLUE = "aps/super_glue"
CONLL = "eriktks/conll2003"
_PARQUET_BRANCH = "refs/convert/parquet"
_KINDS = ("matched", "mismatched")
_SPLITS = {"validation_matched": "validation", "test_matched": "test"}
# train/0000.parquet, or train-00000-of-00002.parquet, which says how many parts there are
_NAMED = re.compile(r"(?P<split>[a-z_]+)(/\d+|-\d+-of-(?P<parts>\d+))\.parquet")


def repository(spec: TaskSpec) -> tuple[str, str]:
    """Return the hub's data set that holds a task, and the revision with its parquet files."""
    if spec.suite == "glue":
        return GLUE, "main"
    return (SUPERGLUE if spec.suite == "superglue" else CONLL), _PARQUET_BRANCH


def splits(spec: TaskSpec) -> tuple[str, ...]:
    """Return what the hub calls the splits of a task."""
    if spec.name == "mnli":
        return ("train", *(f"{s}_{kind}" for s in ("validation", "test") for kind in _KINDS))
    return ("train", "validation", "test")


def cached(spec: TaskSpec) -> dict[str, list[Path]]:
    """Return the parquet files of each split that lies whole in the hub's cache: no network."""
    name, revision = repository(spec)
    try:
        snapshot = snapshot_download(
            name, repo_type="dataset", revision=revision, local_files_only=True
        )
    except (OSError, ValueError):  # nothing of it is there, or the name is a local folder's
        return {}
    folder = Path(snapshot) / spec.hub
    found: dict[str, list[tuple[Path, int]]] = {}
    for file in sorted(folder.glob("**/*.parquet")):
        known = _NAMED.fullmatch(file.relative_to(folder).as_posix())
        if known and known["split"] in splits(spec) and file.exists():
            found.setdefault(known["split"], []).append((file, int(known["parts"] or 0)))
    return {
        split: [file for file, _ in files]
        for split, files in found.items()
        if len(files) >= max(parts for _, parts in files)
    }


def _arguments(spec: TaskSpec) -> dict:
    """Return what to load: the files that the hub's cache has, where all are there, else the hub's.

    Offline, the name of a data set would find only what `datasets` itself once prepared from it.
    """
    files = cached(spec)
    if files.keys() == set(splits(spec)):
        return {"path": "parquet", "data_files": {s: [*map(str, f)] for s, f in files.items()}}
    path, revision = repository(spec)
    if spec.suite == "glue":
        return {"path": path, "name": spec.hub}
    return {"path": path, "data_dir": spec.hub, "revision": revision}


def read(spec: TaskSpec) -> dict[str, Rows]:
    """Return the rows of each of the hub's splits, under this project's split names.

    Raises `InputError` where the hub cannot be reached, or its label order is not the table's.
    """
    where = repository(spec)[0]
    try:
        found = load_dataset(**_arguments(spec))
    except Exception as error:  # the network stack below raises what it likes
        raise InputError(
            f"cannot load {spec.name!r} from the hub ({where}: {type(error).__name__}): "
            "use source='sample', or a folder with the official files."
        ) from error
    rows = {}
    for split, dataset in found.items():
        place = f"{where}, {spec.hub}, {split}"
        _same_labels(spec, dataset.features, place)
        rows[_SPLITS.get(split, split)] = Rows(dataset[:], place)
    return rows


def _same_labels(spec: TaskSpec, found: Mapping, where: str) -> None:
    for column, expected in features(spec).items():
        names = class_names(expected)
        if names and column in found and class_names(found[column]) != names:
            raise InputError(
                f"{where}: the classes of {column!r} are {class_names(found[column])}, not {names}."
            )
