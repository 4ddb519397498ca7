"""Carrying out jobs: in this process, in a few beside each other, or as Ray tasks on many."""

import gc
import logging
import os
from collections.abc import Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Protocol

import torch
from joblib import Parallel, delayed

from ...errors import InputError
from ..device import default_device
from ..store import Record, Store
from .memory import total
from .place import Place

_log = logging.getLogger(__name__)

_ATTEMPTS = 4
_ROOM = 4 << 30  # bytes of memory for each process on a CPU
_WINDOW = 1000  # tasks submitted at a time: a driver that submits 20,000 takes 250 MB


class Job(Protocol):
    """A pack of runs or a probe: what makes records."""

    @property
    def key(self) -> str:
        """The name of its first record."""

    def run(self, store: Store, place: Place) -> list[Record]:
        """Do the job, and write and return its records."""

    def fail(self, store: Store, error: str) -> list[Record]:
        """Write that it failed where `run` could not, and return the records."""


def execute(
    jobs: Sequence[Job],
    store: Store,
    *,
    data: str | None,
    device: str | None,
    workers: int | None,
    adapters: Path | None = None,
) -> Iterator[list[Record]]:
    """Do `jobs` and yield each one's records as it ends.

    One worker is this process. None are one on a GPU, and on a CPU as many as its cores and memory
    carry. Several are a Ray cluster of this machine's, which ends with them; where Ray cannot
    start, this process does the jobs after a warning, and where it is not installed, as many
    processes on one GPU or CPU do. Where `RAY_ADDRESS` is set, the jobs go to the cluster that it
    names.
    """
    if not jobs:
        return
    cluster = os.environ.get("RAY_ADDRESS")
    if workers in (None, 1) and not cluster:
        place = Place(data, device or default_device(), adapters=adapters)
        count = _carried(jobs) if workers is None and place.device == "cpu" else 1
        yield from (_beside if count > 1 else _here)(jobs, store, replace(place, tenants=count))
        return
    workers = workers or 1
    try:
        import ray
    except ImportError as error:
        place = Place(data, device or default_device(), workers, adapters)
        if cluster or (place.device == "cuda" and torch.cuda.device_count() > 1):
            raise InputError(
                "workers on several GPUs or machines need Ray, which is not installed: "
                "pip install '.[cluster]'"
            ) from error
        yield from _beside(jobs, store, place)
        return
    if device and ":" in device:
        raise InputError(
            f"device {device!r} names one GPU: for several workers say cuda, and choose the GPUs "
            "by CUDA_VISIBLE_DEVICES"
        )
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    if cluster:
        ray.init(cluster, log_to_driver=False)
    else:
        device = device or default_device()
        # Ray's own count has those too that the installed PyTorch cannot use
        gpus = torch.cuda.device_count() if device == "cuda" else 0
        if not _starts(ray, num_cpus=workers, num_gpus=gpus):
            _log.warning("Ray did not start here: one process does the runs, one at a time.")
            yield from _here(jobs, store, Place(data, device, adapters=adapters))
            return
    try:
        gpus = ray.cluster_resources().get("GPU", 0)
        device = device or ("cuda" if gpus else "cpu")
        share = int(10_000 * min(1, gpus / workers)) / 10_000 if device == "cuda" else 0
        place = Place(data, device, round(1 / share) if share else workers, adapters)
        threads = None if cluster else max(1, (os.cpu_count() or 1) // workers)
        yield from _on_ray(ray, jobs, store, place, share, threads)
    finally:
        ray.shutdown()


def _here(jobs: Sequence[Job], store: Store, place: Place) -> Iterator[list[Record]]:
    _settle()
    yield from (job.run(store, place) for job in jobs)


def _carried(jobs: Sequence[Job]) -> int:
    """Return how many processes this CPU carries, each with two jobs at least.

    A second core does little for one small run: five packs of MiniLM on CoLA's sentences took 31 s
    on one core and 28 s on two, and in two processes, on a core each, twice as many took 35 s.
    """
    memory = total(torch.device("cpu"))
    return max(1, min(torch.get_num_threads(), len(jobs) // 2, memory // _ROOM))


def _beside(jobs: Sequence[Job], store: Store, place: Place) -> Iterator[list[Record]]:
    """Do `jobs` in `place.tenants` processes; where one dies, do what is left in this one."""
    threads = max(1, torch.get_num_threads() // place.tenants)
    numbered, ended = list(enumerate(jobs)), set()
    processes = Parallel(place.tenants, return_as="generator_unordered")
    try:
        for number, records in processes(
            delayed(_numbered)(number, job, store, place, threads) for number, job in numbered
        ):
            ended.add(number)
            yield records
    except BrokenProcessPool:
        _log.warning("A process died (of too little memory?): one does the rest, one at a time.")
        left = [job for number, job in numbered if number not in ended]
        yield from _here(left, store, replace(place, tenants=1))


def _numbered(
    number: int, job: Job, store: Store, place: Place, threads: int
) -> tuple[int, list[Record]]:
    logging.getLogger("pasta_lib").setLevel(logging.ERROR)  # what there is to say, the start says
    return number, _on_worker(job, store, place, threads)


@cache
def _settle() -> None:
    """Keep what was imported out of the garbage collector's way: 0.4 s each time it looks there."""
    gc.freeze()


def _starts(ray, **resources: int) -> bool:
    """Start a Ray cluster on this machine; say what is waited for, and return whether it started.

    Ray gives its node 30 seconds, fixed in its code, which are too few on a busy machine.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:  # "local", because a stale cluster's address file would otherwise be followed
            ray.init("local", include_dashboard=False, log_to_driver=False, **resources)
            return True
        except Exception as error:  # Ray raises its bare base class there
            ray.shutdown()
            _log.warning("waiting for Ray to start, %d of %d: %s", attempt, _ATTEMPTS, error)
    return False


def _on_ray(
    ray, jobs: Sequence[Job], store: Store, place: Place, share: float, threads: int | None
) -> Iterator[list[Record]]:
    # max_calls=0: by default a worker on a GPU starts anew, with torch and all, for every task.
    task = ray.remote(num_cpus=1, num_gpus=share, max_calls=0)(_on_worker)
    waiting, submitted = iter(jobs), {}
    while True:
        for job in islice(waiting, _WINDOW - len(submitted)):
            submitted[task.remote(job, store, place, threads)] = job
        if not submitted:
            return
        (ready,), _ = ray.wait(list(submitted))
        job = submitted.pop(ready)
        try:
            yield ray.get(ready)
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None  # an exception of ours, met on a worker
        except ray.exceptions.RayError as error:  # the worker itself was lost, more than once
            yield job.fail(store, str(error))


def _on_worker(job: Job, store: Store, place: Place, threads: int | None) -> list[Record]:
    if threads:
        torch.set_num_threads(threads)
    _settle()
    return job.run(store, place)
