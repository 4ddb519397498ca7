"""Records: one JSON file for each run, named by what was asked for; written whole or not at all.

A record's key is the sha256 of its kind and full configuration, defaults filled in; neither code
nor machine is in it, so that a run is found again wherever it was made. They stand in the record
as provenance. No server and no lock: any number of writers may share a folder. Beside the records
lie the labels of rows that their runs answered (`gold`), each once.
"""

import hashlib
import json
import logging
import os
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
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
        self._write(path, json.dumps(record, indent=1, ensure_ascii=False))
        return record

    def get(self, key: str) -> Record | None:
        """Return the record named `key`, or None; a damaged one is set aside and counts as none."""
        path = self.path(key)
        return _read(path) if path.exists() else None

    def records(self, kind: str | None = None) -> list[Record]:
        """Return every sound record, of one kind or of all, in the order of their keys."""
        return [r for r in self._read_all() if kind is None or r["kind"] == kind]

    def path(self, key: str) -> Path:
        """Return the file of the record named `key`."""
        return self.folder / key[:2] / f"{key}.json"

    def keep_gold(self, labels: Mapping[str, Any]) -> str:
        """Keep the labels of some rows, once whoever asks, and return the name of their file.

        The name is the sha256 of what is in it: whatever names it can rely on its content.
        """
        name = _sha256(labels)
        path = self.folder / "gold" / f"{name}.json"
        if not path.exists():
            self._write(path, json.dumps(labels))
        return name

    def gold(self, name: str) -> dict[str, Any] | None:
        """Return the labels named `name`, or None where they are not at hand, or not sound."""
        with suppress(FileNotFoundError, ValueError):
            path = self.folder / "gold" / f"{name}.json"
            labels = json.loads(path.read_text(encoding="utf-8"))
            return labels if _sha256(labels) == name else None

    @contextmanager
    def running(self, keys: Iterable[str]) -> Iterator[None]:
        """Mark `keys` as being worked on. Whoever looks may see the marks; they stop nobody."""
        marks = [_own(self.path(key), "running") for key in keys]
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
        dead = [file for kind in ("tmp", "running") for file in self.folder.glob(f"*/*.{kind}")]
        dead = [file for file in dead if _is_dead(file)]
        for file in dead:
            file.unlink(missing_ok=True)
        return len(dead)

    def _write(self, path: Path, text: str) -> None:
        """Write a file whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = _own(path, "tmp")
        with partial.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)

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


def _own(path: Path, kind: str) -> Path:
    return path.with_name(f"{path.stem}.{socket.gethostname()}.{os.getpid()}.{kind}")


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
