"""Speed and memory, side by side in one process: AoT Figures 4 and 9, and many tasks in one batch.

Speed does not depend on the weights: encoders of the papers' shapes are drawn at random, and MPNet
alone has its own. Every
round calls each contender once, in turn, so that what else the machine does falls on all alike;
a ratio is taken within its round.
"""

import copy
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from statistics import median, quantiles
from types import SimpleNamespace
from typing import Literal

import pandas as pd
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from scipy.stats import binom
from torch import Tensor, nn
from transformers import PreTrainedModel

from .. import backbones, fetch
from ..errors import unknown
from ..inference import MultiTask, Place
from ..methods import build, fuse
from . import store
from .device import chosen_device
from .origin import machine, provenance
from .shapes import SHAPES
from .store import Record, Store

_FIELDS = {"pasta": {"special_tokens": 4}}  # what nobody can count without a tokenizer

# Name: method, its fields, whether it is fused. The first is what all are measured against.
CONTENDERS: dict[str, tuple[str, Mapping[str, int], bool]] = {
    "vanilla": ("classifier", {}, False),
    "aot fused": ("aot-fc", {}, True),
    "aot unfused": ("aot-fc", {}, False),
    "pasta": ("pasta", _FIELDS["pasta"], False),
    "bitfit": ("bitfit", {}, False),
    "lora merged": ("lora", {}, True),
    "lora": ("lora", {}, False),
    "adapter": ("adapter", {}, False),
    "p-tuning-v1 20": ("p-tuning-v1", {"prefix": 20}, False),
    "p-tuning-v1 100": ("p-tuning-v1", {"prefix": 100}, False),
    "p-tuning-v2 20": ("p-tuning-v2", {"prefix": 20}, False),
    "p-tuning-v2 100": ("p-tuning-v2", {"prefix": 100}, False),
}
Dtype = Literal["float32", "bfloat16", "float16"]
_TASK = SimpleNamespace(head="classification", labels=("no", "yes"), num_outputs=2, pair=True)
_CLS, _SEP = 0, 2
_COVERAGE = 0.95


@dataclass(frozen=True)
class Point:
    """One measurement of single models: a shape, a batch, and who is measured on it."""

    shape: str
    batch: int
    length: int
    device: str = "cpu"
    dtype: Dtype = "float32"
    rounds: int = 20
    contenders: tuple[str, ...] = tuple(CONTENDERS)[1:]

    kind = "speed"

    def measure(self) -> dict:
        """Return a line for each contender; see `summary` for what stands in it."""
        models = _models(self.shape, self.device, self.dtype, ("vanilla", *self.contenders))
        inputs = _inputs(self)
        calls = {
            name: (partial(model, **inputs), {"weight_bytes": _bytes(model)})
            for name, model in models.items()
        }
        return _measure(calls, self)


@dataclass(frozen=True)
class Mixed:
    """One measurement of many tasks in one batch of `batch` rows, against its alternatives."""

    shape: str
    tasks: int
    batch: int = 64
    length: int = 64
    device: str = "cpu"
    dtype: Dtype = "float32"
    rounds: int = 10
    methods: tuple[str, ...] = ("aot-fc", "pasta", "lora")
    tables: Place = "device"

    kind = "speed-multitask"

    def measure(self) -> dict:
        """Return a line for each way to serve the tasks; see `summary`."""
        return _measure(_mixed(self), self)


_BATCHES, _LENGTHS = (1, 16, 64), (16, 64, 128, 384)
GRIDS: dict[str, tuple[Point | Mixed, ...]] = {
    "speed": tuple(
        Point(shape, batch, length, "cuda", "float16")
        for shape in ("roberta-base", "roberta-large", "deberta-xl")
        for batch in _BATCHES
        for length in _LENGTHS
    ),
    "speed-cpu": (
        Point("roberta-base", 1, 64, rounds=40),
        Point("roberta-base", 1, 384),
        Point("roberta-base", 16, 64, rounds=10),
        # half a minute a round: those alone that still compute something extra, and the claims'
        Point(
            "roberta-base",
            16,
            384,
            rounds=8,
            contenders=("aot fused", "pasta", "lora", "adapter", "p-tuning-v2 100"),
        ),
    ),
    "speed-quick": (Point("minilm", 1, 64, rounds=10), Point("minilm", 16, 32, rounds=3)),
    "multitask": tuple(
        Mixed("minilm", tasks, device="cuda", dtype="float16", tables=tables)
        for tasks in (2, 8, 32, 128)
        for tables in ("device", "ram")
    )
    + tuple(
        Mixed("roberta-large", tasks, device="cuda", dtype="float16", methods=("pasta", "lora"))
        for tasks in (2, 8, 32, 128)
    ),
    "multitask-quick": (Mixed("minilm", 4, batch=16, rounds=3),),
    "multitask-cpu": (
        *(Mixed("minilm", tasks) for tasks in (2, 8, 32)),  # 32 tables take 9 GB
        Mixed("minilm", 128, methods=("pasta", "lora")),
    ),
    "mpnet-cpu": (
        Point("mpnet", 1, 64),
        Point("mpnet", 16, 64, rounds=8),
        # 32 tables are 18 GB so, on a disk of which memory holds what is read
        Mixed("mpnet", 32, 32, 64, "cpu", "bfloat16", 6, ("aot-fc", "pasta"), "disk"),
    ),
    "transfer": tuple(
        Mixed("minilm", 8, batch, length, "cuda", "float16", methods=("aot-fc",), tables=tables)
        for batch in _BATCHES
        for length in _LENGTHS
        for tables in ("device", "ram", "disk")
    ),
}


def measured(grid: str | Iterable[Point | Mixed], records: Store) -> Iterator[Record]:
    """Yield the record of each point of a grid; those that `records` lacks are measured now.

    Raises `InputError` for an unknown grid, and for one on a device that is not there.
    """
    if isinstance(grid, str):
        if grid not in GRIDS:
            raise unknown("speed grid", grid, GRIDS)
        grid = GRIDS[grid]
    points = [*grid]
    for device in {point.device for point in points}:
        chosen_device(device)
    for point in points:
        yield records.get(store.key(point.kind, config(point))) or run(point, records)


def config(point: Point | Mixed) -> dict:
    """Return what names a point's record: the point, and the machine that it is measured on."""
    return asdict(point) | {"machine": machine(point.device)}


def run(point: Point | Mixed, records: Store) -> Record:
    """Measure one point and write its record."""
    started = time.perf_counter()
    result = point.measure()
    seconds = time.perf_counter() - started
    return records.write(
        point.kind, config(point), result=result, seconds=seconds, provenance=provenance()
    )


def table(records: Iterable[Record]) -> pd.DataFrame:
    """Return a line for each contender of each record, with its configuration."""
    lines = [
        {"kind": record["kind"]}
        | {k: v for k, v in record["config"].items() if not isinstance(v, list)}
        | line
        for record in records
        for line in record["result"]["lines"]
    ]
    return pd.DataFrame(lines)


def interleaved(
    calls: Mapping[str, Callable[[], object]], rounds: int, device: str = "cpu"
) -> dict[str, dict[str, list[float]]]:
    """Call each of `calls` once a round, another one first each time, after two rounds unmeasured.

    Returns the seconds of each by two clocks. "wall" is what a user waits. "cpu" counts the
    program's own processor time: on a busy machine it tells them apart where the wall clock cannot.
    """
    names, seconds = list(calls), {name: {"wall": [], "cpu": []} for name in calls}
    wait = torch.cuda.synchronize if device.startswith("cuda") else lambda: None
    for number in range(-2, rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            wait()
            wall, cpu = time.perf_counter(), time.process_time()
            calls[name]()
            wait()
            if number >= 0:
                seconds[name]["wall"].append(time.perf_counter() - wall)
                seconds[name]["cpu"].append(time.process_time() - cpu)
    return seconds


def summary(seconds: Sequence[float], base: Sequence[float], rows: int) -> dict[str, float]:
    """Return median, quartiles, rows a second, and the median ratio to `base`, round by round.

    `ratio_low` and `ratio_high` hold the ratio's true median with at least 95 %: they are the
    order statistics between which it falls, whatever the distribution (the sign test's interval).
    """
    low, middle, high = quantiles(seconds, n=4)
    ratios = sorted(own / other for own, other in zip(seconds, base, strict=True))
    outside = max(0, int(binom.ppf((1 - _COVERAGE) / 2, len(ratios), 0.5)) - 1)
    return {
        "median": middle,
        "low": low,
        "high": high,
        "rows_per_second": rows / middle,
        "ratio": median(ratios),
        "ratio_low": ratios[outside],
        "ratio_high": ratios[-1 - outside],
    }


def _measure(
    calls: Mapping[str, tuple[Callable[[], object], Mapping[str, int]]], point: Point | Mixed
) -> dict:
    """Time `calls`, each with the bytes that it holds, against the first of them."""
    with torch.inference_mode():
        alone = {name: call for name, (call, _) in calls.items()}
        seconds = interleaved(alone, point.rounds, point.device)
        peaks = {name: _peak(call, point.device) for name, call in alone.items()}
    first = seconds[next(iter(calls))]
    lines = []
    for name, (_, held) in calls.items():
        line = {"contender": name} | held | {"peak_bytes": peaks[name]}
        for clock in ("wall", "cpu"):
            found = summary(seconds[name][clock], first[clock], point.batch)
            line |= {f"{clock}_{key}": value for key, value in found.items()}
        lines.append(line)
    return {"lines": lines}


def _peak(call: Callable[[], object], device: str) -> int | None:
    """Return the bytes that one call takes on a GPU beside what is held; elsewhere None."""
    if not device.startswith("cuda"):
        return None
    torch.cuda.reset_peak_memory_stats(device)
    before = torch.cuda.memory_allocated(device)
    call()
    torch.cuda.synchronize(device)
    return torch.cuda.max_memory_allocated(device) - before


@lru_cache(maxsize=1)
def _models(
    shape: str, device: str, dtype: str, contenders: tuple[str, ...]
) -> dict[str, PreTrainedModel]:
    base, models = _drawn(shape, device, dtype), {}
    for name in contenders:
        if name not in CONTENDERS:
            raise unknown("contender", name, CONTENDERS)
        method, fields, fused = CONTENDERS[name]
        models[name] = build(method, **fields).apply(_twin(base)).eval()
        if fused:
            fuse(models[name])
    return models


def _mixed(point: Mixed) -> dict[str, tuple[Callable[[], object], Mapping[str, int]]]:
    base, inputs = _drawn(point.shape, point.device, point.dtype), _inputs(point)
    names = [f"task {row % point.tasks}" for row in range(point.batch)]
    parts = {
        name: {key: value[names.index(name) :: point.tasks] for key, value in inputs.items()}
        for name in dict.fromkeys(names)
    }
    weights = {"weight_bytes": _bytes(base), "table_bytes": 0}
    calls = {"vanilla": (partial(base, **inputs), weights)}
    for method in point.methods:
        if method == "lora":
            lora = _mixed_lora(base, point.tasks)
            held = weights | {"weight_bytes": _bytes(lora)}
            calls["lora mixed"] = partial(lora, **inputs, adapter_names=names), held
            continue
        served = MultiTask(backbones.base(_twin(base)), tables=point.tables)
        tuned = build(method, **_FIELDS.get(method, {})).apply(_twin(base))
        for number in range(point.tasks):
            served.add(f"task {number}", tuned)
        held = {"weight_bytes": served.weight_bytes, "table_bytes": served.table_bytes}
        calls[f"{method} mixed"] = partial(served, names, **inputs), held
        calls[f"{method} loop"] = partial(_by_task, served, parts), held
    # The same model again and again: that its weights stay in the cache speaks for this way.
    many = {"weight_bytes": point.tasks * _bytes(base), "table_bytes": 0}
    calls["one model a task"] = partial(_by_model, base, parts), many
    return calls


def _by_task(served: MultiTask, parts: Mapping[str, dict[str, Tensor]]) -> None:
    for name, part in parts.items():
        served([name] * len(part["input_ids"]), **part)


def _by_model(model: PreTrainedModel, parts: Mapping[str, dict[str, Tensor]]) -> None:
    for part in parts.values():
        model(**part)


def _mixed_lora(base: PreTrainedModel, tasks: int) -> PeftModel:
    lora = LoraConfig(r=8, lora_alpha=16, target_modules=backbones.query_and_value(base))
    model = get_peft_model(_twin(base), lora, adapter_name="task 0")
    for number in range(1, tasks):
        model.add_adapter(f"task {number}", lora)
    return model.eval()


def _drawn(shape: str, device: str, dtype: str) -> PreTrainedModel:
    if shape not in SHAPES:
        raise unknown("shape", shape, SHAPES)
    if shape == fetch.MPNET:
        model, _ = backbones.load_backbone(shape, _TASK)
        return model.requires_grad_(False).to(device, getattr(torch, dtype))
    made = SHAPES[shape]()
    made.cls_token_id, made.sep_token_id = _CLS, _SEP
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = backbones.build_untrained(made, _TASK)
    return model.requires_grad_(False).to(device, getattr(torch, dtype))


def _twin(model: PreTrainedModel) -> PreTrainedModel:
    """Return a model of its own around the same parameters: many contenders, one set of weights."""
    return copy.deepcopy(model, {id(parameter): parameter for parameter in model.parameters()})


def _inputs(point: Point | Mixed) -> dict[str, Tensor]:
    """Return random ids framed as RoBERTa frames a pair, without padding."""
    generator = torch.Generator().manual_seed(0)
    vocabulary = SHAPES[point.shape]().vocab_size
    ids = torch.randint(_SEP + 1, vocabulary, (point.batch, point.length), generator=generator)
    ids[:, 0], ids[:, [point.length // 2, point.length // 2 + 1, -1]] = _CLS, _SEP
    ids = ids.to(point.device)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def _bytes(model: nn.Module) -> int:
    tensors = (*model.parameters(), *model.buffers())
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
