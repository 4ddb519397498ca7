"""What a profile takes, before anything starts: runs, packs, operations, hours and disk."""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass

from .. import bench
from ..device import chosen_device
from ..store import is_finished
from .config import RunConfig
from .engine import open_store, packs, wanted
from .lengths import extent
from .operations import operations, shape
from .train import Pack

# Bytes of a record, of each epoch, each top token and each answer in it.
_RECORD, _EPOCH, _TOKEN, _ANSWER = 6_000, 250, 30, 2


@dataclass(frozen=True)
class Share:
    """What some runs take: how many they are, in how many packs, operations and bytes at most."""

    runs: int = 0
    packs: int = 0
    operations: float = 0.0
    disk: float = 0.0

    def __add__(self, other: "Share") -> "Share":
        return Share(*map(sum, zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class Plan:
    """Each backbone's share of the whole and of what is left, and the speed to reckon hours with.

    The speed is in operations a second. A pack that lacks a run is left whole: it trains whole.
    """

    whole: Mapping[str, Share]
    left: Mapping[str, Share]
    speed: float
    device: str

    def __str__(self) -> str:
        lines = (*self._table("whole", self.whole), "", *self._table("left", self.left), "")
        return "\n".join(lines) + (
            "\nA TFLOP is 10¹² floating-point operations, of training and evaluation. Hours are "
            f"those of one {self.device}\nat {self.speed / 1e9:,.1f} GFLOP/s, measured just now on "
            "a pack of 8 PASTA runs on MiniLM, with all epochs run: stopping\nearly makes them "
            "fewer, short rows in small batches more, and a larger backbone uses a GPU better. "
            "Disk is\nthe records'; each backbone's weights come on top, once."
        )

    def _table(self, title: str, shares: Mapping[str, Share]) -> Iterator[str]:
        yield f"{title:<16}{'runs':>9}{'packs':>9}{'TFLOP':>17}{'hours':>14}{'disk, GB':>11}"
        for name, share in (*shares.items(), ("all", sum(shares.values(), Share()))):
            yield (
                f"{name:<16}{share.runs:>9,}{share.packs:>9,}{share.operations / 1e12:>17,.1f}"
                f"{share.operations / self.speed / 3600:>14,.2f}{share.disk / 1e9:>11,.2f}"
            )


def report(profile: str, notebooks: Sequence[str], *, device: str | None = None, **asked) -> str:
    """Return what the runs of `notebooks` take, and what those take that are not there yet.

    `asked` narrows them as in `complete`.
    """
    get = open_store(profile).get
    return str(
        plan(
            packs(wanted(profile, notebooks, ahead=True, **asked)),
            lambda pack: not all(is_finished(get(key)) for key in pack.keys),
            device,
        )
    )


def plan(
    planned: Iterable[Pack], is_left: Callable[[Pack], bool], device: str | None = None
) -> Plan:
    """Reckon what `planned` takes on this machine, from a speed measured now.

    Raises `InputError` for a device that is not there.
    """
    device = chosen_device(device)
    whole, left = defaultdict(Share), defaultdict(Share)
    for pack in planned:
        backbone, share = pack.configs[0].backbone, _share(pack)
        whole[backbone] += share
        if is_left(pack):
            left[backbone] += share
    return Plan(whole, left, bench.speed(device), device)


def record_bytes(run: RunConfig) -> float:
    """Return the bytes of a run's record on disk, about.

    An AoT record names its top tokens; a run that no search cut short keeps what it answered on
    validation and on half of it.
    """
    layers, _ = shape(run.backbone)
    tokens = 50 * layers if run.method.startswith("aot") else 0
    rows = extent(run.task, run.source).validation if run.train.max_steps is None else 0
    answers = _ANSWER * 1.5 * min(rows, run.train.eval_rows or rows)
    held = _RECORD + _EPOCH * run.train.epochs + _TOKEN * tokens + answers
    return 4096 * math.ceil(held / 4096)


def _share(pack: Pack) -> Share:
    runs = pack.configs
    return Share(len(runs), 1, sum(map(operations, runs)), sum(map(record_bytes, runs)))
