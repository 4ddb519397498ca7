"""Claims: each rule on both sides of its bounds, from records written for it."""

from dataclasses import replace

import pytest
from records import count, heads, train, vocabulary

from pasta_lib.study import claims, words
from pasta_lib.study.claims import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_JUDGED,
    SUPPORTED,
    Claim,
    Evidence,
)
from pasta_lib.study.claims import claim as data
from pasta_lib.study.claims.rule import Region

TASKS = ("rte", "cola", "sst2", "qnli", "mnli")


def tried(store, task, method, *scores, **how):
    """Finished runs of a method, one for each seed, and a search whose ends lie further out."""
    ends = [train(store, task, method, 0.1, lr=lr, max_steps=9) for lr in (1e-5, 1e-1)]
    return ends + [train(store, task, method, s, seed, **how) for seed, s in enumerate(scores)]


def claim(rule, **how):
    how = {"tasks": TASKS, "over": "these tasks", "on": ("bert-large",)} | how
    return Claim("an-id", "§0", "a sentence", rule, paper="PASTA", needs="03_glue", **how)


def judge(rule, records, backbone="minilm", gold=lambda name: None, **how):
    return claims.judge(claim(rule, **how), Evidence(records, "a setting", backbone, gold))


def above(by: float = 0.0):
    return data.outperforms("pasta", "full", by)


# The claims themselves


def test_every_claim_is_data_that_says_where_it_stands_and_what_it_needs():
    assert len(claims.CLAIMS) >= 60
    assert len({each.id for each in claims.CLAIMS}) == len(claims.CLAIMS)
    assert len({each.sentence for each in claims.CLAIMS}) == len(claims.CLAIMS)
    for each in claims.CLAIMS:
        assert each.paper == "beyond PASTA" or each.place
        assert each.test and each.needs[:2].isdigit() and each.on
        if each.over in ("these tasks", "tasks in general"):  # a mean of one number a task
            assert len(each.rule.methods) == 1 and not isinstance(each.rule, data.Spread)
        assert bool(each.tasks) != isinstance(each.rule, data.EXACT)


@pytest.mark.parametrize("each", claims.CLAIMS, ids=lambda each: each.id)
def test_nothing_is_judged_of_an_empty_store(each):
    assert claims.judge(each, Evidence([])) is None
    (verdict,) = claims.judge_all([each], [Evidence([])])
    assert (verdict.outcome, verdict.setting) == (NOT_JUDGED, "")
    assert verdict.reason == f"not run: see {each.needs}"


# Scores on the tasks that a claim names


@pytest.mark.parametrize(
    "rule, outcome",
    [
        (above(), SUPPORTED),
        (above(9.0), SUPPORTED),
        (above(10.0), INCONCLUSIVE),
        (above(11.0), CONTRADICTED),
        (data.at_least_as_good("full", "pasta", 11.0), SUPPORTED),
        (data.at_least_as_good("full", "pasta", 10.0), INCONCLUSIVE),
        (data.at_least_as_good("full", "pasta", 9.0), CONTRADICTED),
        (data.equal("pasta", "full", 11.0), SUPPORTED),
        (data.equal("pasta", "full", 10.0), INCONCLUSIVE),
        (data.equal("pasta", "full", 9.0), CONTRADICTED),
    ],
)
def test_a_claim_is_decided_where_the_whole_interval_lies_on_one_side(quick_store, rule, outcome):
    runs = tried(quick_store, "rte", "pasta", 0.80, 0.801, 0.799)
    runs += tried(quick_store, "rte", "full", 0.70, 0.701, 0.699)
    verdict = judge(rule, runs)
    assert verdict.outcome == outcome
    # s = 0.1 each, n = 3: V = 2/300, df = 4, t = 2.776445
    half = 2.776445 * (2 * 0.01 / 3) ** 0.5
    assert (abs(verdict.estimate), verdict.high - verdict.low) == (
        pytest.approx(10.0),
        pytest.approx(2 * half, rel=1e-6),
    )
    finals = {run["key"] for run in runs if not run["config"]["train"]["max_steps"]}
    assert set(verdict.keys) == finals
    assert "3 seeds" in verdict.found and "rows' luck not in it" in verdict.found


def test_the_half_that_had_no_say_is_judged_and_older_records_say_that_they_were_picked(
    quick_store,
):
    def halves(value):
        return {
            "halves": {"epoch": 1, "picked": {"accuracy": 0.5}, "reported": {"accuracy": value}}
        }

    for method, scores in (("pasta", (0.6, 0.61)), ("full", (0.7, 0.71))):
        for seed, score in enumerate(scores):
            train(quick_store, "rte", method, 0.9 + seed / 100, seed, **halves(score))
    verdict = judge(above(), quick_store.records())
    assert verdict.estimate == pytest.approx(-10) and "picked" not in verdict.found
    old = quick_store.records()
    for record in old:
        del record["result"]["halves"]
    verdict = judge(above(), old)
    assert verdict.estimate == pytest.approx(0) and "picked on these rows" in verdict.found


def test_a_claim_on_test_is_of_the_test_scores(quick_store):
    runs = []
    for method, score, test in (("pasta", 0.9, 0.7), ("full", 0.8, 0.75)):
        for seed in range(3):
            held = {"test": {"entity_f1": test + seed / 1000}}
            score += 0.001
            runs.append(train(quick_store, "conll2003", method, score, seed, held_out=held))
    verdict = judge(data.outperforms("pasta", "full", split="test"), runs, tasks=("conll2003",))
    assert verdict.estimate == pytest.approx(-5)


def test_both_methods_are_compared_in_one_metric(quick_store):
    """Two grids of one backbone may select by different metrics (MRPC: accuracy, and with F1)."""
    runs = []
    for method, metric in (("pasta", "accuracy"), ("full", "accuracy_f1")):
        for seed in range(3):
            scores = {"accuracy": 0.8 + seed / 1000, "accuracy_f1": 0.9 + seed / 1000}
            halves = {"epoch": 1, "picked": scores, "reported": scores}
            result = {"metric": metric, "metrics": scores, "halves": halves}
            runs.append(train(quick_store, "mrpc", method, 0.8, seed, **result))
    verdict = judge(above(), runs, tasks=("mrpc",))
    assert verdict.estimate == pytest.approx(0) and "both in accuracy" in verdict.found


@pytest.mark.parametrize("scores", [(0.8,), (0.8, 0.8, 0.8)])
def test_one_seed_or_no_spread_decides_nothing(quick_store, scores):
    runs = tried(quick_store, "rte", "pasta", *scores)
    runs += tried(quick_store, "rte", "full", 0.7, 0.7, 0.7)
    runs += tried(quick_store, "rte", "lora", 0.7, 0.71)  # by which RTE is informative
    verdict = judge(above(), runs)
    expected = NOT_JUDGED if len(scores) == 1 else INCONCLUSIVE
    assert verdict.outcome == expected
    assert ("one seed" if len(scores) == 1 else "no spread was seen") in verdict.reason


def test_a_search_is_no_result(quick_store):
    runs = tried(quick_store, "rte", "pasta", 0.8, 0.81) + tried(quick_store, "rte", "full")
    verdict = judge(above(), runs)
    assert (verdict.outcome, verdict.reason) == (NOT_JUDGED, "only a search was run (RTE)")


def test_what_failed_is_no_evidence(quick_store):
    run = train(quick_store, "rte", "pasta", 0.9, status="failed")
    assert judge(above(), [run]) is None


# The luck of the rows


def with_answers(store, method, right, seed):
    """A run that was right on some of 100 rows, whose labels are all 1."""
    gold = store.keep_gold({"task": "rte", "split": "half", "labels": "1 " * 100, "groups": None})
    answers = " ".join(str(int(i in right)) for i in range(100))
    kept = [{"split": "half", "gold": gold, "answers": answers}]
    score = {"accuracy": len(right) / 100}
    halves = {"epoch": 1, "picked": score, "reported": score}
    return train(store, "rte", method, len(right) / 100, seed, halves=halves, answers=kept)


def test_rows_are_resampled_where_the_records_hold_answers(quick_store):
    tried(quick_store, "rte", "pasta"), tried(quick_store, "rte", "full")
    for seed in range(3):
        with_answers(quick_store, "pasta", range(20 - seed, 100), seed)  # 80, 81, 82
        with_answers(quick_store, "full", range(70 - seed), seed)  # 70, 69, 68
    runs = quick_store.records()
    known = judge(above(), runs, gold=quick_store.gold)
    unknown = judge(above(), runs)
    assert known.estimate == unknown.estimate == pytest.approx(12)
    assert (unknown.outcome, known.outcome) == (SUPPORTED, INCONCLUSIVE)
    assert "rows' luck not in it" in unknown.found and "rows' luck" not in known.found
    # they are right on other rows: d is 1, 0 or −1 on 30 and 20 of 100 rows, about
    spread = (100**2 * (0.31 + 0.19 - 0.12**2) / 100) ** 0.5
    assert (known.high - known.low) / 2 == pytest.approx(1.98 * spread, rel=0.1)


def test_runs_on_other_rows_are_not_paired(quick_store):
    tried(quick_store, "rte", "pasta"), tried(quick_store, "rte", "full")
    for seed in range(2):
        with_answers(quick_store, "pasta", range(80 + seed), seed)
        run = with_answers(quick_store, "full", range(70 + seed), seed)
    other = quick_store.keep_gold({"labels": "0 " * 100, "groups": None})
    run["result"]["answers"][0]["gold"] = other
    told = {name: run[name] for name in ("status", "result", "seconds", "provenance")}
    quick_store.write("train", run["config"], **told)
    verdict = judge(above(), quick_store.records(), gold=quick_store.gold)
    assert "rows' luck not in it" in verdict.found


# Several tasks


def gaps(store, *points, method="pasta", other="full", **how):
    """Runs in which a method leads another by so many points, a task each; seeds differ by 0.1."""
    for task, gap in zip(TASKS, points, strict=False):
        tried(store, task, method, *(0.7 + gap / 100 + d for d in (-0.001, 0, 0.001)), **how)
        tried(store, task, other, *(0.7 + d for d in (-0.001, 0, 0.001)), **how)
    return store.records()


def test_tasks_in_general_are_judged_by_how_tasks_differ(quick_store):
    verdict = judge(above(), gaps(quick_store, 2.0, 4.0, 6.0), over="tasks in general")
    # mean 4, s = 2, t(0.975; 2) = 4.302653: 4 ± 4.97
    half = 4.302653 * 2 / 3**0.5
    assert (verdict.low, verdict.high) == (pytest.approx(4 - half), pytest.approx(4 + half))
    assert verdict.outcome == INCONCLUSIVE and "rows' luck" not in verdict.found
    sure = judge(above(-1.0), quick_store.records(), over="tasks in general")
    assert sure.outcome == SUPPORTED


def test_one_task_is_not_tasks_in_general(quick_store):
    verdict = judge(above(), gaps(quick_store, 2.0), over="tasks in general")
    assert verdict.outcome == NOT_JUDGED and "one task" in verdict.reason


@pytest.mark.parametrize(
    "points, outcome",
    [
        ((5, 5, 5), SUPPORTED),
        ((5, 5, 0), SUPPORTED),
        ((5, 5, -5), SUPPORTED),
        ((5, 0, 0), INCONCLUSIVE),
        ((5, 5, 0, 0), INCONCLUSIVE),
        ((-5, -5, 5), CONTRADICTED),
        ((5, -5, 0), INCONCLUSIVE),
        ((5, 5), NOT_JUDGED),
    ],
)
def test_most_is_more_than_half_of_three_tasks_or_more(quick_store, points, outcome):
    verdict = judge(above(), gaps(quick_store, *points), over="most tasks")
    assert verdict.outcome == outcome
    if outcome == NOT_JUDGED:
        assert "2 informative tasks" in verdict.reason
        return
    wins, losses = sum(p > 0 for p in points), sum(p < 0 for p in points)
    assert (verdict.low, verdict.high) == (wins, len(points) - losses)
    assert ("tied" in verdict.reason) == (0 in points)


def test_with_more_tasks_each_needs_more(quick_store):
    """With two of three, or three of five, needed, a task counts at 1 − 0.05/2 and 1 − 0.05/3."""
    t = 4.0  # p = 0.0161 at 4 degrees of freedom, between 0.05/3 and 0.05/4
    gap = 100 * t * (2 * 0.001**2 / 3) ** 0.5
    five = judge(above(), gaps(quick_store, *[gap] * 5), over="most tasks")
    assert five.p == pytest.approx(3 * 0.0161, rel=0.01) and five.outcome == SUPPORTED
    t = 3.9  # p = 0.0175
    gap = 100 * t * (2 * 0.001**2 / 3) ** 0.5
    five = judge(above(), gaps(quick_store, *[gap] * 5), over="most tasks")
    assert five.p == pytest.approx(3 * 0.0175, rel=0.01) and five.outcome == INCONCLUSIVE


@pytest.mark.parametrize(
    "points, outcome",
    [((5, 5), SUPPORTED), ((5, 0), INCONCLUSIVE), ((5, -5), CONTRADICTED)],
)
def test_every_task_must_be_won_and_one_may_not_be_lost(quick_store, points, outcome):
    assert judge(above(), gaps(quick_store, *points), over="every task").outcome == outcome


def test_who_faces_several_must_beat_each_of_them(quick_store):
    gaps(quick_store, 5, 5, 5)
    gaps(quick_store, 5, 5, 0, method="lora")
    rule = data.all_outperform(("pasta", "lora"), "full")
    verdict = judge(rule, quick_store.records(), over="most tasks")
    assert (verdict.outcome, verdict.low) == (SUPPORTED, 2)
    every = judge(rule, quick_store.records(), over="every task")
    assert every.outcome == INCONCLUSIVE


def test_a_task_counts_only_where_all_that_are_compared_ran(quick_store):
    gaps(quick_store, 5, 5, 5)
    gaps(quick_store, 5, 5, method="lora")
    rule = data.all_outperform(("pasta", "lora"), "full")
    verdict = judge(rule, quick_store.records(), over="every task")
    assert [part.name for part in verdict.parts] == ["rte", "cola"]
    some = replace(rule, all_methods=False)
    assert len(judge(some, quick_store.records(), over="every task").parts) == 3


def test_rte_is_in_both_benchmarks_and_counts_once(quick_store):
    gaps(quick_store, 5, 5)
    tried(quick_store, "superglue-rte", "pasta", 0.8, 0.81)
    tried(quick_store, "superglue-rte", "full", 0.7, 0.71)
    tasks = ("rte", "cola", "superglue-rte")
    verdict = judge(above(), quick_store.records(), tasks=tasks)
    assert [part.name for part in verdict.parts] == ["rte", "cola"]
    alone = [r for r in quick_store.records() if r["config"]["task"] != "rte"]
    assert [p.name for p in judge(above(), alone, tasks=tasks).parts] == ["cola", "superglue-rte"]


def test_where_nobody_leaves_the_majority_class_nothing_is_learned(quick_store):
    gaps(quick_store, 5, 5, 5)
    for method, score in (("pasta", 0.52), ("full", 0.5)):
        tried(quick_store, "mnli", method, score - 0.03, score, score + 0.03)
    verdict = judge(above(), quick_store.records(), over="most tasks")
    assert [part.name for part in verdict.parts] == ["rte", "cola", "sst2"]
    assert "no method leaves the majority class (MNLI)" in verdict.reason
    tried(quick_store, "mnli", "lora", 0.6, 0.61)  # not compared, but it shows what can be learned
    assert len(judge(above(), quick_store.records(), over="most tasks").parts) == 4


# The budget


NAMES = {"pasta": "PASTA", "full": "Full fine-tuning"}


def limited(store, method, score, how):
    """Runs of a method on RTE that a larger budget might have helped."""
    searched = [] if how == "rate" else tried(store, "rte", method)
    last = {"epoch": 3 if how == "epoch" else 1}
    return searched + [
        train(store, "rte", method, own["accuracy"], seed, halves=last | own_halves)
        for seed in range(3)
        for own in [{"accuracy": score + (seed - 1) / 1000}]
        for own_halves in [{"picked": own, "reported": own}]
    ]


@pytest.mark.parametrize("how", ["rate", "epoch", "not at all"])
@pytest.mark.parametrize("method, other", [("pasta", "full"), ("full", "pasta")])
def test_a_method_that_may_still_get_better_does_not_lose(quick_store, method, other, how):
    limited(quick_store, method, 0.7, how), limited(quick_store, other, 0.8, "not at all")
    lost = judge(data.outperforms(method, other), quick_store.records())
    won = judge(data.outperforms(other, method), quick_store.records())
    outcomes = {lost.outcome, won.outcome}
    if how == "not at all":
        assert outcomes == {SUPPORTED, CONTRADICTED}
        return
    assert outcomes == {INCONCLUSIVE}
    assert lost.reason.startswith(f"budget: contradicted but for {NAMES[method]} on RTE: its ")
    assert won.reason.startswith(f"budget: supported but for {NAMES[method]} on RTE: its ")
    assert lost.budget == won.budget and lost.survives is None


@pytest.mark.parametrize("how", ["rate", "epoch"])
def test_whoever_wins_may_be_short_of_budget(quick_store, how):
    limited(quick_store, "pasta", 0.8, how), limited(quick_store, "full", 0.7, "not at all")
    assert judge(above(), quick_store.records()).outcome == SUPPORTED
    equal = judge(data.equal("pasta", "full", 20.0), quick_store.records())
    assert equal.outcome == INCONCLUSIVE  # with more it might lead by more


def test_the_last_epoch_of_one_seed_in_three_is_chance(quick_store):
    runs = limited(quick_store, "pasta", 0.7, "not at all")
    runs[-1]["result"]["halves"]["epoch"] = 3
    runs += limited(quick_store, "full", 0.8, "not at all")
    assert judge(above(), runs).outcome == CONTRADICTED


def test_other_tasks_may_decide_without_those_short_of_budget(quick_store):
    gaps(quick_store, -5, -5, -5, -5)
    for run in quick_store.records():
        if run["config"]["task"] == "rte" and run["config"]["train"]["max_steps"]:
            quick_store.path(run["key"]).unlink()
    for over in ("most tasks", "tasks in general"):
        runs = quick_store.records()
        if over == "tasks in general":  # tasks that differ, so that they have a spread
            gaps(quick_store, -5, -5, -6, -6)
            runs = [
                run
                for run in quick_store.records()
                if run["config"]["task"] != "rte" or not run["config"]["train"]["max_steps"]
            ]
        assert judge(above(), runs, over=over).outcome == CONTRADICTED
    ends = [run for run in runs if not run["config"]["train"]["max_steps"]]
    verdict = judge(above(), ends, over="most tasks")
    assert verdict.outcome == INCONCLUSIVE and verdict.budget.count("first or last tried") == 4


# Curves


def whole_grid(store, method, field, table, task="rte", seeds=2):
    return [
        train(store, task, method, score + seed / 1000, seed, lr=lr, fields={field: value})
        for value, scores in table.items()
        for lr, score in zip((1e-4, 1e-3, 1e-2), scores, strict=True)
        for seed in range(seeds)
    ]


def curve(rule, records, **how):
    return judge(rule, records, over="every task", **how)


def test_a_curve_takes_the_best_rate_at_each_value(quick_store):
    runs = whole_grid(
        quick_store,
        "aot-fc",
        "rank",
        {8: (0.5, 0.7, 0.6), 16: (0.5, 0.71, 0.6), 32: (0.1, 0.72, 0)},
    )
    assert curve(data.grows("aot-fc", "rank", 1.0), runs).outcome == SUPPORTED
    assert curve(data.grows("aot-fc", "rank", 3.0), runs).outcome == CONTRADICTED
    assert curve(data.stable("aot-fc", "rank", 3.0), runs).outcome == SUPPORTED
    moved = curve(data.stable("aot-fc", "rank", 0.5), runs)
    assert moved.outcome == CONTRADICTED  # any two of them


def test_a_curve_of_a_search_is_not_judged(quick_store):
    runs = whole_grid(quick_store, "aot-fc", "rank", {8: (0.5, 0.7, 0.6), 16: (0.5, 0.8, 0.6)})
    one = [run for run in runs if run["config"]["train"]["seed"] == 0]
    cut = train(quick_store, "rte", "aot-fc", 0.1, lr=0.5, max_steps=9, fields={"rank": 8})
    for records in (one, [*runs, cut]):
        verdict = curve(data.grows("aot-fc", "rank", 1.0), records)
        assert (verdict.outcome, verdict.reason) == (NOT_JUDGED, "only a search was run (RTE)")


def test_who_leads_is_asked_where_both_have_tried_most(quick_store):
    """A lead after one assignment that is reversed after two is no lead."""
    runs = whole_grid(quick_store, "aot-fc", "rank", {8: (0.6, 0.6, 0.6)})
    runs += whole_grid(quick_store, "p-tuning-v2", "prefix", {5: (0.2, 0.3, 0.9)})
    # expected best of three draws from 0.2, 0.3, 0.9 is over 0.7, of one it is under 0.5
    rule = data.Expected("aot-fc", "p-tuning-v2", 99)
    verdict = curve(rule, runs)
    assert verdict.outcome == CONTRADICTED and "at 3 assignments" in verdict.found
    assert curve(replace(rule, most=1), runs).outcome == SUPPORTED
    assert "picked on these rows" in verdict.found


def test_expected_validation_of_a_search_is_not_judged(quick_store):
    runs = [
        train(quick_store, "rte", method, score, lr=lr, max_steps=100)
        for method, scores in (("aot-fc", (0.2, 0.8)), ("p-tuning-v2", (0.54, 0.55)))
        for lr, score in zip((1e-3, 1e-2), scores, strict=True)
    ]
    verdict = curve(data.Expected("aot-fc", "p-tuning-v2", 99), runs)
    assert (verdict.outcome, verdict.reason) == (NOT_JUDGED, "only a search was run (RTE)")


def test_a_drop_is_against_the_best_of_the_other_values(quick_store):
    """The half that picks says which is best: of 8 and 16, the 16; then 32 lies under it."""
    runs = whole_grid(
        quick_store,
        "aot-fc",
        "rank",
        {8: (0.5, 0.7, 0.6), 16: (0.5, 0.8, 0.6), 32: (0.1, 0.75, 0)},
    )
    verdict = curve(data.drops("aot-fc", "rank"), runs)
    assert (verdict.outcome, verdict.found[:8]) == (SUPPORTED, "RTE -5.0")
    rising = [run for run in runs if run["config"]["fields"]["rank"] != 16]
    assert curve(data.drops("aot-fc", "rank"), rising).outcome == CONTRADICTED


def against(store, prefixes, ranks, tasks=("rte", "cola", "sst2")):
    for i, task in enumerate(tasks):  # tasks differ by 0.1 points, so that they have a spread
        whole_grid(
            store,
            "p-tuning-v2",
            "prefix",
            {at: (0.1, score + i / 1000, 0.1) for at, score in prefixes.items()},
            task,
        )
        fields = {at: (0.1, score, 0.1) for at, score in ranks.items()}
        whole_grid(store, "aot-fc", "rank", fields, task)
    return store.records()


def test_each_value_of_one_curve_is_held_against_the_best_of_another(quick_store):
    runs = against(quick_store, {5: 0.60, 100: 0.72}, {32: 0.5, 64: 0.7})
    how = {"over": "every value", "tasks": ("rte", "cola", "sst2")}
    long = data.Against(
        "p-tuning-v2", "aot-fc", "p-tuning-v2", "prefix", 0.5, Region(low=-0.5), above=50
    )
    verdict = judge(long, runs, **how)
    # 72 + 0, 0.1, 0.2 minus 70: a mean of 2.1 over tasks in general, s = 0.1
    half = 4.302653 * 0.1 / 3**0.5
    assert (verdict.outcome, verdict.estimate) == (SUPPORTED, 1)
    assert verdict.found.startswith(f"prefix 100 +2.1 [+{2.1 - half:.1f}, +{2.1 + half:.1f}]")
    every = data.Against("aot-fc", "p-tuning-v2", "p-tuning-v2", "prefix", 0.0, Region(low=0.0))
    lost = judge(every, runs, **how)
    assert [part.name for part in lost.parts] == ["prefix 5", "prefix 100"]
    assert (lost.outcome, lost.low, lost.high) == (CONTRADICTED, 1, 1)
    one = [run for run in runs if run["config"]["task"] == "rte"]
    alone = judge(every, one, **how)
    assert alone.outcome == NOT_JUDGED
    assert alone.reason == "one task says nothing of tasks in general (RTE)"


def test_a_gain_is_from_one_assignment_to_all_seed_by_seed(quick_store):
    # of 0.2, 0.3, 0.9: the best of three draws is 0.2/27 + 0.3 · 7/27 + 0.9 · 19/27, of one 1.4/3
    best = (0.2 + 0.3 * 7 + 0.9 * 19) / 27 - 1.4 / 3
    runs = whole_grid(quick_store, "aot-fc", "rank", {8: (0.2, 0.3, 0.9)}, seeds=3)
    for run in runs:  # seeds alike in what they gain have no spread
        run["result"]["metrics"]["accuracy"] += (
            run["config"]["train"]["seed"] * 1e-5 * (run["config"]["train"]["lr"] == 1e-2)
        )
    gained = curve(data.Gain("aot-fc", 5.0, Region(low=5.0)), runs)
    assert gained.outcome == SUPPORTED
    assert gained.parts[0].contrasts[0].reading.value == pytest.approx(100 * best, abs=0.01)
    assert "over 3 assignments" in gained.found
    more = data.Gain("aot-fc", 50.0, Region(low=50.0))
    assert curve(more, runs).outcome == CONTRADICTED


def test_a_method_may_vary_more_at_its_largest_rank(quick_store):
    def spread(scores):
        return [
            train(quick_store, "rte", "aot-fc", score, seed, lr=lr, fields={"rank": rank})
            for rank, own in scores.items()
            for seed, score in enumerate(own)
            for lr, score in ((1e-3, score), (1e-2, 0.2), (1e-4, 0.2))
        ]

    steady, wild = (0.7, 0.701, 0.702), (0.9, 0.7, 0.6)
    rule = data.SpreadAlong("aot-fc", "rank")
    verdict = curve(rule, spread({8: steady, 16: steady, 32: wild}))
    assert verdict.outcome == SUPPORTED and verdict.found.startswith("RTE rank 32 15.3 to 0.1")
    assert curve(rule, spread({8: wild, 16: wild, 32: steady})).outcome == CONTRADICTED
    few = [run for run in quick_store.records() if run["config"]["train"]["seed"] < 2]
    assert curve(rule, few).reason == "fewer than 3 seeds (RTE)"


# Several backbones


def on(store, backbone, size, lead, folder="folder", **how):
    """The records of a backbone on which AoT leads LoRA by some points, a task each."""
    gaps(store, *lead, method="aot-fc", other="lora")
    records = store.records()
    for record in records:
        record["config"] |= {"backbone": backbone, "source": folder}
        record["result"]["parameters"] = {"backbone": size}
        record["key"] += backbone
        store.path(record["key"].removesuffix(backbone)).unlink(missing_ok=True)
    return Evidence(records, backbone, backbone, **how)


def closing(evidence, backbones=("roberta-base", "deberta-xl")):
    rule = claim(data.Closing("aot-fc", "lora"), over="tasks in general", on=backbones)
    return claims.judge_all([rule], evidence)


def test_a_gap_closes_from_the_smallest_backbone_to_the_largest(quick_store):
    small = on(quick_store, "roberta-base", 10, (-5, -6, -7))
    large = on(quick_store, "roberta-large", 30, (-9, -9, -9))
    largest = on(quick_store, "deberta-xl", 70, (-1, -1.5, -1))
    (verdict,) = closing([largest, small, large])
    # 4, 4.5 and 6 points: a mean of 4.83
    assert (verdict.outcome, verdict.own) == (SUPPORTED, True)
    assert verdict.estimate == pytest.approx(14.5 / 3)
    assert (verdict.setting, verdict.backbone) == ("roberta-base → deberta-xl", "deberta-xl")
    (widens,) = closing([small, large])
    assert (widens.outcome, widens.own) == (CONTRADICTED, False)  # -4, -3, -2
    assert widens.estimate == pytest.approx(-3)


def test_what_was_run_on_one_backbone_or_on_other_data_says_nothing_of_growth(quick_store):
    small = on(quick_store, "roberta-base", 10, (-5, -6))
    sample = on(quick_store, "deberta-xl", 70, (-1, -1.5), folder="sample", sample=True)
    (verdict,) = closing([small, sample])
    assert (verdict.outcome, verdict.setting) == (NOT_JUDGED, "")


# A choice that depends on the task


def variants(store, *tasks, names=("pasta", "pasta-no-cls", "pasta-no-sep")):
    for task, points in zip(TASKS, tasks, strict=False):
        for name, point in zip(names, points, strict=True):
            tried(store, task, name, *(0.7 + point / 100 + d for d in (-1e-3, 0, 1e-3)))
    return judge(data.Changes(names), store.records(), over="every task")


@pytest.mark.parametrize(
    "points, outcome, changed",
    [
        (((5, 0, 0), (0, 5, 0)), SUPPORTED, 1),  # the first two change places
        (((5, 0, 0), (5, 0, 0)), CONTRADICTED, 0),  # the first is always best
        (((5, 0, 0), (0, 0, 0)), INCONCLUSIVE, 0),
        (((5, 0, 9), (0, 5, 9)), SUPPORTED, 1),  # whoever is best: two change places
        (((5, 3, 0), (0, 3, 5)), SUPPORTED, 3),
    ],
)
def test_two_variants_change_places_where_each_beats_the_other(
    quick_store, points, outcome, changed
):
    verdict = variants(quick_store, *points)
    assert (verdict.outcome, verdict.estimate) == (outcome, changed)
    assert verdict.reason.startswith(f"pairs that change places: {changed} of 3")


def test_a_change_of_places_needs_more_the_more_might_change(quick_store):
    """Two tasks and three pairs: a win counts at 1 − 0.05/6."""
    t = 4.7  # p = 0.00932 at 4 degrees of freedom: over 0.05/6, under 0.05/2
    gap = 100 * t * (2 * 0.001**2 / 3) ** 0.5
    assert variants(quick_store, (gap, 0, 0.01), (0, gap, 0.01)).outcome == INCONCLUSIVE
    names = "pasta", "pasta-no-cls"
    two = judge(data.Changes(names), quick_store.records(), over="every task")
    assert two.outcome == SUPPORTED


# Words among the largest rows


def test_words_are_held_against_what_chance_gives(quick_store):
    """A tenth of the vocabulary are pronouns; of the four largest rows 2, 2 and 3 are."""
    tried(quick_store, "rte", "aot-fc")
    rows = {0: "he she table quickly", 1: "him it table slowly", 2: "her his they often"}
    for seed, line in rows.items():
        tokens = [[[token, 1.0] for token in line.split()]]
        train(quick_store, "rte", "aot-fc", 0.7 + seed / 100, seed, top_tokens=tokens)
    rule = data.Words("aot-fc", ("pronouns",))
    lacking = judge(rule, quick_store.records())
    assert (lacking.outcome, lacking.reason) == (NOT_JUDGED, "no count of its vocabulary (RTE)")
    vocabulary(quick_store, {"pronouns": 10, "other words": 90}, words.edition())
    verdict = judge(rule, quick_store.records())
    # 40, 40 and 65 percent points over chance: a mean of 48.3, s = 14.43
    assert verdict.estimate == pytest.approx(145 / 3)
    half = 4.302653 * 14.4338 / 3**0.5
    assert verdict.high - verdict.low == pytest.approx(2 * half, rel=1e-4)
    assert verdict.outcome == SUPPORTED and len(verdict.keys) == 4
    verbs = judge(data.Words("aot-fc", ("verbs",), region=Region(low=0.0)), quick_store.records())
    assert verbs.estimate == pytest.approx(0)


def test_later_layers_are_the_later_half(quick_store):
    tried(quick_store, "rte", "aot-fc")
    early, late = ("he", "she"), ("quickly", "he")
    for seed in range(3):
        tokens = [[[token, 1.0] for token in layer] for layer in (early, early, late, late)]
        tokens[2] = tokens[2] * (1 + seed)  # so that seeds differ in nothing but their number
        train(quick_store, "rte", "aot-fc", 0.7 + seed / 100, seed, top_tokens=tokens)
    vocabulary(quick_store, {"adverbs": 10, "other words": 90}, words.edition())
    late_only = data.Words("aot-fc", ("adverbs",), later=True)
    assert judge(late_only, quick_store.records()).estimate == pytest.approx(50 - 10)
    assert judge(replace(late_only, later=False), quick_store.records()).estimate < 40 - 10


# Spreads and norms


@pytest.mark.parametrize("wild, outcome", [("aot-fc", SUPPORTED), ("lora", CONTRADICTED)])
def test_a_method_may_be_said_to_vary_more_than_the_others(quick_store, wild, outcome):
    for method in ("aot-fc", "lora", "bitfit"):
        spread = 0.1 if method == wild else 0.001
        tried(quick_store, "rte", method, *(0.7 + spread * d for d in (-1, 0, 1)))
    rule = data.Spread(("aot-fc",), ("lora", "bitfit"), region=Region(low=1.0))
    assert judge(rule, quick_store.records(), over="every task").outcome == outcome


def test_both_spreads_are_compared_with_the_others(quick_store):
    rule = data.Spread(("aot-fc", "aot-kron"), ("lora", "bitfit"))
    for method, spread in (("aot-fc", 0.001), ("lora", 0.1), ("bitfit", 0.1)):
        tried(quick_store, "rte", method, *(0.7 + spread * d for d in (-1, 0, 1)))
    assert (
        judge(rule, quick_store.records(), over="every task") is None
    )  # one of the two is missing
    tried(quick_store, "rte", "aot-kron", 0.7, 0.701)
    few = judge(rule, quick_store.records(), over="every task")
    assert (few.outcome, few.reason) == (NOT_JUDGED, "fewer than 3 seeds (RTE)")
    tried(quick_store, "rte", "aot-kron", 0.7, 0.701, 0.699)
    assert judge(rule, quick_store.records(), over="every task").outcome == SUPPORTED
    tried(quick_store, "rte", "aot-kron", 0.7, 0.9, 0.5)
    assert judge(rule, quick_store.records(), over="every task").outcome == INCONCLUSIVE


@pytest.mark.parametrize("order, outcome", [(1, SUPPORTED), (-1, CONTRADICTED)])
def test_norms_that_grow_toward_the_output(quick_store, order, outcome):
    layers = [[0.1, 0.2], [0.2, 0.3], [0.5, 0.2], [0.6, 0.9]][::order]
    swapped = [layers[1], layers[0], *layers[2:]]  # a ρ of its own, so that seeds differ
    tried(quick_store, "rte", "pasta")
    for seed, norms in enumerate((layers, layers, swapped)):
        train(quick_store, "rte", "pasta", 0.7 + seed / 100, seed, norms=norms)
    rule = data.Growth("pasta", 0.5, Region(low=0.4))
    verdict = judge(rule, quick_store.records(), over="every task")
    assert verdict.outcome == outcome
    ends = {1: "[+0.65, +1.00]", -1: "[-1.00, -0.65]"}  # Student's end is 1.22, which no ρ can be
    assert ends[order] in verdict.found


# Counts


def test_a_table_is_two_bytes_for_each_of_its_numbers(quick_store):
    record = count(quick_store, "aot-naive", 100.0)
    size = 2e-9 * record["result"]["method"]
    for low, outcome in ((0.99 * size, SUPPORTED), (1.01 * size, CONTRADICTED)):
        rule = data.Count(("aot-naive",), "gigabytes", Region(low=low))
        verdict = judge(rule, [record], "bert-large", tasks=(), over="every task")
        assert (verdict.outcome, verdict.estimate) == (outcome, pytest.approx(size))


def test_a_count_is_exact_and_of_the_papers_backbone_alone(quick_store):
    few, many = count(quick_store, "pasta", 0.5), count(quick_store, "bitfit", 1.6)
    rule = data.Count(("pasta",), "times", Region(low=3), other="bitfit")
    verdict = judge(rule, [few, many], "bert-large", tasks=(), over="every task")
    assert (verdict.outcome, verdict.own) == (SUPPORTED, True)
    assert verdict.low == verdict.estimate == verdict.high == pytest.approx(3.2)
    assert verdict.found == "16,000 / 5,000 = 3.20" and verdict.p is None
    tight = replace(rule, region=Region(low=3.3))
    tight = judge(tight, [few, many], "bert-large", tasks=(), over="every task")
    assert tight.outcome == CONTRADICTED
    assert judge(rule, [few, many], "bert-base", tasks=(), over="every task") is None


def test_counts_are_of_the_named_fields(quick_store):
    for rank, percent in ((20, 2.8), (50, 17.0)):
        quick_store.write(
            "count",
            {"backbone": "roberta-large", "method": "aot-kron", "fields": {"rank": rank}},
            result={"method": 10, "head": 1, "backbone": 100, "percent": percent},
        )
    rule = data.Count(("aot-kron",), "percent", Region(high=3), {"rank": 20})
    where = {"backbone": "roberta-large", "tasks": (), "on": ("roberta-large",)}
    assert judge(rule, quick_store.records(), over="every task", **where).outcome == SUPPORTED
    both = replace(rule, fields={})
    assert judge(both, quick_store.records(), over="every task", **where).outcome == CONTRADICTED


def test_vertical_heads_are_counted_not_averaged(quick_store):
    record = heads(quick_store, vertical=3, total=12)
    for unit, low, outcome in (
        ("share", 0.25, SUPPORTED),
        ("share", 0.26, CONTRADICTED),
        ("fewer", 1, CONTRADICTED),  # all three look at [CLS]
        ("fewer", 0, SUPPORTED),
    ):
        verdict = judge(data.Heads(unit, Region(low=low)), [record], tasks=(), over="every task")
        assert (verdict.outcome, verdict.own) == (outcome, False)


# Many claims, and whose backbone


def test_holms_mark_is_over_one_settings_claims(quick_store):
    # p is 0.027 at t = 3.4 and 4 degrees of freedom
    gap = 100 * 3.4 * (2 * 0.001**2 / 3) ** 0.5
    gaps(quick_store, gap)
    one, two = claim(above()), replace(claim(above(-1e-9)), id="another")
    evidence = Evidence(quick_store.records(), "a setting", "minilm")
    (alone,) = claims.judge_all([one], [evidence])
    assert (alone.outcome, alone.survives) == (SUPPORTED, True)
    both = claims.judge_all([one, two], [evidence])
    assert [(each.outcome, each.survives) for each in both] == [(SUPPORTED, False)] * 2
    open_, _ = claims.judge_all([claim(above(gap)), one], [evidence])
    assert (open_.outcome, open_.survives) == (INCONCLUSIVE, None)
    apart = claims.judge_all([one], [evidence, Evidence(evidence.records, "elsewhere", "mpnet")])
    assert [each.survives for each in apart] == [True, True]


@pytest.mark.parametrize(
    "backbone, sample, own",
    [("bert-large", False, True)]
    + [
        ("bert-large", True, False),
        ("minilm", False, False),
    ],
)
def test_only_real_tasks_on_the_papers_backbone_test_a_claim(quick_store, backbone, sample, own):
    evidence = Evidence(gaps(quick_store, 1.0), "", backbone, sample=sample)
    assert claims.judge(claim(above()), evidence).own == own
