"""The papers' own numbers, as `data/published` holds them: one row per printed number.

A score is in the printed unit: 90.6 where a record says 0.906. `data/published/README.md` describes
the columns.
"""

import csv
import re

import pandas as pd

from ..errors import InputError, sentence, shown, unknown
from ..paths import PUBLISHED

NUMBERS = ("value", "spread")
_COUNTS = ("layer", "rank")
_CELLS = (
    "paper table row column part printed value spread mark backbone method task metric split "
    "read_task read_metric note"
)
_TEXT = "paper table row column part printed value backbone method task metric split note quote"
# What each file holds: its columns, and how many rows, so that one that was cut is known.
_FILES = {
    "pasta": (_CELLS, 241),
    "aot": (_CELLS, 344),
    "text": (_TEXT, 72),
    "tokens": ("paper table task layer rank token note", 1046),
}


def load() -> pd.DataFrame:
    """Return every number of both papers' tables and text, in printed order.

    `value` and `spread` are floats, NaN where the cell is no number; all else is text, empty where
    it says nothing. Raises `InputError` for a file that is not whole.
    """
    frame = pd.concat([_read(name) for name in ("pasta", "aot", "text")], ignore_index=True)
    return frame.fillna({column: "" for column in frame.columns.drop(list(NUMBERS))})


def tokens() -> pd.DataFrame:
    """Return the tokens of largest norm (AoT, Tables 7 to 9), `layer` as printed, `rank` from 1.

    Raises `InputError` for a file that is not whole.
    """
    return _read("tokens").astype(dict.fromkeys(_COUNTS, int))


def as_read(frame: pd.DataFrame) -> pd.DataFrame:
    """Return `frame` with the task and metric that each suspect cell reads as, not its heading's.

    So AoT Table 2's permuted cells move to their own tasks; every `value` stays where it is.
    """
    return frame.assign(
        task=frame["read_task"].where(frame["read_task"] != "", frame["task"]),
        metric=frame["read_metric"].where(frame["read_metric"] != "", frame["metric"]),
    )


def cell(frame: pd.DataFrame, **where: str) -> pd.Series:
    """Return the one row of `frame` whose columns equal `where`.

    Raises `InputError` for a value that no row has, and where several rows are left.
    """
    for column, value in where.items():
        found = frame[frame[column] == value]
        if found.empty:
            raise unknown(f"published {column}", value, sorted(set(frame[column])))
        frame = found
    if len(frame) > 1:
        named = ", ".join(f"{column} {value!r}" for column, value in where.items())
        raise InputError(f"{len(frame)} published numbers have {named}: name more columns")
    return frame.iloc[0]


def _read(name: str) -> pd.DataFrame:
    path, (columns, count) = PUBLISHED / f"{name}.csv", _FILES[name]
    try:
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = [*csv.reader(file, strict=True)] or [[]]
    except (csv.Error, ValueError) as error:  # the latter for what is no UTF-8
        raise InputError(f"{path} is not whole: {sentence(error)}.") from error
    if header != columns.split():
        raise InputError(f"{path} is not whole: its columns are not {columns}.")
    for number, row in enumerate(rows, start=1):
        if len(row) != len(header):
            raise InputError(f"{path} is not whole: row {number} has {len(row)} cells.")
    if len(rows) != count:
        raise InputError(f"{path} is not whole: it has {len(rows)} rows, of {count}.")
    frame = pd.DataFrame(rows, columns=header)
    for column in frame.columns.intersection([*NUMBERS, *_COUNTS]):
        form = "[0-9]+" if column in _COUNTS else "(-?[0-9]+([.][0-9]+)?(e-?[0-9]+)?)?"
        for number, cell in enumerate(frame[column], start=1):
            if not re.fullmatch(form, cell):
                raise InputError(f"{path}, row {number}: {column} is {shown(cell)}, not a number.")
    numbers = frame.columns.intersection(NUMBERS)
    return frame.assign(**{column: pd.to_numeric(frame[column]) for column in numbers})
