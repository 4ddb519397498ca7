"""What the report shows, in the papers' order: one section for each notebook."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from . import analyses, ending, figures, scale, schematics, speeds, stated, tables
from .exhibit import Picture, Table
from .properties import method_properties


@dataclass(frozen=True)
class Section:
    """One notebook's tables and figures; `exhibits` draws them anew from the records.

    `question` is the group that the claims of this notebook belong to; `answer` names the claim
    that the section opens with.
    """

    notebook: str
    title: str
    place: str
    question: Literal["match", "why", "cost"]
    answer: str
    exhibits: Callable[[str], Iterator[Table | Picture]]


def vertical_heads(profile: str) -> Iterator[Table | Picture]:
    """Yield the counts of vertical heads, and the maps that notebook 01 drew."""
    yield analyses.vertical_heads(profile)
    for name in ("pasta_figure1", "pasta_figure5"):
        if picture := Picture.saved(profile, name):
            yield picture
    yield analyses.vertical_heads_corpus(profile)
    yield figures.head_shares(profile)
    yield scale.heads_by_depth(profile)


def glue(profile: str) -> Iterator[Table | Picture]:
    """Yield both papers' GLUE tables, ours beside theirs."""
    yield tables.data(profile, "glue")
    for paper, table in (("pasta", "T2"), ("pasta", "T3"), ("pasta", "T5"), ("aot", "T2")):
        compared = tables.comparison(profile, paper, table)
        yield compared
        yield figures.dots(profile, compared)
        yield tables.difference(profile, paper, table)
    yield analyses.hyperparameters(profile)


def parameter_counts(profile: str) -> Iterator[Table | Picture]:
    """Yield where the methods act, what each one trains, and PASTA's table of complexity."""
    yield schematics.pasta_figure2(profile)
    yield schematics.aot_figure2(profile)
    yield analyses.parameter_counts(profile)
    yield tables.as_printed(profile, "pasta", "T1")
    for paper, section in (("pasta", "§1"), ("pasta", "§3.2"), ("aot", "§3.3")):
        yield stated.statements(profile, paper, section, "02_parameter_counts")
    yield analyses.costs(profile)


def superglue(profile: str) -> Iterator[Table | Picture]:
    """Yield AoT's SuperGLUE table, ours beside it, and what the paper says of its search."""
    yield tables.data(profile, "superglue")
    compared = tables.comparison(profile, "aot", "T3", "04_superglue")
    yield compared
    yield figures.dots(profile, compared)
    yield tables.difference(profile, "aot", "T3")
    for table in ("T4", "T5", "T6"):
        yield tables.as_printed(profile, "aot", table)


def prefix_and_rank(profile: str) -> Iterator[Table | Picture]:
    """Yield scores by prefix length and rank and by learning rate, and how training went."""
    glue, superglue = (tables.comparison(profile, "aot", table) for table in ("T2", "T3"))
    yield scale.macro(profile, {"GLUE": glue, "SuperGLUE": superglue})
    yield scale.share_by_size(profile)
    yield figures.macro_lines(profile)
    yield analyses.macro_along(profile)
    for name in ("size", "lr"):
        yield figures.score_lines(profile, name)
        yield analyses.along(profile, name)
    for name in ("loss", "gradient_norm"):
        yield figures.training_lines(profile, name)
    yield from ending.exhibits(profile)


def expected_validation(profile: str) -> Iterator[Table | Picture]:
    """Yield expected validation performance."""
    yield figures.expected_curves(profile)
    yield analyses.expected_validation(profile)


def inference_speed(profile: str) -> Iterator[Table | Picture]:
    """Yield what inference and training cost, and what AoT states of it."""
    yield speeds.speed_figure(profile, 4)
    yield speeds.speed_figure(profile, 9)
    yield speeds.inference_speed(profile)
    yield speeds.training_speed(profile)
    yield speeds.training_limit(profile)
    yield stated.statements(profile, "aot", "§4.3", "11_inference_speed")


def multi_task(profile: str) -> Iterator[Table | Picture]:
    """Yield which methods allow it, what it costs, and what AoT states of it."""
    yield method_properties(profile)
    yield speeds.many_tasks(profile)
    yield stated.statements(profile, "aot", "§3.1", "12_multi_task")


def ner(profile: str) -> Iterator[Table | Picture]:
    """Yield named entity recognition."""
    yield tables.data(profile, "ner")
    compared = tables.ner(profile)
    yield compared
    yield figures.dots(profile, compared, sizes=True)


def ablation(profile: str) -> Iterator[Table | Picture]:
    """Yield PASTA's ablations."""
    compared = tables.comparison(profile, "pasta", "T4", "06_ablation")
    yield compared
    yield figures.dots(profile, compared)
    yield tables.difference(profile, "pasta", "T4")


def norm_distribution(profile: str) -> Iterator[Table | Picture]:
    """Yield the norms of PASTA's vectors."""
    yield figures.norm_maps(profile)
    yield analyses.norms(profile)


def top_norm_tokens(profile: str) -> Iterator[Table | Picture]:
    """Yield the tokens whose biases are largest, and of what kind they are."""
    yield figures.token_norms(profile)
    for task in ("wsc", "copa", "rte", "cb"):
        yield analyses.top_tokens(profile, task)
        yield analyses.word_classes(profile, task)


QUESTIONS = {
    "match": "Does it match full fine-tuning and the other methods?",
    "why": "Why does it work?",
    "cost": "What does it cost?",
}
SECTIONS = (
    Section(
        "01_vertical_heads",
        "Vertical heads",
        "PASTA, Figures 1, 5",
        "why",
        "vertical-share",
        vertical_heads,
    ),
    Section(
        "02_parameter_counts",
        "Parameters",
        "PASTA, Figure 2, Table 1; AoT, Figure 2",
        "cost",
        "pasta-bitfit-parameters",
        parameter_counts,
    ),
    Section(
        "03_glue",
        "GLUE",
        "PASTA, Tables 2, 3, 5, 6; AoT, Table 2",
        "match",
        "pasta-full",
        glue,
    ),
    Section(
        "04_superglue",
        "SuperGLUE",
        "AoT, Tables 3 to 6",
        "match",
        "aot-p-tuning-v2-deberta",
        superglue,
    ),
    Section("05_ner", "Named entities", "PASTA, Figure 3", "match", "pasta-ner-p-tuning-v2", ner),
    Section("06_ablation", "Ablation", "PASTA, Table 4", "why", "classifier-lowest", ablation),
    Section(
        "07_norm_distribution",
        "Norms",
        "PASTA, Figure 4",
        "why",
        "norms-grow",
        norm_distribution,
    ),
    Section(
        "08_top_norm_tokens",
        "Tokens",
        "AoT, Tables 7 to 10",
        "why",
        "words-copa",
        top_norm_tokens,
    ),
    Section(
        "09_prefix_and_rank",
        "Prefix and rank",
        "AoT, Figures 1, 3, 5, 7",
        "why",
        "p-tuning-v2-prefix",
        prefix_and_rank,
    ),
    Section(
        "10_expected_validation",
        "Expected validation",
        "AoT, Figures 6, 8",
        "why",
        "aot-assignments",
        expected_validation,
    ),
    Section(
        "11_inference_speed",
        "Inference speed",
        "AoT, Figures 4, 9",
        "cost",
        "fused-free",
        inference_speed,
    ),
    Section(
        "12_multi_task",
        "Many tasks in one batch",
        "AoT, Table 1",
        "cost",
        "many-tasks",
        multi_task,
    ),
)
