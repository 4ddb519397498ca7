"""What a rehearsal found: one sentence for each fault, with the place where it lies."""

import re
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from datasets import Dataset

from ... import paths
from ...tasks import TASKS, load_task
from ..reporting import legend
from ..reporting.contents import SECTIONS
from ..reporting.exhibit import NOT_RUN
from ..runs import PROFILES, Choice, open_store, packs, wanted
from ..runs.engine import probes
from ..runs.grid import Grid
from ..store import is_finished
from . import files

_FRAME = re.compile(r'File "([^"]*)", line (\d+), in (\S+)')
_OWN = "pasta_lib"


def place(trace: str) -> str:
    """Return where a traceback ends in our code, and what it says, as one sentence."""
    frames = _FRAME.findall(trace)
    own = [frame for frame in frames if f"/{_OWN}/" in frame[0] and "-packages" not in frame[0]]
    file, line, function = (own or frames or [("", "0", "nowhere")])[-1]
    said = trace.strip().splitlines()[-1]
    short = file.partition(f"/{_OWN}/")[2] or file
    return f"{_OWN}/{short}, line {line}, in {function}: {said}"


def of_error(error: BaseException) -> str:
    """Return the sentence of an error that stopped everything."""
    return place("".join(traceback.format_exception(error)))


def readers(tasks: Iterable[str], data: Path | None) -> Iterator[str]:
    """Yield where a reader gives other rows than the sample's that were written for it.

    `data` is the folder that was written, None where a person's own is read. Every input format of
    a task is made once.
    """
    for name in tasks:
        expected = files.rows(name)
        for source, reader in ((data, "folder"), ("hub", "hub")):
            if source is None:
                continue
            try:
                read = load_task(name, source).splits
            except Exception as error:
                yield f"the {reader}'s reader fails on {name}: {of_error(error)}."
                continue
            if said := _differs(name, reader, read, expected):
                yield said
        for format in TASKS[name].formats:
            try:
                texts = load_task(name, format=format).texts("train")
                if not all(isinstance(t, str) and t for row in texts for pair in row for t in pair):
                    yield f"format {format!r} of {name} (pasta_lib/tasks/formats.py) gives no text."
            except Exception as error:
                yield f"format {format!r} of {name} fails: {of_error(error)}."


def _differs(
    task: str, reader: str, read: Mapping[str, Dataset], expected: Mapping[str, Dataset]
) -> str | None:
    """Say where first a reader gives other than was written; None where it gives just that."""
    for split, rows in expected.items():
        if split not in read:
            return f"the {reader}'s reader misses the {split} split of {task}."
        lacks = split.startswith("test") and reader != "hub"  # official test files have no labels
        for column in rows.column_names:
            if lacks and column == TASKS[task].label:
                continue
            got, wanted = read[split][column][:], rows[column][:]
            if got != wanted:
                return (
                    f"the {reader}'s reader (pasta_lib/tasks/{reader}.py) gives other values of "
                    f"{column!r} in the {split} split of {task} than were written: "
                    f"{_first(got, wanted)}."
                )
    return None


def _first(got: Sequence, wanted: Sequence) -> str:
    if len(got) != len(wanted):
        return f"{len(got)} rows, not {len(wanted)}"
    return next(
        f"row {i} is {g!r:.60}, not {w!r:.60}"
        for i, (g, w) in enumerate(zip(got, wanted, strict=True))
        if g != w
    )


def runs(profile: str, notebooks: Sequence[str], **asked) -> Iterator[str]:
    """Yield what stopped runs, each place once, and how many have no record at all."""
    store, failed, lacking, diverged = open_store(profile), {}, [], []
    choice = asked.get("choice")
    for job in (*packs(wanted(profile, notebooks, **asked)), *probes(profile, notebooks, choice)):
        for key in job.keys:
            record = store.get(key)
            if record is None:
                lacking.append(key)
            elif not is_finished(record):
                failed.setdefault(place(record["error"]), []).append(record)
            elif record["status"] == "diverged":
                diverged.append(record)
    for sentence, records in failed.items():
        yield f"{len(records)} runs fail, such as {_named(records[0])}: {sentence}."
    if diverged:
        yield f"{len(diverged)} runs diverge in two steps, such as {_named(diverged[0])}."
    if lacking:
        yield (
            f"{len(lacking)} jobs left no record although nothing failed, such as {lacking[0][:12]}"
            ": the workers (pasta_lib/study/runs/workers.py) or the engine dropped them."
        )


def _named(record: dict) -> str:
    config = record["config"]
    names = (config.get(name) for name in ("method", "task", "backbone", "source"))
    return " ".join(str(name) for name in names if name) or record["kind"]


def cells(profile: str, notebooks: Sequence[str], choice: Choice) -> Iterator[str]:
    """Yield each table that a notebook should have written and did not, or that has a gap."""
    folder = paths.figures(profile)
    for section in SECTIONS:
        if section.notebook not in notebooks:
            continue
        for exhibit in section.exhibits(profile):
            kind = "csv" if hasattr(exhibit, "cells") else "png"
            if not (folder / f"{exhibit.name}.{kind}").exists():
                yield f"notebook {section.notebook} writes no {exhibit.name}.{kind}."
    grids = [grid for name in notebooks for grid in PROFILES[profile].grids.get(name, ())]
    grids = [chosen for grid in grids if (chosen := choice.of(grid))]
    for file in sorted(folder.glob("*.csv")):
        yield from gaps(file.stem, pd.read_csv(file, dtype=str, keep_default_na=False), grids)


def gaps(name: str, table: pd.DataFrame, grids: Iterable[Grid]) -> Iterator[str]:
    """Yield a table's cells that say "not run" of an encoder, a task and a method in `grids`."""
    if not {"origin", "block", "column", "method"} <= {*table.columns}:  # no table of cells
        return
    held = {
        (legend.backbone(grid.backbone), legend.task(task), method)
        for grid in grids
        for task in grid.tasks
        for method in grid.methods
    }
    encoders = table["block"].str.partition(", ")[0]
    places = pd.MultiIndex.from_arrays([encoders, table["column"], table["method"]])
    found = table[places.isin(held) & table["origin"].eq(NOT_RUN)]
    if len(found):
        first = found.iloc[0]
        where = f"row {first['row']!r}, column {first['column']!r} of {first['block']!r}"
        yield f"table {name} says {NOT_RUN!r} in {len(found)} cells to be filled: {where}."


def everything(
    profile: str, notebooks: Sequence[str], *, choice: Choice, **asked: Any
) -> list[str]:
    """Return all that is wrong with what runs and notebooks left."""
    found = list(runs(profile, notebooks, choice=choice, **asked))
    return found + list(cells(profile, notebooks, choice))
