"""Metrics against values worked out by hand and other libraries; what undefined cases are worth."""

import math
import random

import numpy as np
import pytest
import scipy.stats
import sklearn.metrics
from datasets import Dataset

from pasta_lib.errors import InputError
from pasta_lib.metrics import (
    METRICS,
    entity_counts,
    evaluate_metric,
    majority,
    measure,
    score,
)
from pasta_lib.tasks import TASKS, Encoded, user_task

GOLD, PREDICTED = [1, 1, 1, 0, 0, 1, 0, 1], [1, 0, 1, 0, 1, 1, 0, 1]


def of(name, gold, predicted, groups=None):
    return measure([name], gold, predicted, groups)[name]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        # 4 true positives, 1 false positive, 1 false negative, 2 true negatives
        ("accuracy", 6 / 8),
        ("f1", 4 / 5),
        ("accuracy_f1", (6 / 8 + 4 / 5) / 2),
        ("matthews", (4 * 2 - 1 * 1) / math.sqrt(5 * 5 * 3 * 3)),
        ("f1a", 4 / 5),
        ("macro_f1", (4 / 5 + 2 / 3) / 2),
        ("accuracy_macro_f1", (6 / 8 + (4 / 5 + 2 / 3) / 2) / 2),
    ],
)
def test_two_classes_by_hand(name, expected):
    assert of(name, GOLD, PREDICTED) == pytest.approx(expected)


def test_f1_is_of_the_second_class():
    assert of("f1", [1, 0, 0, 0], [0, 0, 0, 0]) == 0
    assert of("f1", [0, 1, 1, 1], [1, 1, 1, 1]) == pytest.approx(2 * 3 / (2 * 3 + 1))


def test_macro_f1_of_three_classes_by_hand():
    # class 0: 2 tp, 1 fp, 0 fn; class 1: 1 tp, 0 fp, 1 fn; class 2: 1 tp, 1 fp, 1 fn
    gold, predicted = [0, 0, 1, 1, 2, 2], [0, 0, 1, 2, 2, 0]
    assert of("macro_f1", gold, predicted) == pytest.approx((4 / 5 + 2 / 3 + 1 / 2) / 3)


def test_correlations_by_hand():
    gold, predicted = [1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 10.0]
    # deviations (-1.5, -.5, .5, 1.5) and (-3, -1, -2, 6): 13 / sqrt(5 * 50); ranks: 1 - 6*2/(4*15)
    assert of("pearson", gold, predicted) == pytest.approx(13 / math.sqrt(250))
    assert of("spearman", gold, predicted) == pytest.approx(0.8)
    both = (13 / math.sqrt(250) + 0.8) / 2
    assert of("pearson_spearman", gold, predicted) == pytest.approx(both)


def test_multirc_by_hand():
    groups = [0, 0, 1, 1, 1, 2]
    gold, predicted = [1, 0, 1, 1, 0, 1], [1, 0, 1, 0, 0, 1]
    assert of("em", gold, predicted, groups) == pytest.approx(2 / 3)
    assert of("f1a", gold, predicted, groups) == pytest.approx(2 * 3 / (2 * 3 + 1))
    assert of("f1a_em", gold, predicted, groups) == pytest.approx((2 / 3 + 6 / 7) / 2)


def test_entities_by_hand():
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["B-ORG", "B-ORG", "O"]]
    # right: PER; wrong end: none; missed: one ORG; invented: MISC; wrong type: LOC as ORG
    predicted = [["B-PER", "I-PER", "O", "B-ORG"], ["B-ORG", "O", "B-MISC"]]
    assert of("entity_precision", gold, predicted) == pytest.approx(2 / 4)
    assert of("entity_recall", gold, predicted) == pytest.approx(2 / 4)
    assert of("entity_f1", gold, predicted) == pytest.approx(1 / 2)


def test_the_entities_of_each_sentence_are_counted():
    gold = [["B-PER", "I-PER", "O", "B-LOC"], ["O", "B-ORG"], ["O"]]
    predicted = [["B-PER", "I-PER", "O", "B-PER"], ["O", "O"], ["I-LOC"]]  # I opens one, too
    assert entity_counts(gold, predicted) == [(1, 1, 1), (0, 0, 1), (0, 1, 0)]
    assert of("entity_f1", gold, predicted) == pytest.approx(2 * 1 / (2 * 1 + 2 + 2))


def test_an_entity_counts_whole_or_not_at_all():
    gold, predicted = [["B-PER", "I-PER", "I-PER"]], [["B-PER", "I-PER", "O"]]
    assert of("entity_f1", gold, predicted) == 0


def test_predicted_tags_that_open_by_i_are_read_as_conlleval_reads_them():
    assert of("entity_f1", [["O", "B-PER", "I-PER"]], [["O", "I-PER", "I-PER"]]) == 1


@pytest.mark.parametrize(
    ("name", "gold", "predicted"),
    [
        ("matthews", [0, 1, 1], [1, 1, 1]),
        ("matthews", [1, 1, 1], [1, 0, 1]),
        ("matthews", [1, 1], [1, 1]),
        ("f1", [0, 0], [0, 0]),
        ("pearson", [1.0, 2.0, 3.0], [2.0, 2.0, 2.0]),
        ("pearson", [2.0, 2.0], [1.0, 3.0]),
        ("spearman", [1.0, 2.0, 3.0], [0.5, 0.5, 0.5]),
        ("entity_f1", [["O", "O"]], [["O", "O"]]),
        ("entity_precision", [["B-PER"]], [["O"]]),
        ("entity_recall", [["O"]], [["B-PER"]]),
    ],
)
def test_undefined_cases_are_zero_and_silent(name, gold, predicted, recwarn):
    assert of(name, gold, predicted) == 0
    assert not recwarn.list


@pytest.mark.parametrize("seed", range(5))
def test_against_other_libraries(seed):
    draw = random.Random(seed)
    gold = [draw.randrange(2) for _ in range(50)]
    predicted = [draw.randrange(2) for _ in range(50)]
    tn, fp, fn, tp = sklearn.metrics.confusion_matrix(gold, predicted).ravel()
    # Matthews' correlation is Pearson's of the two indicator columns.
    assert of("matthews", gold, predicted) == pytest.approx(np.corrcoef(gold, predicted)[0, 1])
    assert of("f1", gold, predicted) == pytest.approx(2 * tp / (2 * tp + fp + fn))
    scores = [draw.gauss(0, 1) for _ in range(50)]
    others = [s + draw.gauss(0, 1) for s in scores]
    assert of("pearson", scores, others) == pytest.approx(np.corrcoef(scores, others)[0, 1])
    ranks = [scipy.stats.rankdata(values) for values in (scores, others)]
    assert of("spearman", scores, others) == pytest.approx(np.corrcoef(*ranks)[0, 1])


def test_unknown_metric_names_the_nearest():
    with pytest.raises(InputError, match="unknown metric 'acuracy': did you mean 'accuracy'"):
        measure(["acuracy"], [1], [1])


def test_every_metric_of_the_table_exists():
    named = {m for spec in TASKS.values() for m in (*spec.metrics, spec.pasta_metric)}
    named |= {spec.pasta_roberta_metric for spec in TASKS.values()}
    assert named - {None} <= set(METRICS)


def dataset(**columns):
    return Dataset.from_dict(columns)


def task_of(head, labels, metric=None, **columns):
    rows = dataset(label=labels, **columns)
    texts = next(iter(columns))
    return user_task("own", {"train": rows, "validation": rows}, texts=texts, head=head)


def encoded(labels, **fields):
    return Encoded(input_ids=[], token_type_ids=None, labels=labels, lengths=[], **fields)


def test_score_of_classes_takes_the_largest_logit():
    task = task_of("classification", ["a", "b", "c"], text=["x", "y", "z"])
    logits = np.array([[3.0, 1, 2], [0, -1, -2], [0, 0, 1]])
    assert score(task, encoded([0, 1, 2]), logits)["accuracy"] == pytest.approx(2 / 3)


def test_score_of_a_regression_takes_one_column():
    task = task_of("regression", [1.0, 2.0, 4.0], text=["x", "y", "z"])
    logits = np.array([[2.0], [4.0], [8.0]])
    assert score(task, encoded([1.0, 2.0, 4.0]), logits)["pearson"] == pytest.approx(1)


def test_score_of_tokens_sees_only_first_sub_words():
    rows = dataset(words=[["Ann", "ran", "Oslo"]], label=[["B-PER", "O", "B-LOC"]])
    task = user_task("own", {"train": rows, "validation": rows}, texts="words", head="tokens")
    assert task.labels == ("O", "B-LOC", "I-LOC", "B-PER", "I-PER")
    logits = np.zeros((1, 6, 5))
    # [CLS] Ann ra ##n Oslo (padding); what stands at the second sub-word must not count.
    for position, tag in enumerate((1, 3, 0, 1, 1, 1)):
        logits[0, position, tag] = 1
    whole = encoded([[-100, 3, 0, -100, 1]], words=[[1, 2, 4]], tags=[[3, 0, 1]])
    assert score(task, whole, logits)["entity_f1"] == 1


def test_an_entity_on_a_lost_word_is_missed():
    rows = dataset(words=[["Ann", "\u200d", "Oslo"]], label=[["B-PER", "B-PER", "B-LOC"]])
    task = user_task("own", {"train": rows, "validation": rows}, texts="words", head="tokens")
    logits = np.zeros((1, 4, 5))
    for position, tag in enumerate((0, 3, 1, 0)):  # [CLS] Ann Oslo [SEP]
        logits[0, position, tag] = 1
    lost = encoded([[-100, 3, 1, -100]], words=[[1, -1, 2]], tags=[[3, 3, 1]])
    found = score(task, lost, logits)
    assert found["entity_precision"] == 1
    assert found["entity_recall"] == pytest.approx(2 / 3)


def test_a_split_without_labels_has_no_score():
    task = task_of("classification", ["a", "b"], text=["x", "y"])
    with pytest.raises(InputError, match="no labels"):
        score(task, encoded(None), np.zeros((2, 2)))


def test_majority_answers_the_commonest_training_label():
    train = dataset(text=list("abc"), label=["yes", "yes", "no"])
    validation = dataset(text=list("de"), label=["yes", "no"])
    task = user_task("own", {"train": train, "validation": validation}, texts="text")
    assert majority(task) == pytest.approx({"accuracy": 0.5, "macro_f1": 1 / 3, "matthews": 0})


def test_majority_of_scores_is_constant_and_correlates_with_nothing():
    task = task_of("regression", [1.0, 2.0, 4.0], text=["x", "y", "z"])
    assert set(majority(task).values()) == {0.0}


def test_majority_of_tags_finds_no_entity():
    rows = dataset(words=[["Ann", "ran", "far"]], label=[["B-PER", "O", "O"]])
    task = user_task("own", {"train": rows, "validation": rows}, texts="words", head="tokens")
    assert majority(task)["entity_f1"] == 0


@pytest.mark.parametrize(
    ("name", "gold", "predicted", "extra"),
    [
        ("accuracy_f1", GOLD, PREDICTED, {}),
        ("pearson", [1.0, 2.0, 4.0], [2.0, 3.0, 3.5], {}),
        ("entity_f1", [["B-PER", "O"]], [["B-PER", "O"]], {}),
        ("em", [1, 0, 1], [1, 0, 0], {"groups": [0, 0, 1]}),
    ],
)
def test_the_evaluate_face_gives_the_same_number(
    name, gold, predicted, extra, monkeypatch, tmp_path
):
    monkeypatch.setattr("pasta_lib.paths.CACHE", tmp_path)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    face = evaluate_metric(name)
    found = face.compute(predictions=predicted, references=gold, **extra)
    assert found == {name: pytest.approx(of(name, gold, predicted, **extra))}
