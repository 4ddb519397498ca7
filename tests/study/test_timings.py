"""Claims on time: both sides of each bound, from measurements written for it."""

from dataclasses import replace

import pytest
from records import speed

from pasta_lib.study.claims import (
    CONTRADICTED,
    INCONCLUSIVE,
    SUPPORTED,
    Claim,
    Evidence,
    judge,
)
from pasta_lib.study.claims.claim import Time
from pasta_lib.study.claims.rule import Region

FUSED = "aot fused"


def claim(rule, on=("minilm",)):
    return Claim("an-id", "§0", "a sentence", rule, "AoT", on, needs="11_inference_speed")


def judged(rule, records):
    return judge(claim(rule), Evidence(records, "MiniLM on some processor", "minilm"))


# records give every ratio the interval ± 0.01
@pytest.mark.parametrize(
    "slowest, outcome", [(1.009, SUPPORTED), (1.02, INCONCLUSIVE), (1.031, CONTRADICTED)]
)
def test_a_cost_is_that_of_every_point_from_the_given_length_on(quick_store, slowest, outcome):
    records = [
        speed(quick_store, {FUSED: 1.5}, length=64),
        speed(quick_store, {FUSED: 0.99}, batch=1),
        speed(quick_store, {FUSED: slowest}, batch=64),
    ]
    found = judged(Time("speed", FUSED, Region(high=1.02), min_length=384), records)
    assert (found.outcome, found.keys) == (outcome, tuple(r["key"] for r in records[1:]))
    assert found.estimate == slowest and found.low == pytest.approx(0.98)
    assert f"batch 64, length 384 {slowest:.3f}" in found.found
    assert found.own and found.p is None


def test_a_cost_at_one_point_is_that_of_no_other(quick_store):
    records = [
        speed(quick_store, {FUSED: 1.12, "lora": 1.2}, batch=1, length=64),
        speed(quick_store, {FUSED: 1.5}, batch=1, length=384),
        speed(quick_store, {FUSED: 1.5}, batch=16, length=64),
    ]
    rule = Time("speed", FUSED, Region(1.06, 1.18), batch=1, length=64)
    found = judged(rule, records)
    assert (found.outcome, found.keys) == (SUPPORTED, (records[0]["key"],))
    assert judged(replace(rule, length=128), records) is None
    vanilla = Time("speed", "vanilla", Region(1.15, 1.25), ("lora",), batch=1, length=64)
    assert judged(vanilla, records).outcome == SUPPORTED


def test_what_is_said_of_a_large_model_is_not_asked_of_another(quick_store):
    records = [speed(quick_store, {FUSED: 1.0})]
    rule = Time("speed", FUSED, Region(high=1.02), sized=True)
    assert judged(rule, records).outcome == SUPPORTED  # the claim is on this one
    assert judge(claim(rule, on=("deberta-xl",)), Evidence(records, "here", "minilm")) is None


def test_a_cost_needs_a_point_that_is_long_enough(quick_store):
    short = speed(quick_store, {FUSED: 1.0}, length=64)
    assert judged(Time("speed", FUSED, Region(high=1.02), min_length=384), [short]) is None


def test_rivals_are_slower_where_the_intervals_do_not_overlap(quick_store):
    rule = Time("speed", FUSED, Region(low=1.0), others=("lora", "adapter"))
    ahead = speed(quick_store, {FUSED: 1.0, "lora": 1.2, "adapter": 1.1})
    assert judged(rule, [ahead]).outcome == SUPPORTED
    near = speed(quick_store, {FUSED: 1.1, "lora": 1.2, "adapter": 1.11}, length=16)
    found = judged(rule, [ahead, near])
    assert found.outcome == INCONCLUSIVE and "3 of 4" in found.reason
    behind = speed(quick_store, {FUSED: 1.1, "lora": 1.2, "adapter": 1.05}, length=32)
    found = judged(rule, [ahead, near, behind])
    assert found.outcome == CONTRADICTED and found.estimate == pytest.approx(1.05 / 1.1)


def test_rivals_that_were_not_measured_say_nothing(quick_store):
    alone = speed(quick_store, {FUSED: 1.0})
    assert judged(Time("speed", FUSED, Region(low=1.0), others=("lora",)), [alone]) is None


@pytest.mark.parametrize(
    "ratio, outcome", [(1.04, SUPPORTED), (1 / 0.95, INCONCLUSIVE), (1.07, CONTRADICTED)]
)
def test_many_tasks_keep_the_rows_a_second(quick_store, ratio, outcome):
    mixed = {"aot-fc mixed": ratio, "lora mixed": 3.0}
    records = [
        speed(quick_store, mixed, tasks=32),
        speed(quick_store, {"aot-fc mixed": 9.0}, tasks=2),
        speed(quick_store, {"pasta mixed": 9.0}, tasks=32, batch=1),
        speed(quick_store, {"aot-fc mixed": 9.0}),
    ]
    found = judged(Time("speed-multitask", "aot-fc mixed", Region(low=0.95), tasks=32), records)
    assert (found.outcome, found.keys) == (outcome, (records[0]["key"],))
    assert found.low == pytest.approx(1 / (ratio + 0.01))


@pytest.mark.parametrize(
    "ratios, outcome",
    [
        ([1.1, 1.2, 1.15], SUPPORTED),
        ([0.5, 1.1, 1.2], INCONCLUSIVE),
        ([0.5, 0.52, 0.51], CONTRADICTED),
    ],
)
def test_a_step_is_judged_by_students_interval_over_rounds(quick_store, ratios, outcome):
    config = {"benchmark": "steps", "device": "cpu", "batch_size": 16}
    record = quick_store.write("speed-training", config, result={"ratios": {"pasta": ratios}})
    found = judged(Time("speed-training", "pasta", Region(low=1.0)), [record])
    assert (found.outcome, found.keys) == (outcome, (record["key"],))
    assert judged(Time("speed-training", "lora", Region(low=1.0)), [record]) is None
