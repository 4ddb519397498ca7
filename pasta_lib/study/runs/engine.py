"""Doing what is missing: packs in this process or on many workers, one record for each run."""

import os
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import chain
from threading import Event, Thread
from typing import Any

from tqdm.auto import tqdm

from ... import paths
from ...errors import InputError
from ...precision import computed_in
from ..device import chosen_device
from ..origin import commit
from ..statistics import score
from ..store import Record, Store, is_finished
from .config import RunConfig
from .grid import Choice
from .grids import PROFILES
from .place import Place
from .probes import PROBES, Probe
from .train import Pack
from .workers import Job, execute

PACK_SIZE = 8
_REDRAW = 10  # seconds


@dataclass
class Summary:
    """What a start found and did: keys of runs that were there, are new, failed, or need data.

    A pack runs whole: `moved` holds by how much the score of each run of it that had been finished
    before is another now.
    """

    reused: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    needs_data: list[str] = field(default_factory=list)
    moved: dict[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = [
            f"{len(self.done)} runs done, {len(self.reused)} reused, {len(self.failed)} failed"
        ]
        if self.moved:
            most = 100 * max(self.moved.values())
            how = f"scores up to {most:.1f} points from before" if most else "scores as before"
            parts.append(f"{len(self.moved)} of them again, for a run of their pack: {how}")
        if self.needs_data:
            parts.append(f"{len(self.needs_data)} not run: they need --data DIR")
        return "; ".join(parts)


def open_store(profile: str) -> Store:
    """Return the records of `profile`."""
    return Store(paths.runs(profile))


def complete(
    profile: str,
    notebooks: str | Sequence[str],
    *,
    data: str | None = None,
    seeds: int | None = None,
    workers: int | None = None,
    device: str | None = None,
    choice: Choice | None = None,
    shard: tuple[int, int] = (0, 1),
) -> Summary:
    """Do the runs that `notebooks` need and the profile's store lacks.

    What is finished is never run again; what failed is tried again. `data` is a folder of tasks in
    their official layouts, or "hub", used in place of the profile's source; `seeds` asks for
    another number of seeds, and `choice` for some of the runs only. Packs run in as many processes
    as a CPU carries, one after the other on a GPU, or on `workers` Ray workers; what is timed runs
    alone, after them. `shard` (i, n) does the i-th of n parts of the packs, counted from 0.
    Any number of starts may share a store: what another finishes meanwhile is not run again.
    """
    records, summary, met, seen = open_store(profile), Summary(), set(), None
    records.clear_dead_writers()
    commit()  # before anything can change: every record of this start names the same commit
    measured, only = probes(profile, notebooks, choice), {"seeds": seeds, "choice": choice}
    where = {"data": data, "device": device, "workers": workers}
    # What a search has found decides which runs come next.
    while seen != (seen := records.files()) and (
        jobs := [
            job
            for job in (*packs(wanted(profile, notebooks, data=data, **only)), *measured)
            if int(job.key, 16) % shard[1] == shard[0] and not met.issuperset(job.keys)
        ]
    ):
        met.update(key for job in jobs for key in job.keys)
        kept = paths.adapters(profile) if PROFILES[profile].keeps_adapters else None
        _do(jobs, records, summary, profile, adapters=kept, **where)
    return summary


def _do(asked: Iterable[Job], records: Store, summary: Summary, profile: str, **where: Any) -> None:
    """Do what of `asked` is missing, and enter all of it into `summary`."""
    jobs: list[Job] = []
    timed: list[Job] = []
    before: dict[str, float | None] = {}
    for job in asked:
        found = {key: record for key in job.keys if is_finished(record := records.get(key))}
        missing = [key for key in job.keys if key not in found]
        if not missing:
            summary.reused += job.keys
        elif not where["data"] and isinstance(job, Pack) and job.configs[0].source == "folder":
            summary.needs_data += missing
        else:
            alone = isinstance(job, Probe) and job.timed
            (timed if alone else jobs).append(_Once(job))
            if isinstance(job, Pack):
                before |= {key: score(record) for key, record in found.items()}
    if not os.environ.get("RAY_ADDRESS"):  # nothing is known here of a cluster's hardware
        device = chosen_device(where["device"])
        for pack in (once.job for once in jobs if isinstance(once.job, Pack)):
            computed_in(pack.configs[0].train.precision, device)  # says what it is, before the bar
    # Another start on the same store thus meets other packs first. No result depends on the order.
    random.Random().shuffle(jobs)
    made = set()
    alone = where | {"workers": 1}
    parts = [execute(part, records, **how) for part, how in ((jobs, where), (timed, alone)) if part]
    for written in _progress(chain(*parts), len(jobs) + len(timed), profile):
        for record in written:
            made.add(record["key"])
            was = before.get(record["key"])
            if was is not None and (now := score(record)) is not None:
                summary.moved[record["key"]] = abs(now - was)
            (summary.done if is_finished(record) else summary.failed).append(record["key"])
    summary.reused += [key for once in (*jobs, *timed) for key in once.job.keys if key not in made]


def wanted(
    profile: str,
    notebooks: str | Sequence[str],
    *,
    data: str | None = None,
    seeds: int | None = None,
    choice: Choice | None = None,
    ahead: bool = False,
) -> list[RunConfig]:
    """Return the runs that `notebooks` need, each once, in a fixed order.

    What follows a search is among them once that is finished, with `ahead` in any case.
    """
    if profile not in PROFILES:
        raise InputError(f"profile {profile!r} has no grid yet (there is: {', '.join(PROFILES)})")
    return PROFILES[profile].runs(
        notebooks,
        source="hub" if data == "hub" else "folder" if data else None,
        seeds=seeds,
        choice=choice,
        get=cache(open_store(profile).get),  # each is asked for by several steps of a search
        ahead=ahead,
    )


def packs(runs: Iterable[RunConfig]) -> list[Pack]:
    """Group runs of one shape, in their order, into packs of at most `PACK_SIZE`.

    The members are a fixed function of the grid, so a pack is the unit of resume: the same pack
    gives the same bits. How many of them share a pass is memory's to say, not a pack's.
    """
    shapes: dict[str, list[RunConfig]] = defaultdict(list)
    for run in runs:
        shapes[run.shape].append(run)
    return [
        Pack(tuple(alike[i : i + size]))
        for alike in shapes.values()
        for size in [PACK_SIZE if alike[0].build().packs else 1]
        for i in range(0, len(alike), size)
    ]


def probes(
    profile: str, notebooks: str | Sequence[str], choice: Choice | None = None
) -> list[Probe]:
    """Return the measurements that `notebooks` need of `profile`, each once."""
    notebooks = [notebooks] if isinstance(notebooks, str) else notebooks
    needed = (probe for notebook in notebooks for probe in PROBES.get(notebook, ()))
    asks = (choice or Choice()).takes
    asked = (probe for probe in needed if asks(probe.backbone, named=True) or not probe.named)
    return list({p.key: p for p in asked if profile == "quick" or not p.timed}.values())


@dataclass(frozen=True)
class _Once:
    """A job that is not done again where another start has finished it meanwhile."""

    job: Pack | Probe

    @property
    def key(self) -> str:
        return self.job.key

    def run(self, store: Store, place: Place) -> list[Record]:
        if all(is_finished(store.get(key)) for key in self.job.keys):
            return []
        return self.job.run(store, place)

    def fail(self, store: Store, error: str) -> list[Record]:
        return self.job.fail(store, error)


def _progress(written: Iterator[list[Record]], total: int, profile: str) -> Iterator[list[Record]]:
    with (
        tqdm(total=total, desc=f"{profile} runs", unit="pack", disable=not total) as bar,
        _redrawn(bar),
    ):
        for records in written:
            for record in records[:1]:
                shown = (str(record["config"].get(name, "")) for name in ("task", "method"))
                bar.set_postfix_str(" ".join(shown), refresh=False)
            bar.update()
            yield records


@contextmanager
def _redrawn(bar: tqdm) -> Iterator[None]:
    """Redraw `bar` now and then: a pack may take an hour, and the clock shows that it is alive."""
    ended = Event()

    def redraw() -> None:
        while not ended.wait(_REDRAW):
            bar.refresh()

    thread = Thread(target=redraw, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
