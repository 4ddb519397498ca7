"""The task table against the papers, formats word for word, tasks from the sample and a user."""

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, Features, Value
from layouts import OFFICIAL, write

from pasta_lib.tasks import TASKS, load_task, user_task

GLUE = ["cola", "sst2", "mrpc", "stsb", "qqp", "mnli", "qnli", "rte"]
SUPERGLUE = ["boolq", "cb", "copa", "multirc", "superglue-rte", "wic", "wsc"]
NAMES = [*GLUE, *SUPERGLUE, "conll2003"]


def test_the_sixteen_tasks_have_the_contracts_names():
    assert list(TASKS) == NAMES


# AoT, Table 4, and its Table 6 as (epochs, patience).
AOT = {
    "cola": ("matthews", (100, 10)),
    "mrpc": ("accuracy_f1", (100, 10)),
    "rte": ("accuracy", (200, 20)),
    "sst2": ("accuracy", (100, 10)),
    "mnli": ("accuracy", (5, 2)),
    "qnli": ("accuracy", (10, 2)),
    "qqp": ("accuracy_f1", (5, 2)),
    "stsb": ("pearson_spearman", (100, 10)),
    "boolq": ("accuracy", (100, 10)),
    "cb": ("accuracy_macro_f1", (500, 100)),
    "superglue-rte": ("accuracy", (100, 10)),
    "copa": ("accuracy", (500, 100)),
    "multirc": ("accuracy_f1", (10, 4)),
    "wsc": ("accuracy", (500, 100)),
    "wic": ("accuracy", (500, 20)),
}
# PASTA, Table 6: learning rate, batch, GPUs, adapted tokens, epochs.
PASTA = {
    "rte": (4.5e-3, 32, 4, 3, 150),
    "cola": (5e-3, 32, 1, 2, 100),
    "stsb": (2e-3, 32, 3, 3, 150),
    "mrpc": (2.5e-3, 32, 4, 3, 150),
    "sst2": (7e-3, 64, 3, 2, 100),
    "qnli": (2e-3, 32, 4, 3, 80),
    "mnli": (5e-4, 32, 1, 3, 50),
    "qqp": (5e-3, 32, 4, 3, 100),
    "conll2003": (3e-3, 16, 1, 2, 100),
}
# PASTA, headers of Tables 2 and 3.
PASTA_METRICS = {
    "rte": ("accuracy", "accuracy"),
    "cola": ("matthews", "matthews"),
    "stsb": ("spearman", "pearson"),
    "mrpc": ("f1", "accuracy"),
    "sst2": ("accuracy", "accuracy"),
    "qnli": ("accuracy", "accuracy"),
    "mnli": ("accuracy", "accuracy"),
    "qqp": ("f1", "accuracy"),
    "conll2003": ("entity_f1", None),
}


@pytest.mark.parametrize("name", NAMES)
def test_the_table_says_what_the_papers_say(name):
    spec = TASKS[name]
    if name in AOT:
        assert (spec.metric, spec.aot) == AOT[name]
    assert spec.pasta == PASTA.get(name)
    pasta = PASTA_METRICS.get(name, (None, None))
    assert (spec.pasta_metric, spec.pasta_roberta_metric) == pasta
    assert set(pasta) - {None} <= set(spec.metrics)


HEADS = {
    "cola": (2, False),
    "sst2": (2, False),
    "mrpc": (2, True),
    "stsb": (1, True),
    "qqp": (2, True),
    "mnli": (3, True),
    "qnli": (2, True),
    "rte": (2, True),
    "boolq": (2, True),
    "cb": (3, True),
    "copa": (1, True),
    "multirc": (2, True),
    "superglue-rte": (2, True),
    "wic": (2, True),
    "wsc": (2, True),
    "conll2003": (9, False),
}


@pytest.mark.parametrize("name", NAMES)
def test_each_task_knows_its_head_and_whether_it_pairs_texts(name, tmp_path):
    write(name, tmp_path)
    task = load_task(name, tmp_path)
    assert (task.num_outputs, task.pair) == HEADS[name]
    assert task.metric == task.metrics[0]
    assert task.source == str(tmp_path)


FORMATS = [
    ("cola", None, [("The cat slept.",)]),
    ("rte", None, [("Cats purr.", "A cat purrs.")]),
    ("boolq", None, [("is it red", "It is red.")]),
    (
        "copa",
        None,
        [("The cup fell so", "It broke."), ("The cup fell so", "It flew.")],
    ),
    (
        "copa",
        "question",
        [
            ("The cup fell. What happened as a result?", "It broke."),
            ("The cup fell. What happened as a result?", "It flew."),
        ],
    ),
    ("multirc", None, [("The barn was red. It was new.", "What was the barn? Red.")]),
    ("multirc", "answer", [("The barn was red. It was new. What was the barn?", "Red.")]),
    ("wic", None, [("bank: The bank was steep.", "bank: A bank lends.")]),
    (
        "wic",
        "question",
        [("The bank was steep. A bank lends. Does bank have the same meaning in both sentences?",)],
    ),
    ("wsc", None, [("she: Ann told Beth that she won.", "Ann")]),
    ("wsc", "marked", [("* Ann * told Beth that # she # won.",)]),
]


@pytest.mark.parametrize(("name", "form", "expected"), FORMATS)
def test_formats_word_for_word(name, form, expected, tmp_path):
    write(name, tmp_path)
    task = load_task(name, tmp_path, format=form)
    assert task.texts("train")[0] == expected
    assert task.pair == (len(expected[0]) == 2)


def test_every_format_of_more_than_one_is_tried_here():
    tried = {(name, form or next(iter(TASKS[name].formats))) for name, form, _ in FORMATS}
    for name, spec in TASKS.items():
        assert len(spec.formats) < 2 or {(name, form) for form in spec.formats} <= tried


def test_another_metric_can_select(tmp_path):
    write("mrpc", tmp_path)
    assert load_task("mrpc", tmp_path, metric="f1").metric == "f1"


@pytest.mark.parametrize("name", OFFICIAL)
def test_predictions_come_in_the_tasks_own_words(name, tmp_path):
    write(name, tmp_path)
    task = load_task(name, tmp_path)
    if task.head == "regression":
        assert task.decode(np.array([[1.5], [-0.5]])) == [1.5, -0.5]
    elif task.head == "choice":
        assert task.decode(np.array([[0.1], [0.3], [0.2], [-5]])) == ["choice2", "choice1"]
    elif task.head == "classification":
        logits = np.eye(len(task.labels))
        assert task.decode(logits) == list(task.labels)
    else:
        logits = np.zeros((1, 4, 9))
        logits[0, [1, 3], [3, 4]] = 1
        assert task.decode(logits) == [["O", "B-ORG", "O", "I-ORG"]]
        assert task.decode(logits, [[1, 3]]) == [["B-ORG", "I-ORG"]]


def test_a_fingerprint_is_of_the_rows(tmp_path):
    folder = write("rte", tmp_path)
    before = load_task("rte", tmp_path).fingerprint()
    assert load_task("rte", tmp_path).fingerprint() == before
    (folder / "dev.tsv").write_text((folder / "dev.tsv").read_text().replace("purrs", "sleeps"))
    assert load_task("rte", tmp_path).fingerprint() != before


@pytest.mark.parametrize("name", NAMES)
def test_the_sample_has_enough_rows_in_the_hubs_columns(name, tmp_path):
    write(name, tmp_path)
    task, official = load_task(name), load_task(name, tmp_path)
    assert len(task.splits["train"]) >= 400
    assert len(task.splits["validation"]) >= 200
    assert task.splits["train"].features == official.splits["train"].features
    assert task.fingerprint() == load_task(name, source="sample").fingerprint()
    if task.labels and task.head != "tokens":
        assert set(task.gold("train")) == set(range(len(task.labels)))


def test_a_users_csv_becomes_a_task(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text('review,stars\n"Good, really",10\n"Two\nlines",9\nBad,10\n')
    task = user_task("reviews", {"train": path, "validation": path}, texts="review", label="stars")
    assert task.texts("train") == [[("Good, really",)], [("Two\nlines",)], [("Bad",)]]
    assert task.labels == ("9", "10")
    assert task.gold("train") == [1, 0, 1]
    assert (task.suite, task.head, task.num_outputs, task.pair) == (
        "user",
        "classification",
        2,
        False,
    )


def test_a_users_json_lines_become_a_pair_task_with_scores(tmp_path):
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"a": "x", "b": "y", "s": 7}\n{"a": "u", "b": "v", "s": 0.5}\n')
    splits = {"train": path, "validation": path}
    task = user_task("pairs", splits, texts=("a", "b"), label="s", head="regression")
    assert task.texts("train") == [[("x", "y")], [("u", "v")]]
    assert (task.gold("train"), task.metric, task.pair) == ([7.0, 0.5], "pearson_spearman", True)


def test_a_users_dataset_keeps_the_order_of_its_classes():
    features = Features({"text": Value("string"), "label": ClassLabel(names=["pos", "neg"])})
    data = Dataset.from_dict({"text": ["a", "b"], "label": [1, 0]}, features=features)
    test = Dataset.from_dict({"text": ["c"], "label": [-1]}, features=features)
    task = user_task("own", {"train": data, "validation": data, "test": test}, texts="text")
    assert task.labels == ("pos", "neg")
    assert (task.gold("train"), task.gold("test")) == ([1, 0], None)


def test_a_users_tags_become_iob2(tmp_path):
    data = Dataset.from_dict({"words": [["Ann", "Bo", "ran"]], "tags": [["I-PER", "I-PER", "O"]]})
    splits = {"train": data, "validation": data}
    task = user_task("names", splits, texts="words", label="tags", head="tokens")
    assert task.labels == ("O", "B-PER", "I-PER")
    assert task.gold("train") == [[1, 2, 0]]
