"""The official files: every layout, every place to point at, and the real ones where they are."""

import os
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest
from layouts import OFFICIAL, tsv, write

from pasta_lib.errors import InputError
from pasta_lib.tasks import TASKS, load_task

REAL = Path(os.environ.get("PASTA_TASKS", Path(__file__).parents[2] / "shared" / "tasks"))

# Label names of train and of validation in the files of layouts.py.
LABELS = {
    "cola": (["acceptable", "unacceptable"], ["acceptable"]),
    "sst2": (["positive", "negative"], ["negative"]),
    "mrpc": (["equivalent", "not_equivalent"], ["equivalent"]),
    "qqp": (["duplicate", "not_duplicate"], ["not_duplicate"]),
    "mnli": (["entailment", "contradiction"], ["neutral"]),
    "qnli": (["entailment", "not_entailment"], ["not_entailment"]),
    "rte": (["entailment", "not_entailment"], ["entailment"]),
    "boolq": (["True", "False"], ["True"]),
    "cb": (["neutral", "entailment"], ["contradiction"]),
    "copa": (["choice1", "choice2"], ["choice2"]),
    "multirc": (["True", "False", "True", "False"], ["True", "False"]),
    "superglue-rte": (["entailment", "not_entailment"], ["not_entailment"]),
    "wic": (["False", "True"], ["True"]),
    "wsc": (["True", "False"], ["False"]),
}


def names(task, split):
    return [task.labels[i] for i in task.splits[split]["label"]]


@pytest.mark.parametrize("name", LABELS)
def test_label_words_become_the_hubs_classes(name, tmp_path):
    write(name, tmp_path)
    task = load_task(name, tmp_path)
    assert (names(task, "train"), names(task, "validation")) == LABELS[name]
    assert set(task.splits["test"]["label"]) == {-1}
    assert task.gold("test") is None


def test_scores_stay_scores(tmp_path):
    write("stsb", tmp_path)
    task = load_task("stsb", tmp_path)
    assert task.gold("train") == [5.0, 0.25]
    assert task.gold("test") is None


def test_iob1_files_become_sentences_in_iob2(tmp_path):
    write("conll2003", tmp_path)
    train = load_task("conll2003", tmp_path).splits["train"]
    tags = train.features["ner_tags"].feature.names
    assert train["tokens"][:] == [["Ann", "met", "Beth"], ["In", "Oslo", "Oslo"]]
    assert [[tags[i] for i in row] for row in train["ner_tags"]] == [
        ["B-PER", "O", "B-PER"],
        ["O", "B-LOC", "B-LOC"],
    ]


@pytest.mark.parametrize("name", OFFICIAL)
def test_root_suite_and_task_folder_are_the_same_source(name, tmp_path):
    own = write(name, tmp_path)
    roots = {tmp_path, own.parent, own}
    first, *others = [load_task(name, root).fingerprint() for root in roots]
    assert all(other == first for other in others)


@pytest.mark.parametrize(
    ("name", "renamed"),
    [
        ("cola", {"dev.tsv": "validation.tsv", "train.tsv": "Train.tsv"}),
        ("mnli", {"dev_matched.tsv": "val_matched.tsv"}),
        ("cb", {"val.jsonl": "dev.jsonl"}),
        (
            "conll2003",
            {"eng.train": "train.txt", "eng.testa": "valid.txt", "eng.testb": "test.txt"},
        ),
        ("conll2003", {"eng.testa": "testa.conll"}),
    ],
)
def test_common_variants_of_file_names_are_read(name, renamed, tmp_path):
    own = write(name, tmp_path)
    before = load_task(name, tmp_path).fingerprint()
    for old, new in renamed.items():
        (own / old).rename(own / new)
    own.rename(own.with_name(own.name.lower().replace("-", "")))
    assert load_task(name, tmp_path).fingerprint() == before


def test_two_rtes_are_told_apart_by_their_suite(tmp_path):
    write("rte", tmp_path)
    write("superglue-rte", tmp_path)
    assert load_task("rte", tmp_path).splits["test"]["sentence1"][:] == ["Owls hoot."]
    assert load_task("superglue-rte", tmp_path).splits["test"]["premise"][:] == ["Aye."]


def test_mnli_keeps_matched_and_mismatched_apart(tmp_path):
    own = write("mnli", tmp_path)
    task = load_task("mnli", tmp_path)
    assert list(task.splits) == [
        "train",
        "validation",
        "validation_mismatched",
        "test",
        "test_mismatched",
    ]
    assert task.splits["validation_mismatched"]["premise"][:] == ["Go."]
    (own / "dev_mismatched.tsv").unlink()
    assert "validation_mismatched" not in load_task("mnli", tmp_path).splits


def test_quotation_marks_are_text(tmp_path):
    write("mrpc", tmp_path)
    train = load_task("mrpc", tmp_path).splits["train"]
    assert train["sentence1"][0] == 'He said " no .'
    assert train["sentence2"][1] == 'She "stayed .'


def test_line_separators_inside_a_sentence_do_not_cut_it(tmp_path):
    own = write("sst2", tmp_path)
    (own / "dev.tsv").write_text(tsv("sentence|label", "one\u2028two\x85three|1"))
    assert load_task("sst2", tmp_path).splits["validation"]["sentence"][:] == [
        "one\u2028two\x85three"
    ]


def test_a_no_break_space_belongs_to_its_word(tmp_path):
    own = write("conll2003", tmp_path)
    (own / "eng.testa").write_text("10\u00a0000 CD I-NP O\n")
    validation = load_task("conll2003", tmp_path).splits["validation"]
    assert validation["tokens"][:] == [["10\u00a0000"]]


def test_a_missing_question_of_quora_is_counted(tmp_path):
    own = write("qqp", tmp_path)
    with (own / "train.tsv").open("a") as file:
        file.write("13\t7\t8\tWhy?\t\t0\n")
    task = load_task("qqp", tmp_path)
    assert task.splits["train"]["question2"][2] == ""
    assert task.notes == {"empty_question2": 1}


def test_ids_are_the_files_or_the_rows_own(tmp_path):
    write("qqp", tmp_path)
    write("qnli", tmp_path)
    write("boolq", tmp_path)
    assert load_task("qqp", tmp_path).splits["train"]["idx"][:] == [10, 11]
    assert load_task("qnli", tmp_path).splits["train"]["idx"][:] == [0, 1]
    assert load_task("boolq", tmp_path).splits["train"]["idx"][:] == [0, 1]


def test_multirc_answers_are_grouped_by_question(tmp_path):
    write("multirc", tmp_path)
    task = load_task("multirc", tmp_path)
    assert task.groups("train") == [0, 0, 1, 1]
    assert task.splits["train"]["idx"][3] == {"paragraph": 2, "question": 2, "answer": 3}


@pytest.mark.parametrize(
    ("name", "file", "edit", "note"),
    [
        ("rte", "train.tsv", lambda b: b.replace(b"\n", b"\r\n"), {"crlf": 3}),
        ("rte", "train.tsv", lambda b: b"\xef\xbb\xbf" + b, {"byte_order_mark": 1}),
        ("rte", "train.tsv", lambda b: b[:-1], {"no_final_newline": 1}),
        ("rte", "train.tsv", lambda b: b + b"\n\n", {}),
        ("cb", "train.jsonl", lambda b: b.replace(b"\n", b"\r\n"), {"crlf": 2}),
        ("conll2003", "eng.train", lambda b: b.replace(b"\n", b"\r\n"), {"crlf": 9}),
        ("qqp", "train.tsv", lambda b: b + b"13\t7\t8\tWhy?\n", {"ragged_rows": 1}),
    ],
)
def test_harmless_oddities_change_nothing_and_are_counted(name, file, edit, note, tmp_path):
    own = write(name, tmp_path)
    before = load_task(name, tmp_path).fingerprint()
    (own / file).write_bytes(edit((own / file).read_bytes()))
    task = load_task(name, tmp_path)
    assert task.fingerprint() == before
    assert task.notes == note


def test_repeated_rows_are_kept_and_counted(tmp_path):
    own = write("sst2", tmp_path)
    (own / "train.tsv").write_text(tsv("sentence|label", "fine|1", "fine|1", "fine|0", "fine|1"))
    task = load_task("sst2", tmp_path)
    assert len(task.splits["train"]) == 4
    assert task.notes == {"repeated_rows": 2}


def test_wsc_spans_may_differ_in_case_and_punctuation_only_uncounted(tmp_path):
    own = write("wsc", tmp_path)
    text = (own / "train.jsonl").read_text()
    (own / "train.jsonl").write_text(
        text.replace('"she", "span2_index": 4', '"She,", "span2_index": 4')
    )
    assert load_task("wsc", tmp_path).notes == {}
    (own / "train.jsonl").write_text(text.replace('"span2_index": 4', '"span2_index": 3', 1))
    assert load_task("wsc", tmp_path).notes == {"spans_unlike_text": 1}


def test_every_task_has_a_layout_here():
    assert set(OFFICIAL) == set(TASKS)


# What the README of the real folder says, and label counts made with cut, sort and uniq.
SIZES = {
    "cola": (8551, 1043, 1063),
    "rte": (2490, 277, 3000),
    "mrpc": (3668, 408, 1725),
    "stsb": (5749, 1500, 1379),
    "sst2": (67349, 872, 1821),
    "qnli": (8999, 5463, 5463),
    "mnli": (8999, 9815, None),
    "qqp": (8999, 1000, None),
    "cb": (250, 56, 250),
    "copa": (400, 100, 500),
    "wsc": (554, 104, 146),
    "wic": (5428, 638, 1400),
    "multirc": (27243, 4848, 9693),
    "superglue-rte": (2490, 277, 3000),
    "boolq": (189, 3270, 3245),
    "conll2003": (14041, 3250, 3453),
}
BALANCES = {
    "cola": ((2528, 6023), (322, 721)),
    "sst2": ((29780, 37569), (428, 444)),
    "mrpc": ((1194, 2474), (129, 279)),
    "qqp": ((5747, 3252), (623, 377)),
    "mnli": ((3061, 2980, 2958), (3479, 3123, 3213)),
    "qnli": ((4523, 4476), (2702, 2761)),
    "rte": ((1249, 1241), (146, 131)),
    "boolq": ((71, 118), (1237, 2033)),
    "cb": ((115, 119, 16), (23, 28, 5)),
    "copa": ((195, 205), (55, 45)),
    "multirc": ((15218, 12025), (2773, 2075)),
    "superglue-rte": ((1249, 1241), (146, 131)),
    "wic": ((2714, 2714), (319, 319)),
    "wsc": ((295, 259), (66, 38)),
}
ODDITIES = {
    "cola": {"no_final_newline": 1, "repeated_rows": 12},
    "mrpc": {"byte_order_mark": 1},
    "sst2": {"repeated_rows": 366},
    "multirc": {"empty_answer": 4, "repeated_rows": 9},
}
real = pytest.mark.skipif(not REAL.is_dir(), reason=f"the real task files are not in {REAL}")


@real
@pytest.mark.slow
@pytest.mark.parametrize("name", SIZES)
def test_real_files_have_their_rows_and_balances(name):
    task = load_task(name, REAL)
    splits = ("train", "validation", "test")
    assert tuple(len(task.splits[s]) if s in task.splits else None for s in splits) == SIZES[name]
    if name in BALANCES:
        for split, balance in zip(splits, BALANCES[name], strict=False):
            counts = Counter(task.splits[split]["label"])
            assert tuple(counts[i] for i in range(len(task.labels))) == balance
    if name in ODDITIES:
        assert task.notes == ODDITIES[name]


@real
@pytest.mark.slow
def test_real_entities_survive_the_conversion():
    task = load_task("conll2003", REAL)
    begins = {i for i, tag in enumerate(task.labels) if tag.startswith("B-")}
    found = {
        s: sum(t in begins for row in d["ner_tags"] for t in row) for s, d in task.splits.items()
    }
    assert found == {"train": 23499, "validation": 5942, "test": 5648}


@real
def test_real_files_may_lie_in_a_folder_of_another_spelling(tmp_path):
    shutil.copytree(REAL / "glue" / "RTE", tmp_path / "GLUE" / "rte")
    assert len(load_task("rte", tmp_path).splits["train"]) == 2490


TWICE = [
    # task, a file of it, what else it might be called, what both could be
    ("cb", "val.jsonl", "dev.jsonl", "a dev file of the task 'cb'"),
    ("rte", "train.tsv", "Train.TSV", "a train file of the task 'rte'"),
    ("rte", "test.tsv", "TEST.tsv", "a test file of the task 'rte'"),
    ("mnli", "dev_matched.tsv", "dev.tsv", "a dev_matched file of the task 'mnli'"),
    ("conll2003", "eng.testa", "dev.txt", "a dev file of the task 'conll2003'"),
    ("conll2003", "eng.train", "train", "a train file of the task 'conll2003'"),
]


@pytest.mark.parametrize(("name", "file", "other", "what"), TWICE)
def test_of_two_files_of_one_split_none_is_picked(name, file, other, what, tmp_path):
    folder = write(name, tmp_path)
    shutil.copy(folder / file, folder / other)
    first, second = sorted((folder / file, folder / other))
    said = f"{first} and {second} could both be {what}: keep one there."
    with pytest.raises(InputError, match=f"^{re.escape(said)}$"):
        load_task(name, tmp_path)


@pytest.mark.parametrize(
    ("own", "other"),
    [("glue/RTE", "glue/rte"), ("glue/RTE", "GLUE/RTE"), ("glue/RTE", "RTE"), ("glue/RTE", "glue")],
)
def test_of_two_folders_of_one_task_none_is_picked(own, other, tmp_path):
    write("rte", tmp_path)
    shutil.copytree(tmp_path / own, tmp_path / other, dirs_exist_ok=True)
    with pytest.raises(InputError) as caught:
        load_task("rte", tmp_path)
    said = str(caught.value)
    assert said.endswith(" could both be a folder of the task 'rte': keep one there.")
    assert {*said.split(" could")[0].split(" and ")} == {str(tmp_path / f) for f in (own, other)}


def test_two_names_of_one_folder_or_file_are_one(tmp_path):
    folder = write("cb", tmp_path)
    (folder / "dev.jsonl").symlink_to(folder / "val.jsonl")
    (tmp_path / "SuperGLUE").symlink_to(tmp_path / "superglue")
    assert len(load_task("cb", tmp_path).splits["validation"]) == 1


def test_a_folder_of_the_other_benchmarks_task_of_that_name_is_not_taken(tmp_path):
    write("rte", tmp_path / "a").rename(tmp_path / "rte")
    write("superglue-rte", tmp_path / "b").rename(tmp_path / "superglue-rte")
    assert load_task("rte", tmp_path).suite == "glue"
    assert load_task("superglue-rte", tmp_path).suite == "superglue"
