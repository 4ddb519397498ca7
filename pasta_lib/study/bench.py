"""How fast training goes: packs against single runs, PASTA against full, our loop against another.

Contenders take turns, round after round, so that whatever else the machine does slows them alike.
"""

import time
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import asdict, dataclass, replace
from functools import partial
from statistics import median
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Literal, get_type_hints

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import IterableDataset
from tqdm import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .. import backbones, packs, precision
from ..adapters import trainable
from ..batches import Batcher, epoch_batches
from ..errors import Count, InputError, Repeats, Size, require
from ..methods import METHODS, build
from ..precision import Precision
from ..tasks import Encoded
from ..training import Lane, TrainConfig, train_epoch
from .origin import machine, provenance
from .store import Record, Store

KIND, COSTS = "speed-training", "training-cost"
ROUNDS, COST_STEPS = 5, 3
# How many of CoLA's 8,551 training sentences have 4, 5, … tokens (BERT's, specials included).
_COLA = (7, 129, 310, 649, 979, 1154, 1129, 916, 797, 574, 452, 334, 235, 182, 145, 125, 96, 66, 67)
_COLA += (66, 41, 26, 21, 17, 6, 8, 6, 1, 8, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1)
_TASK = SimpleNamespace(
    name="cola", pair=False, head="classification", labels=("0", "1"), num_outputs=2
)
_RANDOM = {"base": (12, 768), "large": (24, 1024)}  # RoBERTa's sizes, with random weights


@dataclass(frozen=True)
class Setting:
    """What is trained, and where: `backbone` may be base or large, a random encoder of that size.

    Rows are `length` tokens long, or else as long as CoLA's.
    """

    backbone: Literal["minilm", "base", "large"] = "minilm"
    device: str = "cpu"
    precision: Precision = "fp32"
    lanes: Repeats = 8
    batch_size: Size = 16
    length: Size | None = None
    steps: Count = 8

    def __post_init__(self) -> None:
        require(vars(self), get_type_hints(Setting, include_extras=True), "a benchmark")

    def config(self, seed: int) -> TrainConfig:
        """Return how lane `seed` trains."""
        return TrainConfig(batch_size=self.batch_size, precision=self.precision, seed=seed)

    def rows(self) -> Encoded:
        """Return random rows for an epoch of `steps` steps."""
        generator, count = np.random.default_rng(0), self.steps * self.batch_size
        share = np.array(_COLA) / sum(_COLA)
        lengths = [self.length] * count
        if self.length is None:
            lengths = (4 + generator.choice(len(share), count, p=share)).tolist()
        ids = [[101, *generator.integers(1000, 30_000, n - 2).tolist(), 102] for n in lengths]
        return Encoded(ids, None, labels=generator.integers(0, 2, count).tolist(), lengths=lengths)


class Pack:
    """K lanes of one method on one encoder, ready to train."""

    def __init__(self, setting: Setting, method: str) -> None:
        self.setting, self.parameters = setting, []
        for seed in range(setting.lanes):
            self.model, self.tokenizer = _load(setting.backbone)
            most = backbones.positions(self.model)
            if setting.length is not None and not 2 <= setting.length <= most:
                raise InputError(
                    f"rows of {setting.length} tokens: {setting.backbone} reads from 2 to {most}"
                )
            build(method).apply(self.model, self.tokenizer, _TASK, seed=seed)
            self.parameters.append(trainable(self.model.to(setting.device)))
        self.encoded = setting.rows()
        self.batcher = Batcher(self.encoded, self.tokenizer)

    def train(self, count: int) -> float:
        """Train the first `count` lanes together for an epoch; return its seconds.

        Making the model ready, which a run does once, does not count.
        """
        setting = self.setting
        lanes = [
            Lane(self.parameters[seed], setting.config(seed), setting.steps, "accuracy")
            for seed in range(count)
        ]
        with packs.prepared(self.model, count, setting.precision), tqdm(disable=True) as bar:
            epoch = partial(train_epoch, self.model, lanes, self.batcher, _TASK, 1, bar)
            return seconds_of(epoch, setting.device)


def packed(setting: Setting, method: str) -> list[float]:
    """Return how many times as many runs an hour a pack makes as one run after the other."""
    pack = Pack(setting, method)
    ratios = in_turn(lambda: pack.train(1), lambda: pack.train(setting.lanes))
    return [setting.lanes * ratio for ratio in ratios]


def over_full(setting: Setting, method: str) -> list[float]:
    """Return the time of a method's step over a full fine-tuning step's on the same batch."""
    own, full = (Pack(replace(setting, lanes=1), name) for name in (method, "full"))
    return in_turn(lambda: own.train(1), lambda: full.train(1))


def over_trainer(setting: Setting, method: str) -> list[float]:
    """Return the time of our loop over that of `transformers.Trainer`, on equal batches."""
    # here, for it takes seconds that no other benchmark needs
    from transformers import PrinterCallback, Trainer, TrainingArguments

    ours, theirs = (Pack(replace(setting, lanes=1), method) for _ in range(2))
    order = epoch_batches(theirs.batcher.lengths, setting.batch_size, 1, seed=0)
    rows = [
        {"input_ids": theirs.encoded.input_ids[i], "labels": theirs.encoded.labels[i]}
        for i in np.concatenate(order)
    ]
    with TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            per_device_train_batch_size=setting.batch_size,
            max_steps=setting.steps,
            use_cpu=setting.device == "cpu",
            bf16=setting.precision == "bf16",
            max_grad_norm=0.0,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        trainer = Trainer(
            theirs.model,
            arguments,
            train_dataset=_InOrder(rows),
            processing_class=theirs.tokenizer,
        )
        trainer.remove_callback(PrinterCallback)
        own, other = lambda: ours.train(1), trainer.train  # each makes its model ready every time
        return in_turn(*(partial(seconds_of, work, setting.device) for work in (own, other)))


def cost(setting: Setting, method: str) -> dict[str, float]:
    """Return what one training step of one run takes: seconds, and bytes beside the encoder's.

    `kept` is what backward needs of the forward pass, each storage once and weights aside: with
    gradients (`gradients`) and AdamW's two numbers per trained one (`state`) it makes the peak.
    """
    pack = Pack(replace(setting, lanes=1, steps=1), method)
    weights = {tensor.untyped_storage().data_ptr() for tensor in pack.model.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    step = partial(pack.train, 1)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        step()
    seconds = median(step() for _ in range(COST_STEPS))
    trained = sum(p.numel() * p.element_size() for p in pack.parameters[0].values())
    return {
        "seconds": seconds,
        "kept": sum(kept.values()),
        "gradients": trained,
        "state": 2 * trained,
        "adapter": trained,
    }


def costs(setting: Setting) -> dict[str, dict]:
    """Return the `cost` of a step of each method, by its name."""
    return {method: cost(setting, method) for method in METHODS}


def speed(device: str) -> float:
    """Return the operations a second of a pack of 8 PASTA runs of MiniLM: 4 a weight and token."""
    setting = Setting(device=device, length=64, steps=2)
    pack = Pack(setting, "pasta")
    layers, hidden = pack.model.config.num_hidden_layers, pack.model.config.hidden_size
    tokens = setting.lanes * setting.steps * setting.batch_size * setting.length
    pack.train(setting.lanes)  # the first time warms up
    return 48 * layers * hidden**2 * tokens / pack.train(setting.lanes)


BENCHMARKS: dict[str, tuple[str, tuple[str, ...], Callable[..., list[float]]]] = {
    "packs": ("× the runs an hour, packed", ("pasta", "aot-fc", "lora"), packed),
    "steps": ("of the time of a full fine-tuning step", ("pasta",), over_full),
    "trainer": ("of the time of transformers.Trainer", ("lora",), over_trainer),
}


def named(setting: Setting) -> dict:
    """Return what names a measurement: its setting, and the machine that it is made on."""
    return asdict(setting) | {"machine": machine(setting.device)}


def run(benchmark: str, setting: Setting, records: Store) -> Record:
    """Measure packs, steps, trainer or costs, and write the record.

    Raises `InputError` for bf16 where training computes in fp32 in its place.
    """
    require_bf16(setting)
    started = time.perf_counter()
    kind, config = KIND, {"benchmark": benchmark} | named(setting)
    if benchmark == "costs":
        kind, config, result = COSTS, named(setting), {"costs": costs(setting)}
    else:
        _, methods, measure = BENCHMARKS[benchmark]
        result = {"ratios": {method: measure(setting, method) for method in methods}}
    seconds = time.perf_counter() - started
    return records.write(kind, config, result=result, seconds=seconds, provenance=provenance())


def require_bf16(setting: Setting) -> None:
    """Raise `InputError` for bf16 where training computes in fp32 in its place."""
    if setting.precision == "bf16" and not precision.has_bf16(torch.device(setting.device)):
        raise InputError(
            f"bf16 cannot be measured on {machine(setting.device)}, which has no instructions for "
            "it: training there computes in fp32 (allowed: fp32)."
        )


def lines(record: Record) -> Iterator[str]:
    """Yield what a record says, for a person."""
    config, costs = record["config"], record["kind"] == COSTS
    length = f"{config['length']} tokens" if config["length"] else "lengths as CoLA's"
    yield (
        f"{config['backbone']}, {config['precision']} on {config['machine']}, batch "
        f"{config['batch_size']}, {length}; median of "
        f"{f'{COST_STEPS} steps' if costs else f'{ROUNDS} rounds in turn'}"
    )
    if costs:
        for method, cost in record["result"]["costs"].items():
            peak = cost["kept"] + cost["gradients"] + cost["state"]
            yield f"{method}: {1000 * cost['seconds']:.0f} ms a step, peak {peak / 1e6:.0f} MB"
        return
    unit = BENCHMARKS[config["benchmark"]][0]
    for method, ratios in record["result"]["ratios"].items():
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        yield f"{method}: {median(ratios):.2f} ({spread}) {unit}"


class _InOrder(IterableDataset):
    def __init__(self, rows: list[dict]) -> None:
        self.rows = rows

    def __iter__(self) -> Iterator[dict]:
        return iter(self.rows)


def _load(backbone: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    model, tokenizer = backbones.load_backbone("minilm", _TASK)
    if backbone in _RANDOM:
        layers, hidden = _RANDOM[backbone]
        config = copy(model.config)
        config.num_hidden_layers, config.hidden_size = layers, hidden
        config.num_attention_heads, config.intermediate_size = hidden // 64, 4 * hidden
        model = backbones.build_untrained(config, _TASK)
    return model, tokenizer


def in_turn(first: Callable[[], float], second: Callable[[], float]) -> list[float]:
    """Return, for each round after a warm-up, the first's seconds over the second's."""
    return [first() / second() for _ in range(1 + ROUNDS)][1:]


def seconds_of(work: Callable[[], object], device: str) -> float:
    """Return how long `work` takes on `device`."""
    wait = torch.cuda.synchronize if device.startswith("cuda") else lambda: None
    wait()
    started = time.perf_counter()
    work()
    wait()
    return time.perf_counter() - started
