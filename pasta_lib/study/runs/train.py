"""One pack of training runs: from configurations to records."""

import gc
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime

import torch
from transformers import PreTrainedModel

from ... import disk, metrics, paths
from ...adapters import count_parameters, save_adapter, trainable
from ...backbones import head, load_backbone
from ...changes import BITS, SCORES
from ...errors import DiskError, InputError
from ...methods import SpecialTokenBias, TokenBias
from ...precision import computed_in
from ...tasks import Task, load_task
from ...training import Data, Result, fit_pack
from ..origin import provenance
from ..store import Record, Store
from . import answers
from .config import RunConfig
from .memory import lanes_that_fit
from .memory import total as memory_of
from .place import Place
from .rehearsed import require_trained, shortened

_TOP_TOKENS = 50  # as many as the paper prints (AoT, Tables 7–9)


@dataclass(frozen=True)
class Pack:
    """Runs of one shape that train together; the unit of resume."""

    configs: tuple[RunConfig, ...]

    @property
    def key(self) -> str:
        """The name of its first run's record, by which a pack finds its shard."""
        return self.configs[0].key

    @property
    def keys(self) -> list[str]:
        """The names of its runs' records."""
        return [config.key for config in self.configs]

    def run(self, store: Store, place: Place) -> list[Record]:
        """Train the runs and write a record for each.

        As many share a pass as memory allows; where it runs out all the same, half as many do. A
        failure is recorded with its traceback for every run that it hit, and stops no other. But a
        disk that takes no more stops all: it is tried before the training, and where it refuses
        afterwards, what can be written is, before the `DiskError` is raised.
        """
        with store.running(self.keys):
            return self._run(self.configs, store, place)

    def fail(self, store: Store, error: str) -> list[Record]:
        """Write that every run of the pack failed, where `run` could not."""
        return _failed(self.configs, store, error, self._origin(self.configs))

    def _run(self, configs: Sequence[RunConfig], store: Store, place: Place) -> list[Record]:
        started, clock = datetime.now(UTC), time.perf_counter()
        origin, error = self._origin(configs), None
        try:
            room, trained, refused = _train(configs, place, store)
        except (InputError, DiskError):
            raise
        except torch.OutOfMemoryError:
            room, error = len(configs) // 2, traceback.format_exc()
        except Exception:
            room, error = len(configs), traceback.format_exc()
        # outside the handler: the traceback in there holds all the tensors
        _free()
        seconds = time.perf_counter() - clock
        origin |= _times(started)
        if 0 < room < len(configs):
            parts = [configs[i : i + room] for i in range(0, len(configs), room)]
            return [record for part in parts for record in self._run(part, store, place)]
        if error:
            return _failed(configs, store, error, origin, seconds)
        records = []
        for config, (status, result, made) in zip(configs, trained, strict=True):
            try:
                record = store.write(
                    "train",
                    config.config,
                    status=status,
                    result=result,
                    seconds=seconds / len(configs),
                    provenance=origin | made,
                )
            except DiskError as error:  # raised below, once all the pack's records were tried
                refused.append(error)
            else:
                records.append(record)
        if refused:
            raise DiskError(" ".join(map(str, refused)))
        return records

    def _origin(self, configs: Sequence[RunConfig]) -> dict:
        # The pack is the grid's; who shared its passes is also this machine's doing.
        pack: dict = {"pack": self.keys, "together": [c.key for c in configs]}
        pack |= {"rehearsal": True} if paths.REHEARSAL else {}
        return provenance() | {"scores": SCORES, "bits": BITS} | pack


def _train(
    configs: Sequence[RunConfig], place: Place, store: Store
) -> tuple[int, list[tuple], list[DiskError]]:
    """Return how many lanes fit, and if all do, each one's status, result and provenance.

    A run that goes to its end, and is no step of a search, keeps what it answered. The errors are
    of adapters and labels that could not be kept.
    """
    first = configs[0]
    task = load_task(
        first.task, place.data if first.source == "folder" else first.source, format=first.format
    )
    trains = [config.train for config in configs]
    if paths.REHEARSAL:
        trains = [shortened(train) for train in trains]
    device, lanes = torch.device(place.device), []
    precision = computed_in(first.train.precision, device)
    for config in configs:
        model, tokenizer = load_backbone(config.backbone, task, seed=config.train.seed)
        config.build().apply(model, tokenizer, task, seed=config.train.seed)
        if not lanes:
            data = Data.of(model, task, tokenizer, trains[0])  # once: it is the same for all
            rows = trains[0].batch_size * data.train.choices
            memory = memory_of(device) // place.tenants
            room = lanes_that_fit(model, precision, rows, max(data.train.lengths), memory)
            if room < len(configs):
                return room, [], []
        lanes.append(trainable(model.to(device)))
    before = _copies(lanes) if paths.REHEARSAL else []
    keeps = place.adapters and first.train.max_steps is None
    if keeps:
        disk.try_out(place.adapters, sum(p.nbytes for lane in lanes for p in lane.values()))
    outcomes = fit_pack(model, lanes, tokenizer, task, trains, data=data, progress=False)
    made = {"data": task.fingerprint(), "weights": model.tuning.backbone_fingerprint}
    made |= {"precision": precision}
    for config, lane, (result, best) in zip(configs, before, outcomes, strict=False):
        if not result.diverged:
            require_trained(lane, best, {*head(model)}, config.method)
    trained, refused = [], []
    for config, (result, best) in zip(configs, outcomes, strict=True):
        _load(model, best)
        if keeps and not result.diverged:
            scores = {result.metric: result.score}
            try:
                save_adapter(model, place.adapters / config.key, task=task.name, score=scores)
            except DiskError as error:
                refused.append(error)
        status = "diverged" if result.diverged else "done"
        found = _result(result, model, tokenizer, task)
        if config.train.max_steps is None and not result.diverged:
            try:
                found["answers"] = answers.keep(result, task, data, store)
            except DiskError as error:
                refused.append(error)
        trained.append((status, found, made))
    return len(configs), trained, refused


def _copies(lanes: Sequence[dict[str, torch.Tensor]]) -> list[dict[str, torch.Tensor]]:
    return [{name: p.detach().clone() for name, p in lane.items()} for lane in lanes]


def _failed(
    configs: Sequence[RunConfig], store: Store, error: str, origin: dict, seconds: float = 0.0
) -> list[Record]:
    return [
        store.write(
            "train",
            config.config,
            status="failed",
            error=error,
            seconds=seconds / len(configs),
            provenance=origin,
        )
        for config in configs
    ]


def _free() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _result(result: Result, model: PreTrainedModel, tokenizer, task: Task) -> dict:
    found = asdict(replace(result, answers={}))
    del found["answers"]
    if result.diverged:
        found["score"] = None
    parameters = count_parameters(model)
    return found | {
        "parameters": asdict(parameters) | {"percent": parameters.percent},
        "majority": metrics.majority(task),
        "norms": None if result.diverged else _norms(model),
        "top_tokens": None if result.diverged else _top_tokens(model, tokenizer),
    }


def _norms(model: PreTrainedModel) -> list[list[float]] | None:
    bias = getattr(model, "layer_bias", None)
    return bias.vectors.norm(dim=-1).tolist() if isinstance(bias, SpecialTokenBias) else None


@torch.no_grad()
def _top_tokens(model: PreTrainedModel, tokenizer) -> list[list[tuple[str, float]]] | None:
    bias = getattr(model, "layer_bias", None)
    if not isinstance(bias, TokenBias):
        return None
    tables = (bias.table.table(layer) for layer in range(model.config.num_hidden_layers))
    tops = (table.norm(dim=-1).topk(_TOP_TOKENS) for table in tables)
    return [
        list(zip(tokenizer.convert_ids_to_tokens(top.indices), top.values.tolist(), strict=True))
        for top in tops
    ]


@torch.no_grad()
def _load(model: PreTrainedModel, best: dict[str, torch.Tensor]) -> None:
    own = trainable(model)
    for name, tensor in best.items():
        own[name].copy_(tensor)


def _times(started: datetime) -> dict[str, str]:
    now = datetime.now(UTC)
    return {"started": started.isoformat("T", "seconds"), "ended": now.isoformat("T", "seconds")}
