"""A task: what a run needs to know of it, and its splits."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from datasets import Dataset

from .formats import Format, Texts
from .schema import UNLABELLED
from .table import Head, Suite

# The position of a word that has no token: it is predicted as O.
NO_TOKEN = -1


@dataclass(frozen=True)
class Task:
    """A task with its data: splits in the hub's schema, label words, head and metrics.

    `metric` selects the best epoch and is reported; `notes` counts the oddities that were handled.
    `format_name` tells which of the task's input formats `format` is.
    """

    name: str
    suite: Suite
    head: Head
    labels: tuple[str, ...]
    metrics: tuple[str, ...]
    metric: str
    source: str
    splits: Mapping[str, Dataset]
    notes: Mapping[str, int] = field(default_factory=dict)
    format: Format | None = None
    format_name: str | None = None
    max_length: int = 128

    @property
    def num_outputs(self) -> int:
        """Outputs of the head: one per label; one where it scores (regression, each choice)."""
        return 1 if self.head in ("regression", "choice") else len(self.labels)

    @property
    def pair(self) -> bool:
        """Whether an input is two texts, which take one separator more."""
        return self.format is not None and len(self.format(self.splits["train"][0])[0]) == 2

    def texts(self, split: str) -> list[Texts]:
        """Return the formatted texts of each example of a split (not for tasks on tokens)."""
        assert self.format is not None, "words have no format"
        columns = self.splits[split][:]
        rows = zip(*columns.values(), strict=True)
        return [self.format(dict(zip(columns, row, strict=True))) for row in rows]

    def gold(self, split: str) -> list | None:
        """Return the labels of a split as the hub numbers them; None where it has none."""
        labels = self.splits[split]["ner_tags" if self.head == "tokens" else "label"][:]
        flat = [tag for tags in labels for tag in tags] if self.head == "tokens" else labels
        return None if all(label == UNLABELLED for label in flat) else labels

    def groups(self, split: str) -> list[int] | None:
        """Return the question that each MultiRC answer belongs to; None for every other task."""
        if (self.suite, self.name) != ("superglue", "multirc"):
            return None
        numbers: dict[tuple[int, int], int] = {}
        ids = [(idx["paragraph"], idx["question"]) for idx in self.splits[split]["idx"]]
        return [numbers.setdefault(pair, len(numbers)) for pair in ids]

    def decode(self, logits: np.ndarray, words: Sequence[Sequence[int]] | None = None) -> list:
        """Return predictions in the task's own words: labels, scores, or a tag for each word.

        `logits` is (N, C); (N, 1) for regression, (N · choices, 1) for choices, and (N, T, C) for
        tokens, where `words` (`Encoded.words`) picks the position that stands for each word; one
        without a position is O.
        """
        answers = self.answers(logits, words)
        if self.head == "regression":
            return answers
        if self.head == "tokens":
            return [[self.labels[i] for i in row] for row in answers]
        return [self.labels[i] for i in answers]

    def answers(self, logits: np.ndarray, words: Sequence[Sequence[int]] | None = None) -> list:
        """Return the same predictions as the hub stores labels: class numbers and scores."""
        if self.head == "regression":
            return np.reshape(logits, -1).tolist()
        if self.head == "tokens":
            rows = [np.argmax(row, -1).tolist() for row in logits]
            if words is None:
                return rows
            outside = self.labels.index("O")
            return [
                [outside if i == NO_TOKEN else row[i] for i in at]
                for row, at in zip(rows, words, strict=True)
            ]
        return np.argmax(np.reshape(logits, (-1, len(self.labels))), -1).tolist()

    def fingerprint(self) -> str:
        """Return a sha256 of every split's rows, for a record's provenance."""
        digest = hashlib.sha256()
        for split, dataset in sorted(self.splits.items()):
            digest.update(json.dumps([split, dataset[:]], sort_keys=True).encode())
        return digest.hexdigest()
