"""The papers' own numbers, as `data/published` holds them: one row per printed number.

A score is in the printed unit: 90.6 where a record says 0.906. `data/published/README.md` describes
the columns.
"""

from collections import defaultdict

import pandas as pd

from ..errors import InputError, unknown
from ..paths import PUBLISHED

NUMBERS = ("value", "spread")


def load() -> pd.DataFrame:
    """Return every number of both papers' tables and text, in printed order.

    `value` and `spread` are floats, NaN where the cell is no number; all else is text, empty where
    it says nothing.
    """
    frame = pd.concat([_read(name) for name in ("pasta", "aot", "text")], ignore_index=True)
    return frame.fillna({column: "" for column in frame.columns.drop(list(NUMBERS))})


def tokens() -> pd.DataFrame:
    """Return the tokens of largest norm (AoT, Tables 7 to 9), `layer` as printed, `rank` from 1."""
    return _read("tokens").astype({"layer": int, "rank": int})


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
    return pd.read_csv(
        PUBLISHED / f"{name}.csv",
        dtype=defaultdict(lambda: str, dict.fromkeys(NUMBERS, float)),
        keep_default_na=False,
        na_values=dict.fromkeys(NUMBERS, ""),
    )
