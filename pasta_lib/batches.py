"""Batches of rows of nearly one length: padding is the first cost of training on text.

Letters: N examples, C choices an example (1 but for multiple choice), B examples a batch, T tokens.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedTokenizerBase

if TYPE_CHECKING:
    from .tasks import Encoded

_BUCKETS = 64  # of rows of nearly one length: more means less padding, and less mixing
_IGNORED = -100


class Batcher:
    """An encoded split as padded arrays, cut into batches on demand."""

    def __init__(self, encoded: "Encoded", tokenizer: PreTrainedTokenizerBase) -> None:
        self.encoded = encoded
        self.lengths = np.asarray(encoded.lengths)
        row_lengths = np.asarray([len(ids) for ids in encoded.input_ids])
        self._mask = np.arange(row_lengths.max()) < row_lengths[:, None]
        self._arrays = {"input_ids": self._pad(encoded.input_ids, tokenizer.pad_token_id)}
        if encoded.token_type_ids is not None:
            types = self._pad(encoded.token_type_ids, tokenizer.pad_token_type_id)
            self._arrays["token_type_ids"] = types
        self._arrays["attention_mask"] = self._mask.astype(np.int64)
        self._labels = self._label_array(encoded.labels)

    def rows_of(self, examples: np.ndarray) -> np.ndarray:
        """Return the rows of `input_ids` that hold `examples`, (B·C,)."""
        choices = np.arange(self.encoded.choices)
        return (examples[:, None] * self.encoded.choices + choices).ravel()

    def batch(
        self, examples: np.ndarray, length: int | None = None
    ) -> tuple[dict[str, Tensor], Tensor | None]:
        """Return the model's inputs, (B·C, T) each, and the labels of `examples`.

        T is the longest of them, or `length`.
        """
        length = length or self.lengths[examples].max()
        rows = self.rows_of(examples)
        inputs = {k: torch.from_numpy(a[rows, :length]) for k, a in self._arrays.items()}
        if self._labels is None:
            return inputs, None
        labels = self._labels[examples]
        return inputs, torch.from_numpy(labels[:, :length] if labels.ndim == 2 else labels)

    def batches(
        self, picks: Sequence[np.ndarray]
    ) -> tuple[list[dict[str, Tensor]], list[Tensor | None]]:
        """Return one batch for each of `picks`, all padded to the longest of them."""
        length = max(self.lengths[examples].max() for examples in picks)
        inputs, labels = zip(*(self.batch(examples, length) for examples in picks), strict=True)
        return list(inputs), list(labels)

    def _pad(self, rows: list[list[int]], value: int) -> np.ndarray:
        padded = np.full(self._mask.shape, value, dtype=np.int64)
        padded[self._mask] = np.concatenate(rows)
        return padded

    def _label_array(self, labels: list | None) -> np.ndarray | None:
        if labels is None:
            return None
        if isinstance(labels[0], list):
            return self._pad(labels, _IGNORED)
        return np.asarray(labels, dtype=np.float32 if isinstance(labels[0], float) else np.int64)


def epoch_batches(lengths: np.ndarray, size: int, epoch: int, seed: int) -> list[np.ndarray]:
    """Cut an epoch into batches of `size` examples of nearly equal length, in random order.

    Examples are sorted by length with ties in random order, cut into buckets of a few batches,
    and shuffled inside each. `seed` decides only which examples are drawn: the lengths of the
    buckets and the order of the batches depend on the epoch alone. Runs with other seeds thus
    meet batches of the same shape at the same step, and can share one pass without more padding.
    """
    own, common = np.random.default_rng([seed, epoch]), np.random.default_rng(epoch)
    order = own.permutation(len(lengths))
    order = order[np.argsort(lengths[order], kind="stable")]
    bucket = size * max(1, len(lengths) // (size * _BUCKETS))
    shuffled = [own.permutation(order[i : i + bucket]) for i in range(0, len(order), bucket)]
    batches = [b[i : i + size] for b in shuffled for i in range(0, len(b), size)]
    return [batches[i] for i in common.permutation(len(batches))]


def sorted_batches(lengths: np.ndarray, tokens: int) -> list[np.ndarray]:
    """Cut a split into batches of at most `tokens`, padding among them, or of one example.

    By length, longest first: memory runs out at once or never.
    """
    order, batches = np.argsort(-lengths, kind="stable"), []
    while len(order):
        size = max(1, tokens // int(lengths[order[0]]))
        batches.append(order[:size])
        order = order[size:]
    return batches


def padding_share(lengths: np.ndarray, batches: list[np.ndarray]) -> float:
    """Return which share of all positions in `batches` is padding, in [0, 1)."""
    positions = sum(len(batch) * lengths[batch].max() for batch in batches)
    return float(1 - lengths.sum() / positions)
