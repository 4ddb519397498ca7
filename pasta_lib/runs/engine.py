"""Doing what is missing: packs, in this process or as Ray tasks, one record for each run."""

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import torch
from tqdm.auto import tqdm

from .. import paths
from ..errors import InputError
from ..origin import commit
from ..store import Record, Store
from .config import RunConfig
from .grids import PROFILES
from .probes import PROBES, Probe
from .train import run_pack

PACK_SIZE = 8


@dataclass
class Summary:
    """What a start found and did: keys of runs that were there, are new, failed, or need data."""

    reused: list[str] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    needs_data: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        parts = [
            f"{len(self.done)} runs done, {len(self.reused)} reused, {len(self.failed)} failed"
        ]
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
    workers: int = 1,
    device: str | None = None,
) -> Summary:
    """Do the runs that `notebooks` need and the profile's store lacks.

    What is finished is never run again; what failed is tried again. `data` is a folder of tasks in
    their official layouts, used in place of the profile's source; `seeds` asks for another number
    of seeds. Packs run one after the other here, or on `workers` Ray workers.
    """
    if profile not in PROFILES:
        raise InputError(f"profile {profile!r} has no grid yet (there is: {', '.join(PROFILES)})")
    notebooks = [notebooks] if isinstance(notebooks, str) else notebooks
    records = open_store(profile)
    records.clear_dead_writers()
    commit()  # before anything can change: every record of this start names the same commit
    plan = PROFILES[profile]
    runs = {
        run.key: run
        for notebook in notebooks
        for run in plan.runs(notebook, source="folder" if data else None, seeds=seeds)
    }
    summary = Summary()
    jobs: list[Callable[[], list[Record]]] = []
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    for pack in packs(runs.values()):
        missing = [run.key for run in pack if not _finished(records.get(run.key))]
        if not missing:
            summary.reused += [run.key for run in pack]
        elif pack[0].source == "folder" and data is None:
            summary.needs_data += missing
        else:
            jobs.append(partial(run_pack, pack, records, data=data, device=device))
    for probe in _probes(notebooks):
        if _finished(records.get(probe.key)):
            summary.reused.append(probe.key)
        else:
            jobs.append(partial(probe.run, records))
    for written in _progress(_execute(jobs, workers), len(jobs), profile):
        for record in written:
            (summary.done if _finished(record) else summary.failed).append(record["key"])
    return summary


def packs(runs: Iterable[RunConfig]) -> list[list[RunConfig]]:
    """Group runs of one shape, in their order, into packs of at most `PACK_SIZE`.

    The members are a fixed function of the grid, so a pack is the unit of resume: the same pack
    gives the same bits.
    """
    shapes: dict[str, list[RunConfig]] = defaultdict(list)
    for run in runs:
        shapes[run.shape].append(run)
    return [
        alike[i : i + PACK_SIZE]
        for alike in shapes.values()
        for i in range(0, len(alike), PACK_SIZE)
    ]


def _finished(record: Record | None) -> bool:
    return record is not None and record["status"] != "failed"


def _probes(notebooks: Iterable[str]) -> list[Probe]:
    probes = (probe for notebook in notebooks for probe in PROBES.get(notebook, ()))
    return list({probe.key: probe for probe in probes}.values())


def _execute(jobs: list[Callable[[], list[Record]]], workers: int) -> Iterator[list[Record]]:
    if workers == 1 or len(jobs) < 2:
        yield from (job() for job in jobs)
        return
    try:
        import ray
    except ImportError as error:
        raise InputError(
            "more than one worker needs Ray, which is not installed: pip install '.[cluster]'"
        ) from error
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # address="local": a stale cluster's address file would otherwise be followed.
    ray.init(address="local", num_cpus=workers, include_dashboard=False, log_to_driver=False)
    try:
        threads = max(1, (os.cpu_count() or 1) // workers)
        task = ray.remote(num_cpus=1, max_calls=0)(_on_worker)
        pending = [task.remote(job, threads) for job in jobs]
        while pending:
            ready, pending = ray.wait(pending)
            yield ray.get(ready[0])
    finally:
        ray.shutdown()


def _on_worker(job: Callable[[], list[Record]], threads: int) -> list[Record]:
    torch.set_num_threads(threads)
    return job()


def _progress(written: Iterator[list[Record]], total: int, profile: str) -> Iterator[list[Record]]:
    with tqdm(total=total, desc=f"{profile} runs", unit="pack", disable=not total) as bar:
        for records in written:
            config = records[0]["config"]
            bar.set_postfix_str(" ".join(str(config.get(k, "")) for k in ("task", "method")))
            bar.update()
            yield records
