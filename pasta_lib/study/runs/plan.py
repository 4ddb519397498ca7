"""What a profile would take, before anything starts: runs, packs, hours and disk."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

import torch

from .. import bench
from ..store import is_finished
from .config import RunConfig
from .engine import open_store, packs, wanted
from .train import Pack

# L layers and hidden size d, of which an encoder's weights are about 12·L·d².
_SHAPES = {
    "minilm": (6, 384),
    "bert-base": (12, 768),
    "bert-large": (24, 1024),
    "roberta-base": (12, 768),
    "roberta-large": (24, 1024),
    "deberta-xl": (48, 1024),
}
# Rows of the official training and validation splits, and tokens of a row, counted with BERT's
# uncased tokenizer on public copies of the training files and cut at the task's longest input.
_TASKS = {
    "cola": (8_551, 1_043, 11),
    "sst2": (67_349, 872, 13),
    "mrpc": (3_668, 408, 53),
    "stsb": (5_749, 1_500, 28),
    "qqp": (363_846, 40_430, 31),
    "mnli": (392_702, 9_815, 40),
    "qnli": (104_743, 5_463, 49),
    "rte": (2_490, 277, 67),
    "boolq": (9_427, 3_270, 140),
    "cb": (250, 56, 78),
    "copa": (400, 100, 36),  # of both choices together
    "multirc": (27_243, 4_848, 330),
    "superglue-rte": (2_490, 277, 67),
    "wic": (5_428, 638, 25),
    "wsc": (554, 104, 34),
    "conll2003": (14_041, 3_250, 20),
}
# Bytes of a record, of each epoch, each top token and each answer in it.
_RECORD, _EPOCH, _TOKEN, _ANSWER = 6_000, 250, 30, 2


@dataclass
class Share:
    """What the runs on one backbone take: how many, in how many packs, hours and bytes at most."""

    runs: int = 0
    packs: int = 0
    hours: float = 0.0
    disk: float = 0.0


@dataclass(frozen=True)
class Plan:
    """Each backbone's share, and the speed that it was reckoned with, in operations a second."""

    shares: dict[str, Share]
    speed: float
    device: str

    def __str__(self) -> str:
        columns = zip(*map(astuple, self.shares.values()), strict=True)
        rows = [*self.shares.items(), ("all", Share(*map(sum, columns)))]
        lines = [f"{'backbone':<16}{'runs':>9}{'packs':>9}{'hours':>14}{'disk, GB':>11}"]
        lines += [
            f"{name:<16}{s.runs:>9,}{s.packs:>9,}{s.hours:>14,.1f}{s.disk / 1e9:>11,.2f}"
            for name, s in rows
        ]
        return "\n".join(lines) + (
            f"\nHours are those of one {self.device} at {self.speed / 1e9:,.1f} GFLOP/s, measured "
            "just now on a pack of 8 PASTA runs on\nMiniLM, with all epochs run: stopping early "
            "makes them fewer, a larger backbone uses a GPU better.\nDisk is the records'; each "
            "backbone's weights come on top, once."
        )


def report(profile: str, notebooks: Sequence[str], *, device: str | None = None, **asked) -> str:
    """Return what the runs of `notebooks` that are not there yet would take, for a person.

    `asked` narrows them as in `complete`.
    """
    store = open_store(profile)
    found = packs(wanted(profile, notebooks, ahead=True, **asked))
    missing = [pack for pack in found if not all(is_finished(store.get(key)) for key in pack.keys)]
    if not missing:
        return f"Nothing is missing: all {sum(len(pack.keys) for pack in found)} runs are there."
    return str(plan(missing, device))


def plan(planned: Iterable[Pack], device: str | None = None) -> Plan:
    """Reckon what `planned` takes on this machine, from a speed measured now."""
    device = device or ("cuda" if torch.cuda.is_available() else "cpu")
    speed = bench.speed(device)
    shares: dict[str, Share] = defaultdict(Share)
    for pack in planned:
        share = shares[pack.configs[0].backbone]
        share.packs += 1
        for run in pack.configs:
            share.runs += 1
            share.hours += operations(run) / speed / 3600
            share.disk += record_bytes(run)
    return Plan(dict(shares), speed, device)


def operations(run: RunConfig) -> float:
    """Return the floating-point operations of a run, all epochs, about.

    A token takes 2N forward for N weights, 2N backward to what is trained inside, and 2N more for
    the weights' own gradients where they all train.
    """
    layers, hidden = _SHAPES.get(run.backbone, _SHAPES["minilm"])
    weights = 12 * layers * hidden**2
    train, validation, tokens = _TASKS[run.task]
    train = min(train, run.train.train_rows or train)
    validation = min(validation, run.train.eval_rows or validation)
    epochs = run.train.epochs
    if run.train.max_steps:
        epochs = min(epochs, math.ceil(run.train.max_steps * run.train.batch_size / train))
    each = 6 if run.method == "full" else 4
    return epochs * tokens * weights * (each * train + 2 * validation)


def record_bytes(run: RunConfig) -> float:
    """Return the bytes of a run's record on disk, about.

    An AoT record names its top tokens; a run that no search cut short keeps what it answered on
    validation and on half of it.
    """
    layers, _ = _SHAPES.get(run.backbone, _SHAPES["minilm"])
    tokens = 50 * layers if run.method.startswith("aot") else 0
    rows = _TASKS[run.task][1] if run.train.max_steps is None else 0
    answers = _ANSWER * 1.5 * min(rows, run.train.eval_rows or rows)
    held = _RECORD + _EPOCH * run.train.epochs + _TOKEN * tokens + answers
    return 4096 * math.ceil(held / 4096)
