"""The Hugging Face hub's parquet copies of the tasks; no loading script is run."""

from collections.abc import Mapping

from datasets import load_dataset

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
_SPLITS = {"validation_matched": "validation", "test_matched": "test"}


def _arguments(spec: TaskSpec) -> dict[str, str]:
    if spec.suite == "glue":
        return {"path": GLUE, "name": spec.hub}
    path = SUPERGLUE if spec.suite == "superglue" else CONLL
    return {"path": path, "data_dir": spec.hub, "revision": _PARQUET_BRANCH}


def read(spec: TaskSpec) -> dict[str, Rows]:
    """Return the rows of each of the hub's splits, under this project's split names.

    Raises `InputError` where the hub cannot be reached, or its label order is not the table's.
    """
    arguments = _arguments(spec)
    where = arguments["path"]
    try:
        splits = load_dataset(**arguments)
    except Exception as error:  # the network stack below raises what it likes
        raise InputError(
            f"cannot load {spec.name!r} from the hub ({where}: {type(error).__name__}): "
            "use source='sample', or a folder with the official files."
        ) from error
    found = {}
    for split, dataset in splits.items():
        place = f"{where}, {spec.hub}, {split}"
        _same_labels(spec, dataset.features, place)
        found[_SPLITS.get(split, split)] = Rows(dataset[:], place)
    return found


def _same_labels(spec: TaskSpec, found: Mapping, where: str) -> None:
    for column, expected in features(spec).items():
        names = class_names(expected)
        if names and column in found and class_names(found[column]) != names:
            raise InputError(
                f"{where}: the classes of {column!r} are {class_names(found[column])}, not {names}."
            )
