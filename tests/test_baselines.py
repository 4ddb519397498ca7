"""Each baseline computes what its paper says, checked against equations written out here."""

import math

import pytest
import torch
from peft import LoraConfig, get_peft_model
from test_methods import BERT_LARGE, meta
from tiny import FAMILIES, HEADS, HIDDEN, LAYERS, PAIR, tiny_model, tiny_tokenizer
from torch.nn import functional as F
from transformers import AutoConfig, AutoModelForSequenceClassification

from pasta_lib import backbones
from pasta_lib.adapters import count_parameters, trainable
from pasta_lib.errors import InputError
from pasta_lib.methods import build, fuse

TARGETS = {
    "bert": ["query", "value"],
    "roberta": ["query", "value"],
    "deberta": ["in_proj"],
    "deberta-v2": ["query_proj", "value_proj"],
    "mpnet": ["q", "v"],
}

# Positions that no token has: RoBERTa's and MPNet's start behind the id of padding.
BEFORE = {"roberta": 1, "mpnet": 2}


# The two families of the fast suite, and the one whose attention ends in its own projection.
three_fast = pytest.mark.parametrize(
    "family",
    [
        pytest.param(
            name, marks=() if name in ("bert", "deberta-v2", "mpnet") else pytest.mark.slow
        )
        for name in FAMILIES
    ],
)


def randomise(model) -> None:
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in trainable(model).values():
            parameter.add_(torch.randn_like(parameter) * 0.1)


def recorded(module) -> list:
    """What `module` returns, call by call; of several things the first."""
    seen = []

    def record(module, args, output):
        seen.append(output[0] if isinstance(output, tuple) else output)

    module.register_forward_hook(record)
    return seen


def test_bert_large_has_the_papers_counts():
    for name, fields, expected in (
        ("bitfit", {}, 270_336 + 1_024 + 1_024),
        ("lora", {"rank": 8}, 786_432),
        ("p-tuning-v1", {"prefix": 20}, 20_480),
        ("p-tuning-v2", {"prefix": 20}, 983_040),
        ("adapter", {"size": 64, "layer_norm": False}, 24 * 2 * (2 * 1024 * 64 + 64 + 1024)),
    ):
        assert count_parameters(build(name, **fields).apply(meta(BERT_LARGE))).method == expected


def test_bitfit_trains_the_biases_and_the_head_alone(model, tokenizer):
    head = set(backbones.head(model))
    build("bitfit").apply(model, tokenizer, PAIR)
    for name, parameter in model.named_parameters():
        bias = parameter.dim() == 1 and not name.endswith("LayerNorm.weight")
        assert parameter.requires_grad == (name in head or bias)


def test_lora_is_pefts_own(family, pairs):
    mine = build("lora", rank=4, alpha=12).apply(tiny_model(family), seed=7)
    theirs = tiny_model(family)
    torch.manual_seed(7)
    theirs = get_peft_model(
        theirs, LoraConfig(r=4, lora_alpha=12, target_modules=TARGETS[family])
    ).eval()
    for model in (mine, theirs):  # B starts at zero: give both the same other one
        for name, parameter in model.named_parameters():
            if "lora_B" in name:
                parameter.data = torch.linspace(-1, 1, parameter.numel()).view_as(parameter)
    logits = mine(**pairs).logits
    assert torch.equal(logits, theirs(**pairs).logits)
    assert not torch.allclose(logits, tiny_model(family)(**pairs).logits, atol=1e-4)


def test_fused_lora_is_the_plain_encoder_with_equal_logits(family, model, pairs):
    build("lora-fused").apply(model)
    randomise(model)
    before = model(**pairs).logits
    torch.testing.assert_close(fuse(model)(**pairs).logits, before, atol=1e-5, rtol=1e-5)
    assert model.state_dict().keys() == tiny_model(family).state_dict().keys()


def test_what_has_nothing_to_fuse_says_so(model):
    with pytest.raises(InputError, match="BitFit"):
        fuse(build("bitfit").apply(model))


@three_fast
def test_an_adapter_stands_before_the_residual_and_its_norm(family, model, pairs):
    build("adapter", size=5).apply(model)
    randomise(model)
    layer = backbones.layers(model)[1]
    own = family == "mpnet"  # its attention is the projection, and adds what it read
    attention = layer.attention if own else layer.attention.output
    for end in (attention, layer.output):
        dropout, bottleneck = end.dropout
        width = end.dense.in_features if hasattr(end, "dense") else HIDDEN
        states, residual = torch.randn(2, 3, width), torch.randn(2, 3, HIDDEN)
        if own and end is attention:
            residual, dense = states, end.attn(states)[0]
        else:
            dense = end.dense(states)
        inner = F.gelu(dense @ bottleneck.down.weight.T + bottleneck.down.bias)
        inner = inner @ bottleneck.up.weight.T + bottleneck.up.bias
        expected = end.LayerNorm(residual + dense + inner)
        found = end(states)[0] if own and end is attention else end(states, residual)
        torch.testing.assert_close(found, expected)


def test_an_adapter_starts_near_the_identity(model, pairs):
    before = model(**pairs).logits
    build("adapter").apply(model)
    torch.testing.assert_close(model(**pairs).logits, before, atol=1e-4, rtol=0)


def test_an_adapter_leaves_the_norms_alone_on_request(model):
    build("adapter", layer_norm=False).apply(model)
    assert not any("LayerNorm" in name for name in trainable(model))


def test_prompts_pass_the_embeddings_once_and_heads_see_the_real_tokens(family, pairs):
    model = build("p-tuning-v1", prefix=4).apply(tiny_model(family, tokens=True))
    randomise(model)
    encoder, prompts = backbones.base(model), model.prompts.weight
    embedded, last = recorded(encoder.embeddings), recorded(backbones.layers(model)[-1])
    logits = model(**pairs).logits
    # The embedding block's equation, once: LayerNorm(word + position + segment).
    rows, length = pairs["input_ids"].shape
    words = encoder.embeddings.word_embeddings.weight[pairs["input_ids"]]
    words = torch.cat((prompts.expand(rows, -1, -1), words), dim=1)
    first = BEFORE.get(family, 0)
    positions = encoder.embeddings.position_embeddings.weight[first : first + length + 4]
    total = words + positions
    if getattr(encoder.embeddings, "token_type_embeddings", None) is not None:
        segments = encoder.embeddings.token_type_embeddings.weight
        types = pairs.get("token_type_ids", torch.zeros(rows, length, dtype=torch.long))
        total = total + segments[F.pad(types, (4, 0))]
    norm = encoder.embeddings.LayerNorm
    eps = model.config.layer_norm_eps
    expected = F.layer_norm(total, (HIDDEN,), norm.weight, norm.bias, eps)
    seen = torch.cat((torch.ones(rows, 4), pairs["attention_mask"]), dim=1).bool()
    torch.testing.assert_close(embedded[0][seen], expected[seen], atol=1e-5, rtol=1e-5)
    assert last[0].shape[1] == length + 4
    torch.testing.assert_close(logits, model.classifier(last[0][:, 4:]))


def test_prompts_leave_the_pooler_the_real_cls(family, pairs):
    model = build("p-tuning-v1", prefix=4).apply(tiny_model(family))
    randomise(model)
    last = recorded(backbones.layers(model)[-1])
    logits = model(**pairs).logits
    states = last[0][:, 4:]  # the real [CLS] is the first
    pooler = getattr(model, "pooler", None) or getattr(backbones.base(model), "pooler", None)
    torch.testing.assert_close(logits, model.classifier(pooler(states) if pooler else states))


def test_prompts_that_leave_no_room_for_the_text_are_refused(family, pairs):
    model = build("p-tuning-v1", prefix=65).apply(tiny_model(family))
    left = 70 - BEFORE.get(family, 0) - 65
    with pytest.raises(InputError, match=f"max_length can be {left} at most"):
        model(**pairs)


@pytest.mark.parametrize("name", ["p-tuning-v1", "p-tuning-v2"])
@pytest.mark.parametrize("tokens", [False, True])
def test_padding_changes_no_row(name, tokens, family):
    tokenizer = tiny_tokenizer(family)
    model = build(name, prefix=4).apply(tiny_model(family, tokens=tokens), tokenizer, PAIR)
    randomise(model)
    alone = model(**tokenizer(["w5 w6"], return_tensors="pt")).logits
    texts = ["w5 w6", "w7 w8 w9 w10 w11 w12"]
    both = model(**tokenizer(texts, padding=True, return_tensors="pt")).logits[:1]
    torch.testing.assert_close(both[:, : alone.shape[1]], alone, atol=1e-5, rtol=1e-5)


def heads(states: torch.Tensor) -> torch.Tensor:
    """(…, T, d) to (…, H, T, h)."""
    return states.view(*states.shape[:-1], HEADS, -1).transpose(-2, -3)


def project(states: torch.Tensor, module) -> torch.Tensor:
    return heads(states @ module.weight.T + (0 if module.bias is None else module.bias))


def query_key_value(family, own, states) -> list[torch.Tensor]:
    if family == "deberta":  # the rows of in_proj: head by head its query's, key's and value's
        weight = own.in_proj.weight.view(HEADS, 3, HIDDEN // HEADS, HIDDEN)
        parts = [torch.einsum("btd,hsd->bhts", states, weight[:, part]) for part in range(3)]
        return [parts[0] + heads(own.q_bias[None]), parts[1], parts[2] + heads(own.v_bias[None])]
    names = {"deberta-v2": ("query_proj", "key_proj", "value_proj"), "mpnet": ("q", "k", "v")}
    names = names.get(family, ("query", "key", "value"))
    return [project(states, getattr(own, name)) for name in names]


def position_scores(family, own, query, keys, embeddings) -> torch.Tensor:
    """Q_c K_r + K_c Q_r at the row of i − j (He et al. 2021, Eq. 3 and 4), unscaled."""
    if family == "deberta":
        span, middle = query.shape[2], own.max_relative_positions
        embeddings, projections = (
            embeddings[middle - span : middle + span],
            (own.pos_proj, own.pos_q_proj),
        )
    else:  # v3 shares the projections of content; a distance up to 4 has a row of its own
        span, projections = own.position_buckets, (own.key_proj, own.query_proj)
    at = torch.arange(query.shape[2])
    rows = at[:, None] - at + span
    place_key, place_query = (project(embeddings, module)[:, rows] for module in projections)
    return torch.einsum("bhis,hijs->bhij", query, place_key) + torch.einsum(
        "bhjs,hijs->bhij", keys, place_query
    )


@three_fast
@pytest.mark.parametrize("layer", range(LAYERS))
@torch.no_grad()
def test_a_prefix_is_keys_and_values_before_the_texts_own(layer, family):
    model = build("p-tuning-v2", prefix=4).apply(tiny_model(family))
    randomise(model)
    encoder = backbones.base(model).encoder
    attention = encoder.layer[layer].attention
    module = attention.attn if family == "mpnet" else attention.self
    given, got = [], recorded(module)
    module.register_forward_pre_hook(lambda module, args: given.append(args[0]))
    texts = tiny_tokenizer(family)(["w5 w6 w7", "w8"], padding=True, return_tensors="pt")
    model(**texts)
    own = getattr(module, "attention", module)
    query, keys, values = query_key_value(family, own, given[0])
    scores, terms = query @ keys.mT, 1
    if family.startswith("deberta"):
        embeddings = encoder.get_rel_embedding()
        scores, terms = scores + position_scores(family, own, query, keys, embeddings), 3
    distances = 0
    if family == "mpnet":  # a bias of each distance up to 7 on either side, after the scale
        at = torch.arange(query.shape[2])
        behind = at[:, None] - at
        rows = behind.abs() + 16 * (behind < 0)
        distances = encoder.relative_attention_bias.weight[rows].permute(2, 0, 1)
    before, mixed = (heads(part).expand(2, -1, -1, -1) for part in model.prefix.weight[layer])
    scores = torch.cat((query @ before.mT, scores), dim=-1) / math.sqrt(HIDDEN / HEADS * terms)
    scores[..., 4:] += distances
    real = texts["attention_mask"].bool()
    scores = scores.masked_fill(~F.pad(real, (4, 0), value=True)[:, None, None], -math.inf)
    expected = (scores.softmax(-1) @ torch.cat((mixed, values), dim=2)).transpose(1, 2)
    expected = expected.flatten(-2)
    if family == "mpnet":
        expected = expected @ own.o.weight.T + own.o.bias
    torch.testing.assert_close(got[0][real], expected[real], atol=1e-5, rtol=1e-4)


def test_a_prefix_survives_what_reads_or_recomputes_attention(family, pairs):
    model = build("p-tuning-v2", prefix=4, dropout=0.0).apply(tiny_model(family))
    randomise(model)
    before = model(**pairs).logits
    maps = backbones.attention_maps(model, pairs)
    length = pairs["input_ids"].shape[1]
    assert maps.shape == (LAYERS, 3, HEADS, length, 4 + length)
    if not model.supports_gradient_checkpointing:  # MPNet: nothing of it is computed twice
        return
    before.sum().backward()
    gradient = model.prefix.weight.grad.clone()
    model.zero_grad()
    model.gradient_checkpointing_enable({"use_reentrant": False})
    again = model.train()(**pairs).logits
    again.sum().backward()
    torch.testing.assert_close(again, before)
    torch.testing.assert_close(model.prefix.weight.grad, gradient)


@pytest.mark.parametrize(
    ("name", "architecture", "options"),
    [
        ("p-tuning-v2", "distilbert", {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}),
        ("adapter", "distilbert", {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 64}),
        ("p-tuning-v2", "gpt2", {"n_embd": 32, "n_layer": 2, "n_head": 4}),
        (
            "bitfit",
            "modernbert",
            {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4},
        ),
    ],
)
def test_what_an_architecture_cannot_do_is_refused_in_one_sentence(name, architecture, options):
    config = AutoConfig.for_model(architecture, vocab_size=60, pad_token_id=0, **options)
    model = AutoModelForSequenceClassification.from_config(config)
    with pytest.raises(InputError, match="has none|does not|do not"):
        build(name).apply(model)


def drawn(ids: list[list[int]], count: int = 3) -> list[list[int]]:
    """Where `pasta-random` puts its vectors, row by row."""
    model = build("pasta-random", special_tokens=count).apply(
        tiny_model("bert"), tiny_tokenizer("bert"), PAIR
    )
    where = model.layer_bias.adapted(torch.tensor(ids))
    return [row.nonzero().flatten().tolist() for row in where]


def test_random_positions_are_ordinary_and_follow_the_row_alone():
    row = [1, 10, 11, 12, 13, 14, 15, 2, 16, 17, 18, 2]
    other = [1, 11, 10, 12, 13, 14, 15, 2, 16, 17, 18, 2]
    (alone,) = drawn([row])
    padded, changed = drawn([row + [0] * 5, other + [0] * 5])
    assert alone == padded != changed and len(changed) == 3
    assert all(row[position] > 3 for position in alone)
    assert drawn([[1, 10, 2, 0, 0]]) == [[1]]  # no more than there are


def test_random_positions_are_even():
    torch.manual_seed(0)
    rows = torch.randint(4, 60, (2000, 10))
    rows[:, 0], rows[:, -1] = 1, 2
    hits = torch.zeros(10)
    for row in drawn(rows.tolist()):
        hits[row] += 1
    assert hits[[0, 9]].sum() == 0
    share = hits[1:9] / 2000
    assert ((share - 3 / 8).abs() < 0.06).all()  # five standard errors


def test_prompts_that_take_every_position_are_refused():
    with pytest.raises(InputError, match="^70 prompts leave no room .* has 70 positions$"):
        build("p-tuning-v1", prefix=70).apply(tiny_model("bert"))
