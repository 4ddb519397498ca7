"""Records: one JSON file for each run, named by what was asked for; written whole or not at all.

A record's key is the sha256 of its kind and full configuration, defaults filled in; neither code
nor machine is in it, so that a run is found again wherever it was made. They stand in the record
as provenance. No server and no lock: any number of writers may share a folder.
"""

import hashlib
import json
import logging
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from ..errors import InputError

SCHEMA = 1
Status = Literal["done", "failed", "diverged"]
Record = dict[str, Any]

_log = logging.getLogger(__name__)


def is_finished(record: Record | None) -> bool:
    """Say whether a run needs not be done again: what failed does, what diverged does not."""
    return record is not None and record["status"] != "failed"


def key(kind: str, config: Mapping[str, Any]) -> str:
    """Return the name of the record of `kind` made from `config`, 64 hex digits."""
    return _sha256({"schema": SCHEMA, "kind": kind, "config": config})


class Store:
    """The records in one folder, in sub-folders by the first two digits of their key."""

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)

    def write(
        self,
        kind: str,
        config: Mapping[str, Any],
        *,
        status: Status = "done",
        result: Mapping[str, Any] | None = None,
        error: str | None = None,
        seconds: float = 0.0,
        provenance: Mapping[str, Any] | None = None,
    ) -> Record:
        """Write a record atomically, in place of an earlier one of the same key, and return it."""
        record = {
            "schema": SCHEMA,
            "key": key(kind, config),
            "kind": kind,
            "config": dict(config),
            "status": status,
            "result": result,
            "error": error,
            "seconds": seconds,
            "provenance": dict(provenance or {}),
        }
        record = json.loads(json.dumps(record))  # what a reader will see, tuples as lists
        record["checksum"] = _sha256(record)
        path = self.path(record["key"])
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = self._own_file(record["key"], "tmp")
        with partial.open("w", encoding="utf-8") as file:
            json.dump(record, file, indent=1, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        return record

    def get(self, key: str) -> Record | None:
        """Return the record named `key`, or None; a damaged one is set aside and counts as none."""
        path = self.path(key)
        return _read(path) if path.exists() else None

    def records(self, kind: str | None = None) -> list[Record]:
        """Return every sound record, of one kind or of all, in the order of their keys."""
        return [r for r in self._read_all() if kind is None or r["kind"] == kind]

    def files(self) -> list[tuple[str, int, int]]:
        """Return key, time of change and size of every record's file, in the order of the keys."""
        found = []
        for folder in self.folder.glob("??"):
            with os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.endswith(".json"):
                        stat = entry.stat()
                        found.append((entry.name[:-5], stat.st_mtime_ns, stat.st_size))
        return sorted(found)

    def path(self, key: str) -> Path:
        """Return the file of the record named `key`."""
        return self.folder / key[:2] / f"{key}.json"

    @contextmanager
    def running(self, keys: Iterable[str]) -> Iterator[None]:
        """Mark `keys` as being worked on. Whoever looks may see the marks; they stop nobody."""
        marks = [self._own_file(key, "running") for key in keys]
        for mark in marks:
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()
        try:
            yield
        finally:
            for mark in marks:
                mark.unlink(missing_ok=True)

    def at_work(self) -> set[str]:
        """Return the keys that a writer is at work on, dead ones of other hosts included."""
        marks = self.folder.glob("??/*.running")
        return {mark.name.partition(".")[0] for mark in marks if not _is_dead(mark)}

    def clear_dead_writers(self) -> int:
        """Delete what writers that were killed on this host left behind; return how many files."""
        dead = [file for kind in ("tmp", "running") for file in self.folder.glob(f"??/*.{kind}")]
        dead = [file for file in dead if _is_dead(file)]
        for file in dead:
            file.unlink(missing_ok=True)
        return len(dead)

    def _own_file(self, key: str, kind: str) -> Path:
        own = f"{key}.{socket.gethostname()}.{os.getpid()}.{kind}"
        return self.path(key).with_name(own)

    def _read_all(self) -> Iterator[Record]:
        for path in sorted(self.folder.glob("??/*.json")):
            if (record := _read(path)) is not None:
                yield record


def _read(path: Path) -> Record | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        body = {name: value for name, value in record.items() if name != "checksum"}
        if record["checksum"] == _sha256(body) and record["key"] == path.stem:
            return record
        reason = "its checksum does not match"
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise InputError(f"no permission to read the record {path}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        reason = f"it cannot be read ({error})"
    path.replace(path.with_suffix(".damaged"))
    _log.warning("record %s was set aside as .damaged: %s", path, reason)
    return None


def _is_dead(file: Path) -> bool:
    *_, host, pid, _ = file.name.rsplit(".", 3)
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # alive, and another person's
    return False


def _sha256(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
