"""A report that several test files look at, drawn once."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from records import count, heads, speed, train

from pasta_lib import paths
from pasta_lib.study import reporting
from pasta_lib.study.store import Store


def fill(store: Store) -> None:
    """Write a little of everything: seeds, ranks, learning rates, tokens, counts, heads, speed."""
    norms, tokens = [[0.1, 0.2], [0.2, 0.3]], [[["her", 2.0]], [["him", 1.0]]]
    for seed, score in enumerate((0.7, 0.8)):
        for method in ("pasta", "full", "classifier"):
            train(store, "rte", method, score, seed, norms=norms)
    for task in ("rte", "cola"):
        for rank in (8, 64):
            train(store, task, "aot-fc", rank / 100, fields={"rank": rank}, top_tokens=tokens)
    for lr in (1e-3, 1e-2):
        train(store, "conll2003", "pasta", 0.9, lr=lr, norms=norms)
    heads(store, vertical=5)
    count(store, "lora", 0.3)
    speed(store, {"aot fused": 1.0, "lora": 1.2})


@pytest.fixture(scope="session")
def drawn_report(tmp_path_factory) -> Callable[[bool], tuple[Path, set[str]]]:
    """Draw the report of an empty store or of a filled one: its folder, and the records' keys."""

    @cache
    def draw(filled: bool) -> tuple[Path, set[str]]:
        root = tmp_path_factory.mktemp("study")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(paths, "DATA", root / "data")
            patch.setattr(paths, "FIGURES", root / "figures")
            store = Store(paths.runs("quick"))
            if filled:
                fill(store)
            # The maps need the encoder: notebook 01 draws them, the report shows them.
            lines = [(1, head, 0.9, 0.1, True) for head in range(1, 5)]
            names = ["layer", "head", "share_cls", "share_sep", "vertical"]
            frame = pd.DataFrame(lines, columns=names)
            maps = np.full((1, 4, 3, 3), 1 / 3)
            reporting.head_examples("quick", "minilm", ["[CLS]", "a", "[SEP]"], maps, frame)
            reporting.head_map("quick", "minilm", "A.", maps, frame)
            keys = {record["key"] for record in store.records()}
            return reporting.report("quick").parent, keys

    return draw
