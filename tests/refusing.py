"""What makes the operating system refuse, whoever asks: it stops even root."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def full_disk(room: int = 1000) -> Iterator[None]:
    """Let no file grow past `room` bytes, as on a disk that is full."""
    former = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, former[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, former)


def blocked(folder: Path) -> Path:
    """Return a folder that cannot be made: a file is in the place of the one above it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    (folder.parent / "file").touch()
    return folder.parent / "file" / folder.name
