"""The sample: its shape, and its labels worked out again from the sentences alone."""

import json
import os
import re
import subprocess
import sys
from collections import Counter
from hashlib import sha256

import pytest

from pasta_lib.errors import InputError
from pasta_lib.tasks import load_task, sample
from pasta_lib.tasks.sample import rows
from pasta_lib.tasks.sample.lexicon import (
    CITIES,
    COUNTRIES,
    DAYS,
    MEN,
    NUMBERS,
    SURNAMES,
    TALE,
    TOWN,
    WOMEN,
)

COLUMNS = {
    "cola": "sentence label idx",
    "sst2": "sentence label idx",
    "mrpc": "sentence1 sentence2 label idx",
    "stsb": "sentence1 sentence2 label idx",
    "qqp": "question1 question2 label idx",
    "mnli": "premise hypothesis label idx",
    "qnli": "question sentence label idx",
    "rte": "sentence1 sentence2 label idx",
    "boolq": "question passage idx label",
    "cb": "premise hypothesis idx label",
    "copa": "premise choice1 choice2 question idx label",
    "multirc": "paragraph question answer idx label",
    "superglue-rte": "premise hypothesis idx label",
    "wic": "word sentence1 sentence2 start1 start2 end1 end2 idx label",
    "wsc": "text span1_index span2_index span1_text span2_text idx label",
    "conll2003": "id tokens ner_tags",
}
CLASSES = {"mnli": 3, "cb": 3}
CLASSIFIED = [name for name in COLUMNS if name not in ("stsb", "conll2003")]
TAGS = ["O", *(f"{mark}-{kind}" for kind in ("PER", "ORG", "LOC", "MISC") for mark in "BI")]
ANYBODY = re.compile(
    rf"\b({'|'.join([*WOMEN, *MEN, *(f'[Tt]he {person}' for person in TOWN.people)])})\b"
)
DETAILS = {word.lower() for word in [*NUMBERS, *DAYS, *CITIES, *COUNTRIES, *SURNAMES, *WOMEN, *MEN]}
DIGEST = """
import hashlib, json, sys
from pasta_lib.tasks.sample import rows
data = [rows(name, split) for name in sys.argv[1:] for split in ("train", "validation", "test")]
print(hashlib.sha256(json.dumps(data).encode()).hexdigest())
"""


def splits(name: str) -> tuple[str, ...]:
    more = ("validation_mismatched",) if name == "mnli" else ()
    return "train", "validation", "test", *more


def examples(name: str, *names: str) -> list[dict]:
    """The labelled rows of some splits, each as a dictionary."""
    tables = [rows(name, split) for split in names or ("train", "validation")]
    return [
        dict(zip(table, values, strict=True))
        for table in tables
        for values in zip(*table.values(), strict=True)
    ]


def texts(name: str, split: str) -> list[tuple[str, ...]]:
    """The rows of a split without their labels and numbers."""
    columns = [name for name in COLUMNS[name].split() if name not in ("label", "idx", "id")]
    return [tuple(str(row[column]) for column in columns) for row in examples(name, split)]


def everywhere(name: str, pattern: str, *fields: str) -> list[tuple[re.Match, int]]:
    """The matches of a pattern in rows of the form "field | field", with their labels."""
    found = [
        (re.search(pattern, " | ".join(row[field] for field in fields)), row["label"])
        for row in examples(name)
    ]
    found = [(match, label) for match, label in found if match]
    assert found
    return found


@pytest.mark.parametrize("name", COLUMNS)
def test_the_columns_are_the_hubs_and_there_are_enough_rows(name):
    for split, least in zip(splits(name), (400, 200, 200, 200), strict=False):
        table = rows(name, split)
        assert set(table) == set(COLUMNS[name].split())
        assert {len(values) for values in table.values()} == {len(table[[*table][0]])}
        assert len(texts(name, split)) >= least


def test_rows_are_the_same_in_another_process():
    data = [rows(name, split) for name in COLUMNS for split in ("train", "validation", "test")]
    other = subprocess.run(
        [sys.executable, "-c", DIGEST, *COLUMNS],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == sha256(json.dumps(data).encode()).hexdigest()


def test_the_callers_changes_stay_the_callers():
    rows("rte", "train")["label"].clear()
    assert rows("rte", "train")["label"]


@pytest.mark.parametrize("name", COLUMNS)
def test_no_row_comes_twice(name):
    found = Counter(text for split in splits(name) for text in texts(name, split))
    assert max(found.values()) == 1


def test_no_paragraph_is_in_two_splits():
    train, validation, test = (set(rows("multirc", split)["paragraph"]) for split in splits("rte"))
    assert not (train & validation or train & test or validation & test)


@pytest.mark.parametrize("name", CLASSIFIED)
def test_labels_come_equally_often(name):
    for split in splits(name):
        if split != "test":
            counts = Counter(rows(name, split)["label"])
            assert set(counts) == set(range(CLASSES.get(name, 2)))
            assert max(counts.values()) - min(counts.values()) <= 1


@pytest.mark.parametrize("name", COLUMNS)
def test_test_labels_are_kept_back_where_the_hub_keeps_them(name):
    column = "ner_tags" if name == "conll2003" else "label"
    kept_back = set(map(str, rows(name, "test")[column])) <= {"-1", "-1.0"}
    assert kept_back == (name not in ("mrpc", "conll2003"))


@pytest.mark.parametrize("name", COLUMNS)
def test_sentences_begin_with_a_capital_and_end_with_a_mark(name):
    for sentence in (text for row in texts(name, "train") for text in row):
        if " " in sentence and name not in ("boolq", "multirc", "conll2003"):
            assert sentence[0].isupper() or sentence[0].isdigit()
            assert sentence[-1] in ".?"
        assert not re.search(r"[{}_|]|  ", sentence) or name == "conll2003"


def test_glue_and_superglue_share_their_rte():
    one, other = rows("rte", "train"), rows("superglue-rte", "train")
    assert one["sentence1"] == other["premise"] and one["sentence2"] == other["hypothesis"]
    assert one["label"] == other["label"]


def test_mismatched_mnli_is_of_another_genre():
    def people(split: str) -> set[str]:
        return set(re.findall(r"[Tt]he (\w+)", " ".join(rows("mnli", split)["premise"])))

    assert not people("validation_mismatched") & set(TOWN.people)
    assert not people("validation") & set(TALE.people)


INFERENCE = ("rte", ("sentence1", "sentence2")), ("mnli", ("premise", "hypothesis"))


@pytest.mark.parametrize(("name", "fields"), INFERENCE)
def test_neither_denies_both_affirms_and_either_leaves_open(name, fields):
    contradiction = 1 if name == "rte" else 2
    for match, label in everywhere(name, r"^(Neither|Both|Either) .* \| (.*)", *fields):
        affirmed = "did not" not in match[2]
        if match[1] == "Either":
            assert label == 1
        else:
            assert label == (0 if affirmed == (match[1] == "Both") else contradiction)


@pytest.mark.parametrize(("name", "fields"), INFERENCE)
def test_a_role_is_kept_by_the_passive_and_by_the_active(name, fields):
    person = rf"the ({'|'.join(TOWN.people)})"
    clause = rf"{person}( was)? \w+( by)? {person}"
    adverbial = f"({'|'.join(TOWN.times + TOWN.places)})"
    for match, label in everywhere(name, rf"(?i)^{clause} {adverbial}\. \| {clause}\.$", *fields):
        one, _, by, other, _, one_asked, _, by_asked, other_asked = match.groups()
        said = (other, one) if by else (one, other)
        asked = (other_asked, one_asked) if by_asked else (one_asked, other_asked)
        assert (label == 0) == (said == asked)


@pytest.mark.parametrize(("verb", "true"), [("found out", True), ("pretended", False)])
def test_cb_takes_a_fact_for_true_and_a_fiction_for_false(verb, true):
    for match, label in everywhere("cb", rf"{verb} that .* \| (.*)", "premise", "hypothesis"):
        assert label == (0 if ("did not" not in match[1]) == true else 1)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (r"(enjoyed|avoided|finished) to ", r"(wanted|refused|decided|promised) to "),
        (rf"({'|'.join(MEN)}) \w+ herself", rf"({'|'.join(WOMEN)}) \w+ herself"),
        (r"\b(these|those|several|both) \w+[^s] ", r"\b(this|every|each) \w+[^s] "),
        (r"(Some|Many) .* ever ", r"(No|Few) .* ever "),
        (r"more \w+er than", r"is (?!more)\w+er than"),
        (r"ha(d just|s already) \w+ing ", r"ha(d just|s already) \w+[^e]ed "),
    ],
)
def test_cola_breaks_the_rule_that_it_names(wrong, right):
    assert {label for _, label in everywhere("cola", wrong, "sentence")} == {0}
    assert {label for _, label in everywhere("cola", right, "sentence")} == {1}


def test_sst2_says_what_is_denied_is_not_meant():
    blame = {"dull", "lifeless", "clumsy", "tedious", "shallow", "boring", "awful", "messy", "lazy"}
    for match, label in everywhere("sst2", r"(?:anything but|could call .*) (\w+)\.$", "sentence"):
        if match[1] in blame:
            assert label == 1


def test_mrpc_differs_in_a_detail_or_in_who_is_who():
    swapped = 0
    for row in examples("mrpc"):
        one, other = (
            sorted(word for word in re.findall(r"\w+", row[text].lower()) if word in DETAILS)
            for text in ("sentence1", "sentence2")
        )
        assert one == other or not row["label"]
        swapped += one == other and not row["label"]
    assert swapped > 20


def test_stsb_is_five_for_the_same_and_less_for_the_rest():
    found = examples("stsb")
    assert all(0 <= row["label"] <= 5 for row in found)
    assert min(row["label"] for row in found) < 0.5
    same = [row["label"] for row in found if row["sentence1"] == row["sentence2"]]
    assert same and set(same) == {5.0}


def test_a_duplicate_question_is_about_the_same_country():
    countries = f"({'|'.join(COUNTRIES)})"
    for match, label in everywhere(
        "qqp", rf"{countries}.*\|.*{countries}", "question1", "question2"
    ):
        assert match[1] == match[2] or not label


def test_only_a_sentence_with_a_year_answers_when():
    for match, label in everywhere("qnli", r"^When .*\| (.*)", "question", "sentence"):
        if not re.search(r"\b(1[789]|20)\d\d\b", match[1]):
            assert label == 1


def test_boolq_says_yes_where_dogs_may_come_in():
    for match, label in everywhere(
        "boolq", r"(dogs?|pets) .*\| .*(Dogs|Pets|Animals) (\w+ \w+)", "question", "passage"
    ):
        assert label == (match[3] in {"may come", "are welcome", "are let"})


def test_copa_turns_around_with_its_question():
    meant: dict[tuple, str] = {}
    for row in examples("copa"):
        premise, *choices = (ANYBODY.sub("X", row[c]) for c in ("premise", "choice1", "choice2"))
        key = premise, *sorted(choices)
        cause = choices[row["label"] if row["question"] == "cause" else 1 - row["label"]]
        assert meant.setdefault(key, cause) == cause
    assert len(meant) > 50


def test_multirc_is_right_where_one_sentence_tells_it():
    for row in examples("multirc"):
        who, act = (
            re.match(r"Who (.*)\?|What did (\w+) do\?", row["question"]).groups(),
            row["answer"],
        )
        pair = (row["answer"], who[0]) if who[0] else (who[1], act)
        sentences = row["paragraph"].split(".")
        told = any(all(re.search(rf"\b{part}\b", s) for part in pair) for s in sentences)
        assert row["label"] == told


def test_multirc_numbers_its_paragraphs_questions_and_answers():
    found = examples("multirc", "train")
    assert [row["idx"]["answer"] for row in found] == list(range(len(found)))
    for column in ("paragraph", "question"):
        by_number: dict[int, set] = {}
        for row in found:
            by_number.setdefault(row["idx"][column], set()).add((row["paragraph"], row[column]))
        assert [*by_number] == list(range(len(by_number)))
        assert all(len(values) == 1 for values in by_number.values())


def test_wic_spans_are_of_the_word():
    for row in examples("wic", *splits("wic")):
        for n in "12":
            assert row[f"sentence{n}"][row[f"start{n}"] : row[f"end{n}"]].lower() == row["word"]


def test_wic_senses_are_consistent():
    """Uses joined by a pair of one sense never meet in a pair of two senses."""
    when = re.compile(rf" ({'|'.join(TOWN.times)})(?=\.)")
    parent: dict[tuple, tuple] = {}

    def sense(use: tuple) -> tuple:
        while parent.setdefault(use, use) != use:
            use = parent[use]
        return use

    pairs = [
        tuple(
            (row["word"], when.sub("", ANYBODY.sub("X", row[s])))
            for s in ("sentence1", "sentence2")
        )
        + (row["label"],)
        for row in examples("wic")
    ]
    for one, other, same in pairs:
        if same:
            parent[sense(one)] = sense(other)
    assert all(same == (sense(one) == sense(other)) for one, other, same in pairs)


def test_wsc_spans_are_where_they_say():
    for row in examples("wsc", *splits("wsc")):
        words = row["text"].split()
        assert words[row["span1_index"]] == row["span1_text"]
        assert words[row["span2_index"]] == row["span2_text"]


def test_wsc_pronouns_agree_with_whom_they_mean():
    for row in examples("wsc"):
        pronoun = "she" if row["span1_text"] in WOMEN else "he"
        if row["label"]:
            assert row["span2_text"] == pronoun


def test_entities_are_iob2():
    for row in examples("conll2003", *splits("conll2003")):
        assert len(row["tokens"]) == len(row["ner_tags"])
        tags = [TAGS[tag] for tag in row["ner_tags"]]
        for before, tag in zip(["O", *tags], tags, strict=False):
            assert tag[0] != "I" or before[1:] == tag[1:]


def test_the_words_around_a_name_decide_its_kind():
    kinds: dict[str, set] = {}
    for row in examples("conll2003"):
        for token, tag in zip(row["tokens"], row["ner_tags"], strict=True):
            kinds.setdefault(token, set()).add(TAGS[tag])
    assert sum({"B-PER", "B-ORG", "B-LOC"} <= found for found in kinds.values()) > 100
    assert all(kinds[day] == {"O"} for day in ("Monday", "Friday", "Sunday"))
    assert kinds["Danish"] == {"B-MISC"}


def test_every_kind_of_entity_is_common():
    counts = Counter(tag for row in examples("conll2003") for tag in row["ner_tags"])
    assert all(counts[tag] > 50 for tag in range(len(TAGS)))


def test_a_task_without_a_grammar_is_refused_by_name(monkeypatch):
    monkeypatch.delitem(sample.GRAMMARS, "cola")
    with pytest.raises(InputError, match="unknown task of the sample 'cola'.*sst2"):
        load_task("cola")
