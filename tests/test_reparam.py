"""AoT's forms equal the papers' equations, start at zero, and fuse without a change."""

import pytest
import torch
from tiny import HIDDEN, LAYERS, PAIR, VOCABULARY

from pasta_lib import backbones
from pasta_lib.errors import InputError
from pasta_lib.methods import build, fuse
from pasta_lib.reparam import Fused

AOT = ("aot-naive", "aot-kron", "aot-fc")


def randomise(module) -> None:
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)


@pytest.mark.parametrize("name", AOT)
def test_every_form_starts_as_the_exact_identity(name, model, tokenizer, pairs):
    before = model(**pairs).logits
    build(name).apply(model, tokenizer, PAIR)
    assert torch.equal(model(**pairs).logits, before)


@pytest.mark.parametrize("name", AOT)
def test_rows_are_the_rows_of_the_table(name, model, tokenizer):
    table = build(name).apply(model, tokenizer, PAIR).layer_bias.table.eval()
    randomise(table)
    ids = torch.randint(VOCABULARY, (2, 7))
    for layer in range(LAYERS):
        torch.testing.assert_close(table.rows(ids, layer), table.table(layer)[ids])


def test_kronecker_is_torch_kron_by_the_definition(model, tokenizer):
    build("aot-kron", rank=3, a=8, b=9).apply(model, tokenizer, PAIR)
    form = model.layer_bias.table.eval()
    randomise(form)
    for layer in range(LAYERS):
        left, middle, right = form.left[layer], form.middle[layer], form.right[layer]
        expected = torch.stack(
            [torch.kron(left[x // 9], middle[x % 9]) @ right for x in range(VOCABULARY)]
        )
        torch.testing.assert_close(form.rows(torch.arange(VOCABULARY), layer), expected)


def test_fc_is_the_two_layer_network_over_the_frozen_embeddings(model, tokenizer):
    build("aot-fc", rank=5, activation="tanh").apply(model, tokenizer, PAIR)
    form = model.layer_bias.table.eval()
    randomise(form)
    embeddings = backbones.word_embeddings(model).weight
    ids = torch.tensor([7, 3, 3])
    expected = torch.tanh(embeddings[ids] @ form.weight_1[1] + form.bias_1[1])
    torch.testing.assert_close(form.rows(ids, 1), expected @ form.weight_2[1] + form.bias_2[1])
    assert not embeddings.requires_grad


@pytest.mark.parametrize("name", AOT)
def test_fused_equals_unfused(name, model, tokenizer, pairs):
    build(name).apply(model, tokenizer, PAIR)
    randomise(model.layer_bias)
    unfused = model.eval()(**pairs).logits
    fuse(model)
    torch.testing.assert_close(model(**pairs).logits, unfused, atol=1e-5, rtol=1e-5)
    assert not list(model.layer_bias.parameters())
    assert model.layer_bias.table.weight.shape == (VOCABULARY, LAYERS, HIDDEN)


def test_fuse_refuses_a_model_without_aot(model):
    with pytest.raises(InputError, match="aot"):
        fuse(model)


def test_a_factorisation_smaller_than_the_vocabulary_is_refused(model, tokenizer):
    with pytest.raises(InputError, match="7·8 = 56 is less than the vocabulary of 60"):
        build("aot-kron", a=7, b=8).apply(model, tokenizer, PAIR)


def test_a_fused_table_gives_its_rows_without_gradients_at_any_size():
    table = torch.randn(VOCABULARY, LAYERS, HIDDEN)
    fused = Fused(table)
    for mode in (torch.inference_mode, torch.no_grad, torch.enable_grad):
        for size in ((2, 7), (3, 9), (1, 4)):  # grows, then fits into what is kept
            ids = torch.randint(VOCABULARY, size)
            with mode():
                assert torch.equal(fused.gather(ids), table[ids])
    half = fused.half()
    with torch.inference_mode():
        assert torch.equal(half.gather(ids), table.half()[ids])
