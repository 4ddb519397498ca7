"""Dropout of ours: the rate, the scale, the gradient, and draws of one's own for each lane."""

import pytest
import torch
from torch import nn

from pasta_lib.dropout import dropout, quick

MILLION = 1 << 20


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9, 0.003])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_million_draws_drop_at_their_rate_and_keep_the_mean(p, dtype):
    torch.manual_seed(0)
    dropped = dropout(torch.ones(MILLION, dtype=dtype), p, training=True)
    rate = (dropped == 0).double().mean().item()
    assert abs(rate - p) < 5 * (p * (1 - p) / MILLION) ** 0.5 + 2**-16
    (kept,) = dropped[dropped != 0].unique()
    assert kept.item() == pytest.approx(1 / (1 - p), rel=2**-7 if dtype == torch.bfloat16 else 1e-3)


def test_draws_do_not_depend_on_each_other():
    torch.manual_seed(0)
    dropped = (dropout(torch.ones(MILLION), 0.25, training=True) == 0).double() - 0.25
    for step in (1, 2, 3, 4, 8, 64, 1000):  # four come out of one number
        assert abs((dropped[:-step] * dropped[step:]).mean()) < 5 * 0.1875 / MILLION**0.5


def test_the_gradient_passes_where_the_value_did():
    values = torch.randn(64, 33, requires_grad=True)
    dropped = dropout(values, 0.3, training=True)
    upstream = torch.randn(64, 33)
    dropped.backward(upstream)
    scale = torch.where(dropped == 0, 0.0, 1 / (1 - round(0.3 * 65536) / 65536))
    torch.testing.assert_close(values.grad, upstream * scale, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(dropped, values * scale, atol=1e-6, rtol=1e-6)


def test_a_seed_draws_the_same_again_and_another_draws_otherwise():
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append([dropout(torch.ones(5, 7), 0.5, training=True) for _ in range(2)])
    assert torch.equal(drawn[0][0], drawn[1][0]) and torch.equal(drawn[0][1], drawn[1][1])
    assert not torch.equal(drawn[0][0], drawn[0][1])
    assert not torch.equal(drawn[0][0], drawn[2][0])


@pytest.mark.parametrize("at", [0, 1])
def test_each_lane_of_a_vmap_draws_its_own(at):
    values = torch.ones(3, 3, 1000)
    lanes = torch.vmap(
        lambda own: dropout(own, 0.5, training=True), in_dims=at, randomness="different"
    )(values)
    assert lanes.shape == (3, 3, 1000)
    assert not torch.equal(lanes[0], lanes[1]) and not torch.equal(lanes[1], lanes[2])


def test_nothing_is_dropped_outside_training_nor_at_zero_and_all_at_one():
    values = torch.randn(8)
    assert dropout(values, 0.5, training=False) is values
    assert dropout(values, 0.0, training=True) is values
    assert not dropout(values, 1.0, training=True).any()
    assert dropout(torch.ones(0, 3), 0.5, training=True).shape == (0, 3)


def test_the_modules_of_a_model_drop_by_it_and_then_by_their_own_again(monkeypatch):
    model = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
    with quick(model):
        monkeypatch.setattr(nn.functional, "dropout", None)  # PyTorch's own would be called
        assert (model.train()(torch.randn(100, 4)) == 0).any()
        assert not (model.eval()(torch.randn(100, 4)) == 0).any()
    assert "forward" not in vars(model[1])
