"""`load_task`: a task by name from the sample, the hub or a folder."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from ..errors import InputError, Named, known, require, unknown
from . import folder, hub, sample, schema
from .rows import Rows
from .table import TASKS, TaskSpec
from .task import Task
from .values import shown


def load_task(
    name: str,
    source: str | Path = "sample",
    *,
    format: str | None = None,
    metric: str | None = None,
) -> Task:
    """Return the task `name`, a key of `TASKS`, with its splits from `source`.

    `source` is "sample" (sentences made by grammars, for trying things: not the benchmark), "hub"
    (the hub's copies) or a folder of official files. `format` picks another input format and
    `metric` another of the task's metrics to select by (`TASKS[name].formats`, `.metrics`: the
    first of each is the default). Raises `InputError` for an unknown name, format, metric or
    source, a missing split or file, and a row that cannot be read.
    """
    known("task", name, TASKS)
    spec = TASKS[name]
    if format is not None:
        known(f"format of {name}", format, spec.formats)
    if metric is not None:
        known(f"metric of {name}", metric, spec.metrics)
    splits = _read(spec, source)
    need_splits(name, source, splits)
    return assemble(spec, str(source), splits, format, metric)


def _read(spec: TaskSpec, source: str | Path) -> dict[str, Rows]:
    if source == "sample":
        return _sample(spec)
    if source == "hub":
        return hub.read(spec)
    require({"source": source}, {"source": Named}, "load_task")
    try:
        path = Path(source).expanduser()
        there = path.exists()
    except (OSError, RuntimeError):  # a name too long, a home that nobody has
        raise InputError(f"the data folder {shown(str(source))} cannot be looked for.") from None
    if not there and isinstance(source, str) and len(path.parts) == 1:
        raise unknown("source", source, ("sample", "hub", "a data folder"))
    return folder.read(spec, path)


def _sample(spec: TaskSpec) -> dict[str, Rows]:
    if spec.name not in sample.GRAMMARS:
        raise unknown("task of the sample", spec.name, sample.GRAMMARS)
    splits = ["train", "validation", "test"]
    if spec.name == "mnli":
        splits.insert(2, "validation_mismatched")
    found = {split: sample.rows(spec.name, split) for split in splits}
    return {split: Rows(columns, f"the {split} sample") for split, columns in found.items()}


def need_splits(name: str, source: object, splits: Mapping) -> None:
    """Refuse a source without a training or a validation split."""
    for split in ("train", "validation"):
        if split not in splits:
            given = ", ".join(splits) or "nothing"
            raise InputError(f"{source} has no {split} split of {name!r} (it has: {given}).")


def assemble(
    spec: TaskSpec,
    source: str,
    splits: dict[str, Rows],
    format: str | None = None,
    metric: str | None = None,
) -> Task:
    """Return the task of `spec` whose splits are `splits`, each checked against the schema."""
    datasets = {split: schema.build(spec, split, rows) for split, rows in splits.items()}
    notes: Counter[str] = sum((rows.notes for rows in splits.values()), Counter())
    format = format or next(iter(spec.formats), None)
    return Task(
        name=spec.name,
        suite=spec.suite,
        head=spec.head,
        labels=spec.labels,
        metrics=spec.metrics,
        metric=metric or spec.metric,
        source=source,
        splits=datasets,
        notes=dict(notes),
        format=None if format is None else spec.formats[format],
        format_name=format,
        max_length=spec.max_length,
    )
