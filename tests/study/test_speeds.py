"""What is shown of speed: the numbers of the measurements, whoever made them, by machine."""

import re

import pytest
from records import speed

from pasta_lib import paths
from pasta_lib.study import origin, reporting
from pasta_lib.study.reporting import frames
from pasta_lib.study.store import Store

RATIOS = {"aot fused": 1.01, "lora": 1.2}
SMALL = {"shape": "roberta-base", "batch": 1}


@pytest.fixture
def measured(quick_store):
    """A measurement of the profile's own, and two that `bench` made elsewhere."""
    elsewhere = Store(paths.runs("speed"))
    return [
        speed(quick_store, RATIOS, **SMALL),
        speed(elsewhere, RATIOS, **SMALL, machine="a GPU", dtype="float16"),
        speed(elsewhere, RATIOS, 64, **SMALL, machine="a GPU", dtype="float16"),
    ]


def test_a_ratio_stands_with_its_interval_and_its_record(measured):
    cells = reporting.inference_speed("quick").cells
    times = cells[(cells["row"] == "LoRA") & (cells["column"] == "time")]
    assert list(times["shown"]) == ["1.20 [1.19–1.21]"] * 3
    assert set(times["records"]) == {record["key"] for record in measured}
    blocks = "\n".join(times["block"])
    assert "RoBERTa-base, batch 1, 384 tokens: some processor, float32" in blocks
    assert "a GPU, float16" in blocks


def test_what_the_paper_states_stands_beside_what_was_measured(measured):
    cells = reporting.statements("quick", "aot", "§4.3", "11_inference_speed").cells
    ours = cells[(cells["column"] == "ours") & (cells["origin"] == "ours")].set_index("row")
    small = ours.loc[
        "overhead at batch 1, length 64, Kron. AoT P-Tuning and FC AoT P-Tuning, RoBERTa-base"
    ]
    assert (small["shown"], small["records"]) == ("+1.0 % (a GPU, float16)", measured[2]["key"])
    large = ours.loc["overhead at batch 1, length 384, LoRA, RoBERTa-base"]
    assert large["shown"] == "+20.0 % (some processor, float32); +20.0 % (a GPU, float16)"


def test_what_is_stated_of_many_points_stands_beside_the_span_of_ours(quick_store):
    for ratio, shape, length in (
        (0.97, "roberta-base", 384),
        (1.5, "roberta-base", 64),  # neither is large
        (1.02, "roberta-large", 64),
    ):
        speed(quick_store, {"aot fused": ratio, "lora": 9.0}, length, shape=shape)
    rivals = {"lora": 1.2, "p-tuning-v2 20": 1.3, "bitfit": 1.0, "aot fused": 1.0, "lora merged": 1}
    speed(quick_store, rivals, shape="deberta-xl", batch=1)
    cells = reporting.statements("quick", "aot", "§4.3", "11_inference_speed").cells
    ours = cells[cells["column"] == "ours"].set_index("row")["shown"]
    (large,) = (shown for row, shown in ours.items() if "once model or input is larger" in row)
    (others,) = (shown for row, shown in ours.items() if "of other methods" in row)
    assert large == "−3.0 % to +2.0 % (3 points)"  # DeBERTa-XL's own 1.0 among them
    assert others == "+20.0 % to +30.0 % (2 points)"


@pytest.mark.parametrize("number", [4, 9])
def test_the_figures_are_drawn_with_and_without_measurements(quick_store, number):
    empty = reporting.speed_figure("quick", number).png
    speed(quick_store, RATIOS), speed(quick_store, RATIOS, 64)
    assert reporting.speed_figure("quick", number).png != empty


def test_what_packs_gain_is_the_median_of_their_rounds(quick_store):
    config = {"benchmark": "packs", "backbone": "minilm", "precision": "fp32", "batch_size": 4}
    config |= {"length": None, "machine": "some processor"}
    result = {"ratios": {"pasta": [1.5, 2.0, 1.7]}}
    quick_store.write("speed-training", config, result=result, provenance=origin.provenance())
    (cell,) = reporting.training_speed("quick").cells.itertuples()
    assert (cell.shown, cell.value) == ("1.70 [1.50–2.00]", 1.7)
    assert cell.column == "PASTA"


def test_many_tasks_are_shown_by_where_their_tables_lie(quick_store):
    line = {
        "weight_bytes": 1e6,
        "table_bytes": 280e6,
        "peak_bytes": 5e6,
        "contender": "aot-fc mixed",
    }
    line |= {"wall_rows_per_second": 7.0, "wall_ratio": 1.1}
    line |= {"wall_ratio_low": 1.0, "wall_ratio_high": 1.3}
    config = {"shape": "minilm", "tasks": 8, "batch": 16, "length": 64, "tables": "ram"}
    config |= {"dtype": "float16", "machine": "a GPU"}
    quick_store.write(
        "speed-multitask", config, result={"lines": [line]}, provenance=origin.provenance()
    )
    table = reporting.many_tasks("quick")
    assert "8 tasks, MiniLM, 16 rows of 64 tokens, tables in ram: a GPU" in table.markdown()
    assert dict(zip(table.cells["column"], table.cells["shown"], strict=True)) == {
        "time": "1.10 [1.00–1.30]",
        "rows a second": "7.0",
        "weights, MB": "1",
        "tables, MB": "280",
        "peak beside, MB": "5",
    }


def test_what_was_timed_stands_by_encoder_batch_length_and_tasks(quick_store):
    for length, batch in ((384, 16), (64, 16), (384, 1), (64, 1)):
        speed(quick_store, {"lora": 1.1}, length, batch=batch)
    blocks = reporting.inference_speed("quick").cells["block"].unique()
    sizes = [re.search(r"batch (\d+), (\d+) tokens", block).groups() for block in blocks]
    assert sizes == [("1", "64"), ("1", "384"), ("16", "64"), ("16", "384")]


def test_statements_are_read_as_ratios_of_our_contenders():
    stated = frames.overheads().set_index(["contender", "batch", "length"])
    assert {*stated.index} == {("aot fused", 1, 64), ("lora", 1, 384)}
    low, high = stated.loc[("lora", 1, 384), ["low", "high"]]
    assert (low, high) == (pytest.approx(1.5), pytest.approx(1.7))
    assert stated.loc[("aot fused", 1, 64), "low"] == pytest.approx(1.12)


def test_zero_cost_is_what_was_never_slow(quick_store):
    speed(quick_store, {"aot fused": 1.01, "lora": 1.2, "bitfit": 1.0}, 384)
    speed(quick_store, {"aot fused": 1.04, "lora": 1.0, "bitfit": 1.0}, 16)
    cells = reporting.method_properties("quick").cells
    ours = cells[(cells["block"] == "This study") & (cells["column"] == "Zero-Cost")]
    shown = dict(zip(ours["method"], ours["shown"], strict=True))
    assert (shown["aot-fc"], shown["lora"], shown["bitfit"]) == ("✓ (1.04)", "✗ (1.20)", "✓ (1.00)")
    assert (shown["aot-kron"], shown["adapter"]) == (shown["aot-fc"], "not run")


def test_claims_on_time_are_judged_by_machine(measured):
    cells = reporting.verdicts("quick").cells
    row = "Fused AoT P-Tuning costs nothing on large inputs"
    claim = cells[cells["row"] == row].set_index("column")
    own = claim.loc["the paper's own backbone"]  # as large as RoBERTa-base, if on another machine
    assert own["shown"].split("; ") == [
        f"RoBERTa-base on {machine}: ✓ supported" for machine in ("a GPU", "some processor")
    ]
    assert {*own["records"].split()} == {r["key"] for r in measured[:2]}
    assert (
        "RoBERTa-base on a GPU: AoT P-Tuning fused, batch 1, length 384 1.010"
        in claim.loc["found", "shown"]
    )
