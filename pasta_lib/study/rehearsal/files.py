"""The sample as files: in the official layouts, and as the hub's parquet in the hub's cache."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from datasets import Dataset
from datasets.utils.logging import disable_progress_bar

from ...tasks import TASKS, TaskSpec, hub, load_task

ROWS = 24  # of each split
_REVISION = "0" * 40
_STSB = ("genre", "filename", "year", "old_index", "source1", "source2")
# Each GLUE task's columns in the official files: a name of ours, or a word that nobody reads.
_HEADERS: Mapping[str, Mapping[str, str]] = {
    "cola": {"source": "", "label": "label", "mark": "", "sentence": "sentence"},
    "sst2": {"sentence": "sentence", "label": "label"},
    "mrpc": {
        "Quality": "label",
        "#1 ID": "",
        "#2 ID": "",
        "#1 String": "sentence1",
        "#2 String": "sentence2",
    },
    "stsb": {
        "index": "idx",
        **dict.fromkeys(_STSB, ""),
        "sentence1": "sentence1",
        "sentence2": "sentence2",
        "score": "label",
    },
    "qqp": {
        "id": "idx",
        "qid1": "",
        "qid2": "",
        "question1": "question1",
        "question2": "question2",
        "is_duplicate": "label",
    },
    "mnli": {"index": "idx", "sentence1": "premise", "sentence2": "hypothesis", "label": "label"},
    "qnli": {"index": "idx", "question": "question", "sentence": "sentence", "label": "label"},
    "rte": {"index": "idx", "sentence1": "sentence1", "sentence2": "sentence2", "label": "label"},
}
_STEMS = {
    "glue": {"train": "train", "validation": "dev", "test": "test"},
    "superglue": {"train": "train", "validation": "val", "test": "test"},
    "ner": {"train": "eng.train", "validation": "eng.testa", "test": "eng.testb"},
}


def rows(task: str) -> dict[str, Dataset]:
    """Return the first rows of each split of the sample."""
    splits = load_task(task, source="sample").splits
    return {name: split.select(range(min(ROWS, len(split)))) for name, split in splits.items()}


def write_official(task: str, splits: Mapping[str, Dataset], root: Path) -> None:
    """Write a task's splits below `root` as its official download holds them."""
    spec = TASKS[task]
    folder = root / spec.suite / spec.folder if spec.suite != "ner" else root / spec.folder
    folder.mkdir(parents=True, exist_ok=True)
    ending = {"glue": ".tsv", "superglue": ".jsonl", "ner": ""}[spec.suite]
    writer: Callable = {"glue": _tsv, "superglue": _jsonl, "ner": _conll}[spec.suite]
    for name, split in splits.items():
        stem = _STEMS[spec.suite].get(name.removesuffix("_mismatched"), name)
        if task == "mnli" and name != "train":
            stem += "_mismatched" if name.endswith("_mismatched") else "_matched"
        text = "".join(f"{line}\n" for line in writer(spec, split, name == "test"))
        (folder / f"{stem}{ending}").write_text(text, encoding="utf-8")


def write_parquet(task: str, splits: Mapping[str, Dataset], cache: Path) -> None:
    """Write a task's splits into a cache of the hub, laid out as its own client does."""
    disable_progress_bar()
    spec = TASKS[task]
    name, revision = hub.repository(spec)
    folder = snapshot(cache, "datasets", name, revision) / spec.hub
    for own in hub.splits(spec):
        plain = own.replace("_matched", "")
        # the sample has no second test split of MNLI's: its first stands for both
        split = splits.get(plain, splits[plain.partition("_")[0]])
        split = split.select_columns([*spec.columns])
        file = f"{own}-00000-of-00001.parquet" if spec.suite == "glue" else f"{own}/0000.parquet"
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        split.to_parquet(folder / file)


def snapshot(cache: Path, kind: str, name: str, revision: str) -> Path:
    """Return the folder of a repository's files in a cache of the hub, made with its reference."""
    folder = cache / f"{kind}--{name.replace('/', '--')}"
    reference = folder / "refs" / revision
    reference.parent.mkdir(parents=True, exist_ok=True)
    reference.write_text(_REVISION)
    files = folder / "snapshots" / _REVISION
    files.mkdir(parents=True, exist_ok=True)
    return files


def _word(spec: TaskSpec, label: float | int) -> str:
    if spec.head == "regression":
        return repr(float(label))
    return (spec.words or spec.labels)[int(label)]


def _tsv(spec: TaskSpec, split: Dataset, is_test: bool) -> Iterator[str]:
    header = _HEADERS[spec.name]
    if is_test:  # without labels, and with a number before all else
        texts = {n: own for n, own in header.items() if own not in ("", "label", "idx")}
        header = {"id" if spec.name == "qqp" else "index": "idx", **texts}
    if not spec.header or is_test:
        yield "\t".join(header)
    for row in split:
        row |= {"label": "" if is_test else _word(spec, row["label"]), "": "x"}
        yield "\t".join(str(row[own]) for own in header.values())


def _label(spec: TaskSpec, label: int) -> str | int | bool:
    word = _word(spec, label)
    if spec.name in ("copa", "multirc"):
        return int(label)
    return {"True": True, "False": False}.get(word, word)


def _jsonl(spec: TaskSpec, split: Dataset, is_test: bool) -> Iterator[str]:
    records = [dict(row) for row in split]
    for record in records:
        label = record.pop("label")
        if not is_test:
            record["label"] = _label(spec, label)
    if spec.name == "multirc":
        records = _passages(records)
    for record in records:
        if spec.name == "wsc":
            spans = {name: record.pop(name) for name in tuple(record) if name.startswith("span")}
            record["target"] = spans
        yield json.dumps(record)


def _passages(records: Sequence[dict]) -> list[dict]:
    """Return MultiRC's rows as its files nest them: passages, their questions, their answers."""
    found: dict[int, dict] = {}
    for record in records:
        at = record["idx"]
        passage = found.setdefault(
            at["paragraph"],
            {"idx": at["paragraph"], "passage": {"text": record["paragraph"], "questions": {}}},
        )["passage"]
        question = passage["questions"].setdefault(
            at["question"], {"question": record["question"], "idx": at["question"], "answers": []}
        )
        label = {"label": record["label"]} if "label" in record else {}
        question["answers"].append({"text": record["answer"], "idx": at["answer"]} | label)
    for each in found.values():
        each["passage"]["questions"] = [*each["passage"]["questions"].values()]
    return [*found.values()]


def _conll(spec: TaskSpec, split: Dataset, is_test: bool) -> Iterator[str]:
    yield "-DOCSTART- -X- O O"
    yield ""
    for row in split:
        before = "O"
        for word, number in zip(row["tokens"], row["ner_tags"], strict=True):
            tag = spec.labels[number]
            kind = tag[2:]
            # the files mark a beginning only where it would be taken for a continuation
            shown = f"I-{kind}" if tag.startswith("B-") and before[2:] != kind else tag
            yield f"{word} NN I-NP {shown}"
            before = tag
        yield ""
