"""The task table against the papers, formats word for word, tasks from the sample and a user."""

import json

import numpy as np
import pandas as pd
import pytest
import torch
from datasets import ClassLabel, Dataset, Features, LargeList, List, Value
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


def own(train, test=None, **arguments):
    splits = {"train": train, "validation": train} | ({} if test is None else {"test": test})
    return user_task("own", splits, **{"texts": "text"} | arguments)


REVIEWS = {
    "text": ["good", "bad", "dull"],
    "label": ["pos", "neg", "neg"],
    "stars": [4.0, 1.0, 2.5],
    "id": ["r", "r", "r"],
    "idx": ["same", "same", "same"],
}


@pytest.mark.parametrize(
    ("texts", "label", "expected", "labels"),
    [
        ("text", "label", [("good",), ("bad",), ("dull",)], ("neg", "pos")),
        ("label", "text", [("pos",), ("neg",), ("neg",)], ("bad", "dull", "good")),
        ("id", "label", [("r",)] * 3, ("neg", "pos")),
        ("idx", "label", [("same",)] * 3, ("neg", "pos")),
        (
            ["label", "idx"],
            "text",
            [("pos", "same"), ("neg", "same"), ("neg", "same")],
            ("bad", "dull", "good"),
        ),
    ],
)
def test_the_column_that_is_named_is_the_one_that_is_read(texts, label, expected, labels):
    task = own(Dataset.from_dict(REVIEWS), texts=texts, label=label)
    assert [choice for (choice,) in task.texts("train")] == expected
    words = REVIEWS[label]
    assert task.labels == labels
    assert [task.labels[i] for i in task.gold("train")] == words


def test_word_lists_and_tags_may_have_any_name():
    rows = {"ner_tags": [["Ann", "ran"]], "tokens": [["B-PER", "O"]], "label": [["O", "O"]]}
    task = own(Dataset.from_dict(rows), texts="ner_tags", label="tokens", head="tokens")
    assert task.splits["train"]["tokens"][:] == [["Ann", "ran"]]
    assert task.gold("train") == [[1, 0]]


@pytest.mark.parametrize("name", ["copa", "wic", "wsc", "multirc", "rte"])
def test_a_users_task_may_bear_the_name_of_another(name):
    rows = Dataset.from_dict(REVIEWS)
    task = user_task(name, {"train": rows, "validation": rows}, texts="text")
    assert task.gold("train") == [1, 0, 0]
    assert task.groups("train") is None


def through(door, columns, tmp_path, split="train"):
    """The same rows by another door."""
    if door == "frame":
        return pd.DataFrame(columns)
    if door == "objects":
        return pd.DataFrame({name: pd.Series(v, dtype=object) for name, v in columns.items()})
    if door == "jsonl":
        path = tmp_path / f"{split}.jsonl"
        rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return path
    if door in ("csv", "tsv"):
        path = tmp_path / f"{split}.{door}"
        sep = "," if door == "csv" else "\t"
        pd.DataFrame(columns).to_csv(path, sep=sep, index=False)
        return path
    return Dataset.from_dict(columns).with_format(None if door == "dataset" else door)


@pytest.mark.parametrize(
    "door",
    ["csv", "tsv", "jsonl", "frame", "objects", "dataset", "torch", "numpy", "pandas", "arrow"],
)
def test_every_door_gives_the_same_task(door, tmp_path):
    def read(door):
        train = {"text": ["a", "b", "c"], "stars": [2, 10, 2]}
        test = {"text": ["d", "e"], "stars": [10, 2]}
        given = {s: through(door, c, tmp_path, s) for s, c in (("train", train), ("test", test))}
        return [
            own(given["train"], given["test"], label="stars"),
            own(given["train"], given["test"], label="stars", head="regression"),
        ]

    classes, scores = read(door)
    assert classes.labels == ("2", "10")
    assert (classes.gold("train"), classes.gold("test")) == ([0, 1, 0], [1, 0])
    assert (scores.gold("train"), scores.gold("test")) == ([2.0, 10.0, 2.0], [10.0, 2.0])
    assert [task.fingerprint() for task in read("jsonl")] == [
        classes.fingerprint(),
        scores.fingerprint(),
    ]


@pytest.mark.parametrize(
    "door", ["jsonl", "frame", "dataset", "torch", "numpy", "pandas", "arrow", "parquet", "tensors"]
)
def test_every_door_gives_the_same_tags(door, tmp_path):
    columns = {"text": [["Ann", "ran"], ["far"]], "tags": [["B-PER", "O"], ["O"]]}
    if door == "parquet":  # lists come back as arrays
        path = tmp_path / "rows.parquet"
        pd.DataFrame(columns).to_parquet(path)
        rows = pd.read_parquet(path)
        assert isinstance(rows["tags"][0], np.ndarray)
    elif door == "tensors":
        kinds = {"text": List(Value("string")), "tags": LargeList(ClassLabel(names=["O", "B-PER"]))}
        columns["tags"] = [[1, 0], [0]]
        rows = Dataset.from_dict(columns, features=Features(kinds)).with_format("torch")
    else:
        rows = through(door, columns, tmp_path)
    task = own(rows, label="tags", head="tokens")
    decoded = [[task.labels[i] for i in row] for row in task.gold("train")]
    assert decoded == [["B-PER", "O"], ["O"]]
    assert task.splits["train"]["tokens"][:] == [["Ann", "ran"], ["far"]]


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (np.array([1, 0, 1], dtype=np.uint8), ("0", "1")),
        ([np.int64(3), np.int32(1), np.str_("3")], ("1", "3")),
        ([torch.tensor(3), torch.tensor(1), np.array(3)], ("1", "3")),
        ([True, np.False_, "True"], ("False", "True")),
        (pd.array([1, 2, 1], dtype="Int64"), ("1", "2")),
        (pd.Categorical(["b", "a", "b"]), ("a", "b")),
        ([" pos", "neg\t", "pos\u00a0"], ("neg", "pos")),
        (["nan", "None", "NA"], ("NA", "None", "nan")),
    ],
)
def test_a_label_is_called_what_it_says(values, names):
    frame = pd.DataFrame({"text": ["a", "b", "c"]})
    frame["label"] = values
    task = own(frame)
    assert task.labels == names
    said = [str(v.item() if hasattr(v, "item") else v).strip() for v in values]
    assert [task.labels[i] for i in task.gold("train")] == said


def test_space_around_labels_is_counted(tmp_path):
    (tmp_path / "rows.tsv").write_text("text\tlabel\na\tpos \nb\tneg\nc\tpos\n")
    assert own(tmp_path / "rows.tsv").notes == {"spaced_labels": 2}  # one in either split
    folder = write("rte", tmp_path)
    text = (folder / "train.tsv").read_text()
    (folder / "train.tsv").write_text(text.replace("\tentailment", "\t entailment "))
    task = load_task("rte", tmp_path)
    assert (task.gold("train"), task.notes) == ([0, 1], {"spaced_labels": 1})


def test_labels_that_are_digits_stand_in_one_order():
    # as sets of strings are not ordered the same in every process
    digits = ["01", "1", "001", "9" * 5000, "10", "2"]
    task = own(pd.DataFrame({"text": ["a"] * 6, "label": digits}))
    assert task.labels == ("001", "01", "1", "2", "10", "9" * 5000)


@pytest.mark.parametrize(
    "labels",
    [
        [None, None],
        [float("nan"), float("nan")],
        [pd.NA, None],
        [-1, -1],
        [-1.0, -1.0],
        ["-1", "-1"],
        ["", " "],
        [torch.tensor(-1), np.int64(-1)],
    ],
)
@pytest.mark.parametrize("head", ["classification", "regression"])
def test_a_test_split_that_says_so_is_unlabelled(labels, head):
    train = pd.DataFrame({"text": ["a", "b"], "label": [2, 1]})
    test = pd.DataFrame({"text": ["c", "d"], "label": pd.Series(labels, dtype=object)})
    assert own(train, test, head=head).gold("test") is None


def test_a_class_called_minus_one_is_a_class():
    train = pd.DataFrame({"text": ["a", "b"], "label": [-1, 1]})
    test = pd.DataFrame({"text": ["c"], "label": [-1]})
    task = own(train, test)
    assert (task.labels, task.gold("train")) == (("-1", "1"), [0, 1])
    assert task.decode(np.array([[1.0, 0.0]])) == ["-1"]


@pytest.mark.parametrize("tags", [[[-1, -1], [-1]], [None, None], [[None, None], None], [[], []]])
def test_a_test_split_of_marked_tags_is_unlabelled(tags):
    kinds = {"text": List(Value("string")), "label": List(ClassLabel(names=["O", "B-A", "I-A"]))}
    words = [["a", "b"], ["c"]]
    train = Dataset.from_dict({"text": words, "label": [[1, 2], [0]]}, features=Features(kinds))
    test = Dataset.from_dict({"text": words, "label": tags}, features=Features(kinds))
    for given in (test, pd.DataFrame({"text": words, "label": pd.Series(tags, dtype=object)})):
        assert own(train, given, head="tokens").gold("test") is None


def test_declared_tags_get_what_iob2_needs():
    kinds = {"text": List(Value("string")), "label": List(ClassLabel(names=["I-A", "I-B"]))}
    rows = Dataset.from_dict({"text": [["a", "b"]], "label": [[0, 0]]}, features=Features(kinds))
    task = own(rows, head="tokens")
    assert task.labels == ("I-A", "I-B", "O", "B-A", "B-B")
    assert task.gold("train") == [[3, 0]]


def test_a_split_of_other_classes_is_read_by_their_names():
    def rows(names, label):
        kinds = Features({"text": Value("string"), "label": ClassLabel(names=names)})
        return Dataset.from_dict({"text": ["a", "b"], "label": label}, features=kinds)

    train, validation = rows(["x", "y"], [0, 1]), rows(["y", "x", "z"], [0, 1])
    task = user_task("own", {"train": train, "validation": validation}, texts="text")
    assert (task.gold("train"), task.gold("validation")) == ([0, 1], [1, 0])


def test_declared_classes_may_be_numbers():
    rows = Dataset.from_dict({"text": ["a", "b"], "label": [1, 0]})
    task = own(rows.cast_column("label", ClassLabel(names=[5, 7])))
    assert (task.labels, task.gold("train")) == (("5", "7"), [1, 0])


def test_columns_that_nobody_named_are_not_read():
    odd = Features({"text": Value("string"), "label": Value("string"), "x": Value("int64")})
    data = {"text": ["a", "b"], "label": ["p", "q"], "x": [7, 8]}
    rows = Dataset.from_dict(data, features=odd).cast_column("x", ClassLabel(names=["one"]))
    assert own(rows).gold("train") == [0, 1]


def test_a_word_without_a_position_is_outside():
    rows = Dataset.from_dict({"text": [["a", "b", "c"]], "label": [["B-X", "O", "B-X"]]})
    task = own(rows, head="tokens")
    logits = np.zeros((1, 4, 3))
    logits[0, :, task.labels.index("B-X")] = 1
    assert task.decode(logits, [[1, -1, 2]]) == [["B-X", "O", "B-X"]]
    kinds = {"text": List(Value("string")), "label": List(ClassLabel(names=["B-X", "O"]))}
    rows = Dataset.from_dict({"text": [["a"]], "label": [[1]]}, features=Features(kinds))
    assert own(rows, head="tokens").decode(np.array([[[1.0, 0.0]]]), [[-1]]) == [["O"]]


def test_one_text_column_is_the_same_input_alone_and_in_a_list():
    rows = pd.DataFrame({"text": ["a", "b"], "label": ["x", "y"]})
    splits = {"train": rows, "validation": rows}
    alone, listed = (user_task("own", splits, texts=texts) for texts in ("text", ["text"]))
    assert alone.format_name == listed.format_name == "text"
