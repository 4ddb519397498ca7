"""What the study draws: each table and figure of the papers has a file, each number a record."""

import numpy as np
import pandas as pd
import pytest
from records import GLUE, count, heads, speed, train

from pasta_lib import paths
from pasta_lib.study import reporting
from pasta_lib.study.store import Store

# What of the papers each file holds: a table as .csv and .md, a figure as .png and .svg.
TABLES = {
    **{f"PASTA Table {n}": f"pasta_table{n}" for n in range(1, 7)},
    **{f"AoT Table {n}": f"aot_table{n}" for n in range(1, 7)},
    "AoT Table 7": "aot_table7_wsc_aot-fc",
    "AoT Table 8": "aot_table8_copa_aot-fc",
    "AoT Table 9": "aot_table9_rte_aot-fc",
    "AoT Table 10": "aot_table10_cb_aot-fc",
}
FIGURES = {
    "PASTA Figure 1": "pasta_figure1",
    "PASTA Figure 2": "pasta_figure2",
    "PASTA Figure 3": "pasta_figure3",
    "PASTA Figure 4": "pasta_figure4",
    "PASTA Figure 5": "pasta_figure5",
    "AoT Figure 1": "aot_figure1",
    "AoT Figure 2": "aot_figure2",
    "AoT Figure 3": "aot_figure3",
    "AoT Figure 4": "aot_figure4",
    "AoT Figure 9": "aot_figure9",
    "AoT Figures 5 and 7": "scores_along_size",
    "AoT Figures 6 and 8": "expected_validation",
    "beyond the papers: losses": "training_loss",
    "beyond the papers: gradients": "training_gradient_norm",
}


def fill(store: Store) -> None:
    """Write a little of everything: seeds, ranks, learning rates, tokens, counts, heads, speed."""
    norms, tokens = [[0.1, 0.2], [0.2, 0.3]], [[["her", 2.0]], [["him", 1.0]]]
    for seed, score in enumerate((0.7, 0.8)):
        for method in ("pasta", "full", "classifier"):
            train(store, "rte", method, score, seed, norms=norms)
    for task in GLUE:
        for rank in (8, 64):
            train(store, task, "aot-fc", rank / 100, fields={"rank": rank}, top_tokens=tokens)
    for lr in (1e-3, 1e-2):
        train(store, "conll2003", "pasta", 0.9, lr=lr, norms=norms)
    heads(store, vertical=5)
    count(store, "lora", 0.3)
    speed(store, {"aot fused": 1.0, "lora": 1.2})


@pytest.fixture(scope="module", params=["empty", "filled"])
def drawn(request, tmp_path_factory):
    """The folder of figures after the report was drawn, and the keys of all records."""
    root = tmp_path_factory.mktemp("study")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "DATA", root / "data")
        patch.setattr(paths, "FIGURES", root / "figures")
        store = Store(paths.runs("quick"))
        if request.param == "filled":
            fill(store)
        # The maps need the encoder: notebook 01 draws them, the report shows them.
        lines = [(1, head, 0.9, 0.1, True) for head in range(1, 5)]
        frame = pd.DataFrame(lines, columns=["layer", "head", "share_cls", "share_sep", "vertical"])
        maps = np.full((1, 4, 3, 3), 1 / 3)
        reporting.head_examples("quick", "minilm", ["[CLS]", "a", "[SEP]"], maps, frame)
        reporting.head_map("quick", "minilm", "A.", maps, frame)
        yield reporting.report("quick").parent, {record["key"] for record in store.records()}


@pytest.mark.parametrize("files, forms", [(TABLES, ("csv", "md")), (FIGURES, ("png", "svg"))])
def test_every_table_and_figure_of_the_papers_has_its_file(drawn, files, forms):
    folder, _ = drawn
    for place, name in files.items():
        for form in forms:
            assert (folder / f"{name}.{form}").stat().st_size, place


def test_no_number_of_ours_lacks_a_record(drawn):
    folder, known = drawn
    for file in folder.glob("*.csv"):
        for cell in pd.read_csv(file, dtype=str, keep_default_na=False).itertuples():
            keys = set(cell.records.split())
            if file.stem == "claims":  # a line for each claim and backbone
                assert bool(keys) == bool(cell.found) and keys <= known, cell
                assert keys or (cell.outcome == "not judged" and cell.reason and not cell.estimate)
                continue
            if cell.origin == "ours":
                assert keys and keys <= known, (file.name, cell)
                continue
            assert not keys, (file.name, cell)
            if cell.origin == "not run":
                assert cell.shown in ("not run", "") and not cell.value
            else:
                assert cell.origin == "paper" or (cell.origin == "text" and not cell.value)
