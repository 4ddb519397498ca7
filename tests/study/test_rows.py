"""The luck of the rows: a metric under weights is the metric of rows repeated so often."""

import numpy as np
import pytest

from pasta_lib.metrics import METRICS
from pasta_lib.study.claims import rows

CLASSES = ("accuracy", "f1", "matthews", "macro_f1", "accuracy_f1", "accuracy_macro_f1")
SCORES = ("pearson", "spearman", "pearson_spearman")
RANDOM = np.random.default_rng(7)
SIZE = 40


def drawn(count: int = 5) -> np.ndarray:
    return RANDOM.multinomial(SIZE, np.full(SIZE, 1 / SIZE), count).astype(np.float32)


def check(metric, gold, answers, weights, units=None):
    units = np.arange(SIZE) if units is None else units
    found = rows.weighted(metric, gold, answers, weights, units)
    for own, value in zip(weights.astype(int), found, strict=True):
        again = np.repeat(np.arange(SIZE), own)
        expected = METRICS[metric](gold[again].tolist(), answers[again].tolist())
        assert value == pytest.approx(expected, abs=1e-6), metric


@pytest.mark.parametrize("metric", CLASSES)
@pytest.mark.parametrize("classes", [2, 3])
def test_classes(metric, classes):
    if "f1" in metric and "macro" not in metric:
        classes = 2  # F1 is of two classes alone
    gold, answers = RANDOM.integers(0, classes, (2, SIZE)).astype(float)
    check(metric, gold, answers, drawn())


@pytest.mark.parametrize("metric", CLASSES)
def test_one_class_alone(metric):
    check(metric, RANDOM.integers(0, 2, SIZE).astype(float), np.ones(SIZE), drawn())


@pytest.mark.parametrize("metric", SCORES)
def test_scores_with_ties(metric):
    gold = RANDOM.integers(0, 6, SIZE) / 1.0
    check(metric, gold, gold + RANDOM.normal(0, 1, SIZE).round(1), drawn())
    check(metric, gold, np.full(SIZE, 2.5), drawn())


def test_questions_are_drawn_with_all_their_answers():
    groups = np.repeat(np.arange(10), 4)
    gold, answers = RANDOM.integers(0, 2, (2, SIZE)).astype(float)
    often = RANDOM.multinomial(10, np.full(10, 0.1), 5).astype(np.float32)
    weights = often[:, groups]
    found = rows.weighted("f1a_em", gold, answers, weights, groups)
    for own, value in zip(often.astype(int), found, strict=True):
        chosen = np.repeat(np.arange(10), own)
        again = (4 * chosen[:, None] + np.arange(4)).ravel()
        new = np.repeat(np.arange(len(chosen)), 4)
        expected = METRICS["f1a_em"](gold[again].tolist(), answers[again].tolist(), new.tolist())
        assert value == pytest.approx(expected, abs=1e-6)
    assert rows.resampled("f1a_em", gold, answers, groups)[1] == 10


def test_entities_are_sums_over_sentences():
    counts = RANDOM.integers(0, 3, (SIZE, 3)).astype(float)
    weights = drawn()
    sums = weights @ counts
    gold = counts[:, 0] + counts[:, 2]
    for metric, expected in (
        ("entity_f1", 2 * sums[:, 0] / (2 * sums[:, 0] + sums[:, 1] + sums[:, 2])),
        ("entity_precision", sums[:, 0] / (sums[:, 0] + sums[:, 1])),
        ("entity_recall", sums[:, 0] / (sums[:, 0] + sums[:, 2])),
    ):
        found = rows.weighted(metric, gold, counts, weights, np.arange(SIZE))
        assert found == pytest.approx(expected)


def test_the_variance_of_a_mean_over_resamples_is_that_of_the_mean():
    gold, answers = np.ones(400), (np.arange(400) < 300).astype(float)
    found, size = rows.resampled("accuracy", gold, answers)
    assert (len(found), size) == (rows.RESAMPLES, 400)
    assert found.mean() == pytest.approx(0.75, abs=0.005)
    assert found.std() == pytest.approx((0.75 * 0.25 / 400) ** 0.5, rel=0.1)


def test_two_runs_on_the_same_rows_are_paired():
    gold = RANDOM.integers(0, 2, 300).astype(float)
    first, _ = rows.resampled("accuracy", gold, gold)
    second, _ = rows.resampled("accuracy", gold, gold)
    assert np.var(first - second) == 0
