"""From the names of tasks to their submission files: train or load an adapter, predict, write."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from .. import disk, paths
from ..adapters import load_adapter, read_purpose
from ..backbones import load_backbone
from ..errors import InputError
from ..methods import build
from ..tasks import load_task, submission_splits, write_submission
from ..training import Result, TrainConfig, fit, predict
from .device import chosen_device
from .statistics import score, summarise
from .store import Record, Store

_DEFAULTS = TrainConfig()
_ROW = 64  # bytes: a line of a file takes less, with its share of the zip


def submit(
    names: Sequence[str],
    source: str | Path,
    folder: str | Path,
    *,
    method: str = "pasta",
    backbone: str = "minilm",
    adapter: str | Path | None = None,
    format: str | None = None,
    train: TrainConfig = _DEFAULTS,
    device: str | None = None,
) -> Iterator[tuple[Path, Result | None]]:
    """Write the submission files of the tasks `names` to `folder`, and yield each as it is there.

    `method` is trained on each task by `train`, and its result stands beside the file; or the one
    task's saved `adapter` is loaded, with the input format that it was trained on. Every task is
    read, and `folder` tried, before the first is trained. Raises `InputError`, also where training
    diverges before its first epoch ends, and `DiskError` where the operating system refuses to
    write all the same: it names the place where the predictions are kept instead.
    """
    if adapter is not None:
        format = format or _format_of(adapter, names)
    built = build(method)
    tasks = [load_task(name, source, format=format) for name in dict.fromkeys(names)]
    splits = [submission_splits(task) for task in tasks]
    rows = sum(
        len(task.splits[split]) for task, own in zip(tasks, splits, strict=True) for split in own
    )
    disk.try_out(disk.named(folder, "submit"), _ROW * rows)
    device = chosen_device(device)
    for task, own_splits in zip(tasks, splits, strict=True):
        model, tokenizer = load_backbone(backbone, task, seed=train.seed)
        result = None
        if adapter is not None:
            load_adapter(model, adapter).to(device)
        else:
            built.apply(model, tokenizer, task, seed=train.seed).to(device)
            result = fit(model, tokenizer, task, train)
            if not result.best_epoch:
                raise InputError(f"training on {task.name!r} diverged at a rate of {train.lr:g}.")
        for split in own_splits:
            found = predict(model, tokenizer, task, split=split, max_length=train.max_length)
            yield write_submission(task, found, folder, split), result


def _format_of(adapter: str | Path, names: Sequence[str]) -> str | None:
    """Return the input format that the one named task's adapter was trained on, if it says so."""
    if len(names) > 1:
        raise InputError(f"an adapter belongs to one task, and {len(names)} are named.")
    purpose, (name,) = read_purpose(adapter), names
    if purpose.task not in (None, name):
        raise InputError(f"the adapter in {str(adapter)!r} answers {purpose}, and not {name!r}.")
    return purpose.format


def submit_best(
    names: Sequence[str],
    source: str | Path,
    folder: str | Path,
    profile: str,
    *,
    device: str | None = None,
) -> Iterator[tuple[Path, Record]]:
    """Write each method's files by the best of its runs in `profile`, and yield the runs' records.

    Best is the seed with the highest score under the method's best configuration; its files go to
    a folder of the method's name in `folder`. Raises `InputError` where no run of a task is
    finished, or its adapter is not kept on this machine.
    """
    found = {name: _best(profile, name, source) for name in dict.fromkeys(names)}
    for name, by_method in found.items():
        for method, record in by_method.items():
            config = record["config"]
            for path, _ in submit(
                [name],
                source,
                disk.named(folder, "submit_best") / method,
                method=method,
                backbone=config["backbone"],
                adapter=paths.adapters(profile) / record["key"],
                format=config["format"],
                train=TrainConfig(max_length=config["train"]["max_length"]),
                device=device,
            ):
                yield path, record


def _best(profile: str, task: str, source: str | Path) -> Mapping[str, Record]:
    """Return the record of the best run of each method on a task, whose adapter is kept here."""
    where = source if source in ("hub", "sample") else "folder"
    by_method: dict[str, list[Record]] = {}
    for record in Store(paths.runs(profile)).records("train"):
        config = record["config"]
        if (config["task"], config["source"]) == (task, where):
            by_method.setdefault(config["method"], []).append(record)
    best = {
        method: max(summary.records, key=score)
        for method, records in sorted(by_method.items())
        if (summary := summarise(records))
    }
    if not best:
        raise InputError(f"profile {profile!r} has no finished run of {task!r}: run it first.")
    for method, record in best.items():
        if not (paths.adapters(profile) / record["key"]).is_dir():
            raise InputError(
                f"the adapter of {method} on {task!r} is not kept here: delete its record "
                f"{record['key'][:12]} and run the profile again."
            )
    return best
