"""Every kind of head on every family; and a pooler that the checkpoint lacks."""

from types import SimpleNamespace

import pytest
import torch
from test_encoders import ENCODERS, tokenizer_of
from tiny import HIDDEN, PAIR, tiny_model
from transformers import AutoModelForMaskedLM

from pasta_lib import backbones
from pasta_lib.adapters import count_parameters, load_adapter, save_adapter, trainable
from pasta_lib.errors import InputError
from pasta_lib.methods import build
from pasta_lib.training import batch_loss

HEADS = {
    "classification": (("no", "yes", "maybe"), 3, torch.tensor([0, 2, 1, 1])),
    "regression": ((), 1, torch.tensor([0.5, 1.0, 4.0, 2.5])),
    "choice": (("0", "1"), 1, torch.tensor([0, 1])),
    "tokens": (("O", "B-PER", "I-PER"), 3, torch.tensor([[0, 1, 2, -100]] * 4)),
}
POOLER = ["bert.pooler.dense.bias", "bert.pooler.dense.weight"]


def task_of(head: str) -> SimpleNamespace:
    labels, outputs, _ = HEADS[head]
    return SimpleNamespace(head=head, labels=labels, num_outputs=outputs, pair=head != "tokens")


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("family", [*ENCODERS, "gpt2"])
def test_a_head_has_its_tasks_outputs_and_trains(family, head):
    _, outputs, labels = HEADS[head]
    task, config = task_of(head), tiny_model(family).config
    model = build("classifier").apply(backbones.build_untrained(config, task))
    ids = torch.randint(4, 60, (4, 4))  # for choice two examples of two rows
    logits = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    assert logits.shape == ((4, 4, outputs) if head == "tokens" else (4, outputs))
    batch_loss(task, 2, logits, labels).backward()
    own = trainable(model)
    assert set(own) == set(backbones.head(tiny_model(family, tokens=head == "tokens")))
    assert all(parameter.grad is not None for parameter in own.values())


@pytest.fixture
def without_pooler(tmp_path) -> str:
    """A BERT checkpoint as masked language modelling leaves it."""
    folder = tmp_path / "backbone"
    AutoModelForMaskedLM.from_config(tiny_model("bert").config).save_pretrained(folder)
    tokenizer_of("bert").save_pretrained(folder)
    return str(folder)


def test_a_drawn_pooler_is_the_heads_and_every_method_trains_it(without_pooler):
    model, tokenizer = backbones.load_backbone(without_pooler, PAIR)
    assert set(POOLER) < set(model.freshly_drawn)
    build("pasta").apply(model, tokenizer, PAIR)
    assert set(POOLER) < set(trainable(model))
    assert count_parameters(model).head == HIDDEN**2 + HIDDEN + 2 * HIDDEN + 2
    assert count_parameters(model).method == model.layer_bias.vectors.numel()


def test_a_drawn_pooler_stays_frozen_where_that_is_asked_for(without_pooler):
    model, tokenizer = backbones.load_backbone(without_pooler, PAIR, pooler="freeze")
    build("pasta").apply(model, tokenizer, PAIR)
    assert not set(POOLER) & set(trainable(model))


def test_a_pretrained_pooler_stays_frozen(tmp_path):
    tiny_model("bert").save_pretrained(tmp_path)
    tokenizer_of("bert").save_pretrained(tmp_path)
    model, tokenizer = backbones.load_backbone(str(tmp_path), PAIR)
    assert not set(POOLER) & set(trainable(build("pasta").apply(model, tokenizer, PAIR)))


@pytest.mark.parametrize("pooler", ["train", "freeze"])
def test_a_drawn_pooler_is_saved_and_comes_back(pooler, without_pooler, pairs_of_bert, tmp_path):
    model, tokenizer = backbones.load_backbone(without_pooler, PAIR, seed=1, pooler=pooler)
    build("pasta", init="normal").apply(model, tokenizer, PAIR)
    save_adapter(model, tmp_path / "adapter")
    other, _ = backbones.load_backbone(without_pooler, PAIR, seed=2)
    assert not torch.equal(other(**pairs_of_bert).logits, model(**pairs_of_bert).logits)
    load_adapter(other, tmp_path / "adapter")
    assert torch.equal(other(**pairs_of_bert).logits, model(**pairs_of_bert).logits)
    assert set(trainable(other)) == set(trainable(model))


@pytest.fixture
def pairs_of_bert() -> dict[str, torch.Tensor]:
    return dict(tokenizer_of("bert")(["w5 w6", "w7 w8"], ["w9", "w10"], return_tensors="pt"))


def test_an_unknown_choice_for_the_pooler_is_refused():
    with pytest.raises(InputError, match="did you mean 'freeze'"):
        backbones.load_backbone("minilm", PAIR, pooler="freezed")


def test_a_checkpoint_that_lacks_encoder_weights_is_refused(tmp_path):
    model = tiny_model("bert")
    tensors = model.state_dict()
    del tensors["bert.encoder.layer.1.output.dense.weight"]
    model.save_pretrained(tmp_path, state_dict=tensors)
    tokenizer_of("bert").save_pretrained(tmp_path)
    with pytest.raises(InputError, match="lacks 'bert.encoder.layer.1.output.dense.weight'"):
        backbones.load_backbone(str(tmp_path), PAIR)
