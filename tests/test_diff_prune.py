"""Diff pruning ends at its target: the gates' law, the three stages, and what is left of them."""

import math

import pytest
import torch
from datasets import Dataset
from safetensors.torch import load_file
from tiny import PAIR, tiny_model, tiny_tokenizer

from pasta_lib import backbones, paths
from pasta_lib.adapters import count_parameters, load_adapter, save_adapter, trainable
from pasta_lib.errors import InputError
from pasta_lib.methods import build
from pasta_lib.methods.diff_prune import DiffPrune, hard_concrete, open_probability
from pasta_lib.tasks import Task
from pasta_lib.training import Lane, TrainConfig, fit, predict

ALPHAS = torch.tensor([-2.0, -0.5, 0.0, 1.0, 5.0])


def sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


def weights(model) -> dict[str, torch.Tensor]:
    """Every tensor of the encoder as the forward pass reads it, by its plain name."""
    plain = dict(backbones.base(tiny_model(model.config.model_type)).named_parameters())
    encoder = backbones.base(model)
    return {
        name: getattr(encoder.get_submodule(name.rpartition(".")[0]), name.rpartition(".")[2])
        for name in plain
    }


@pytest.fixture
def toy(tmp_path, monkeypatch) -> Task:
    """Yes where the first word is w1, no where it is w2."""
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    texts = [f"w{1 + i % 2} w{3 + i} w{20 + i}" for i in range(16)]
    rows = Dataset.from_dict({"text": texts, "label": [i % 2 for i in range(16)]})
    return Task(
        name="toy",
        suite="user",
        head="classification",
        labels=("yes", "no"),
        metrics=("accuracy",),
        metric="accuracy",
        source="memory",
        splits={"train": rows, "validation": rows},
        format=lambda row: [(row["text"],)],
    )


def train(family, task, *, epochs=4, **fields):
    model, tokenizer = tiny_model(family), tiny_tokenizer(family)
    build("diff-prune", **fields).apply(model, tokenizer, task)
    config = TrainConfig(lr=1e-2, epochs=epochs, batch_size=4)
    return model, fit(model, tokenizer, task, config, progress=False)


def test_a_gate_opens_as_often_as_its_closed_form_says():
    torch.manual_seed(0)
    draws = hard_concrete(ALPHAS.expand(200_000, -1), noisy=True)
    for alpha, share, formula in zip(
        ALPHAS.tolist(), (draws > 0).float().mean(0), open_probability(ALPHAS), strict=True
    ):
        expected = sigmoid(alpha - math.log(1.5 / 1.5))
        assert formula.item() == pytest.approx(expected)
        assert share.item() == pytest.approx(expected, abs=5e-3)
    assert draws.min() == 0 and draws.max() == 1


def test_a_quiet_gate_is_the_stretched_sigmoid():
    for alpha, gate in zip(ALPHAS.tolist(), hard_concrete(ALPHAS, noisy=False), strict=True):
        expected = min(1.0, max(0.0, 3 * sigmoid(alpha) - 1.5))
        assert gate.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("structured", [True, False])
def test_the_penalty_is_the_expected_number_of_open_gates(family, structured):
    model = tiny_model(family)
    size = sum(p.numel() for p in backbones.base(model).parameters())
    method = build("diff-prune", structured=structured, penalty_weight=0.5, gate_start=1.0)
    method.apply(model)
    assert method.penalty(model) == 0
    method.begin_epoch(model, 1, 2)
    expected = 0.5 * size * sigmoid(1.0) ** (2 if structured else 1)
    assert method.penalty(model).item() == pytest.approx(expected, rel=1e-5)


def test_open_gates_leave_the_start_as_it_was(family, pairs):
    model = tiny_model(family)
    before = model(**pairs).logits
    method = build("diff-prune")
    method.apply(model).train()
    method.begin_epoch(model, 1, 2)
    assert torch.equal(model(**pairs).logits, before)


def test_gates_learn_at_their_own_rate():
    gates = torch.nn.Parameter(torch.zeros(2))
    gates.rate = 0.1
    plain = torch.nn.Parameter(torch.zeros(2))
    lane = Lane({"g": gates, "p": plain}, TrainConfig(lr=1e-5), 10, "accuracy")
    assert [group["lr"] for group in lane.optimizer.param_groups] == [0.1, 1e-5]


@pytest.mark.parametrize("structured", [True, False])
def test_half_a_percent_differs_and_the_rest_is_as_pretrained(family, toy, structured):
    model, result = train(family, toy, structured=structured)
    before = dict(backbones.base(tiny_model(family)).named_parameters())
    differs = [(after != before[name]).sum().item() for name, after in weights(model).items()]
    size = sum(p.numel() for p in before.values())
    assert abs(100 * sum(differs) / size - 0.5) < 0.05
    assert count_parameters(model).method == round(0.005 * size)
    assert result.best_epoch > 2 and [point["epoch"] for point in result.curve] == [1, 2, 3, 4]


def test_the_largest_differences_are_kept_and_keep_their_values():
    model = tiny_model("bert")
    method = build("diff-prune", target=0.01)
    method.apply(model)
    method.begin_epoch(model, 1, 2)
    generator = torch.Generator().manual_seed(0)
    for name, parameter in model.named_parameters():
        if name.endswith("delta"):
            parameter.data.normal_(generator=generator)
    model.eval()
    before = dict(backbones.base(tiny_model("bert")).named_parameters())
    gated = {name: (w - before[name]).detach() for name, w in weights(model).items()}
    method.begin_epoch(model, 2, 2)
    sparse = {name: (w - before[name]).detach() for name, w in weights(model).items()}
    everything = torch.cat([diff.abs().flatten() for diff in gated.values()])
    least = everything.sort(descending=True).values[round(0.01 * len(everything)) - 1]
    for name, diff in gated.items():
        kept = diff.abs() >= least - 1e-5
        torch.testing.assert_close(sparse[name], diff * kept, atol=1e-6, rtol=0)


def test_the_places_are_fixed_once_chosen(toy, monkeypatch):
    seen, begin = [], DiffPrune.begin_epoch

    def record(self, model, epoch, epochs):
        eligible = begin(self, model, epoch, epochs)
        state = model.state_dict()
        places = torch.cat([state[n] for n in state if n.endswith("index")] or [torch.empty(0)])
        seen.append((eligible, places))
        return eligible

    monkeypatch.setattr(DiffPrune, "begin_epoch", record)
    train("bert", toy, epochs=5)
    assert [eligible for eligible, _ in seen] == [False, False, True, True, True]
    chosen = seen[2][1]
    assert len(chosen) and all(torch.equal(places, chosen) for _, places in seen[3:])


def test_what_is_saved_is_the_sparse_difference(family, toy, tmp_path):
    model, _ = train(family, toy)
    save_adapter(model, tmp_path)
    sizes = [t.numel() for n, t in load_file(tmp_path / "adapter.safetensors").items()]
    counted = count_parameters(model)
    assert sum(sizes) == 2 * counted.method + counted.head  # each value with its place
    loaded = load_adapter(tiny_model(family), tmp_path)
    assert predict(loaded, tiny_tokenizer(family), toy, split="train") == predict(
        model, tiny_tokenizer(family), toy, split="train"
    )
    for name, weight in weights(model).items():
        assert torch.equal(weights(loaded)[name], weight)


@pytest.mark.slow
def test_it_learns_and_the_seed_gives_the_same_bits(toy):
    model, result = train("bert", toy, epochs=20, target=0.05)
    again, repeated = train("bert", toy, epochs=20, target=0.05)
    assert result.score == 1 and result.curve[-1]["loss"] < 0.5  # chance: ln 2 ≈ 0.69
    assert result.curve == repeated.curve
    for name, tensor in trainable(model).items():
        assert torch.equal(trainable(again)[name], tensor)


def test_weights_that_the_checkpoint_lacked_stay_as_they_are():
    model = tiny_model("bert")
    model.freshly_drawn = ("bert.pooler.dense.weight", "bert.pooler.dense.bias")
    build("diff-prune").apply(model)
    assert not hasattr(model.bert.pooler.dense, "parametrizations")


def test_what_cannot_work_is_refused(toy):
    with pytest.raises(InputError, match="target of 'diff-prune' is 5.0"):
        build("diff-prune", target=5.0).apply(tiny_model("bert"), tiny_tokenizer("bert"), PAIR)
    with pytest.raises(InputError, match="at least 2 epochs"):
        train("bert", toy, epochs=1)
