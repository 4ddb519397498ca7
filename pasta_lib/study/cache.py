"""A profile's records as one flat table for `status` and your own analysis, kept as Parquet.

The study's tables do not read it; it is derived, and free to be deleted.

Only files that changed since it was kept are read, and checked, again. Where it cannot be kept, or
is damaged, all of them are.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from .. import disk, paths
from .store import Store

_STAMP = ["file", "changed", "bytes"]


def frame(profile: str) -> pd.DataFrame:
    """Return one row per sound record: every single value in it, lists and provenance left out.

    Columns are named by their path in the record: `status`, `config.train.lr`, `result.score`.
    """
    store, path = Store(paths.runs(profile)), paths.CACHE / "records" / f"{profile}.parquet"
    now = pd.DataFrame(store.files(), columns=_STAMP)
    kept = _kept(path)
    if kept[_STAMP].equals(now):
        return kept.drop(columns=_STAMP)
    same = now.merge(kept, on=_STAMP)
    stale = now[~now["file"].isin(same["file"])]
    read = [
        dict(zip(_STAMP, stamp, strict=True)) | _flat(record)
        for stamp in stale.itertuples(index=False)
        if (record := store.get(stamp.file)) is not None
    ]
    table = pd.concat([part for part in (same, pd.DataFrame(read)) if len(part)] or [same])
    table = table.sort_values("file", ignore_index=True)
    disk.keep(path, table.to_parquet)
    return table.drop(columns=_STAMP)


def _kept(path: Path) -> pd.DataFrame:
    """Return the table as it was kept; without a row where it was not, or is damaged."""
    try:
        table = pd.read_parquet(path)
        table[_STAMP]  # a file that has lost a column is damaged too
    except Exception:  # a cut or scribbled file makes its reader raise nine kinds of them
        return pd.DataFrame(columns=_STAMP)
    return table


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    parts = ("key", "kind", "status", "seconds", "config", "result")
    return dict(_values({part: record[part] for part in parts}))


def _values(content: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _values(value, f"{prefix}{name}.")
        elif not isinstance(value, list):
            yield f"{prefix}{name}", value
