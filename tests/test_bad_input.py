"""Bad input: one clear sentence with the value, the file and the line, and nothing half-written."""

import os
import re
from pathlib import Path

import pytest
from datasets import Dataset
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
    (GOOD, {"label": "stars"}, "unknown column of the train data 'stars'"),
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
]


@pytest.mark.parametrize(("columns", "arguments", "said"), USER_CASES)
def test_a_users_own_rows_are_checked_alike(columns, arguments, said):
    data = Dataset.from_dict(columns)
    arguments = {"texts": "text"} | arguments
    message = refusal(user_task, "own", {"train": data, "validation": data}, **arguments)
    assert message.startswith(said)


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
