"""One pack of training runs: from configurations to records."""

import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import torch
from transformers import PreTrainedModel

from .. import metrics
from ..adapters import count_parameters, trainable
from ..backbones import load_backbone
from ..errors import InputError
from ..methods import SpecialTokenBias, TokenBias
from ..origin import provenance
from ..store import Record, Store
from ..tasks import Task, load_task
from ..training import Result, fit_pack
from .config import RunConfig

_TOP_TOKENS = 50  # as many as the paper prints (AoT, Tables 7–9)


def run_pack(
    configs: Sequence[RunConfig], store: Store, *, data: str | None, device: str
) -> list[Record]:
    """Train the runs of one pack together and write a record for each.

    A failure is recorded with its traceback for every run of the pack, and stops no other pack.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    first = configs[0]
    origin = provenance() | {"pack": [config.key for config in configs]}
    try:
        task = load_task(first.task, data if first.source == "folder" else first.source)
        lanes, tokenizer = [], None
        for config in configs:
            model, tokenizer = load_backbone(config.backbone, task, seed=config.train.seed)
            config.build().apply(model, tokenizer, task, seed=config.train.seed)
            lanes.append(trainable(model.to(device)))
        outcomes = fit_pack(
            model, lanes, tokenizer, task, [c.train for c in configs], progress=False
        )
    except InputError:
        raise
    except Exception:
        seconds = time.perf_counter() - clock
        return [
            store.write(
                "train",
                config.config,
                status="failed",
                error=traceback.format_exc(),
                seconds=seconds,
                provenance=origin | _times(started),
            )
            for config in configs
        ]
    origin |= {"data": task.fingerprint(), "weights": model.tuning.backbone_fingerprint}
    seconds = (time.perf_counter() - clock) / len(configs)
    records = []
    for config, (result, best) in zip(configs, outcomes, strict=True):
        _load(model, best)
        records.append(
            store.write(
                "train",
                config.config,
                status="diverged" if result.diverged else "done",
                result=_result(result, model, tokenizer, task),
                seconds=seconds,
                provenance=origin | _times(started),
            )
        )
    return records


def _result(result: Result, model: PreTrainedModel, tokenizer, task: Task) -> dict:
    found = asdict(result)
    if result.diverged:
        found["score"] = None
    parameters = count_parameters(model)
    return found | {
        "parameters": asdict(parameters) | {"percent": parameters.percent},
        "majority": metrics.majority(task),
        "norms": _norms(model),
        "top_tokens": _top_tokens(model, tokenizer),
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
