"""Every example once an epoch, little padding, and the same shapes for every lane."""

import numpy as np
import pytest
import torch
from tiny import tiny_tokenizer

from pasta_lib.batches import Batcher, epoch_batches, padding_share, sorted_batches
from pasta_lib.tasks import Encoded

LENGTHS = np.random.default_rng(3).integers(4, 40, 203)


@pytest.mark.parametrize("seed", [0, 7])
def test_an_epoch_holds_every_example_once(seed):
    batches = epoch_batches(LENGTHS, 16, 1, seed)
    assert sorted(np.concatenate(batches)) == list(range(203))
    assert sorted({len(batch) for batch in batches}) == [203 % 16, 16]


def test_lanes_meet_batches_of_the_same_lengths_but_other_rows():
    one, two = (epoch_batches(LENGTHS, 16, 3, seed) for seed in (1, 2))
    for first, second in zip(one, two, strict=True):
        assert sorted(LENGTHS[first]) == sorted(LENGTHS[second])
    assert any(set(first) != set(second) for first, second in zip(one, two, strict=True))


def test_epochs_differ_and_repeat_by_seed():
    again = epoch_batches(LENGTHS, 16, 1, 5)
    for first, second in zip(epoch_batches(LENGTHS, 16, 1, 5), again, strict=True):
        assert np.array_equal(first, second)
    assert [len(b) for b in epoch_batches(LENGTHS, 16, 2, 5)] != [len(b) for b in again] or any(
        not np.array_equal(a, b)
        for a, b in zip(epoch_batches(LENGTHS, 16, 2, 5), again, strict=True)
    )


def test_padding_stays_under_a_twentieth_where_rows_are_many():
    lengths = np.random.default_rng(0).integers(5, 45, 2000)
    assert padding_share(lengths, epoch_batches(lengths, 16, 1, 0)) < 0.05
    assert padding_share(np.array([2, 4]), [np.array([0, 1])]) == pytest.approx(2 / 8)


def test_sorted_batches_start_with_the_longest():
    batches = sorted_batches(LENGTHS, 500)
    joined = LENGTHS[np.concatenate(batches)]
    assert list(joined) == sorted(LENGTHS, reverse=True)
    padded = [len(batch) * LENGTHS[batch].max() for batch in batches]
    assert max(padded) <= 500
    for batch, following in zip(batches, batches[1:], strict=False):  # none could hold one more
        assert (len(batch) + 1) * LENGTHS[batch].max() > 500 or not len(following)


def test_an_example_that_is_longer_than_a_batch_is_one_alone():
    assert [b.tolist() for b in sorted_batches(np.array([3, 9, 4, 2]), 6)] == [[1], [2], [0, 3]]


def test_a_batch_is_padded_to_its_longest_row_and_keeps_choices_together():
    rows = [[1, 5, 2], [1, 6, 7, 2], [1, 8, 2], [1, 9, 9, 9, 2]]
    encoded = Encoded(rows, None, labels=[0, 1], lengths=[4, 5], choices=2)
    batcher = Batcher(encoded, tiny_tokenizer("bert"))
    inputs, labels = batcher.batch(np.array([0]))
    assert inputs["input_ids"].tolist() == [[1, 5, 2, 0], [1, 6, 7, 2]]
    assert inputs["attention_mask"].tolist() == [[1, 1, 1, 0], [1, 1, 1, 1]]
    assert labels.tolist() == [0]
    both, _ = batcher.batches([np.array([0]), np.array([1])])
    assert {tuple(batch["input_ids"].shape) for batch in both} == {(2, 5)}


def test_labels_keep_their_kind_and_tags_are_padded_with_minus_100():
    rows = [[1, 5, 2], [1, 2]]
    scores = Encoded(rows, None, labels=[0.5, 4.0], lengths=[3, 2])
    assert Batcher(scores, tiny_tokenizer("bert")).batch(np.array([1]))[1].dtype == torch.float32
    tags = Encoded(rows, None, labels=[[-100, 3, -100], [-100, -100]], lengths=[3, 2])
    _, labels = Batcher(tags, tiny_tokenizer("bert")).batch(np.array([0, 1]))
    assert labels.tolist() == [[-100, 3, -100], [-100, -100, -100]]
