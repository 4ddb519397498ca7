"""Statistics: closed forms, and what counts as the best configuration."""

from itertools import product
from statistics import mean

import pytest
from records import train

from pasta_lib.study import statistics


@pytest.mark.parametrize("values", [[0.3], [0.1, 0.5, 0.2], [0.7, 0.7, 0.1, 0.4]])
def test_expected_maximum_is_the_mean_over_all_draws(values):
    for n, expected in enumerate(statistics.expected_maximum(values), start=1):
        draws = [max(draw) for draw in product(values, repeat=n)]
        assert expected == pytest.approx(mean(draws))


def test_expected_maximum_starts_at_the_mean_and_grows_toward_the_best():
    curve = statistics.expected_maximum([0.2, 0.9, 0.4, 0.6])
    assert curve[0] == pytest.approx(0.525)
    assert curve == sorted(curve)
    assert curve[-1] < 0.9


def test_interval_is_students():
    # t(0.975; 4) = 2.776445; mean 3, s = √2.5
    low, high = statistics.interval([1, 2, 3, 4, 5])
    half = 2.776445 * (2.5 / 5) ** 0.5
    assert (low, high) == (pytest.approx(3 - half), pytest.approx(3 + half))


def test_median_and_sample_deviation_over_seeds(quick_store):
    runs = [train(quick_store, "rte", "pasta", s, seed) for seed, s in enumerate((0.5, 0.9, 0.6))]
    best = statistics.summarise(runs)
    assert best.median == 0.6
    assert best.std == pytest.approx((0.13 / 3) ** 0.5)
    assert (best.seeds, best.configurations) == (3, 1)
    assert set(best.keys) == {record["key"] for record in runs}


def test_one_seed_has_no_deviation(quick_store):
    assert statistics.summarise([train(quick_store, "rte", "pasta", 0.5)]).std is None


def test_more_seeds_outrank_a_lucky_search(quick_store):
    lucky = train(quick_store, "rte", "pasta", 0.99, lr=1e-2)
    settled = [train(quick_store, "rte", "pasta", s, seed) for seed, s in enumerate((0.7, 0.8))]
    best = statistics.summarise([lucky, *settled])
    assert best.scores == (0.7, 0.8)
    assert best.configurations == 2


def test_a_run_that_a_search_cut_short_counts_as_tried_and_is_no_result(quick_store):
    cut = train(quick_store, "rte", "pasta", 0.9, lr=1e-2, max_steps=100)
    assert statistics.summarise([cut]) is None
    best = statistics.summarise([cut, train(quick_store, "rte", "pasta", 0.6)])
    assert (best.scores, best.configurations) == ((0.6,), 2)


def test_a_search_is_summarised_under_the_cap_that_tried_most(quick_store):
    searched = [
        train(quick_store, "rte", "pasta", score, lr=lr, max_steps=100)
        for lr, score in ((1e-3, 0.5), (1e-2, 0.9))
    ]
    longer = train(quick_store, "rte", "pasta", 0.7, lr=1e-2, max_steps=300)
    final = train(quick_store, "rte", "pasta", 0.6, lr=1e-2)
    points = statistics.summarise_search(
        [final, longer, *searched], lambda record: record["config"]["train"]["lr"]
    )
    assert {lr: best.scores for lr, best in points.items()} == {1e-3: (0.5,), 1e-2: (0.9,)}
    failed = train(quick_store, "rte", "pasta", 0.0, status="failed")
    assert statistics.summarise_search([failed]) == statistics.summarise_search([]) == {}


def test_a_record_of_before_the_halves_has_no_half_score(quick_store):
    record = train(quick_store, "rte", "pasta", 0.6)
    del record["result"]["halves"]
    assert statistics.score(record) == 0.6
    assert statistics.score(record, split="half") is None


def test_the_best_configuration_is_chosen_on_validation_and_reported_on_test(quick_store):
    chosen = train(quick_store, "conll2003", "pasta", 0.8, held_out={"test": {"entity_f1": 0.1}})
    other = train(
        quick_store, "conll2003", "pasta", 0.7, lr=1e-2, held_out={"test": {"entity_f1": 0.9}}
    )
    best = statistics.summarise([chosen, other], split="test")
    assert best.scores == (0.1,)


def test_what_failed_or_lacks_the_metric_has_no_score(quick_store):
    failed = train(quick_store, "rte", "pasta", 0.0, status="failed")
    done = train(quick_store, "rte", "pasta", 0.6, 1)
    assert statistics.summarise([failed]) is None
    assert statistics.summarise([done], metric="f1") is None
    assert statistics.summarise([done], split="test") is None
    assert statistics.summarise([failed, done]).seeds == 1
