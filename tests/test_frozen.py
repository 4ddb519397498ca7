"""What is made ready for training changes neither a number nor the model that comes out of it."""

from contextlib import nullcontext

import pytest
import torch
from tiny import FAMILIES, PAIR, frame_ids, tiny_model, tiny_tokenizer
from torch import nn

from pasta_lib import frozen, packs
from pasta_lib.adapters import trainable
from pasta_lib.methods import METHODS, build

PACKED = [name for name in METHODS if build(name).packs]


def batch(family, lane=0):
    torch.manual_seed(lane)
    ids = torch.randint(4, 60, (3, 9))
    ids[:, 0], ids[:, 4], ids[:, -1] = frame_ids(family)[0], 2, 2
    mask = torch.ones_like(ids)
    mask[0, 7:] = 0
    return {"input_ids": ids, "attention_mask": mask}


def tuned(family, name, seed=0):
    model = tiny_model(family)
    build(name).apply(model, tiny_tokenizer(family), PAIR, seed=seed)
    for module in model.modules():
        if isinstance(getattr(module, "dropout", None), float):
            module.dropout = 0.0
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():  # off their zeros, so that every gradient can be seen
        for parameter in trainable(model).values():
            parameter += 0.05 * torch.randn(parameter.shape, generator=generator)
    return model.train()


def gradients(model, lanes, inputs, ready):
    for lane in lanes:
        for parameter in lane.values():
            parameter.grad = None
    with ready:
        logits = packs.logits(model, lanes, inputs)
        sum(own.float().square().sum() for own in logits).backward()
    return logits, [{name: p.grad for name, p in lane.items()} for lane in lanes]


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", [*PACKED, "full"])
def test_logits_and_gradients_are_autograds_own(family, name):
    model = tuned(family, name)
    lanes, inputs = [trainable(model)], [batch(family)]
    plain, own = gradients(model, lanes, inputs, nullcontext())
    found, theirs = gradients(model, lanes, inputs, packs.prepared(model, 1, "fp32"))
    torch.testing.assert_close(found, plain, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(theirs, own, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("name", PACKED)
def test_lanes_get_the_gradients_that_each_has_alone(name):
    models = [tuned("bert", name, seed) for seed in range(3)]
    lanes, inputs = [trainable(model) for model in models], [batch("bert", k) for k in range(3)]
    model = models[-1]
    _, together = gradients(model, lanes, inputs, packs.prepared(model, 3, "fp32"))
    for lane, own, found in zip(lanes, inputs, together, strict=True):
        _, (alone,) = gradients(model, [lane], [own], nullcontext())
        torch.testing.assert_close(found, alone, atol=1e-6, rtol=1e-4)


@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("count", [1, 2])
def test_bf16_is_near_and_its_gradients_are_float32(name, count, monkeypatch):
    monkeypatch.setattr(packs, "computed_in", lambda asked, device: asked)
    models = [tuned("bert", name, seed) for seed in range(count)]
    lanes, inputs = [trainable(model) for model in models], [batch("bert")] * count
    model = models[-1]
    plain, _ = gradients(model, lanes, inputs, nullcontext())
    half, found = gradients(model, lanes, inputs, packs.prepared(model, count, "bf16"))
    for exact, rounded in zip(plain, half, strict=True):
        assert rounded.dtype == torch.bfloat16
        torch.testing.assert_close(rounded.float(), exact, atol=0.05, rtol=0.05)
    for lane in found:
        assert {gradient.dtype for gradient in lane.values()} == {torch.float32}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", ["pasta", "bitfit", "full", "diff-prune"])
def test_a_model_comes_out_as_it_went_in(name, dtype):
    model = tiny_model("bert")
    build(name).apply(model, tiny_tokenizer("bert"), PAIR)
    before = {key: (tensor, tensor.data_ptr()) for key, tensor in model.state_dict().items()}
    copies = {key: tensor.clone() for key, (tensor, _) in before.items()}
    with pytest.raises(KeyError), frozen.ready(model, dtype):
        raise KeyError
    assert frozen.held_in(model) is None
    assert not any("forward" in vars(module) for module in model.modules())
    for key, tensor in model.state_dict().items():
        assert tensor.data_ptr() == before[key][1] and torch.equal(tensor, copies[key])


def test_in_bf16_just_what_is_frozen_is_held_in_it():
    model = tuned("bert", "bitfit")
    with frozen.ready(model, torch.bfloat16):
        for parameter in model.parameters():
            assert parameter.dtype == (torch.float32 if parameter.requires_grad else torch.bfloat16)


def test_a_weight_that_trains_is_not_packed():
    model = tuned("bert", "classifier")
    with frozen.ready(model, torch.float32):
        packed = {m for m in model.modules() if "forward" in vars(m)}
        linear = [m for m in model.modules() if isinstance(m, nn.Linear)]
        assert packed == {m for m in linear if not m.weight.requires_grad}
        assert model.classifier not in packed
