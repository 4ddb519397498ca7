"""One start of a profile: the runs that are missing, then the notebooks that show what there is.

Each notebook, and each start that ended well, leaves a stamp of all that it depends on. Where that
has not changed nothing is done again, and PyTorch is not loaded to find that out.
"""

import hashlib
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from .. import disk, paths
from .origin import hardware, packages

AT_ONCE = 2  # notebooks: each keeps about one core busy
_SHOWN_IN = {"01_vertical_heads": "13_report"}  # the maps that the one draws stand in the other
_READ = (".json", ".csv", ".py", ".html", ".mplstyle", ".toml")


def start(
    profile: str, stems: Sequence[str], *, shard: tuple[int, int] | None = None, **asked: Any
) -> list[str]:
    """Do the runs that notebooks need and lack, then execute each; return what failed, in words.

    `shard` and `asked` narrow the runs as in `runs.complete`; after a shard no notebook follows.
    """
    pages = [_Page(profile, paths.NOTEBOOKS / f"{stem}.ipynb") for stem in stems]
    mark = paths.figures(profile) / "notebooks" / "start.stamp"
    wanted = repr((asked, [(page.source.name, page.source.read_bytes()) for page in pages]))
    if not shard:  # a shard writes no notebook
        disk.try_out(mark.parent)
        there = all(page.output.exists() for page in pages)
        if there and _says(mark, _sha256(_state(profile), wanted)):
            _say(f"{profile}: up to date, nothing has changed since the last start")
            return []
        mark.unlink(missing_ok=True)
    for page in pages:
        page.check()

    from . import runs

    only = {"shard": shard} if shard else {}
    summary = runs.complete(profile, notebooks=stems, **asked, **only)
    _say(f"{profile}: {summary}")
    records = paths.runs(profile)
    failures = [f"run {key} failed: its record in {records} says why." for key in summary.failed]
    if shard:  # the other shards' runs are still missing
        return failures
    state = _state(profile)
    failures += _execute(pages, state)
    if not failures:  # what failed is tried again
        _leave(mark, _sha256(state, wanted))
    return failures


@dataclass(frozen=True)
class _Page:
    """A notebook as a profile shows it."""

    profile: str
    source: Path

    @property
    def output(self) -> Path:
        """Where its executed copy lies, and with another ending the stamp of what that shows."""
        return paths.figures(self.profile) / "notebooks" / self.source.name

    def check(self) -> dict[str, Any]:
        """Return its parameters: the runs are done before it, and it only shows them."""
        from . import notebooks

        types = notebooks.declared(self.source)
        given = {"profile": self.profile, "train": False}
        parameters = {name: value for name, value in given.items() if name in types}
        notebooks.check(self.source, parameters)
        return parameters

    def is_current(self, state: str) -> bool:
        """Say whether the executed copy shows this state of things."""
        return self.output.exists() and _says(self.output.with_suffix(".stamp"), self._stamp(state))

    def execute(self, state: str) -> None:
        """Execute it; raises NotebookError where that fails."""
        from . import notebooks

        stamp, mark = self._stamp(state), self.output.with_suffix(".stamp")
        mark.unlink(missing_ok=True)
        notebooks.execute(self.source, self.output, self.check())
        _leave(mark, stamp)

    def _stamp(self, state: str) -> str:
        return _sha256(state, self.source.read_bytes())


def _execute(pages: Sequence[_Page], state: str) -> list[str]:
    """Execute the notebooks that are not up to date, some at a time, and return what failed."""
    from . import notebooks

    stale = [page for page in pages if not page.is_current(state)]
    if len(stale) < len(pages):
        _say(f"{len(pages) - len(stale)} of {len(pages)} notebooks are up to date")
    numbers, failures = count(1), []

    def execute(line: Sequence[_Page]) -> None:
        for page in line:
            _say(f"[{next(numbers)}/{len(stale)}] {page.source.stem}")
            try:
                page.execute(state)
            except notebooks.NotebookError as error:
                failures.append(str(error))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        lines = [pool.submit(execute, line) for line in _lines(stale)]
        try:
            for line in lines:
                line.result()
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            while not all(line.done() for line in lines):
                notebooks.kill()
                time.sleep(0.1)
            raise
    return failures


def _lines(pages: Sequence[_Page]) -> list[list[_Page]]:
    """Divide notebooks into lines that go on side by side: behind each what shows its pictures."""
    lines = {page.source.stem: [page] for page in pages}
    for first, then in _SHOWN_IN.items():
        if first in lines and then in lines:
            lines[first] += lines.pop(then)
    return list(lines.values())


def _state(profile: str) -> str:
    """Return a sha256 of what runs and notebooks depend on: records, code, papers, machine.

    The machine is among it because the profile quick measures how fast it is.
    """
    machine = (hardware()["cpu"], os.cpu_count(), os.environ.get("OMP_NUM_THREADS"))
    digest = hashlib.sha256(repr((machine, packages())).encode())
    code, pins = Path(__file__).parents[1], paths.ROOT.glob("constraints.txt")
    records = (paths.runs(profile), paths.runs("speed"))
    folders = (*records, paths.PUBLISHED, paths.ADAPTERS, code)
    files = [file for folder in folders for file in sorted(folder.rglob("*.*"))]
    for file in (*pins, *(file for file in files if file.suffix in _READ)):
        digest.update(f"{file}".encode() + file.read_bytes())
    return digest.hexdigest()


def _says(mark: Path, stamp: str) -> bool:
    return mark.exists() and mark.read_text() == stamp


def _leave(mark: Path, stamp: str) -> None:
    mark.parent.mkdir(parents=True, exist_ok=True)
    mark.write_text(stamp)


def _sha256(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def _say(line: str) -> None:
    """Print in one piece: notebooks that run at the same time print too."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
