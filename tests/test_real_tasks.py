"""The official files themselves: rows, labels and entities as counted outside, and a step on each.

The counts were taken from the raw lines with none of this code (README.md beside the files).
"""

from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

import pasta_lib as pl
from pasta_lib.paths import ROOT
from pasta_lib.tasks import TASKS, Task, load_task
from pasta_lib.training import TrainConfig

REAL = ROOT.parent / "shared" / "tasks"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not REAL.is_dir(), reason=f"the real tasks are not in {REAL}"),
]

# Rows of train, validation, test; the labels of train and of validation, in the table's order.
COUNTS = {
    "cola": ((8551, 1043, 1063), (2528, 6023), (322, 721)),
    "sst2": ((67349, 872, 1821), (29780, 37569), (428, 444)),
    "mrpc": ((3668, 408, 1725), (1194, 2474), (129, 279)),
    "qqp": ((8999, 1000), (5747, 3252), (623, 377)),
    "mnli": ((8999, 9815), (3061, 2980, 2958), (3479, 3123, 3213)),
    "qnli": ((8999, 5463, 5463), (4523, 4476), (2702, 2761)),
    "rte": ((2490, 277, 3000), (1249, 1241), (146, 131)),
    "boolq": ((189, 3270, 3245), (71, 118), (1237, 2033)),
    "cb": ((250, 56, 250), (115, 119, 16), (23, 28, 5)),
    "copa": ((400, 100, 500), (195, 205), (55, 45)),
    "multirc": ((27243, 4848, 9693), (15218, 12025), (2773, 2075)),
    "superglue-rte": ((2490, 277, 3000), (1249, 1241), (146, 131)),
    "wic": ((5428, 638, 1400), (2714, 2714), (319, 319)),
    "wsc": ((554, 104, 146), (295, 259), (66, 38)),
}


@cache
def real(name: str) -> Task:
    return load_task(name, REAL)


def rows(name: str) -> tuple[int, ...]:
    return tuple(len(split) for split in real(name).splits.values())


@pytest.mark.parametrize("name", COUNTS)
def test_rows_and_label_balance(name):
    sizes, *balances = COUNTS[name]
    assert rows(name) == sizes
    for split, balance in zip(("train", "validation"), balances, strict=True):
        found = Counter(real(name).splits[split]["label"])
        assert tuple(found[label] for label in range(len(balance))) == balance
    if len(sizes) == 3:
        assert set(real(name).splits["test"]["label"]) == {-1}


def test_scores_of_stsb():
    assert rows("stsb") == (5749, 1500, 1379)
    for split, mean in (("train", 2.7010), ("validation", 2.3639)):
        scores = real("stsb").splits[split]["label"][:]
        assert sum(scores) / len(scores) == pytest.approx(mean, abs=1e-4)


def test_entities_of_conll2003():
    assert rows("conll2003") == (14041, 3250, 3453)
    labels = real("conll2003").labels
    for split, entities in (("train", 23499), ("validation", 5942), ("test", 5648)):
        tags = (labels[tag] for row in real("conll2003").splits[split]["ner_tags"] for tag in row)
        assert sum(tag.startswith("B-") for tag in tags) == entities


@pytest.mark.parametrize("name", TASKS)
def test_a_step_an_evaluation_and_a_prediction(name):
    whole = real(name)
    task = replace(whole, splits={s: rows.select(range(32)) for s, rows in whole.splits.items()})
    model, tokenizer = pl.load_backbone("minilm", task)
    pl.build("pasta").apply(model, tokenizer, task)
    config = TrainConfig(epochs=1, batch_size=8, max_steps=1)
    result = pl.fit(model, tokenizer, task, config, progress=False)
    assert result.steps == 1 and result.metrics.keys() == set(task.metrics)
    split = "test" if "test" in task.splits else "validation"
    predicted = pl.predict(model, tokenizer, task, split=split)
    assert len(predicted) == 32
    if task.head == "regression":
        assert all(isinstance(score, float) for score in predicted)
    else:
        flat = (tag for tags in predicted for tag in tags) if task.head == "tokens" else predicted
        assert set(flat) <= set(task.labels)
