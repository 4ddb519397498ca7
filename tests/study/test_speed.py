"""Clocks see what was really called; a measurement leaves a record, and is not taken twice."""

import time
from dataclasses import replace

import pytest
from tiny import HEADS, HIDDEN, INNER, LAYERS, VOCABULARY
from transformers import RobertaConfig

from pasta_lib.errors import InputError
from pasta_lib.study import speed
from pasta_lib.study.cli import SPEED_GRIDS
from pasta_lib.study.speed import Mixed, Point, interleaved, summary
from pasta_lib.study.store import Store


@pytest.fixture(autouse=True)
def tiny_shape(monkeypatch):
    sizes = {
        "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": INNER,
        "vocab_size": VOCABULARY,
    }
    make = lambda: RobertaConfig(**sizes, max_position_embeddings=140, pad_token_id=1)  # noqa: E731
    monkeypatch.setitem(speed.SHAPES, "tiny", make)


def measured(grid, folder):
    return speed.table(speed.measured(grid, Store(folder) if folder else None))


def test_rounds_call_everyone_once_and_take_turns_at_being_first():
    called = []
    seconds = interleaved({name: lambda n=name: called.append(n) for name in "abc"}, rounds=4)
    rounds = ["".join(called[i : i + 3]) for i in range(0, len(called), 3)]
    assert rounds == ["bca", "cab", "abc", "bca", "cab", "abc"]
    assert all(len(clock) == 4 for own in seconds.values() for clock in own.values())


def test_a_sleeper_is_slow_on_the_wall_and_idle_on_the_processor():
    seconds = interleaved({"idle": lambda: None, "sleep": lambda: time.sleep(0.01)}, rounds=5)
    assert min(seconds["sleep"]["wall"]) >= 0.01
    assert max(seconds["sleep"]["cpu"]) < 0.005


def test_ratios_are_taken_within_their_round():
    base = [1.0, 10.0, 2.0, 5.0, 3.0, 8.0, 1.0, 4.0, 2.0, 6.0]
    found = summary([1.1 * second for second in base], base, rows=7)
    assert found["ratio"] == pytest.approx(1.1)
    assert found["ratio_low"] == pytest.approx(found["ratio_high"])
    assert found["rows_per_second"] == pytest.approx(7 / (1.1 * 3.5))


def test_the_interval_of_the_ratio_is_the_sign_tests():
    # Of 20 ordered values the 6th and the 15th hold the median with 95.9 % (Conover, table A3).
    found = summary([float(i) for i in range(1, 21)], [1.0] * 20, rows=1)
    assert (found["ratio_low"], found["ratio"], found["ratio_high"]) == (6, 10.5, 15)


def test_every_contender_is_measured_and_holds_its_own_parameters(tmp_path):
    frame = measured([Point("tiny", 2, 16, rounds=2)], tmp_path).set_index("contender")
    assert [*frame.index] == [*speed.CONTENDERS]
    assert (frame["wall_ratio"] > 0).all() and frame.loc["vanilla", "wall_ratio"] == 1
    extra = frame["weight_bytes"] - frame.loc["vanilla", "weight_bytes"]
    assert extra["aot fused"] == 4 * VOCABULARY * LAYERS * HIDDEN
    assert extra["p-tuning-v2 100"] == 4 * 2 * 100 * LAYERS * HIDDEN
    assert extra["bitfit"] == extra["lora merged"] == 0
    assert extra["lora"] == 4 * 4 * LAYERS * 8 * HIDDEN
    assert set(frame["device"]) == {"cpu"} and set(frame["dtype"]) == {"float32"}


def test_many_tasks_are_measured_against_their_alternatives(tmp_path):
    point = Mixed("tiny", tasks=4, batch=6, length=16, rounds=2)
    frame = measured([point, replace(point, tables="ram")], tmp_path)
    frame = frame.set_index(["tables", "contender"])
    assert set(frame.loc["ram"].index) == {
        *("vanilla", "one model a task", "lora mixed"),
        *(f"{method} {way}" for method in ("aot-fc", "pasta") for way in ("mixed", "loop")),
    }
    table = 4 * VOCABULARY * LAYERS * HIDDEN
    assert (frame.loc[(slice(None), "aot-fc mixed"), "table_bytes"] == 4 * table).all()


def test_a_point_is_measured_once(tmp_path):
    points = [Point("tiny", 1, 16, rounds=2, contenders=("pasta",))]
    first = measured(points, tmp_path)
    assert measured(points, tmp_path).equals(first)
    (record,) = Store(tmp_path).records("speed")
    assert record["status"] == "done" and record["provenance"]["hardware"]["threads"]
    assert record["config"]["contenders"] == ["pasta"]


def test_unknown_names_are_refused():
    for call, hint in (
        (lambda: measured("sped", None), "did you mean 'speed'"),
        (lambda: Point("roberta", 1, 16).measure(), "roberta-base"),
        (lambda: Point("tiny", 1, 16, contenders=("pastta",)).measure(), "pasta"),
    ):
        with pytest.raises(InputError, match=hint):
            call()


def test_the_grid_covers_the_figures():
    points = speed.GRIDS["speed"]
    assert {(p.shape, p.batch, p.length) for p in points} == {
        (shape, batch, length)
        for shape in ("roberta-base", "roberta-large", "deberta-xl")
        for batch in (1, 16, 64)
        for length in (16, 64, 128, 384)
    }


def test_the_command_line_knows_the_grids_that_are_no_notebooks():
    assert {*SPEED_GRIDS} == {name for name in speed.GRIDS if not name.endswith("-quick")}
