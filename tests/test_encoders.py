"""Every family of encoders, and GPT-2 for AoT: found in structure, biased at the right layer."""

import numpy as np
import pytest
import torch
from tiny import HIDDEN, LAYERS, PAIR, VOCABULARY, frame_ids, tiny_model, tiny_tokenizer
from tokenizers import Tokenizer, models, pre_tokenizers
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import (
    apply_activation_checkpointing,
)
from torch.func import functional_call
from transformers import AutoConfig, AutoModelForSequenceClassification, PreTrainedTokenizerFast

from pasta_lib import backbones, packs
from pasta_lib.adapters import count_parameters, trainable
from pasta_lib.errors import InputError
from pasta_lib.methods import build

ENCODERS = (
    *("bert", "roberta", "xlm-roberta", "deberta", "deberta-v2"),
    *("electra", "distilbert", "albert", "modernbert", "mpnet"),
)
CASES = [*((family, "pasta") for family in ENCODERS)]
CASES += [(family, "aot-naive") for family in (*ENCODERS, "gpt2")]


def plain_tokenizer() -> PreTrainedTokenizerFast:
    """GPT-2's kind: it frames a text with nothing, and knows no token to pad with."""
    words = {f"w{i}": i for i in range(1, VOCABULARY)} | {"<end>": 0}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<end>"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<end>",
        model_input_names=["input_ids", "attention_mask"],
    )


def tokenizer_of(family: str) -> PreTrainedTokenizerFast:
    if family == "gpt2":
        return plain_tokenizer()
    return tiny_tokenizer(
        "mpnet" if family == "mpnet" else "roberta" if "roberta" in family else "bert"
    )


@pytest.fixture(params=CASES, ids="-".join)
def case(request):
    """A tiny model of a family, not yet tuned; its tokenizer; the method to apply."""
    family, name = request.param
    return tiny_model(family), tokenizer_of(family), build(name)


@pytest.fixture
def batch(request) -> dict[str, torch.Tensor]:
    """Two pairs, longer than ModernBERT's window here, the second padded."""
    generator = np.random.default_rng(0)
    words = generator.integers(4, VOCABULARY, (2, 20)).tolist()
    family, _ = request.node.callspec.params.get("case", ("bert", None))
    cls, pad = frame_ids("mpnet" if family == "mpnet" else "bert")
    rows = [[cls, *words[0][:12], 2, *words[0][12:], 2], [cls, *words[1][:3], 2, *words[1][3:6], 2]]
    ids = torch.tensor([row + [pad] * (23 - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": (ids != pad).long()}


def biases(model) -> torch.nn.Parameter:
    """The one trained tensor of pasta and aot-naive, a slice for each layer."""
    return next(model.layer_bias.parameters())


def layer_inputs(model, inputs) -> list[torch.Tensor]:
    """What each call of a layer really computes on, after every other pre-hook."""
    seen = []
    handles = [
        layer.register_forward_pre_hook(lambda module, args: seen.append(args[0].detach().clone()))
        for layer in dict.fromkeys(backbones.layers(model))
    ]
    with torch.no_grad():
        model(**inputs)
    for handle in handles:
        handle.remove()
    return seen


def test_at_zero_it_is_the_identity(case, batch):
    model, tokenizer, method = case
    before = model(**batch).logits
    assert torch.equal(method.apply(model, tokenizer, PAIR)(**batch).logits, before)


@pytest.mark.parametrize("layer", range(LAYERS))
def test_a_bias_lands_on_its_own_layer(layer, case, batch):
    model, tokenizer, method = case
    clean = layer_inputs(model, batch)
    method.apply(model, tokenizer, PAIR)
    biases(model).data[layer] = 1.0
    seen = layer_inputs(model, batch)
    assert len(seen) == len(clean) == LAYERS
    for earlier in range(layer):
        assert torch.equal(seen[earlier], clean[earlier])
    ids = batch["input_ids"]
    biased = torch.ones_like(ids)
    if "special_tokens" in vars(method):
        biased = (ids == tokenizer.cls_token_id) | (ids == 2)
    expected = biased[..., None].expand(-1, -1, HIDDEN).float()
    torch.testing.assert_close(seen[layer] - clean[layer], expected, atol=1e-5, rtol=0)


def test_gradients_fall_where_requires_grad_is_set(case, batch):
    model, tokenizer, method = case
    method.apply(model, tokenizer, PAIR).train()
    model(**batch).logits.square().sum().backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == parameter.requires_grad, name
    assert all(biases(model).grad.flatten(1).any(-1))


def test_padding_changes_nothing(case, batch):
    model, tokenizer, method = case
    method.apply(model, tokenizer, PAIR)
    biases(model).data.normal_()
    short = {name: value[1:, :9] for name, value in batch.items()}
    torch.testing.assert_close(
        model(**short).logits[0], model(**batch).logits[1], atol=1e-5, rtol=1e-4
    )


@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_packed_equals_alone(case, batch):
    model, tokenizer, method = case
    method.apply(model, tokenizer, PAIR)
    lanes = [{n: torch.randn_like(p) for n, p in trainable(model).items()} for _ in range(2)]
    packed = packs.logits(model, lanes, [batch, batch])
    for lane, logits in zip(lanes, packed, strict=True):
        alone = functional_call(model, lane, kwargs=batch).logits
        torch.testing.assert_close(logits, alone, atol=1e-5, rtol=1e-4)


def test_a_local_folder_of_every_family_loads(case, tmp_path):
    saved, tokenizer, _ = case
    saved.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    model, tokenizer = backbones.load_backbone(str(tmp_path), PAIR)
    assert len(backbones.layers(model)) == LAYERS
    assert model.config.pad_token_id == tokenizer.pad_token_id is not None
    assert backbones.fingerprint(model) == backbones.fingerprint(saved)


@pytest.mark.parametrize("fields", [{}, {"special_tokens": 3}])
def test_gpt2_is_refused_by_pasta_and_told_why(fields):
    with pytest.raises(InputError, match="this tokenizer .* adds none"):
        build("pasta", **fields).apply(tiny_model("gpt2"), plain_tokenizer(), PAIR)


def test_layers_that_take_no_hidden_states_are_no_stack():
    config = AutoConfig.for_model("xlm", emb_dim=16, n_layers=2, n_heads=2, n_words=VOCABULARY)
    with pytest.raises(InputError, match="no stack of 2 layers"):
        backbones.layers(AutoModelForSequenceClassification.from_config(config))


def test_an_encoder_decoder_is_refused(tmp_path):
    AutoConfig.for_model("t5").save_pretrained(tmp_path)
    with pytest.raises(InputError, match=r"encoder-decoder \(t5\)"):
        backbones.load_backbone(str(tmp_path), PAIR)


def test_a_shared_layer_has_vectors_for_every_call():
    model = build("pasta").apply(tiny_model("albert"), tokenizer_of("albert"), PAIR)
    assert count_parameters(model).method == LAYERS * 3 * HIDDEN


@pytest.mark.parametrize("groups", [1, 3])
def test_a_shared_layer_keeps_its_biases_when_checkpointing_recomputes_it(groups, batch):
    """The wrapper of FSDP and accelerate calls the layer's hooks again in the backward pass."""
    torch.manual_seed(0)
    config = AutoConfig.for_model(
        "albert",
        hidden_size=HIDDEN,
        embedding_size=16,
        num_hidden_layers=6,
        num_hidden_groups=groups,
        num_attention_heads=4,
        intermediate_size=64,
        vocab_size=VOCABULARY,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        classifier_dropout_prob=0.0,
    )
    model = AutoModelForSequenceClassification.from_config(config).double().train()
    build("pasta").apply(model, tokenizer_of("albert"), PAIR)
    biases(model).data.normal_()

    def gradient() -> torch.Tensor:
        biases(model).grad = None
        model(**batch).logits.square().sum().backward()
        return biases(model).grad

    expected = gradient()
    shared = set(backbones.layers(model))
    apply_activation_checkpointing(model, check_fn=lambda module: module in shared)
    for _ in range(2):
        torch.testing.assert_close(gradient(), expected)
