"""The official layouts of every task, file by file, with sentences of our own in them."""

import json
from pathlib import Path


def tsv(*rows: str) -> str:
    """Join rows written with | between the fields."""
    return "".join(row.replace("|", "\t") + "\n" for row in rows)


def jsonl(*records: dict) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def _multirc(first: int, labelled: bool) -> dict:
    answers = [{"text": "Red.", "idx": first, "label": 1}, {"text": "Old.", "idx": first + 1}]
    answers[1]["label"] = 0
    if not labelled:
        answers = [{"text": a["text"], "idx": a["idx"]} for a in answers]
    question = {"question": "What was the barn?", "idx": first, "answers": answers}
    passage = {"text": "The barn was red. It was new.", "questions": [question]}
    return {"idx": first, "version": 1.1, "passage": passage}


def _wsc(idx: int, **label: bool) -> dict:
    target = {"span1_text": "Ann", "span1_index": 0, "span2_text": "she", "span2_index": 4}
    return {"text": "Ann told Beth that she won.", "target": target, "idx": idx, **label}


_WIC = {
    "word": "bank",
    "sentence1": "The bank was steep.",
    "sentence2": "A bank lends.",
    "start1": 4,
    "end1": 8,
    "start2": 2,
    "end2": 6,
    "version": 1.1,
}
_COPA = {"premise": "The cup fell.", "choice1": "It broke.", "choice2": "It flew."}
_RTE = ("index|sentence1|sentence2|label", "0|Cats purr.|A cat purrs.|entailment")
_MNLI_LONG = (
    "index|promptID|pairID|genre|sentence1_binary_parse|sentence2_binary_parse|sentence1_parse|"
    "sentence2_parse|sentence1|sentence2|label1|gold_label"
)
_STSB = "index|genre|filename|year|old_index|source1|source2|sentence1|sentence2"
_CONLL = "-DOCSTART- -X- O O\n\nAnn NNP I-NP I-PER\nmet VBD I-VP O\nBeth NNP I-NP I-PER\n\n"

OFFICIAL: dict[str, tuple[str, dict[str, str]]] = {
    "cola": (
        "glue/CoLA",
        {
            "train.tsv": tsv("x1|1||The cat slept.", "x1|0|*|Cat the slept."),
            "dev.tsv": tsv("x1|1||The dog ran."),
            "test.tsv": tsv("index|sentence", "0|The hen sat."),
        },
    ),
    "sst2": (
        "glue/SST-2",
        {
            "train.tsv": tsv("sentence|label", "a joy |1", "a bore |0"),
            "dev.tsv": tsv("sentence|label", "dull |0"),
            "test.tsv": tsv("index|sentence", "0|bright"),
        },
    ),
    "mrpc": (
        "glue/MRPC",
        {
            "train.tsv": tsv(
                "Quality|#1 ID|#2 ID|#1 String|#2 String",
                '1|7|8|He said " no .|He declined .',
                '0|7|9|She left .|She "stayed .',
            ),
            "dev.tsv": tsv("Quality|#1 ID|#2 ID|#1 String|#2 String", "1|1|2|It rains .|Rain ."),
            "test.tsv": tsv("index|#1 ID|#2 ID|#1 String|#2 String", "0|1|2|Sun .|Sunny ."),
        },
    ),
    "stsb": (
        "glue/STS-B",
        {
            "train.tsv": tsv(
                f"{_STSB}|score",
                "0|g|f|y|0|n|n|A man runs.|A man is running.|5.000",
                "1|g|f|y|1|n|n|A man runs.|A fish swims.|0.250",
            ),
            "dev.tsv": tsv(f"{_STSB}|score", "0|g|f|y|2|n|n|Snow falls.|It snows.|4.5"),
            "test.tsv": tsv(_STSB, "0|g|f|y|3|n|n|Birds sing.|Dogs bark."),
        },
    ),
    "qqp": (
        "glue/QQP",
        {
            "train.tsv": tsv(
                "id|qid1|qid2|question1|question2|is_duplicate",
                "10|1|2|Why rain?|Why does it rain?|1",
                "11|3|4|Who won?|What is won?|0",
            ),
            "dev.tsv": tsv(
                "id|qid1|qid2|question1|question2|is_duplicate", "12|5|6|Where?|When?|0"
            ),
            "test.tsv": tsv("id|question1|question2", "0|How?|How so?"),
        },
    ),
    "mnli": (
        "glue/MNLI",
        {
            "train.tsv": tsv(
                _MNLI_LONG,
                "0|p|q|g|b|b|s|s|It rained.|It was wet.|neutral|entailment",
                "1|p|q|g|b|b|s|s|It rained.|It was dry.|neutral|contradiction",
            ),
            "dev_matched.tsv": tsv("sentence1|sentence2|label", "Bees buzz.|Bees sting.|neutral"),
            "dev_mismatched.tsv": tsv("sentence1|sentence2|label", "Go.|Stay.|contradiction"),
            "test_matched.tsv": tsv("index|sentence1|sentence2", "0|Yes.|No."),
            "test_mismatched.tsv": tsv("index|sentence1|sentence2", "0|Up.|Down."),
        },
    ),
    "qnli": (
        "glue/QNLI",
        {
            "train.tsv": tsv(
                "question|sentence|label",
                "Who sang?|Ann sang.|entailment",
                "Who sang?|It rained.|not_entailment",
            ),
            "dev.tsv": tsv("index|question|sentence|label", "0|Who ran?|He.|not_entailment"),
            "test.tsv": tsv("index|question|sentence", "0|Who ran?|Ann ran."),
        },
    ),
    "rte": (
        "glue/RTE",
        {
            "train.tsv": tsv(*_RTE, "1|Cats purr.|No cat purrs.|not_entailment"),
            "dev.tsv": tsv(*_RTE),
            "test.tsv": tsv("index|sentence1|sentence2", "0|Owls hoot.|An owl hoots."),
        },
    ),
    "boolq": (
        "superglue/BoolQ",
        {
            "train.jsonl": jsonl(
                {"question": "is it red", "passage": "It is red.", "label": True, "source": "x"},
                {"question": "is it old", "passage": "It is new.", "label": False, "idx": 0},
            ),
            "val.jsonl": jsonl({"question": "is it", "passage": "It is.", "idx": 0, "label": True}),
            "test.jsonl": jsonl({"question": "was it", "passage": "It was.", "idx": 0}),
        },
    ),
    "cb": (
        "superglue/CB",
        {
            "train.jsonl": jsonl(
                {"premise": "He may go.", "hypothesis": "he goes", "label": "neutral", "idx": 0},
                {"premise": "He went.", "hypothesis": "he goes", "label": "entailment", "idx": 1},
            ),
            "val.jsonl": jsonl(
                {"premise": "He sat.", "hypothesis": "he goes", "label": "contradiction", "idx": 0}
            ),
            "test.jsonl": jsonl({"premise": "He ran.", "hypothesis": "he goes", "idx": 0}),
        },
    ),
    "copa": (
        "superglue/COPA",
        {
            "train.jsonl": jsonl(
                {**_COPA, "question": "effect", "label": 0, "idx": 0},
                {**_COPA, "question": "cause", "label": 1, "idx": 1},
            ),
            "val.jsonl": jsonl({**_COPA, "question": "cause", "label": 1, "idx": 0}),
            "test.jsonl": jsonl({**_COPA, "question": "effect", "idx": 0}),
        },
    ),
    "multirc": (
        "superglue/MultiRC",
        {
            "train.jsonl": jsonl(_multirc(0, True), _multirc(2, True)),
            "val.jsonl": jsonl(_multirc(0, True)),
            "test.jsonl": jsonl(_multirc(0, False)),
        },
    ),
    "superglue-rte": (
        "superglue/RTE",
        {
            "train.jsonl": jsonl(
                {"premise": "It is.", "hypothesis": "It is so.", "label": "entailment", "idx": 0},
                {"premise": "It is.", "hypothesis": "No.", "label": "not_entailment", "idx": 1},
            ),
            "val.jsonl": jsonl(
                {"premise": "So.", "hypothesis": "Not so.", "label": "not_entailment", "idx": 0}
            ),
            "test.jsonl": jsonl({"premise": "Aye.", "hypothesis": "Nay.", "idx": 0}),
        },
    ),
    "wic": (
        "superglue/WiC",
        {
            "train.jsonl": jsonl(
                {**_WIC, "idx": 0, "label": False}, {**_WIC, "idx": 1, "label": True}
            ),
            "val.jsonl": jsonl({**_WIC, "idx": 0, "label": True}),
            "test.jsonl": jsonl({**_WIC, "idx": 0}),
        },
    ),
    "wsc": (
        "superglue/WSC",
        {
            "train.jsonl": jsonl(_wsc(0, label=True), _wsc(1, label=False)),
            "val.jsonl": jsonl(_wsc(0, label=False)),
            "test.jsonl": jsonl(_wsc(0)),
        },
    ),
    "conll2003": (
        "conll2003",
        {
            "eng.train": _CONLL + "In IN I-PP O\nOslo NNP I-NP I-LOC\nOslo NNP I-NP B-LOC\n",
            "eng.testa": _CONLL,
            "eng.testb": _CONLL,
        },
    ),
}


def write(task: str, root: Path) -> Path:
    """Write the files of a task below `root`, as the whole download would; return their folder."""
    where, files = OFFICIAL[task]
    folder = root / where
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_text(content)
    return folder
