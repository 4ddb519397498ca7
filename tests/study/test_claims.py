"""Claims: every verdict, on both sides of its margin, from records written for it."""

import pytest
from records import heads, train

from pasta_lib.study import claims
from pasta_lib.study.claims import FAILS, HOLDS, NOT_RUN, Claim, Evidence, judges


def judge(test, records):
    claim = Claim("PASTA, §0", "a sentence", "a test", "03_glue", test)
    return claims.judge(claim, {"MiniLM, sample tasks": records})[0]


def test_there_are_enough_and_each_says_where_it_stands_and_what_it_needs():
    assert len(claims.CLAIMS) >= 25
    assert len({claim.sentence for claim in claims.CLAIMS}) == len(claims.CLAIMS)
    for claim in claims.CLAIMS:
        assert claim.place.startswith(("PASTA, ", "AoT, ", "beyond "))
        assert claim.test and claim.notebook[:2].isdigit()


@pytest.mark.parametrize("claim", claims.CLAIMS, ids=lambda claim: claim.sentence[:40])
def test_nothing_is_claimed_of_an_empty_store(claim):
    assert [v.verdict for v in claims.judge(claim, {"anything": []})] == [NOT_RUN]


@pytest.mark.parametrize("gap, verdict", [(-0.010, HOLDS), (-0.011, FAILS), (0.05, HOLDS)])
def test_on_average_holds_up_to_its_margin(quick_store, gap, verdict):
    runs = [
        train(quick_store, "rte", "pasta", 0.75 + 2 * gap),
        train(quick_store, "rte", "full", 0.75),
        train(quick_store, "cola", "pasta", 0.5),
        train(quick_store, "cola", "full", 0.5),
    ]
    judged = judge(judges.on_average("pasta", "full", -1.0001), runs)
    assert judged.verdict == verdict
    assert set(judged.keys) == {run["key"] for run in runs}
    assert judged.found.startswith("MiniLM, sample tasks: mean")


def test_most_tasks_is_more_than_half(quick_store):
    runs = [
        train(quick_store, task, method, score)
        for task, method, score in (
            ("rte", "pasta", 0.8),
            ("rte", "pasta-shared", 0.7),
            ("cola", "pasta", 0.4),
            ("cola", "pasta-shared", 0.5),
        )
    ]
    assert judge(judges.on_most("pasta", "pasta-shared"), runs).verdict == FAILS
    runs.append(train(quick_store, "conll2003", "pasta", 0.9))
    runs.append(train(quick_store, "conll2003", "pasta-shared", 0.8))
    assert judge(judges.on_most("pasta", "pasta-shared"), runs).verdict == HOLDS
    assert judge(judges.on_most("pasta", "pasta-shared", 15.0), runs).verdict == FAILS


def test_only_tasks_that_ran_both_count(quick_store):
    runs = [train(quick_store, "rte", "pasta", 0.1), train(quick_store, "cola", "full", 0.9)]
    assert judge(judges.on_average("pasta", "full", 0.0), runs).verdict == NOT_RUN


def test_a_gap_on_test_is_of_the_test_scores(quick_store):
    runs = [
        train(quick_store, "conll2003", "pasta", 0.9, held_out={"test": {"entity_f1": 0.7}}),
        train(quick_store, "conll2003", "full", 0.8, held_out={"test": {"entity_f1": 0.75}}),
    ]
    judged = judge(judges.on_average("pasta", "full", 0.0, split="test"), runs)
    assert (judged.verdict, "-5.0" in judged.found) == (FAILS, True)


def test_lowest_compares_with_the_next_lowest(quick_store):
    runs = [
        train(quick_store, "rte", method, score)
        for method, score in (("classifier", 0.6), ("pasta", 0.9), ("pasta-shared", 0.59))
    ]
    assert judge(judges.lowest("classifier", ("pasta",)), runs).verdict == HOLDS
    assert judge(judges.lowest("classifier", ("pasta", "pasta-shared")), runs).verdict == FAILS


def test_parameters_are_compared_without_the_head(quick_store):
    def parameters(count: int) -> dict:
        return {"method": count, "head": 10**6, "backbone": 10**7, "percent": count / 10**5}

    runs = [
        train(quick_store, "rte", "pasta", 0.7, parameters=parameters(1000)),
        train(quick_store, "rte", "bitfit", 0.7, parameters=parameters(3000)),
    ]
    assert judge(judges.fewer_parameters("pasta", "bitfit", 3), runs).verdict == HOLDS
    assert judge(judges.fewer_parameters("pasta", "bitfit", 3.1), runs).verdict == FAILS


def test_counts_are_of_the_named_backbone_and_fields(quick_store):
    counts = [
        quick_store.write(
            "count",
            {"backbone": backbone, "method": "aot-kron", "fields": {"rank": rank}},
            result={"method": 10, "head": 1, "backbone": 100, "percent": percent},
        )
        for backbone, rank, percent in (
            ("roberta-large", 20, 2.8),
            ("roberta-large", 50, 17.0),
            ("roberta-base", 20, 9.0),
        )
    ]
    test = judges.counted("aot-kron", "percent", 0.0, 3.0, backbone="roberta-large", rank=20)
    judged = judge(test, counts)
    assert (judged.verdict, judged.keys) == (HOLDS, (counts[0]["key"],))


@pytest.mark.parametrize("order, verdict", [(1, HOLDS), (-1, FAILS)])
def test_norms_that_grow_toward_the_output(quick_store, order, verdict):
    norms = [[0.1, 0.2], [0.2, 0.3], [0.5, 0.2], [0.6, 0.9]][::order]
    run = train(quick_store, "rte", "pasta", 0.7, norms=norms)
    assert judge(judges.norms_grow(0.5), [run]).verdict == verdict


def test_vertical_heads_are_counted_not_averaged(quick_store):
    record = heads(quick_store, vertical=3, total=12)
    assert judge(judges.vertical_share(0.25), [record]).verdict == HOLDS
    assert judge(judges.vertical_share(0.26), [record]).verdict == FAILS
    assert judge(judges.vertical_on_both(1), [record]).verdict == FAILS


def test_a_spread_needs_three_seeds(quick_store):
    def runs(method: str, *scores: float) -> list[dict]:
        return [train(quick_store, "rte", method, s, seed) for seed, s in enumerate(scores)]

    steady, wild = runs("aot-fc", 0.70, 0.71), runs("lora", 0.5, 0.9, 0.7)
    test = judges.steadier("aot-fc", ("lora", "bitfit"))
    assert judge(test, steady + wild).verdict == NOT_RUN
    steady = runs("aot-fc", 0.70, 0.71, 0.72)
    assert judge(test, steady + wild).verdict == HOLDS


def test_scores_along_a_field_are_means_over_tasks_that_ran_every_value(quick_store):
    runs = [
        train(quick_store, task, "aot-fc", score, fields={"rank": rank})
        for task, rank, score in (("rte", 8, 0.7), ("rte", 64, 0.8), ("cola", 8, 0.1))
    ]
    seen = []
    judge(judges.along("aot-fc", "rank", lambda means: not seen.extend(means)), runs)
    assert seen == [pytest.approx(70), pytest.approx(80)]


def test_failed_runs_are_no_evidence(quick_store):
    assert Evidence([train(quick_store, "rte", "pasta", 0.9, status="failed")]).tasks == []


def test_overtaking_is_after_equally_many_assignments(quick_store):
    runs = [
        train(quick_store, "rte", method, score, lr=lr)
        for method, scores in (("aot-fc", (0.2, 0.8)), ("p-tuning-v2", (0.54, 0.55)))
        for lr, score in zip((1e-3, 1e-2), scores, strict=True)
    ]
    # expected best: 0.5, then 0.65 against 0.545, then 0.5475
    judged = judge(judges.overtakes("aot-fc", "p-tuning-v2", 100), runs)
    assert (judged.verdict, "rte at 2" in judged.found) == (HOLDS, True)
    assert judge(judges.overtakes("aot-fc", "p-tuning-v2", 2), runs).verdict == FAILS


@pytest.mark.parametrize("lora, verdict", [(0.6, HOLDS), (0.5, FAILS), (0.4, FAILS)])
def test_every_method_must_beat_the_classifier_and_those_that_do_not_are_named(
    quick_store, lora, verdict
):
    runs = [
        train(quick_store, "rte", "classifier", 0.5),
        train(quick_store, "rte", "pasta", 0.7),
        train(quick_store, "rte", "lora", lora),
        train(quick_store, "cola", "pasta", 0.1),  # no classifier there: says nothing
    ]
    judged = judge(judges.all_beat("classifier"), runs)
    assert judged.verdict == verdict
    assert ("lora on rte" in judged.found) == (verdict == FAILS)
    assert judge(judges.all_beat("classifier"), runs[3:]).verdict == NOT_RUN
