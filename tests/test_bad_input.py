"""Bad input: one clear sentence with the value, the file and the line, and nothing half-written."""

import errno
import os
import re
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from datasets import ClassLabel, Dataset, Features, List, Value
from layouts import OFFICIAL, write

from pasta_lib.errors import InputError
from pasta_lib.tasks import load_task, user_task, write_submission


def put(old, new):
    """Return the edit that replaces the first `old`, which must be there."""

    def edit(text):
        assert old in text
        return text.replace(old, new, 1)

    return edit


def add(line):
    return lambda text: text + line


CASES = [
    # task, file, edit of its text, what the message must say after the file
    # --- tables: header, fields, labels, scores, texts, ids
    (
        "rte",
        "train.tsv",
        put("sentence2", "sentense2"),
        "has no column 'sentence2' (its columns: 'index', ",
    ),
    ("rte", "train.tsv", put("label", "gold"), "has no column 'label'"),
    ("sst2", "train.tsv", put("sentence\tlabel", "label\tlabel"), "line 1: the column 'label' occ"),
    ("sst2", "train.tsv", put("sentence\tlabel\n", ""), "has no column 'sentence'"),
    ("stsb", "dev.tsv", put("\tscore", "\tmark"), "has no column 'score' or 'label' (its"),
    ("rte", "train.tsv", add("2\tOne field less.\n"), "line 4: 2 fields where the header has 4"),
    ("rte", "train.tsv", add("2\ta\tb\tc\td\n"), "line 4: 5 fields where the header has 4"),
    ("cola", "train.tsv", add("x1\t1\tNo mark.\n"), "line 3: 3 fields where the header has 4"),
    ("mrpc", "dev.tsv", add("\n\n1\t5\t6\tA .\tB .\n"), "line 3: 1 fields where the header has 5"),
    (
        "rte",
        "train.tsv",
        put("not_entailment", "not_entailed"),
        "line 3: label is 'not_entailed', not one of entailment, not_entailment "
        "(did you mean 'not_entailment'?)",
    ),
    ("cola", "dev.tsv", put("x1\t1", "x1\t2"), "line 1: label is '2', not one of 0, 1"),
    ("mnli", "train.tsv", put("\tcontradiction", "\t-"), "line 3: gold_label is '-', not one of "),
    ("qqp", "train.tsv", put("?\t1", "?\tyes"), "line 2: is_duplicate is 'yes', not one"),
    ("rte", "dev.tsv", put("\tentailment", "\t"), "line 2: label is missing"),
    ("rte", "train.tsv", put("\tentailment", "\t"), "line 2: label is missing"),
    ("stsb", "train.tsv", put("5.000", "5.001"), "line 2: score is '5.001', outside 0 to 5"),
    ("stsb", "train.tsv", put("0.250", "-0.25"), "line 3: score is '-0.25', outside 0 to 5"),
    ("stsb", "train.tsv", put("0.250", "nan"), "line 3: score is 'nan', not a finite number"),
    ("stsb", "train.tsv", put("0.250", "inf"), "line 3: score is 'inf', not a finite number"),
    ("stsb", "train.tsv", put("0.250", "0,25"), "line 3: score is '0,25', not a number"),
    ("rte", "train.tsv", put("A cat purrs.", " "), "line 2: sentence2 is an empty text"),
    ("cola", "train.tsv", put("The cat slept.", ""), "line 1: sentence is an empty text"),
    ("sst2", "test.tsv", put("bright", ""), "line 2: sentence is an empty text"),
    ("rte", "train.tsv", put("1\tCats", "0\tCats"), "line 3: id 0 was already used ("),
    ("rte", "train.tsv", put("1\tCats", "one\tCats"), "line 3: index is 'one', not a whole number"),
    ("rte", "train.tsv", lambda text: text.splitlines()[0] + "\n", "has no rows: the train split"),
    ("rte", "dev.tsv", lambda text: "", "has no rows: the validation split of 'rte' is empty"),
    # --- JSON lines
    ("cb", "train.jsonl", lambda text: text[:-20], "line 2: not complete JSON"),
    ("cb", "train.jsonl", add("\n{}\n"), "line 3: not complete JSON"),
    ("cb", "train.jsonl", add('["a", "b"]\n'), 'line 3: \'["a", "b"]\' is not a JSON object'),
    ("cb", "train.jsonl", put('"hypothesis"', '"hypothes"'), "line 1: hypothesis is missing"),
    ("cb", "val.jsonl", put('"hypothesis"', '"hypothes"'), "has no column 'hypothesis'"),
    ("cb", "train.jsonl", put('"neutral"', '"maybe"'), "line 1: label is 'maybe', not one of enta"),
    ("cb", "train.jsonl", put('"idx": 1', '"idx": 0'), "line 2: id 0 was already used ("),
    ("cb", "train.jsonl", put('"He may go."', "7"), "line 1: premise is 7, not a text"),
    ("boolq", "train.jsonl", put("true", "1.5"), "line 1: label is 1.5, not one of False, True"),
    ("copa", "train.jsonl", put('"label": 1', '"label": 2'), "line 2: label is 2, not one of 0, 1"),
    (
        "copa",
        "train.jsonl",
        put('"effect"', '"why"'),
        "line 1: question is 'why', not cause or eff",
    ),
    ("wsc", "train.jsonl", put('"span1_index": 0', '"span1_index": 6'), "line 1: span1 'Ann' at w"),
    ("wsc", "train.jsonl", put('"span2_index": 4', '"span2_index": -1'), "line 1: span2 'she' at"),
    ("wsc", "train.jsonl", put('"target"', '"targets"'), "line 1: no usable field 'target'"),
    ("wic", "train.jsonl", put('"end1": 8', '"end1": 80'), "line 1: span 4:80 lies outside sent"),
    ("wic", "train.jsonl", put('"start2": 2', '"start2": 9'), "line 1: span 9:6 lies outside sent"),
    ("multirc", "train.jsonl", put('"questions"', '"question"'), "line 1: no usable field 'questi"),
    ("multirc", "train.jsonl", put('"idx": 3', '"idx": 2'), "was already used ("),
    (
        "cb",
        "train.jsonl",
        put('"He may go."', '"cut \\ud83d"'),
        "line 1: premise holds '\\ud83d', h",
    ),
    ("cb", "train.jsonl", put('"neutral"', '"\\udc00"'), "line 1: label is '\\udc00', not one of"),
    ("cb", "train.jsonl", put('"neutral"', "null"), "line 1: label is missing"),
    ("cb", "train.jsonl", put('"neutral"', "NaN"), "line 1: label is missing"),
    ("cb", "train.jsonl", put('"neutral"', '" "'), "line 1: label is missing"),
    ("cb", "train.jsonl", put('"neutral"', '["neutral"]'), "line 1: label is ['neutral'], not one"),
    ("cb", "train.jsonl", put('"neutral"', "-1"), "line 1: label is -1, not one of"),
    ("cb", "train.jsonl", put('"neutral"', "3"), "line 1: label is 3, not one of"),
    (
        "cb",
        "test.jsonl",
        add('{"premise": "a", "hypothesis": "b", "label": 0}\n'),
        "line 1: label is",
    ),
    ("cb", "train.jsonl", put('"neutral"', "[" * 10**5 + "]" * 10**5), "line 1: nested too deeply"),
    ("cb", "train.jsonl", put('"neutral"', "[" * 400 + "]" * 400), "line 1: label is [[[[[["),
    (
        "cb",
        "train.jsonl",
        put('"neutral"', "9" * 5000),
        "line 1: it holds a number of more than 4,30",
    ),
    ("cb", "train.jsonl", put('"neutral"', "9" * 4000), "line 1: label is 99999"),
    (
        "cb",
        "train.jsonl",
        put('"idx": 1', '"idx": 3000000000'),
        "line 2: idx is 3000000000, past 214",
    ),
    (
        "cb",
        "train.jsonl",
        put('"idx": 1', '"idx": "1_0"'),
        "line 2: idx is '1_0', not a whole number",
    ),
    (
        "cb",
        "train.jsonl",
        put('"idx": 1', '"idx": true'),
        "line 2: idx is True, not a whole number",
    ),
    ("rte", "train.tsv", put("1\tCats", f"{'9' * 5000}\tCats"), "line 3: index is '99999"),
    (
        "cb",
        "train.jsonl",
        put('"idx": 1', '"idx": 1, "idx": 2'),
        "line 2: the field 'idx' occurs tw",
    ),
    (
        "multirc",
        "train.jsonl",
        put('"passage": {', '"passage": "", "x": {'),
        "line 1: not nested as i",
    ),
    (
        "wsc",
        "train.jsonl",
        put('"span1_index": 0', '"span1_index": 3e9'),
        "line 1: span1_index is 3",
    ),
    ("stsb", "train.tsv", put("0.250", "1_0"), "line 3: score is '1_0', not a number"),
    ("stsb", "train.tsv", put("0.250", ""), "line 3: score is missing"),
    # --- columns of words and tags
    ("conll2003", "eng.train", put("I-LOC", "I-LOK"), "line 8: tag 'I-LOK' is not one of O, B-PER"),
    ("conll2003", "eng.testa", add("Oslo NNP I-NP\n"), "line 7: 'Oslo NNP I-NP' is not 4 fields"),
    ("conll2003", "eng.testa", lambda text: "Ann\n", "line 1: 'Ann' is not a word and its tag"),
    ("conll2003", "eng.testa", lambda text: "-DOCSTART- -X- O O\n\n", "has no rows"),
    (
        "conll2003",
        "eng.testa",
        lambda text: "a X X B-PER\nb X X I-PER\nc X X O\nd X X I-LOC\n\ne X X B-LOC\n",
        "line 4: tag 'I-LOC' cannot follow 'O' in IOB2",
    ),
    (
        "conll2003",
        "eng.testa",
        lambda text: "a X X B-PER\nb X X I-LOC\n",
        "line 2: tag 'I-LOC' cannot follow 'B-PER' in IOB2",
    ),
]


def refusal(call, *args, **kwargs):
    with pytest.raises(InputError) as caught:
        call(*args, **kwargs)
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(("name", "file", "edit", "said"), CASES)
def test_a_file_with_a_fault_is_refused_by_name_and_line(name, file, edit, said, tmp_path):
    path = write(name, tmp_path) / file
    path.write_text(edit(path.read_text()))
    message = refusal(load_task, name, tmp_path)
    assert message.startswith(str(path))
    assert said in message
    assert message.endswith(".")


def test_there_are_at_least_forty_faults():
    assert len(CASES) >= 40
    assert {name for name, *_ in CASES} <= set(OFFICIAL)


def test_bytes_that_are_not_utf8_are_placed(tmp_path):
    path = write("rte", tmp_path) / "train.tsv"
    path.write_bytes(path.read_bytes().replace(b"No cat", b"No caf\xe9"))
    assert refusal(load_task, "rte", tmp_path) == f"{path}, line 3: byte 0xe9 is not UTF-8 text."


@pytest.mark.parametrize(
    ("file", "split", "looked"),
    [("train.tsv", "train", "train.tsv"), ("dev.tsv", "validation", "dev.tsv, val.tsv")],
)
def test_a_missing_file_is_named(file, split, looked, tmp_path):
    folder = write("rte", tmp_path)
    (folder / file).unlink()
    message = refusal(load_task, "rte", folder.parent)
    assert message.startswith(f"no {split} file of 'rte' in {folder} (looked for {looked}")


def test_a_folder_without_the_task_says_so(tmp_path):
    write("rte", tmp_path)
    message = refusal(load_task, "cola", tmp_path)
    assert message == f"no folder 'CoLA' of the task 'cola' in {tmp_path / 'glue'}."


def test_a_file_is_not_a_data_folder(tmp_path):
    (tmp_path / "glue").write_text("")
    message = refusal(load_task, "rte", tmp_path / "glue")
    assert message == f"the data folder {tmp_path / 'glue'} is a file, not a folder."


def test_a_data_folder_must_exist(tmp_path):
    message = refusal(load_task, "rte", tmp_path / "nowhere")
    assert message == f"the data folder {tmp_path / 'nowhere'} does not exist."


def deny(*_):
    raise PermissionError


@pytest.mark.parametrize(
    ("method", "said"),
    [
        ("read_bytes", "cannot read {file}: permission denied."),
        ("iterdir", "cannot read the folder"),
    ],
)
def test_no_permission_is_said(method, said, tmp_path, monkeypatch):
    file = write("rte", tmp_path) / "train.tsv"
    monkeypatch.setattr(Path, method, deny)
    assert refusal(load_task, "rte", tmp_path).startswith(said.format(file=file))


@pytest.mark.parametrize("number", [errno.EIO, errno.ENAMETOOLONG, errno.ESTALE])
@pytest.mark.parametrize("method", ["read_bytes", "iterdir"])
def test_what_the_system_refuses_is_said(number, method, tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(number, os.strerror(number))

    write("rte", tmp_path)
    monkeypatch.setattr(Path, method, refuse)
    message = refusal(load_task, "rte", tmp_path)
    assert message.startswith("cannot read ") and message.endswith(f": {os.strerror(number)}.")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_file_without_read_permission_is_said(tmp_path):
    file = write("rte", tmp_path) / "train.tsv"
    file.chmod(0)
    assert refusal(load_task, "rte", tmp_path) == f"cannot read {file}: permission denied."


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"name": "rtee"}, "unknown task 'rtee': did you mean 'rte'? (allowed: cola, sst2, "),
        ({"name": "wnli"}, "unknown task 'wnli'"),
        ({"name": "rte", "source": "samples"}, "unknown source 'samples': did you mean 'sample'?"),
        (
            {"name": "rte", "metric": "acuracy"},
            "unknown metric of rte 'acuracy': did you mean 'acc",
        ),
        ({"name": "rte", "metric": "f1"}, "unknown metric of rte 'f1'"),
        ({"name": "wsc", "format": "pairs"}, "unknown format of wsc 'pairs': did you mean 'pair'?"),
    ],
)
def test_unknown_names_are_met_with_the_nearest(arguments, said):
    assert refusal(load_task, **arguments).startswith(said)


GOOD = {"text": ["a", "b"], "label": ["x", "y"]}
USER_CASES = [
    ({"text": ["a", ""], "label": ["x", "y"]}, {}, "the train data, row 1: text is an empty text."),
    ({"text": ["a", "b"], "label": ["x", "x"]}, {}, "the train data has 1 labels in 'label'"),
    (
        GOOD,
        {"texts": "texts"},
        "the train data has no column 'texts' (its columns: 'text', 'label').",
    ),
    (
        GOOD,
        {"label": "stars"},
        "the train data has no column 'stars' (its columns: 'text', 'label').",
    ),
    (GOOD, {"head": "tagging"}, "unknown head 'tagging'"),
    (GOOD, {"metric": "pearson"}, "unknown metric of a classification task 'pearson'"),
    (GOOD, {"head": "regression"}, "the train data, row 0: label is 'x', not a number."),
    (
        {"text": [["a", "b"]], "label": [["O"]]},
        {"head": "tokens"},
        "the train data, row 0: 2 words but 1 tags.",
    ),
    (
        {"text": [["a"]], "label": [["NOUN"]]},
        {"head": "tokens"},
        "the train data, row 0: tag 'NOUN' is not O, B-something or I-something.",
    ),
    (
        {"text": [["a", "b", "c"]], "label": [["B-X", "O", "I-X"]]},
        {"head": "tokens"},
        "the train data, row 0: tag 'I-X' cannot follow 'O' in IOB2.",
    ),
    (
        {"text": [[]], "label": [[]]},
        {"head": "tokens"},
        "the train data, row 0: text is [], not a list of words.",
    ),
    (GOOD, {"texts": None}, "None is not the name of a column."),
    (GOOD, {"texts": ["text", 0]}, "0 is not the name of a column."),
    (GOOD, {"label": ["label"]}, "['label'] is not the name of a column."),
    (GOOD, {"texts": ()}, "texts names 0 columns: a classification task takes 1 to 2."),
    (
        GOOD,
        {"texts": ("a", "b", "c")},
        "texts names 3 columns: a classification task takes 1 to 2.",
    ),
    (GOOD, {"texts": ("text", "text"), "head": "tokens"}, "texts names 2 columns: a tokens task"),
    (GOOD, {"texts": "label"}, "the column 'label' cannot be both a text and the label."),
    (
        {"text": ["a", "b"], "label": ["x", "y"], "stars": [1, 2]},
        {"label": "rating", "head": "regression"},
        "the train data has no column 'rating' (its columns: 'text', 'label', 'stars').",
    ),
]


@pytest.mark.parametrize(("columns", "arguments", "said"), USER_CASES)
def test_a_users_own_rows_are_checked_alike(columns, arguments, said):
    data = Dataset.from_dict(columns)
    arguments = {"texts": "text"} | arguments
    message = refusal(user_task, "own", {"train": data, "validation": data}, **arguments)
    assert message.startswith(said)


NONE_OF_THESE_IS_A_LABEL = [
    (None, "is missing"),
    (float("nan"), "is missing"),
    (np.float32("nan"), "is missing"),
    (pd.NA, "is missing"),
    (pd.NaT, "is missing"),
    ("", "is missing"),
    (" \t", "is missing"),
    (["x"], "is ['x'], not a text or a number"),
    ({"x": 1}, "is {'x': 1}, not a text or a number"),
    (("x",), "is ['x'], not a text or a number"),
    ({"x"}, "is {'x'}, not a text or a number"),
    (b"x", "is b'x', not a text or a number"),
    (np.array([1, 2]), "is [1, 2], not a text or a number"),
    (torch.tensor([1]), "is [1], not a text or a number"),
    (float("inf"), "is inf, not a text or a number"),
    (pd.Timestamp(0), "is Timestamp('1970-01-01 00:00:00'), not a text or a number"),
    (10**5000, "is a number of more than 4,300 digits, not a text or a number"),
    ("\ud83d", "holds '\\ud83d', half of a character (a lone surrogate)"),
    (pd.DataFrame({"a": [1]}), "is    a 0  1, not a text or a number"),
]


@pytest.mark.parametrize(("value", "said"), NONE_OF_THESE_IS_A_LABEL, ids=count())
def test_what_is_no_label_becomes_no_class(value, said):
    # each name that `str` would have given is a class of its own, so that it could be met
    labels = ["None", "nan", "<NA>", "NaT", str([1]), "['x']", value]
    frame = pd.DataFrame({"text": list("abcdefg")})
    frame["label"] = pd.Series(labels, dtype=object)
    message = refusal(user_task, "own", {"train": frame, "validation": frame}, texts="text")
    assert message == f"the train data, row 6: label {said}."


@pytest.mark.parametrize(
    "value",
    [None, float("nan"), ["x"], 7, pd.NA, "\ud83d", 10**5000, b"x"],
    ids=count(),
)
def test_what_is_no_text_is_refused(value):
    frame = pd.DataFrame({"text": pd.Series(["a", value], dtype=object), "label": ["x", "y"]})
    message = refusal(user_task, "own", {"train": frame, "validation": frame}, texts="text")
    assert message.startswith("the train data, row 1: text ")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "is missing"),
        (float("nan"), "is missing"),
        ("", "is missing"),
        (1e39, "is 1e+39, past 3.4e+38, the largest in 32 bits"),
        (-1e39, "is -1e+39, past 3.4e+38, the largest in 32 bits"),
        ("1e39", "is '1e39', past 3.4e+38, the largest in 32 bits"),
        (float("inf"), "is inf, not a finite number"),
        (10**400, "is 100000000000000000...0000000000000000000, not a finite number"),
        (10**5000, "is a number of more than 4,300 digits, not a finite number"),
        (True, "is True, not a number"),
        ("1_0", "is '1_0', not a number"),
        ([1.0], "is [1.0], not a number"),
        (1j, "is 1j, not a number"),
        (np.array([1.0]), "is [1.0], not a number"),
    ],
    ids=count(),
)
def test_what_is_no_score_is_refused(value, said):
    frame = pd.DataFrame({"text": ["a", "b"]})
    frame["label"] = pd.Series([1.0, value], dtype=object)
    splits = {"train": frame, "validation": frame}
    message = refusal(user_task, "own", splits, texts="text", head="regression")
    assert message == f"the train data, row 1: label {said}."


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (None, "tag list is missing"),
        ("O O", "tag list is 'O O', not a list"),
        ([None, "O"], "tag is missing"),
        ([float("nan"), "O"], "tag is missing"),
        (["", "O"], "tag is missing"),
        ([-1, "O"], "tag '-1' is not O, B-something or I-something"),
        ([["O"], "O"], "tag is ['O'], not a text or a number"),
        (["B-\ud83d", "O"], "tag holds '\\ud83d', half of a character (a lone surrogate)"),
    ],
)
def test_what_is_no_tag_is_refused(tags, said):
    frame = pd.DataFrame({"text": [["a", "b"]] * 2})
    frame["label"] = pd.Series([["B-X", "O"], tags], dtype=object)
    splits = {"train": frame, "validation": frame}
    message = refusal(user_task, "own", splits, texts="text", head="tokens")
    assert message == f"the train data, row 1: {said}."


def declared(names, *labels):
    """A data set whose class numbers nobody checked, as a cast of its storage leaves them."""
    rows = Dataset.from_dict({"text": ["a"] * len(labels), "label": labels})
    if not isinstance(labels[0], list):
        return rows.cast_column("label", ClassLabel(names=names))
    rows = Dataset.from_dict({"text": [["a", "b"]] * len(labels), "label": labels})
    return rows.cast_column("label", List(ClassLabel(names=names)))


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([0, 1, 3], "row 2: label is 3, not a class number from 0 to 2."),
        ([0, 1, -2], "row 2: label is -2, not a class number from 0 to 2."),
        ([0, 1, -1], "row 2: label is missing."),
        ([0, 1, None], "row 2: label is missing."),
        ([[0, 1], [0, 7]], "row 1: label is 7, not a class number from 0 to 2."),
        ([[0, 1], [0, -100]], "row 1: label is -100, not a class number from 0 to 2."),
        ([[0, 1], [0, -1]], "row 1: tag is missing."),
        ([[0, 1], [0, None]], "row 1: tag is missing."),
        ([[0, 1], None], "row 1: tag list is missing."),
    ],
)
@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_class_number_that_is_none_is_refused(labels, said, split):
    tags = isinstance(labels[0], list)
    names = ["O", "B-X", "I-X"]
    sound = declared(names, *([[0, 1]] if tags else [0, 1]))
    splits = {"train": sound, "validation": sound} | {split: declared(names, *labels)}
    head = "tokens" if tags else "classification"
    message = refusal(user_task, "own", splits, texts="text", head=head)
    assert message == f"the {split} data, {said}"


@pytest.mark.parametrize("head", ["classification", "regression"])
def test_a_test_split_with_some_labels_is_refused(head):
    train = pd.DataFrame({"text": ["a", "b"], "label": [0, 1]})
    test = pd.DataFrame({"text": ["a", "b"], "label": [0, None]})
    if head == "classification":
        test["label"] = pd.Series([0, None], dtype=object)
    splits = {"train": train, "validation": train, "test": test}
    message = refusal(user_task, "own", splits, texts="text", head=head)
    assert message == "the test data, row 1: label is missing."


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            [{"text": "a", "label": "x"}],
            "the train data: a list is not a file, a datasets.Dataset ",
        ),
        (None, "the train data: a NoneType is not a file"),
        (
            pd.DataFrame([["a", "b", "x"]], columns=["text", "text", "label"]),
            "the train data: the column 'text' occurs twice.",
        ),
        (
            pd.DataFrame([["a", "x"]], columns=["text", 0]),
            "the train data has no column 'label' (its columns: 'text', 0).",
        ),
        (
            Dataset.from_dict(GOOD).with_transform(lambda rows: rows),
            "the train data: a transform is set, which is not applied here: map it first.",
        ),
        (
            Dataset.from_dict(
                {"text": ["a", "b"], "label": [0, 1]},
                features=Features(
                    {"text": Value("string"), "label": ClassLabel(names=["x", "x "])}
                ),
            ),
            "the train data: label has two classes 'x'.",
        ),
    ],
)
def test_a_split_that_is_no_table_is_refused(given, said):
    message = refusal(user_task, "own", {"train": given, "validation": given}, texts="text")
    assert message.startswith(said)


def test_a_class_that_no_file_can_hold_is_refused():
    rows = declared(["x", "y", "\ud83d"], 0, 1)
    message = refusal(user_task, "own", {"train": rows, "validation": rows}, texts="text")
    assert message == (
        "the train data: label has a class that holds '\\ud83d', half of a character "
        "(a lone surrogate)."
    )


def test_one_declared_class_is_refused():
    rows = declared(["x"], 0, 0)
    message = refusal(user_task, "own", {"train": rows, "validation": rows}, texts="text")
    assert message == "the train data has 1 labels in 'label': two are needed."


@pytest.mark.parametrize("source", ["/" + "a" * 5000, "~nobody-of-this-name/data"])
def test_a_folder_that_cannot_be_looked_for_is_said(source):
    message = refusal(load_task, "rte", source)
    assert message.startswith("the data folder '") and "cannot be looked for" in message


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([1, 0, 1.0], "row 2: label is 1.0, and 1 before: write them alike."),
        ([0.0, 1.0, 0], "row 2: label is 0, and 0.0 before: write them alike."),
        ([True, False, 1], "row 2: label is 1, and True before: write them alike."),
        (["1", "0", 1.0], "row 2: label is 1.0, and 1 before: write them alike."),
        ([0.5, 1, "0.50"], "row 2: label is 0.50, and 0.5 before: write them alike."),
        ([True, "false", "true"], "row 2: label is true, and True before: write them alike."),
        ([0.0, 1, -0.0], "row 2: label is -0.0, and 0.0 before: write them alike."),
    ],
)
def test_one_value_is_not_two_classes(labels, said):
    rows = pd.DataFrame({"text": ["a", "b", "c"], "label": pd.Series(labels, dtype=object)})
    message = refusal(user_task, "own", {"train": rows, "validation": rows}, texts="text")
    assert message == f"the train data, {said}"


@pytest.mark.parametrize("labels", [["1", "1.0"], ["true", "True"], ["1", 1, 0], [True, "False"]])
def test_labels_that_are_texts_are_called_as_they_stand(labels):
    texts = ["a"] * len(labels)
    rows = pd.DataFrame({"text": texts, "label": pd.Series(labels, dtype=object)})
    task = user_task("own", {"train": rows, "validation": rows}, texts="text")
    assert [task.labels[i] for i in task.gold("train")] == [str(label) for label in labels]


def test_a_file_name_with_a_nul_is_refused():
    splits = dict.fromkeys(("train", "validation"), "a\0b.csv")
    message = refusal(user_task, "own", splits, texts="text")
    assert message == (
        "path of the train data is 'a\\x00b.csv', but must be a text or a Path that names something"
    )


def test_splits_without_names_are_refused():
    message = refusal(user_task, "own", "train and validation.csv", texts="text")
    assert message == "the splits are a str, not a mapping by their names."


def test_a_validation_label_unseen_in_training_is_refused():
    train, validation = Dataset.from_dict(GOOD), Dataset.from_dict({"text": ["a"], "label": ["z"]})
    splits = {"train": train, "validation": validation}
    message = refusal(user_task, "own", splits, texts="text")
    assert message == "the validation data, row 0: label is 'z', not one of x, y."


def test_a_user_must_give_both_splits():
    message = refusal(user_task, "own", {"train": Dataset.from_dict(GOOD)}, texts="text")
    assert message == "the call has no validation split of 'own' (it has: train)."


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("rows.csv", 'text,label\n"a,x\nb,y\n', "rows.csv, line 2: unexpected end of data."),
        (
            "rows.csv",
            "text,label\na,x\nb,y,z\n",
            "rows.csv, line 3: 3 fields where the header has 2",
        ),
        (
            "rows.csv",
            'text,label\n"a\nb",x\nc\n',
            "rows.csv, line 4: 1 fields where the header has",
        ),
        ("rows.xlsx", "", "unknown file ending '.xlsx'"),
        (
            "rows.jsonl",
            '{"text": "a", "label": "None"}\n{"text": "b", "label": null}\n',
            "rows.jsonl, line 2: label is missing.",
        ),
        (
            "rows.jsonl",
            '{"text": "a", "label": "nan"}\n{"text": "b", "label": NaN}\n',
            "rows.jsonl, line 2: label is missing.",
        ),
        (
            "rows.jsonl",
            '{"text": "a", "label": "[0]"}\n{"text": "b", "label": [0]}\n',
            "rows.jsonl, line 2: label is [0], not a text or a number.",
        ),
        (
            "rows.jsonl",
            '{"text": "cut \\ud83d", "label": "x"}\n{"text": "a", "label": "y"}\n',
            "rows.jsonl, line 1: text holds '\\ud83d', half of a character",
        ),
    ],
)
def test_a_users_file_is_read_strictly(name, content, said, tmp_path):
    path = tmp_path / name
    path.write_text(content)
    message = refusal(user_task, "own", {"train": path, "validation": path}, texts="text")
    assert re.sub(r"^\S*/", "", message).startswith(said)


def test_a_users_missing_file_is_named(tmp_path):
    splits = dict.fromkeys(("train", "validation"), tmp_path / "none.csv")
    message = refusal(user_task, "own", splits, texts="text")
    assert message == f"the file {tmp_path / 'none.csv'} does not exist."


@pytest.mark.parametrize(
    ("name", "count", "split", "said"),
    [
        ("rte", 2, "test", "2 predictions for the 1 rows of the test split."),
        ("rte", 1, "tests", "unknown test split of rte 'tests': did you mean 'test'?"),
        ("rte", 1, "validation", "unknown test split of rte 'validation'"),
        ("conll2003", 1, "test", "'conll2003' has no submission file"),
    ],
)
def test_a_refused_submission_leaves_nothing_behind(name, count, split, said, tmp_path):
    write(name, tmp_path / "data")
    task, out = load_task(name, tmp_path / "data"), tmp_path / "out"
    message = refusal(write_submission, task, ["entailment"] * count, out, split)
    assert message.startswith(said)
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"name": None}, "name of user_task is None, but must be a text that UTF-8 can write"),
        ({"name": "\ud83d"}, "name of user_task is '\\ud83d', but must be a text that"),
        ({"max_length": "128"}, "max_length of user_task is '128', but must be a whole number at"),
        ({"max_length": 0}, "max_length of user_task is 0, but must be a whole number at least 1"),
        ({"head": ["tokens"]}, "unknown head ['tokens']"),
        ({"texts": ("text", "text")}, "texts names the column 'text' twice."),
    ],
)
def test_what_a_users_task_is_called_with_is_checked(arguments, said):
    rows = Dataset.from_dict(GOOD)
    given = {"name": "own", "splits": {"train": rows, "validation": rows}, "texts": "text"}
    assert refusal(user_task, **given | arguments).startswith(said)


@pytest.mark.parametrize("name", [None, 3, ("a",)])
def test_what_is_no_name_of_a_split_is_refused(name):
    rows = Dataset.from_dict(GOOD)
    splits = {"train": rows, "validation": rows, name: rows}
    message = refusal(user_task, "own", splits, texts="text")
    assert message.startswith(f"name of a split of user_task is {name!r}, but must be a text")


def test_what_is_no_name_of_a_format_is_refused():
    assert refusal(load_task, "wsc", format=["pair"]).startswith("unknown format of wsc ['pair']")


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (["caf\u00e9", "cafe\u0301"], r"'cafe\u0301', and 'caf\xe9' before, which look the same"),
        (["pos", "pos\u200b"], r"'pos\u200b', and 'pos' before, which look the same"),
        (["\ufeffpos", "pos"], r"'pos', and '\ufeffpos' before, which look the same"),
    ],
)
def test_labels_that_look_the_same_are_not_two_classes(labels, said):
    rows = pd.DataFrame({"text": ["a", "b"], "label": labels})
    message = refusal(user_task, "own", {"train": rows, "validation": rows}, texts="text")
    assert message == f"the train data, row 1: label is {said}: write them alike."


def test_a_score_in_digits_of_another_script_is_refused():
    rows = pd.DataFrame({"text": ["a", "b"], "label": ["1", "\u0662"]})
    splits = {"train": rows, "validation": rows}
    message = refusal(user_task, "own", splits, texts="text", head="regression")
    assert message == "the train data, row 1: label is '\u0662', not a number."


NO_ANSWERS = [
    ("rte", [None], "prediction for row 0 of the test split None. (allowed: entailment, not_ent"),
    ("rte", ["neutral"], "unknown prediction for row 0 of the test split 'neutral'"),
    ("mnli", [1], "unknown prediction for row 0 of the test split 1."),
    ("mnli", [float("nan")], "unknown prediction for row 0 of the test split None."),
    ("cola", ["acceptble"], "'acceptble': did you mean 'acceptable'?"),
    ("cola", [1], "unknown prediction for row 0 of the test split 1."),
    ("copa", ["choice3"], "unknown prediction for row 0 of the test split 'choice3'"),
    ("multirc", ["True", "true"], "unknown prediction for row 1 of the test split 'true'"),
    ("boolq", [True], "unknown prediction for row 0 of the test split True: did"),
    ("wic", ["entailment"], "unknown prediction for row 0 of the test split 'entailment'"),
    ("cb", [["neutral"]], "unknown prediction for row 0 of the test split ['neutral']"),
    ("cb", "n", "the predictions are 'n', not a list with one a row."),
    ("cb", None, "the predictions are None, not a list with one a row."),
    ("cb", {"neutral"}, "the predictions are {'neutral'}, not a list"),
    ("cb", {0: "neutral"}, "the predictions are {0: 'neutral'}, not a list"),
    ("stsb", [None], "prediction for row 0 of the test split is None, but must be a finite numb"),
    ("stsb", [float("nan")], "row 0 of the test split is None, but must be a finite number"),
    ("stsb", [float("inf")], "row 0 of the test split is inf, but must be a finite number"),
    ("stsb", ["2.5"], "row 0 of the test split is '2.5', but must be a finite number"),
    ("stsb", [True], "row 0 of the test split is True, but must be a finite number"),
]


@pytest.mark.parametrize(("name", "predictions", "said"), NO_ANSWERS)
def test_a_prediction_that_the_task_does_not_answer_is_refused(name, predictions, said, tmp_path):
    write(name, tmp_path / "data")
    task, out = load_task(name, tmp_path / "data"), tmp_path / "out"
    assert said in refusal(write_submission, task, predictions, out)
    assert not out.exists()


@pytest.mark.parametrize("make", [list, tuple, np.array, pd.Series])
def test_predictions_may_come_in_any_list(make, tmp_path):
    write("stsb", tmp_path / "data")
    path = write_submission(load_task("stsb", tmp_path / "data"), make([2.5]), tmp_path / "out")
    assert path.read_text() == "index\tprediction\n0\t2.500\n"


def test_a_refusal_stays_a_sentence_however_many_names_are_allowed():
    names = [f"c{i:04}" for i in range(1000)]
    train = pd.DataFrame({"text": ["a"] * 1000, "label": names})
    validation = pd.DataFrame({"text": ["a"], "label": ["elephant\n" * 1000]})
    splits = {"train": train, "validation": validation}
    message = refusal(user_task, "own", splits, texts="text")
    assert message.startswith(r"the validation data, row 0: label is 'elephant\nelephant\n")
    assert message.endswith(", c0018, c0019 and 980 more.")
    assert len(message) < 400
