"""Claims on time: both sides of each margin, from measurements written for it."""

import pytest
from records import speed

from pasta_lib.study.claims import Evidence, timings

FUSED = "aot fused"


@pytest.mark.parametrize("slowest, holds", [(1.02, True), (1.021, False)])
def test_a_cost_is_the_slowest_points_from_the_given_length_on(quick_store, slowest, holds):
    records = [
        speed(quick_store, {FUSED: 1.5}, length=64),
        speed(quick_store, {FUSED: 0.99}, batch=1),
        speed(quick_store, {FUSED: slowest}, batch=64),
    ]
    found = timings.costs_at_most(FUSED, 1.02, 384)(Evidence(records))
    assert (found.holds, found.keys) == (holds, tuple(r["key"] for r in records[1:]))
    assert f"the slowest {slowest:.3f}" in found.found and "batch 64" in found.found


def test_a_cost_needs_a_point_that_is_long_enough(quick_store):
    short = speed(quick_store, {FUSED: 1.0}, length=64)
    assert timings.costs_at_most(FUSED, 1.02, 384)(Evidence([short])) is None


def test_rivals_that_are_no_slower_are_named_with_their_point(quick_store):
    test = timings.fastest_of_those_that_compute(FUSED, ("lora", "adapter"))
    ahead = speed(quick_store, {FUSED: 1.0, "lora": 1.2, "adapter": 1.1})
    assert test(Evidence([ahead])).found == "2 of 2 are slower; not: none"
    behind = speed(quick_store, {FUSED: 1.1, "lora": 1.2, "adapter": 1.1}, length=16)
    found = test(Evidence([ahead, behind]))
    assert not found.holds
    assert found.found.startswith("3 of 4 are slower; not: adapter (1.100")
    assert found.found.endswith("at minilm, batch 16, length 16")


def test_rivals_that_were_not_measured_say_nothing(quick_store):
    alone = speed(quick_store, {FUSED: 1.0})
    assert timings.fastest_of_those_that_compute(FUSED, ("lora",))(Evidence([alone])) is None


@pytest.mark.parametrize("ratio, holds", [(1 / 0.95, True), (1.06, False)])
def test_many_tasks_keep_the_rows_a_second(quick_store, ratio, holds):
    mixed = {"aot-fc mixed": ratio, "lora mixed": 3.0}
    records = [
        speed(quick_store, mixed, tasks=32),
        speed(quick_store, {"aot-fc mixed": 9.0}, tasks=2),
        speed(quick_store, {"pasta mixed": 9.0}, tasks=32, batch=1),
        speed(quick_store, {"aot-fc mixed": 9.0}),
    ]
    found = timings.serves_many(("aot-fc mixed",), 32, 0.95)(Evidence(records))
    assert (found.holds, found.keys) == (holds, (records[0]["key"],))


@pytest.mark.parametrize("ratios, holds", [([0.5, 1.1, 1.2], True), ([1.5, 0.8, 1.0], False)])
def test_a_step_is_slower_by_its_median(quick_store, ratios, holds):
    config = {"benchmark": "steps", "device": "cpu"}
    record = quick_store.write("speed-training", config, result={"ratios": {"pasta": ratios}})
    found = timings.step_slower("pasta")(Evidence([record]))
    assert (found.holds, found.keys) == (holds, (record["key"],))
    assert timings.step_slower("lora")(Evidence([record])) is None
