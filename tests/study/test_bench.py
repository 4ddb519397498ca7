"""The benchmarks: what they compare, and that each gives its figure."""

from dataclasses import replace

import numpy as np
import pytest

from pasta_lib import precision
from pasta_lib.errors import InputError
from pasta_lib.study import bench
from pasta_lib.study.bench import Setting
from pasta_lib.study.store import Store

SMALL = Setting(lanes=2, batch_size=2, steps=2)


@pytest.fixture(autouse=True)
def one_round(monkeypatch):
    monkeypatch.setattr(bench, "ROUNDS", 1)


def test_rows_are_as_long_as_colas():
    lengths = np.array(Setting(steps=200).rows().lengths)
    assert sum(bench._COLA) == 8_551  # sentences in its training file
    assert lengths.mean() == pytest.approx(11.3, abs=0.3) and lengths.min() >= 4
    assert set(Setting(length=64).rows().lengths) == {64}


@pytest.mark.parametrize(
    "kind, lines",
    [
        pytest.param("packs", 4, marks=pytest.mark.slow),
        ("steps", 2),
        pytest.param("trainer", 2, marks=pytest.mark.slow),
        pytest.param("costs", 18, marks=pytest.mark.slow),
    ],
)
def test_every_benchmark_leaves_a_record_and_gives_its_figures(kind, lines, tmp_path):
    record = bench.run(kind, SMALL, Store(tmp_path))
    assert record["config"].get("benchmark", "costs") == kind and record["config"]["lanes"] == 2
    assert all(len(ratios) == 1 for ratios in record["result"].get("ratios", {}).values())
    report = list(bench.lines(record))
    assert len(report) == lines and "fp32 on " in report[0]
    assert all(float(line.split()[1]) > 0 for line in report[1:])


@pytest.mark.slow
def test_bf16_is_measured_as_bf16_or_not_at_all(tmp_path, monkeypatch):
    asked = replace(SMALL, precision="bf16")
    monkeypatch.setattr(precision, "has_bf16", lambda device: False)
    with pytest.raises(InputError, match="bf16 cannot be measured on .* threads.* fp32"):
        bench.run("steps", asked, Store(tmp_path))
    assert Store(tmp_path).records() == []
    monkeypatch.setattr(precision, "has_bf16", lambda device: True)
    assert bench.run("steps", asked, Store(tmp_path))["config"]["precision"] == "bf16"


def test_a_random_encoder_has_the_size_that_its_name_says():
    model, _ = bench._load("base")
    weights = sum(p.numel() for p in model.bert.encoder.parameters())
    assert weights == pytest.approx(12 * 12 * 768**2, rel=0.01)


def test_speed_is_that_of_the_whole_pack(monkeypatch):
    monkeypatch.setattr(bench.Pack, "train", lambda self, count: 2.0)
    tokens = 8 * 2 * 16 * 64  # lanes, steps, batch, length
    assert bench.speed("cpu") == 4 * 12 * 6 * 384**2 * tokens / 2


def test_the_cost_of_a_step_is_what_backward_keeps_and_what_is_trained():
    small = Setting(batch_size=2, length=16, steps=1)
    full, pasta, head = (bench.cost(small, name) for name in ("full", "pasta", "classifier"))
    assert pasta["gradients"] == 4 * (6 * 2 * 384 + 2 * 384 + 2)
    assert pasta["state"] == 2 * pasta["gradients"] and pasta["adapter"] == pasta["gradients"]
    # full keeps each linear layer's input too, for the weights' own gradients
    assert full["kept"] > pasta["kept"] > head["kept"] > 0
    assert min(cost["seconds"] for cost in (full, pasta, head)) > 0
