"""What the study draws: each table and figure of the papers has a file, each number a record."""

import pandas as pd
import pytest

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


@pytest.fixture(params=[pytest.param("empty", marks=pytest.mark.slow), "filled"])
def drawn(request, drawn_report):
    """The folder of figures after the report was drawn, and the keys of all records."""
    return drawn_report(request.param == "filled")


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
