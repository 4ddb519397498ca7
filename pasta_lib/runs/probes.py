"""Measurements on a backbone that need no training: each leaves a record of its own kind."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .. import backbones, store
from ..attention import vertical_heads
from ..origin import provenance
from ..store import Record, Store

PAPER_SENTENCE = "Fred watered the plants flat."  # PASTA, Appendix C


@dataclass(frozen=True)
class Probe:
    """One measurement: its kind, its configuration, and the function from the one to a result."""

    kind: str
    config: Mapping[str, Any]
    measure: Callable[..., dict]

    @property
    def key(self) -> str:
        """The name of this measurement's record."""
        return store.key(self.kind, self.config)

    def run(self, records: Store) -> list[Record]:
        """Measure, and write the record."""
        started = time.perf_counter()
        result = self.measure(**self.config)
        seconds = time.perf_counter() - started
        return [
            records.write(
                self.kind, self.config, result=result, seconds=seconds, provenance=provenance()
            )
        ]


def heads(backbone: str, sentence: str) -> dict:
    """Return every head of a backbone on a sentence, and whether it is vertical."""
    model, tokenizer = backbones.load_backbone(backbone)
    frame = vertical_heads(model, tokenizer, sentence)
    tokens = tokenizer.convert_ids_to_tokens(tokenizer(sentence)["input_ids"])
    return {"tokens": tokens, "heads": frame.to_dict("records")}


_HEADS = (Probe("heads", {"backbone": "minilm", "sentence": PAPER_SENTENCE}, heads),)
PROBES: Mapping[str, tuple[Probe, ...]] = {"01_vertical_heads": _HEADS, "13_report": _HEADS}
