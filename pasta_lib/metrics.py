"""The papers' metrics, as fractions: plain functions over scikit-learn, scipy and seqeval.

Scores lie in [0, 1], correlations in [-1, 1]. Every function takes what is right and what was
predicted, one class id, float or list of IOB2 tags for each example; `groups` (MultiRC) numbers the
question of each answer. Where a score is undefined it is 0: with one class on either side
Matthews is 0, with constant scores a correlation is 0, without any positive (or entity) F1,
precision and recall are 0.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats
from seqeval import metrics as entities
from seqeval.metrics.sequence_labeling import get_entities
from sklearn import metrics as sklearn

from . import paths
from .errors import InputError, unknown

if TYPE_CHECKING:
    import evaluate

    from .tasks import Encoded, Task

Metric = Callable[..., float]


def accuracy(gold: Sequence, predicted: Sequence, groups: Sequence | None = None) -> float:
    """Return the share of examples that are right."""
    return float(sklearn.accuracy_score(gold, predicted))


def f1(gold: Sequence[int], predicted: Sequence[int], groups: Sequence | None = None) -> float:
    """Return the F1 of class 1 (MRPC: equivalent; QQP: duplicate), 0 where it never occurs."""
    return float(sklearn.f1_score(gold, predicted, pos_label=1, zero_division=0.0))


def macro_f1(gold: Sequence, predicted: Sequence, groups: Sequence | None = None) -> float:
    """Return the mean F1 over the classes that occur in either (CB, as SuperGLUE scores it)."""
    return float(sklearn.f1_score(gold, predicted, average="macro", zero_division=0.0))


def matthews(gold: Sequence, predicted: Sequence, groups: Sequence | None = None) -> float:
    """Return Matthews' correlation, 0 where either side has a single class."""
    if len(set(gold)) == 1 or len(set(predicted)) == 1:
        return 0.0
    return float(sklearn.matthews_corrcoef(gold, predicted))


def pearson(gold: Sequence, predicted: Sequence, groups: Sequence | None = None) -> float:
    """Return Pearson's correlation, 0 where either side is constant."""
    return _correlation(stats.pearsonr, gold, predicted)


def spearman(gold: Sequence, predicted: Sequence, groups: Sequence | None = None) -> float:
    """Return Spearman's rank correlation (ties averaged), 0 where either side is constant."""
    return _correlation(stats.spearmanr, gold, predicted)


def _correlation(function: Callable, gold: Sequence, predicted: Sequence) -> float:
    if np.ptp(gold) == 0 or np.ptp(predicted) == 0:
        return 0.0
    return float(function(gold, predicted).statistic)


def em(gold: Sequence[int], predicted: Sequence[int], groups: Sequence) -> float:
    """Return the share of questions whose every answer is right (MultiRC)."""
    right: dict[Any, bool] = {}
    for group, g, p in zip(groups, gold, predicted, strict=True):
        right[group] = right.get(group, True) and g == p
    return fmean(right.values())


def entity_f1(gold: Sequence, predicted: Sequence, groups: Sequence | None = None) -> float:
    """Return the micro F1 of whole entities, as conlleval counts them, from IOB2 sentences."""
    return float(entities.f1_score(gold, predicted, zero_division=0))


def entity_precision(gold: Sequence, predicted: Sequence, groups: Sequence | None = None) -> float:
    """Return the share of predicted entities that are right."""
    return float(entities.precision_score(gold, predicted, zero_division=0))


def entity_recall(gold: Sequence, predicted: Sequence, groups: Sequence | None = None) -> float:
    """Return the share of gold entities that were predicted."""
    return float(entities.recall_score(gold, predicted, zero_division=0))


def entity_counts(gold: Sequence, predicted: Sequence) -> list[tuple[int, int, int]]:
    """Return each sentence's entities that were found, that are none, and that were missed.

    Summed over sentences they give the metrics above: F1 = 2·found / (2·found + none + missed).
    """
    counts = []
    for right, own in zip(gold, predicted, strict=True):
        true, named = set(get_entities(right)), set(get_entities(own))
        counts.append((len(true & named), len(named - true), len(true - named)))
    return counts


def _mean(*parts: Metric) -> Metric:
    def mean(gold: Sequence, predicted: Sequence, groups: Sequence | None = None) -> float:
        return fmean(part(gold, predicted, groups) for part in parts)

    return mean


METRICS: Mapping[str, Metric] = {
    "accuracy": accuracy,
    "f1": f1,
    "accuracy_f1": _mean(accuracy, f1),
    "matthews": matthews,
    "pearson": pearson,
    "spearman": spearman,
    "pearson_spearman": _mean(pearson, spearman),
    "f1a": f1,
    "em": em,
    "f1a_em": _mean(f1, em),
    "macro_f1": macro_f1,
    "accuracy_macro_f1": _mean(accuracy, macro_f1),
    "entity_f1": entity_f1,
    "entity_precision": entity_precision,
    "entity_recall": entity_recall,
}
_SCORES = {"pearson", "spearman", "pearson_spearman"}


def measure(
    names: Sequence[str], gold: Sequence, predicted: Sequence, groups: Sequence | None = None
) -> dict[str, float]:
    """Return each named metric; raises `InputError` for an unknown name."""
    for name in names:
        if name not in METRICS:
            raise unknown("metric", name, METRICS)
    return {name: METRICS[name](gold, predicted, groups) for name in names}


def score(task: "Task", encoded: "Encoded", logits: np.ndarray) -> dict[str, float]:
    """Return every metric of `task` for a labelled split.

    `logits` is (N, C); (N, 1) for regression, (N · choices, 1) for choices, (N, T, C) for tokens,
    T the longest row, where the first sub-word of each word counts, and a word without any is O.
    """
    if encoded.labels is None:
        raise InputError(f"this split of {task.name!r} has no labels to score against.")
    gold, predicted = encoded.labels, task.answers(logits, encoded.words)
    if encoded.tags is not None:  # one for each word, where the labels are for each token
        gold, predicted = _tags(task, encoded.tags), _tags(task, predicted)
    return measure(task.metrics, gold, predicted, encoded.groups)


def majority(task: "Task", split: str = "validation") -> dict[str, float]:
    """Return the metrics of always answering the commonest training label (or the mean score)."""
    train, gold = _labels(task, "train"), _labels(task, split)
    predicted: list
    if task.head == "tokens":
        common = Counter(tag for tags in train for tag in tags).most_common(1)[0][0]
        gold, predicted = _tags(task, gold), _tags(task, [[common] * len(tags) for tags in gold])
    else:
        answer = fmean(train) if task.head == "regression" else Counter(train).most_common(1)[0][0]
        predicted = [answer] * len(gold)
    return measure(task.metrics, gold, predicted, task.groups(split))


def _labels(task: "Task", split: str) -> list:
    labels = task.gold(split)
    if labels is None:
        raise InputError(f"the {split} split of {task.name!r} has no labels to score against.")
    return labels


def _tags(task: "Task", rows: Sequence[Sequence[int]]) -> list[list[str]]:
    return [[task.labels[i] for i in row] for row in rows]


def evaluate_metric(name: str) -> "evaluate.Metric":
    """Return the metric `name` as an `evaluate.Metric`, made here: no hub is asked.

    `.compute(predictions=…, references=…)` gives `{name: value}`; MultiRC's take `groups=…` too.
    """
    if name not in METRICS:
        raise unknown("metric", name, METRICS)
    # Importing evaluate takes seconds that nobody else should wait.
    import evaluate
    from datasets import Features, List, Value

    kind = Value("float64") if name in _SCORES else Value("int64")
    kind = List(Value("string")) if name.startswith("entity") else kind

    class PaperMetric(evaluate.Metric):
        def _info(self) -> evaluate.MetricInfo:
            return evaluate.MetricInfo(
                description=f"{name}, as the PASTA and AoT papers score it",
                citation="",
                inputs_description="predictions and references, example by example",
                features=Features({"predictions": kind, "references": kind}),
            )

        def _compute(
            self, predictions: Sequence, references: Sequence, groups: Sequence | None = None
        ) -> dict[str, float]:
            return measure([name], references, predictions, groups)

    return PaperMetric(keep_in_memory=True, cache_dir=str(paths.CACHE / "evaluate"))
