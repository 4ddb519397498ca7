"""A layer bias lands on its own layer and its own tokens, and leaves no trace when detached."""

import pytest
import torch
from tiny import HIDDEN, LAYERS, PAIR, tiny_model, tiny_tokenizer

from pasta_lib import backbones
from pasta_lib.errors import InputError
from pasta_lib.methods import build


def layer_inputs(model, inputs) -> list[torch.Tensor]:
    """What each layer really computes on: read inside it, after every pre-hook."""
    seen = []
    layers = backbones.layers(model)
    handles = [
        layer.register_forward_pre_hook(lambda module, args: seen.append(args[0].detach().clone()))
        for layer in layers
    ]
    with torch.no_grad():
        model(**inputs)
    for handle in handles:
        handle.remove()
    return seen


def test_zero_vectors_are_the_exact_identity(model, tokenizer, pairs):
    before = model(**pairs).logits
    build("pasta").apply(model, tokenizer, PAIR)
    assert torch.equal(model(**pairs).logits, before)


@pytest.mark.parametrize("layer", range(LAYERS))
def test_a_bias_lands_on_its_own_layer_and_on_special_tokens_only(layer, model, tokenizer, pairs):
    clean = layer_inputs(model, pairs)
    build("pasta").apply(model, tokenizer, PAIR)
    vectors = torch.randn_like(model.layer_bias.vectors[layer])
    model.layer_bias.vectors.data[layer] = vectors
    seen = layer_inputs(model, pairs)
    for earlier in range(layer):
        assert torch.equal(seen[earlier], clean[earlier])
    for row, ids in enumerate(pairs["input_ids"].tolist()):
        ordinal = 0
        for position, token in enumerate(ids):
            expected = clean[layer][row, position]
            if token in (tokenizer.cls_token_id, tokenizer.sep_token_id):
                expected = expected + vectors[ordinal]
                ordinal += 1
            assert torch.equal(seen[layer][row, position], expected)
        assert ordinal == len(vectors)


def test_detaching_restores_the_logits_bit_for_bit(model, tokenizer, pairs):
    before = model(**pairs).logits
    names = [name for name, _ in model.named_parameters()]
    build("pasta", init="normal").apply(model, tokenizer, PAIR)
    assert not torch.equal(model(**pairs).logits, before)
    model.layer_bias.detach()
    assert torch.equal(model(**pairs).logits, before)
    assert [name for name, _ in model.named_parameters()] == names


def test_roberta_pairs_get_four_vectors_and_bert_pairs_three():
    for family, count in (("bert", 3), ("roberta", 4), ("deberta", 3)):
        model = build("pasta").apply(tiny_model(family), tiny_tokenizer(family), PAIR)
        assert model.layer_bias.vectors.shape == (LAYERS, count, HIDDEN)


def test_padding_and_row_order_change_nothing(model, tokenizer, pairs):
    build("pasta", init="normal").apply(model, tokenizer, PAIR)
    model.layer_bias.vectors.data.mul_(50)
    together = model(**pairs).logits
    order = torch.tensor([2, 0, 1])
    reordered = model(**{name: value[order] for name, value in pairs.items()}).logits
    torch.testing.assert_close(reordered, together[order], atol=1e-6, rtol=1e-5)
    for row in range(3):
        length = int(pairs["attention_mask"][row].sum())
        alone = model(**{name: value[row : row + 1, :length] for name, value in pairs.items()})
        torch.testing.assert_close(alone.logits[0], together[row], atol=1e-5, rtol=1e-4)


def test_a_row_with_more_specials_than_vectors_leaves_the_last_without_one(tokenizer, model):
    build("pasta", init="normal").apply(model, tokenizer, PAIR)
    count = model.layer_bias.count
    ids = torch.tensor([[tokenizer.cls_token_id, *[2] * (count + 1), 5]])
    hidden = torch.zeros(1, ids.shape[1], HIDDEN)
    model.layer_bias.prepare(ids)
    touched = model.layer_bias.add(hidden, 0).abs().sum(-1)[0] > 0
    assert touched.tolist() == [True] * count + [False] * (ids.shape[1] - count)


def test_embeddings_instead_of_ids_are_refused(model, tokenizer):
    build("pasta").apply(model, tokenizer, PAIR)
    with pytest.raises(InputError, match="input_ids"):
        model(inputs_embeds=torch.zeros(1, 4, HIDDEN), attention_mask=torch.ones(1, 4))
