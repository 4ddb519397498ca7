"""The task table: one row per task, everything about it that is data.

Hub column names, label words and their order are the hub's (nyu-mll/glue, aps/super_glue,
eriktks/conll2003). `metric` is the AoT paper's (its Table 4); `pasta_metric` is that of PASTA's
BERT tables (2, 4, 5) and `pasta_roberta_metric` that of its RoBERTa table (3).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from . import formats
from .formats import Format

Suite = Literal["glue", "superglue", "ner", "user"]
Head = Literal["classification", "regression", "choice", "tokens"]

NO_YES = ("False", "True")
ENTAILMENT = ("entailment", "not_entailment")
ENTITIES = ("O", *(f"{mark}-{kind}" for kind in ("PER", "ORG", "LOC", "MISC") for mark in "BI"))


class AotSchedule(NamedTuple):
    """Most epochs, and epochs without a better dev score before training stops (AoT, Table 6)."""

    epochs: int
    patience: int


class PastaRecipe(NamedTuple):
    """PASTA's hyper-parameters with BERT-large, as printed (PASTA, Table 6)."""

    lr: float
    batch_size: int
    gpus: int
    special_tokens: int
    epochs: int


@dataclass(frozen=True, kw_only=True)
class TaskSpec:
    """One task: its columns, labels, head, metrics, input formats, files and published recipes.

    `columns` maps a hub column to its kind: text, number, label, score, tokens, tags, id or answer.
    `official` maps a hub column to its other names in official files; `words` are the label words
    of those files in the hub's order; `header` names the columns of files without a header line.
    """

    name: str
    suite: Suite
    head: Head
    columns: Mapping[str, str]
    formats: Mapping[str, Format]
    metrics: tuple[str, ...]
    pasta_metric: str | None = None
    pasta_roberta_metric: str | None = None
    labels: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    score_range: tuple[float, float] | None = None
    may_be_empty: frozenset[str] = frozenset()
    drop_ragged: bool = False
    max_length: int = 128
    folder: str = ""
    official: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    hub: str = ""
    aot: AotSchedule | None = None
    pasta: PastaRecipe | None = None

    @property
    def metric(self) -> str:
        """The metric that selects the best epoch and is reported: the first."""
        return self.metrics[0]

    @property
    def label(self) -> str:
        """The column that holds the label (one for each word where the head is on tokens)."""
        return "ner_tags" if self.head == "tokens" else "label"


def _text(*names: str) -> dict[str, str]:
    return dict.fromkeys(names, "text")


def _glue(
    name: str,
    texts: tuple[str, ...],
    official: Mapping[str, tuple[str, ...]] | None = None,
    **fields: Any,  # those of TaskSpec, each of its own type
) -> TaskSpec:
    regression = fields.get("score_range") is not None
    return TaskSpec(
        name=name,
        suite="glue",
        head="regression" if regression else "classification",
        columns={**_text(*texts), "label": "score" if regression else "label", "idx": "number"},
        formats={"plain": formats.columns(*texts)},
        hub=name,
        official={"idx": ("index", "id"), **(official or {})},
        **fields,
    )


def _superglue(
    name: str,
    columns: Mapping[str, str],
    **fields: Any,  # those of TaskSpec, each of its own type
) -> TaskSpec:
    fields = {"head": "classification", "labels": NO_YES, "hub": name} | fields
    if "formats" not in fields:
        fields["formats"] = {"plain": formats.columns(*columns)}
    return TaskSpec(
        name=name,
        suite="superglue",
        columns={**columns, "idx": columns.get("idx", "number"), "label": "label"},
        **fields,
    )


_ROWS = (
    _glue(
        "cola",
        ("sentence",),
        labels=("unacceptable", "acceptable"),
        words=("0", "1"),
        metrics=("matthews", "accuracy"),
        pasta_metric="matthews",
        pasta_roberta_metric="matthews",
        folder="CoLA",
        header=("source", "label", "mark", "sentence"),
        aot=AotSchedule(100, 10),
        pasta=PastaRecipe(5e-3, 32, 1, 2, 100),
    ),
    _glue(
        "sst2",
        ("sentence",),
        labels=("negative", "positive"),
        words=("0", "1"),
        metrics=("accuracy",),
        pasta_metric="accuracy",
        pasta_roberta_metric="accuracy",
        folder="SST-2",
        aot=AotSchedule(100, 10),
        pasta=PastaRecipe(7e-3, 64, 3, 2, 100),
    ),
    _glue(
        "mrpc",
        ("sentence1", "sentence2"),
        labels=("not_equivalent", "equivalent"),
        words=("0", "1"),
        metrics=("accuracy_f1", "accuracy", "f1"),
        pasta_metric="f1",
        pasta_roberta_metric="accuracy",
        folder="MRPC",
        official={
            "sentence1": ("#1 String",),
            "sentence2": ("#2 String",),
            "label": ("Quality",),
        },
        aot=AotSchedule(100, 10),
        pasta=PastaRecipe(2.5e-3, 32, 4, 3, 150),
    ),
    _glue(
        "stsb",
        ("sentence1", "sentence2"),
        score_range=(0.0, 5.0),
        metrics=("pearson_spearman", "pearson", "spearman"),
        pasta_metric="spearman",
        pasta_roberta_metric="pearson",
        folder="STS-B",
        official={"label": ("score",)},
        aot=AotSchedule(100, 10),
        pasta=PastaRecipe(2e-3, 32, 3, 3, 150),
    ),
    _glue(
        "qqp",
        ("question1", "question2"),
        labels=("not_duplicate", "duplicate"),
        words=("0", "1"),
        metrics=("accuracy_f1", "accuracy", "f1"),
        pasta_metric="f1",
        pasta_roberta_metric="accuracy",
        folder="QQP",
        official={
            "question1": ("sentence1",),
            "question2": ("sentence2",),
            "label": ("is_duplicate",),
        },
        # Quora's release lacks a question in a few rows: the field is empty, or is not there.
        may_be_empty=frozenset({"question1", "question2"}),
        drop_ragged=True,
        aot=AotSchedule(5, 2),
        pasta=PastaRecipe(5e-3, 32, 4, 3, 100),
    ),
    _glue(
        "mnli",
        ("premise", "hypothesis"),
        labels=("entailment", "neutral", "contradiction"),
        metrics=("accuracy",),
        pasta_metric="accuracy",
        pasta_roberta_metric="accuracy",
        folder="MNLI",
        official={
            "premise": ("sentence1",),
            "hypothesis": ("sentence2",),
            "label": ("gold_label",),
        },
        aot=AotSchedule(5, 2),
        pasta=PastaRecipe(5e-4, 32, 1, 3, 50),
    ),
    _glue(
        "qnli",
        ("question", "sentence"),
        labels=ENTAILMENT,
        metrics=("accuracy",),
        pasta_metric="accuracy",
        pasta_roberta_metric="accuracy",
        folder="QNLI",
        aot=AotSchedule(10, 2),
        pasta=PastaRecipe(2e-3, 32, 4, 3, 80),
    ),
    _glue(
        "rte",
        ("sentence1", "sentence2"),
        labels=ENTAILMENT,
        metrics=("accuracy",),
        pasta_metric="accuracy",
        pasta_roberta_metric="accuracy",
        folder="RTE",
        aot=AotSchedule(200, 20),
        pasta=PastaRecipe(4.5e-3, 32, 4, 3, 150),
    ),
    _superglue(
        "boolq",
        _text("question", "passage"),
        metrics=("accuracy",),
        # Neither paper states a length; at 128 most passages would be cut.
        max_length=256,
        folder="BoolQ",
        aot=AotSchedule(100, 10),
    ),
    _superglue(
        "cb",
        _text("premise", "hypothesis"),
        labels=("entailment", "contradiction", "neutral"),
        metrics=("accuracy_macro_f1", "accuracy", "macro_f1"),
        folder="CB",
        aot=AotSchedule(500, 100),
    ),
    _superglue(
        "copa",
        _text("premise", "choice1", "choice2", "question"),
        head="choice",
        labels=("choice1", "choice2"),
        words=("0", "1"),
        formats={"conjunction": formats.copa_conjunction, "question": formats.copa_question},
        metrics=("accuracy",),
        folder="COPA",
        aot=AotSchedule(500, 100),
    ),
    _superglue(
        "multirc",
        _text("paragraph", "question", "answer") | {"idx": "answer"},
        words=("0", "1"),
        formats={"passage": formats.multirc_passage, "answer": formats.multirc_answer},
        metrics=("accuracy_f1", "accuracy", "f1a", "em", "f1a_em"),
        # Four official answers are empty.
        may_be_empty=frozenset({"answer"}),
        # Neither paper states a length; at 128 or 256 most paragraphs would be cut.
        max_length=512,
        folder="MultiRC",
        aot=AotSchedule(10, 4),
    ),
    _superglue(
        "superglue-rte",
        _text("premise", "hypothesis"),
        labels=ENTAILMENT,
        metrics=("accuracy",),
        folder="RTE",
        hub="rte",
        aot=AotSchedule(100, 10),
    ),
    _superglue(
        "wic",
        _text("word", "sentence1", "sentence2")
        | dict.fromkeys(("start1", "start2", "end1", "end2"), "number"),
        formats={"pair": formats.wic_pair, "question": formats.wic_question},
        metrics=("accuracy",),
        folder="WiC",
        aot=AotSchedule(500, 20),
    ),
    _superglue(
        "wsc",
        {"text": "text", "span1_index": "number", "span2_index": "number"}
        | _text("span1_text", "span2_text"),
        formats={"pair": formats.wsc_pair, "marked": formats.wsc_marked},
        metrics=("accuracy",),
        folder="WSC",
        hub="wsc.fixed",
        aot=AotSchedule(500, 100),
    ),
    TaskSpec(
        name="conll2003",
        suite="ner",
        head="tokens",
        columns={"id": "id", "tokens": "tokens", "ner_tags": "tags"},
        labels=ENTITIES,
        formats={},
        metrics=("entity_f1", "entity_precision", "entity_recall"),
        pasta_metric="entity_f1",
        folder="conll2003",
        hub="conll2003",
        pasta=PastaRecipe(3e-3, 16, 1, 2, 100),
    ),
)

TASKS: Mapping[str, TaskSpec] = {spec.name: spec for spec in _ROWS}
