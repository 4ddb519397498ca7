"""One contract for every method on every family, and the papers' own counts in closed form."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import (
    HIDDEN,
    INNER,
    LAYERS,
    PAIR,
    SINGLE,
    VOCABULARY,
    frame_ids,
    tiny_model,
    tiny_tokenizer,
)
from transformers import BertConfig, RobertaConfig

from pasta_lib import backbones
from pasta_lib.adapters import count_parameters, load_adapter, save_adapter, trainable
from pasta_lib.errors import InputError
from pasta_lib.methods import METHODS, build

# S is 3 special tokens for a pair, 4 in RoBERTa's frame. Written from the equations, by hand.
L, D, V, M = LAYERS, HIDDEN, VOCABULARY, INNER
COUNTS = {
    "classifier": lambda s: 0,
    "pasta": lambda s: L * s * D,
    "pasta-no-cls": lambda s: L * (s - 1) * D,
    "pasta-no-sep": lambda s: L * D,
    "pasta-shared": lambda s: L * D,
    "pasta-random": lambda s: L * s * D,
    "aot-naive": lambda s: L * V * D,
    "aot-kron": lambda s: L * (2 * 8 * 25 + 25**2 * D),  # a = b = 8: 64 ≥ 60
    "aot-fc": lambda s: L * (D * 64 + 64 + 64 * D + D),
    # q, k, v, o and the second dense: 5D; the first dense: M; two norms: 2D. Embedding norm: D.
    "bitfit": lambda s: L * (5 * D + M + 2 * D) + D,
    "lora": lambda s: L * 2 * (D * 8 + 8 * D),
    "lora-fused": lambda s: L * 2 * (D * 8 + 8 * D),
    "adapter": lambda s: L * 2 * (D * 64 + 64 + 64 * D + D) + (2 * L + 1) * 2 * D,
    "p-tuning-v1": lambda s: 20 * D,
    "p-tuning-v2": lambda s: L * 2 * 20 * D,
}
CHANGED = {"adapter", "p-tuning-v1", "p-tuning-v2"}  # all others start as the exact identity


@pytest.fixture(params=sorted(METHODS))
def name(request) -> str:
    return request.param


@pytest.fixture
def applied(name, model, tokenizer):
    return build(name).apply(model, tokenizer, PAIR)


def test_gradients_fall_exactly_where_requires_grad_is_set(applied, pairs):
    applied.train()
    for parameter in trainable(applied).values():
        parameter.data.add_(torch.randn_like(parameter) * 0.05)
    applied(**pairs).logits.square().sum().backward()
    for parameter_name, parameter in applied.named_parameters():
        assert (parameter.grad is not None) == parameter.requires_grad, parameter_name


def test_every_method_trains_the_same_head(applied, family):
    head = set(backbones.head(tiny_model(family)))
    assert head and head <= set(trainable(applied))


def test_the_start_is_the_identity(name, model, tokenizer, pairs):
    before = model(**pairs).logits
    build(name).apply(model, tokenizer, PAIR)
    assert torch.equal(model(**pairs).logits, before) == (name not in CHANGED)


def test_gradients_change_no_logit(applied, pairs):
    for parameter in trainable(applied).values():
        parameter.data.add_(torch.randn_like(parameter) * 0.05)
    with torch.no_grad():
        without = applied(**pairs).logits
    assert torch.equal(applied(**pairs).logits, without)


def test_counts_equal_the_closed_form(name, applied, family):
    counted = count_parameters(applied)
    size = sum(p.numel() for p in backbones.base(tiny_model(family)).parameters())
    specials = 4 if family in ("roberta", "mpnet") else 3
    shares = {"full": 1, "diff-prune": 0.005}
    expected = round(shares[name] * size) if name in shares else COUNTS[name](specials)
    if (name, family) == ("bitfit", "bert"):
        expected += D  # the pooler, which is the encoder's own in BERT alone
    assert (counted.method, counted.backbone) == (expected, size)
    assert counted.percent == 100 * expected / size
    assert counted.head == sum(p.numel() for p in backbones.head(tiny_model(family)).values())


def test_an_adapter_gives_back_equal_logits(applied, family, pairs, tmp_path):
    with torch.no_grad():
        for parameter in trainable(applied).values():
            parameter.add_(torch.randn_like(parameter) * 0.05)
    save_adapter(applied.eval(), tmp_path)
    fresh = tiny_model(family)
    fresh.config.cls_token_id, fresh.config.sep_token_id = frame_ids(family)[0], 2
    loaded = load_adapter(fresh, tmp_path).eval()
    assert torch.equal(loaded(**pairs).logits, applied(**pairs).logits)


def test_the_seed_decides_what_is_drawn(tokenizer, family):
    method = build("pasta", init="normal")
    first, again, other = (
        method.apply(tiny_model(family), tokenizer, PAIR, seed=seed).layer_bias.vectors
        for seed in (1, 1, 2)
    )
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert 0.01 < first.std() < 0.03


def meta(config, task=PAIR):
    return backbones.build_untrained(config, task, meta=True)


BERT_LARGE = BertConfig(
    hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096
)
ROBERTA_LARGE = RobertaConfig(
    hidden_size=1024,
    num_hidden_layers=24,
    num_attention_heads=16,
    intermediate_size=4096,
    vocab_size=50265,
    max_position_embeddings=514,
    type_vocab_size=1,
)


def test_bert_large_has_the_papers_counts():
    for specials, expected in ((1, 24_576), (2, 49_152), (3, 73_728)):
        counted = count_parameters(build("pasta", special_tokens=specials).apply(meta(BERT_LARGE)))
        assert counted.method == expected
        assert counted.backbone == 335_141_888


def test_roberta_large_has_the_papers_counts():
    for name, fields, expected in (
        ("aot-kron", {"a": 256, "b": 200, "rank": 20}, 10_049_280),
        ("aot-fc", {"rank": 32}, 1_598_208),
        ("aot-naive", {}, 1_235_312_640),
    ):
        model = build(name, **fields).apply(meta(ROBERTA_LARGE))
        assert count_parameters(model).method == expected


def test_special_tokens_are_counted_from_the_frame(tokenizer, model):
    assert build("pasta").apply(model, tokenizer, SINGLE).layer_bias.count == 2


def test_wrong_words_are_refused_with_the_nearest_name():
    for call, hint in (
        (lambda: build("pastta"), "pasta"),
        (lambda: build("pasta", special_token=3), "special_tokens"),
        (lambda: build("pasta", init="normall"), "normal"),
        (lambda: build("aot-fc", rank=0), "from 1 to"),
        (lambda: build("pasta", init=["zero"]), "unknown init of method 'pasta'"),
        (lambda: build("pasta").apply(tiny_model("bert")), "special_tokens="),
        (lambda: build("pasta", special_tokens=3).apply(tiny_model("bert")), "tokenizer"),
    ):
        with pytest.raises(InputError, match=hint):
            call()


@pytest.mark.parametrize(
    ("name", "field", "value", "allowed"),
    [
        ("lora", "rank", "x", "a whole number from 1 to 65,536"),
        ("lora", "rank", 2.5, "a whole number from 1 to 65,536"),
        ("lora", "rank", True, "a whole number from 1 to 65,536"),
        ("lora", "rank", None, "a whole number from 1 to 65,536"),
        ("lora", "rank", 10**9, "a whole number from 1 to 65,536"),
        ("lora", "alpha", 10**30, "a whole number from 1 to 65,536"),
        ("aot-kron", "rank", 10**9, "a whole number from 1 to 65,536"),
        ("aot-fc", "rank", 10**9, "a whole number from 1 to 65,536"),
        ("adapter", "size", 10**9, "a whole number from 1 to 65,536"),
        ("p-tuning-v1", "prefix", 10**9, "a whole number from 1 to 65,536"),
        ("p-tuning-v2", "prefix", 10**9, "a whole number from 1 to 65,536"),
        ("pasta-random", "special_tokens", 10**9, "a whole number from 1 to 65,536 or None"),
        ("lora", "dropout", 1, "a finite number at least 0 and below 1"),
        ("p-tuning-v2", "dropout", -0.1, "a finite number at least 0 and below 1"),
        ("aot-kron", "a", "8", "a whole number at least 1 or None"),
        ("aot-fc", "dropout", float("nan"), "a finite number at least 0 and below 1"),
        ("pasta", "shared", "no", "True or False"),
        ("pasta-no-cls", "shared", 1, "True or False"),
        ("adapter", "layer_norm", 3, "True or False"),
        ("diff-prune", "penalty_weight", -1, "a finite number at least 0"),
        ("diff-prune", "gate_lr", 0.0, "a finite number above 0"),
    ],
)
def test_a_value_of_another_type_or_out_of_bounds_is_refused(name, field, value, allowed):
    with pytest.raises(InputError) as refused:
        build(name, **{field: value})
    assert str(refused.value) == f"{field} of method {name!r} is {value!r}, but must be {allowed}"


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [("lora", "rank", "x"), ("pasta-shared", "special_tokens", -1), ("aot-fc", "dropout", 2)],
)
def test_a_method_made_without_build_is_checked_alike(name, field, value):
    with pytest.raises(InputError, match=f"^{field} of [A-Z][A-Za-z]* is {value!r}, but must be"):
        METHODS[name](**{field: value})
    with pytest.raises(InputError, match=f"^{field} of [A-Z][A-Za-z]* is {value!r}, but must be"):
        replace(build(name), **{field: value})


def test_a_factor_of_more_rows_than_tokens_is_refused():
    for field in ("a", "b"):
        with pytest.raises(InputError, match="^1000000000 rows in one factor are over the vocab"):
            build("aot-kron", **{field: 10**9}).apply(tiny_model("bert"))


def test_what_is_no_name_of_a_method_is_refused():
    with pytest.raises(InputError, match="unknown method .'lora'.: did you mean 'lora'"):
        build(["lora"])


def test_numbers_of_other_libraries_become_pythons_own(tmp_path):
    method = build("lora", rank=np.int64(4), dropout=0)
    assert type(method.rank) is int and method.dropout == 0
    save_adapter(method.apply(tiny_model("bert")), tmp_path)  # whose JSON holds no others


def test_an_adapter_is_refused_by_another_backbone(tmp_path, tokenizer, family):
    build("pasta").apply(model := tiny_model(family), tokenizer, PAIR)
    save_adapter(model, tmp_path)
    other = tiny_model(family)
    next(backbones.base(other).parameters()).data[0] += 1
    with pytest.raises(InputError, match="another backbone"):
        load_adapter(other, tmp_path)
    with pytest.raises(InputError, match="holds no adapter"):
        load_adapter(model, tmp_path / "nowhere")


def test_a_model_takes_one_method():
    model = build("pasta").apply(tiny_model("bert"), tiny_tokenizer("bert"), PAIR)
    with pytest.raises(InputError, match="the method Pasta already: load the backbone anew"):
        build("bitfit").apply(model)
