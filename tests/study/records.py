"""Records as `runs` and `speed` write them, with scores and ratios chosen by the test."""

from collections.abc import Mapping, Sequence
from typing import Any

from pasta_lib.changes import SCORES
from pasta_lib.study import origin, words
from pasta_lib.study.reporting import legend
from pasta_lib.study.store import Store

GLUE = {
    **dict.fromkeys(("rte", "sst2", "qnli", "mnli"), "accuracy"),
    "cola": "matthews",
    "stsb": "pearson_spearman",
    **dict.fromkeys(("mrpc", "qqp"), "accuracy_f1"),
}
METRICS = GLUE | {"conll2003": "entity_f1", "superglue-rte": "accuracy"}


def train(
    store: Store,
    task: str,
    method: str,
    score: float,
    seed: int = 0,
    *,
    lr: float = 1e-3,
    backbone: str = "minilm",
    source: str = "sample",
    fields: Mapping[str, Any] | None = None,
    max_steps: int | None = None,
    precision: str = "fp32",
    made: Mapping[str, Any] | None = None,
    given: Mapping[str, Any] | None = None,
    status: str = "done",
    **result: Any,
) -> dict:
    """Write a training run that reached `score`, and return its record."""
    metric = METRICS[task]
    config = {
        "backbone": backbone,
        "task": task,
        "source": source,
        "method": method,
        "fields": dict(fields or {}),
        "train": {
            "lr": lr,
            "seed": seed,
            "epochs": 3,
            "batch_size": 16,
            "max_steps": max_steps,
            "precision": precision,
            "metric": metric,
            **(given or {}),
        },
    }
    found = {
        "metric": metric,
        "score": score,
        "best_epoch": 2,
        "metrics": {metric: score},
        "held_out": {"test": {metric: score - 0.1}} if task == "conll2003" else {},
        "halves": {"epoch": 1, "picked": {metric: score}, "reported": {metric: score - 0.2}},
        "curve": [{"epoch": 1, "loss": 0.7, "gradient_norm": 0.5, "metrics": {metric: score}}],
        "parameters": {"method": 100, "head": 10, "backbone": 10_000, "percent": 1.0},
        "rows": {"train": 2490, "validation": 277, "trained_on": 400, "evaluated_on": 200},
        "notes": {"lost_words": 7, "cut_words": 5},
        "majority": dict.fromkeys(legend.METRICS, 0.5),
        "steps": 25,
        "norms": None,
        "top_tokens": None,
    }
    where = {"data": "d", "weights": "w", "scores": SCORES, "ended": "1"}
    return store.write(
        "train",
        config,
        status=status,
        result=found | result if status == "done" else None,
        seconds=1.0,
        provenance=origin.provenance() | where | (made or {}),
    )


def heads(
    store: Store,
    vertical: int,
    total: int = 12,
    share_sep: float = 0.0,
    sentence: str = "Fred watered the plants flat.",
) -> dict:
    """Write a count of heads of which the first `vertical` are vertical, and return its record."""
    lines = [
        {
            "layer": 1 + i // 4,
            "head": 1 + i % 4,
            "share_cls": 1 - share_sep if i < vertical else 0.1,
            "share_sep": share_sep,
            "vertical": i < vertical,
        }
        for i in range(total)
    ]
    config = {"backbone": "minilm", "sentence": sentence}
    result = {"tokens": ["[CLS]", "fred", "[SEP]"], "heads": lines}
    return store.write("heads", config, result=result, provenance=origin.provenance())


def heads_corpus(store: Store, shares: Sequence[float], counts: Sequence[int]) -> dict:
    """Write on which share of texts each of four heads a layer is vertical; return the record."""
    lines = [
        {"layer": 1 + i // 4, "head": 1 + i % 4, "texts": share, "tokens": 0.5}
        for i, share in enumerate(shares)
    ]
    where = {"task": "rte", "source": "sample", "split": "validation", "texts": len(counts)}
    result = {"texts": len(counts), "counts": list(counts), "heads": lines}
    return store.write(
        "heads-corpus",
        {"backbone": "minilm"} | where,
        result=result,
        provenance=origin.provenance(),
    )


def vocabulary(store: Store, classes: Mapping[str, int], edition: str) -> dict:
    """Write how many tokens of a vocabulary belong to each class, and return the record."""
    config = {"backbone": "minilm", "edition": edition}
    found = dict.fromkeys(words.CLASSES, 0) | dict(classes)
    return store.write(
        "vocabulary", config, result={"classes": found}, provenance=origin.provenance()
    )


def speed(store: Store, ratios: Mapping[str, float], length: int = 384, **config: Any) -> dict:
    """Write a measurement of time over the vanilla model's, by contender; return its record.

    With `tasks` it is of many tasks in one batch.
    """
    place = {"shape": "minilm", "batch": 16, "length": length, "device": "cpu", "dtype": "float32"}
    place["machine"] = "some processor"
    if mixed := "tasks" in config:
        place |= {"tables": "device"}
    lines = [
        {
            "contender": name,
            "weight_bytes": 4_000_000,
            "peak_bytes": None,
            "wall_rows_per_second": 10.0,
            "wall_ratio": ratio,
            "wall_ratio_low": ratio - 0.01,
            "wall_ratio_high": ratio + 0.01,
        }
        for name, ratio in ({"vanilla": 1.0} | dict(ratios)).items()
    ]
    return store.write(
        "speed-multitask" if mixed else "speed",
        place | config,
        result={"lines": lines},
        provenance=origin.provenance(),
    )


def count(store: Store, method: str, percent: float, backbone: str = "bert-large") -> dict:
    """Write a count of what a method trains, and return its record."""
    config = {"backbone": backbone, "method": method, "fields": {}, "head": "classification"}
    result = {"method": int(1e4 * percent), "head": 10, "backbone": 10**6, "percent": percent}
    return store.write("count", config, result=result, provenance=origin.provenance())
