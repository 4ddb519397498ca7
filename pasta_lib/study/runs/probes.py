"""Measurements on a backbone that need no training: each leaves a record of its own kind."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ... import backbones
from ...attention import vertical_heads
from ...tasks import load_task
from .. import bench, speed, store, words
from ..origin import provenance
from ..store import Record, Store
from . import counts
from .place import Place

PAPER_SENTENCE = "Fred watered the plants flat."  # PASTA, Appendix C


@dataclass(frozen=True)
class Probe:
    """One measurement: its kind, its configuration, and the function from the one to a result.

    What is `timed` speaks of one machine: the profile quick measures it anew on each, where other
    profiles show what `python -m pasta_lib bench` measured. What is `named` is measured only for
    who names its backbone, as a `Grid` is run.
    """

    kind: str
    config: Mapping[str, Any]
    measure: Callable[..., dict]
    timed: bool = False
    named: bool = False

    @property
    def backbone(self) -> str | None:
        """What it measures."""
        return self.config.get("backbone")

    @property
    def key(self) -> str:
        """The name of this measurement's record."""
        return store.key(self.kind, self.config)

    @property
    def keys(self) -> list[str]:
        """The names of its records: one."""
        return [self.key]

    def run(self, store: Store, place: Place) -> list[Record]:
        """Measure, and write the record."""
        started = time.perf_counter()
        with store.running(self.keys):
            result = self.measure(**self.config)
            seconds = time.perf_counter() - started
            return [self._write(store, result=result, seconds=seconds)]

    def fail(self, store: Store, error: str) -> list[Record]:
        """Write that the measurement failed, where `run` could not."""
        return [self._write(store, status="failed", error=error)]

    def _write(self, store: Store, **outcome) -> Record:
        return store.write(self.kind, self.config, provenance=provenance(), **outcome)


def heads(backbone: str, sentence: str) -> dict:
    """Return every head of a backbone on a sentence, and whether it is vertical."""
    model, tokenizer = backbones.load_backbone(backbone)
    frame = vertical_heads(model, tokenizer, sentence)
    tokens = tokenizer.convert_ids_to_tokens(tokenizer(sentence)["input_ids"])
    return {"tokens": tokens, "heads": frame.to_dict("records")}


def heads_corpus(backbone: str, task: str, source: str, split: str, texts: int) -> dict:
    """Return on which share of a split's first texts each head of a backbone is vertical.

    `counts` holds the number of vertical heads on each text; a head's `tokens` is the mean share
    of tokens that look mostly at [CLS] or [SEP].
    """
    examples = load_task(task, source).texts(split)
    chosen = [text for choices in examples for text in choices][:texts]
    model, tokenizer = backbones.load_backbone(backbone)
    found = pd.concat(
        [vertical_heads(model, tokenizer, *text) for text in chosen], keys=range(len(chosen))
    )
    found = found.assign(tokens=found["share_cls"] + found["share_sep"])
    heads = found.groupby(["layer", "head"])[["vertical", "tokens"]].mean().reset_index()
    return {
        "texts": len(chosen),
        "counts": found.groupby(level=0)["vertical"].sum().tolist(),
        "heads": heads.rename(columns={"vertical": "texts"}).to_dict("records"),
    }


def vocabulary(backbone: str, edition: str) -> dict:
    """Return how many tokens of each class of words a backbone's vocabulary holds."""
    _, tokenizer = backbones.load_backbone(backbone)
    return {"classes": words.count(tokenizer.get_vocab())}


def _heads(backbone: str, *, named: bool = False) -> tuple[Probe, ...]:
    def corpus(task: str) -> Probe:
        where = {"task": task, "source": "sample", "split": "validation", "texts": 100}
        return Probe("heads-corpus", {"backbone": backbone} | where, heads_corpus, named=named)

    sentence = {"backbone": backbone, "sentence": PAPER_SENTENCE}
    # single sentences, then pairs
    return Probe("heads", sentence, heads, named=named), corpus("cola"), corpus("rte")


def _speeds(grid: str) -> tuple[Probe, ...]:
    return tuple(
        Probe(point.kind, speed.config(point), lambda point=point, **_: point.measure(), True)
        for point in speed.GRIDS[grid]
    )


_HEADS = (*_heads("minilm"), *_heads("mpnet", named=True))
_STEP = bench.Setting(length=16, steps=1)
_COSTS = (Probe(bench.COSTS, bench.named(_STEP), lambda **_: {"costs": bench.costs(_STEP)}, True),)
_COUNTS = tuple(
    Probe("count", config, counts.count, named=config["backbone"] == "mpnet")
    for config in counts.configs()
)
_VOCABULARY = (Probe("vocabulary", {"backbone": "minilm", "edition": words.edition()}, vocabulary),)
_BY_NOTEBOOK: Mapping[str, tuple[Probe, ...]] = {
    "01_vertical_heads": _HEADS,
    "02_parameter_counts": (*_COUNTS, *_COSTS),
    "08_top_norm_tokens": _VOCABULARY,
    "11_inference_speed": _speeds("speed-quick"),
    "12_multi_task": _speeds("multitask-quick"),
}
PROBES: Mapping[str, tuple[Probe, ...]] = {
    **_BY_NOTEBOOK,
    "13_report": tuple(probe for probes in _BY_NOTEBOOK.values() for probe in probes),
}
