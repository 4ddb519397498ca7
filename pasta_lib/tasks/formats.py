"""How a row becomes text: a list with one entry per choice (COPA has two), each of one text or two.

Where papers and published code differ a task has several formats, by name; the first is the
default.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]
Texts = list[tuple[str, ...]]
Format = Callable[[Row], Texts]


def columns(*names: str) -> Format:
    """Return the format that hands over the named columns as they are."""
    return lambda row: [tuple(row[name] for name in names)]


def copa_conjunction(row: Row) -> Texts:
    """Pair "premise because|so" with each choice (P-Tuning v2's code)."""
    premise = row["premise"].rstrip(" .") + {"cause": " because", "effect": " so"}[row["question"]]
    return [(premise, row["choice1"]), (premise, row["choice2"])]


def copa_question(row: Row) -> Texts:
    """Pair the premise and a question about its cause or effect with each choice (jiant)."""
    question = {
        "cause": "What was the cause of this?",
        "effect": "What happened as a result?",
    }[row["question"]]
    premise = f"{row['premise']} {question}"
    return [(premise, row["choice1"]), (premise, row["choice2"])]


def multirc_passage(row: Row) -> Texts:
    """Pair the paragraph with "question answer" (P-Tuning v2's code)."""
    return [(row["paragraph"], f"{row['question']} {row['answer']}".rstrip())]


def multirc_answer(row: Row) -> Texts:
    """Pair "paragraph question" with the answer (jiant)."""
    return [(f"{row['paragraph']} {row['question']}", row["answer"])]


def wic_pair(row: Row) -> Texts:
    """Pair "word: sentence1" with "word: sentence2" (P-Tuning v2's code for BERT)."""
    return [(f"{row['word']}: {row['sentence1']}", f"{row['word']}: {row['sentence2']}")]


def wic_question(row: Row) -> Texts:
    """Ask about the word after both sentences, in one text (P-Tuning v2's code for RoBERTa)."""
    question = f"Does {row['word']} have the same meaning in both sentences?"
    return [(f"{row['sentence1']} {row['sentence2']} {question}",)]


def wsc_pair(row: Row) -> Texts:
    """Pair "pronoun: text" with the noun phrase (P-Tuning v2's code)."""
    return [(f"{row['span2_text']}: {row['text']}", row["span1_text"])]


def wsc_marked(row: Row) -> Texts:
    """Mark the noun phrase with * and the pronoun with # inside one text (T5)."""
    words = re.split(r"(\s+)", row["text"].strip())
    for span, mark in (("span1", "*"), ("span2", "#")):
        first = 2 * row[f"{span}_index"]
        last = first + 2 * (len(row[f"{span}_text"].split()) - 1)
        words[first] = f"{mark} {words[first]}"
        words[last] = f"{words[last]} {mark}"
    return [("".join(words),)]
