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
import re
import secrets
import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, get_args

from .. import disk
from ..errors import InputError, sentence

SCHEMA = 1
Status = Literal["done", "failed", "diverged"]
Record = dict[str, Any]

# Who writes or runs what: key, host, process and, since two threads may be one, a word by chance.
# The host alone may hold dots.
_OWN_FILE = re.compile(r"[^.]+\.(?P<host>.*)\.(?P<pid>\d+)(-[0-9a-f]+)?\.(tmp|running)")
_HOST_LENGTH = 100  # a file's name ends at 255 bytes, and a host's name may be as long
_ROOM = 2**17  # bytes: a record takes less

_log = logging.getLogger(__name__)


# What every record says, and as what.
_PARTS: Mapping[str, Any] = {
    "key": str,
    "kind": str,
    "config": dict,
    "status": str,
    "result": dict | None,
    "error": str | None,
    "seconds": int | float,
    "provenance": dict,
}


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
        """Write a record atomically, in place of an earlier one of the same key, and return it.

        Where the operating system refuses that, it is kept elsewhere, as the `DiskError` says.
        """
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
        # what a reader will see: tuples as lists, no half of a character
        text = json.dumps(record, ensure_ascii=False).encode("utf-8", "replace")
        record = json.loads(text)
        record["checksum"] = _sha256(record)
        self._write(
            self.path(record["key"]), json.dumps(record, indent=1, ensure_ascii=False), rescue=True
        )
        return record

    def get(self, key: str) -> Record | None:
        """Return the record named `key`, or None; a damaged one is set aside and counts as none."""
        return _read(self.path(key))

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
        """Mark `keys` as being worked on. Whoever looks may see the marks; they stop nobody.

        Raises `DiskError` where their records could not be written.
        """
        marks = [_own(self.path(key), "running") for key in keys]
        disk.try_out(self.folder, _ROOM * len(marks))
        try:
            for mark in marks:
                with disk.writing(mark):
                    mark.parent.mkdir(exist_ok=True)
                    mark.touch()
            yield
        finally:
            for mark in marks:
                with suppress(OSError):
                    mark.unlink(missing_ok=True)

    def at_work(self) -> set[str]:
        """Return the keys that a writer is at work on, dead ones of other hosts included."""
        marks = self.folder.glob("??/*.running")
        return {mark.name.partition(".")[0] for mark in marks if not _is_dead(mark)}

    def clear_dead_writers(self) -> int:
        """Delete what writers that were killed on this host left behind; return how many files."""
        dead = [file for kind in ("tmp", "running") for file in self.folder.glob(f"*/*.{kind}")]
        return sum(_deleted(file) for file in dead if _is_dead(file))

    def _write(self, path: Path, text: str, *, rescue: bool = False) -> None:
        """Write a file whole or not at all."""
        disk.replace(
            path,
            lambda partial: partial.write_text(text, encoding="utf-8"),
            partial=_own(path, "tmp"),
            rescue=rescue,
        )

    def _read_all(self) -> Iterator[Record]:
        for path in sorted(self.folder.glob("??/*.json")):
            if (record := _read(path)) is not None:
                yield record


def _read(path: Path) -> Record | None:
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        body = {name: value for name, value in record.items() if name != "checksum"}
        if record["checksum"] != _sha256(body) or record["key"] != path.stem:
            reason = "its checksum does not match"
        elif record.get("schema") != SCHEMA:  # sound, perhaps, for who wrote it
            _log.warning(
                "record %s is passed over: its format is %r, and %d is read here",
                path,
                record.get("schema"),
                SCHEMA,
            )
            return None
        elif not path.stem.startswith(path.parent.name):
            reason = f"it belongs into the folder {path.stem[:2]}"
        elif wrong := _wrong_part(record):
            reason = f"its {wrong} is missing, or not what a record says there"
        else:
            return record
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise InputError(f"no permission to read the record {path}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"it cannot be read ({error})"
    try:
        path.replace(path.with_suffix(".damaged"))
    except FileNotFoundError:  # another reader was faster
        return None
    except OSError as error:
        _log.warning("record %s is damaged: %s; left there: %s", path, reason, sentence(error))
        return None
    _log.warning("record %s was set aside as .damaged: %s", path, reason)
    return None


def _wrong_part(record: Record) -> str | None:
    for name, kind in _PARTS.items():
        if name not in record or not isinstance(record[name], kind):
            return name
    return None if record["status"] in get_args(Status) else "status"


def _own(path: Path, kind: str) -> Path:
    return path.with_name(f"{path.stem}.{_host()}.{os.getpid()}-{secrets.token_hex(4)}.{kind}")


def _deleted(file: Path) -> bool:
    try:
        file.unlink()
    except OSError:  # gone already, or in a folder of another person's
        return False
    return True


def _is_dead(file: Path) -> bool:
    own = _OWN_FILE.fullmatch(file.name)
    if not own or own["host"] != _host():
        return False
    try:
        os.kill(int(own["pid"]), 0)
    except (ProcessLookupError, OverflowError):
        return True
    except PermissionError:
        pass  # alive, and another person's
    return False


def _host() -> str:
    return socket.gethostname()[:_HOST_LENGTH]


def _sha256(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
