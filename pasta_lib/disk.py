"""The disk, which may be full, read-only or cut off: files appear whole or not at all.

What the operating system refuses is a `DiskError`: one sentence that names the file.
"""

import errno
import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import IO

from . import paths
from .errors import DiskError, InputError, Named, refusal, require

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CHUNK = 2**20  # bytes


def named(name: str | Path, of: str) -> Path:
    """Return the path of what a person names, in their home where it begins with ~.

    Raises `InputError` for what names nothing: the empty text would be the current folder.
    """
    require({"path": name}, {"path": Named}, of)
    try:
        return Path(name).expanduser()
    except RuntimeError:
        raise InputError(f"path of {of} is {str(name)!r}, in a home that nobody has") from None


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def writing(path: Path, verb: str = "write") -> Iterator[None]:
    """Turn what the operating system refuses inside into one sentence about `path`."""
    try:
        yield
    except (DiskError, InputError):
        raise
    except Exception as error:  # libraries wrap the system's number into exceptions of their own
        reason = refusal(error)
        if reason is None:
            raise
        raise DiskError(f"cannot {verb} {path}: {reason}.") from error


def reading(path: Path) -> AbstractContextManager[None]:
    """Do for what is read inside what `writing` does."""
    return writing(path, "read")


def try_out(folder: Path, size: int = 0) -> None:
    """Make `folder`, and raise `DiskError` unless a file of `size` bytes can be written there now.

    Asked before hours of work, so that they do not end at a disk that is full or read-only. Raises
    `InputError` where a file is in the folder's place.
    """
    with writing(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            reason = refusal(error)
            raise InputError(f"the folder {folder} cannot be made: {reason}.") from None
        with tempfile.TemporaryFile(dir=folder) as trial:
            allot(trial, size)


def allot(file: IO[bytes], size: int) -> None:
    """Reserve `size` bytes on the disk for `file`; raise an `OSError` where it has not as many.

    A file that is mapped into memory needs it: on a full disk the first touch of a page would end
    the process.
    """
    try:
        os.posix_fallocate(file.fileno(), 0, size)
    except (AttributeError, OSError) as error:
        if getattr(error, "errno", None) in _FULL:
            raise
        for start in range(0, size, _CHUNK):  # a system or a disk without that call
            file.write(bytes(min(_CHUNK, size - start)))
        file.flush()


def replace(
    path: Path,
    write: Callable[[Path], object],
    *,
    partial: Path | None = None,
    rescue: bool = False,
) -> None:
    """Write `path` whole or not at all: `write` fills a file beside it, which then takes its place.

    `partial` is that file's name, for whoever clears up after killed writers. With `rescue`, what
    cannot be written is kept in another folder, which the `DiskError` names.
    """
    partial = partial or path.with_name(f"{path.stem}.{secrets.token_hex(4)}.tmp")
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                write(partial)
                _sync(partial)
                partial.replace(path)
            finally:
                with suppress(OSError):
                    partial.unlink(missing_ok=True)
    except DiskError as error:
        kept = _rescued(path.name, write) if rescue else None
        if kept is None:
            raise
        raise DiskError(f"{str(error).rstrip('.')}; it is kept as {kept}.") from error.__cause__


def replace_text(path: Path, text: str) -> None:
    """Make `path` anew with `text` in UTF-8, as `replace` does."""
    replace(path, lambda partial: partial.write_text(text, encoding="utf-8"))


@contextmanager
def filled(folder: Path, *, last: str) -> Iterator[Path]:
    """Give a folder to write files in, and move them to `folder` once all are there, `last` last.

    What stood in `folder` before stays as it was where the operating system refuses one of them.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, suffix=".tmp") as name:
            yield Path(name)
            files = [file for file in Path(name).rglob("*") if file.is_file()]
            for file in files:
                _sync(file)
            for file in files:  # before the first is moved
                if (folder / file.relative_to(name)).is_dir():
                    raise IsADirectoryError(errno.EISDIR, "", str(folder))
            for file in sorted(files, key=lambda file: file.name == last):
                place = folder / file.relative_to(name)
                place.parent.mkdir(exist_ok=True)
                file.replace(place)


def keep(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file of a cache as `replace` does, or leave it out where that is refused.

    What killed writers of it left beside it is swept away.
    """
    with suppress(OSError):
        replace(path, write)
        for left in path.parent.glob(f"{path.stem}.*.tmp"):
            left.unlink(missing_ok=True)


def _sync(file: Path) -> None:
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _rescued(name: str, write: Callable[[Path], object]) -> Path | None:
    """Write what was refused elsewhere, and return where that is, or None."""
    for parent in (lambda: paths.CACHE / "rescued", lambda: Path(tempfile.gettempdir())):
        with suppress(OSError):
            path = _aside(parent()) / name
            replace(path, write)
            return path
    return None


@cache
def _aside(parent: Path) -> Path:
    """Make a folder in `parent`, one for each process: nothing rescued before is overwritten."""
    parent.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="rescued-", dir=parent))
