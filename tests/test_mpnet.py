"""MPNet's real weights: every equality that tiny models hold, and counts worked out elsewhere.

`python -m pasta_lib fetch mpnet` brings them; without them these tests skip.
"""

import pytest
import torch
from tiny import PAIR
from torch.func import functional_call

from pasta_lib import backbones, fetch, packs
from pasta_lib.adapters import count_parameters, trainable
from pasta_lib.attention import vertical_heads
from pasta_lib.inference import MultiTask
from pasta_lib.methods import METHODS, build, fuse

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not fetch.is_here(), reason="MPNet is not here: python -m pasta_lib fetch mpnet"
    ),
]

FIRST = ["A man is playing a large flute.", "It rained.", "Who wrote the song of the year?"]
SECOND = ["A man plays.", "The streets were wet, and nobody was out.", "It was a woman."]


@pytest.fixture
def pairs() -> dict:
    _, tokenizer = backbones.load_backbone("mpnet")
    return dict(tokenizer(FIRST, SECOND, padding=True, return_tensors="pt"))


def tuned(name: str, seed: int = 0, **fields):
    """A model with a method, of which all that trains was moved at random."""
    model, tokenizer = backbones.load_backbone("mpnet", PAIR)
    build(name, **fields).apply(model, tokenizer, PAIR)
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in trainable(model).values():
            parameter.add_(torch.randn_like(parameter) * 0.02)
    return model.eval()


@torch.no_grad()
def test_at_zero_the_logits_stay_bit_for_bit(pairs):
    model, _ = backbones.load_backbone("mpnet", PAIR)
    before = model(**pairs).logits
    for name in ("pasta", "aot-fc", "lora"):
        model, tokenizer = backbones.load_backbone("mpnet", PAIR)
        model = build(name).apply(model, tokenizer, PAIR)
        assert torch.equal(model(**pairs).logits, before), name


@torch.no_grad()
def test_fused_equals_unfused(pairs):
    for name in ("aot-fc", "lora-fused"):
        model = tuned(name)
        before = model(**pairs).logits
        torch.testing.assert_close(fuse(model)(**pairs).logits, before, atol=1e-5, rtol=0)


@torch.no_grad()
def test_a_pair_gets_four_vectors_and_its_words_none(pairs):
    model = tuned("pasta")
    ids = pairs["input_ids"]
    model.layer_bias.prepare(ids)
    hidden = torch.zeros(*ids.shape, 768)
    touched = model.layer_bias.add(hidden, 5).abs().sum(-1) > 0
    assert touched.sum(-1).tolist() == [4, 4, 4]
    assert torch.equal(touched, (ids == 0) | (ids == 2))
    frame = [ids[0, at].item() for at in touched[0].nonzero().flatten()]
    assert frame == [0, 2, 2, 2]  # <s> a </s></s> b </s>


@torch.no_grad()
def test_a_prefix_neither_shifts_nor_masks_the_text(pairs):
    """Keys and values at 0 take their share of attention; the text's weights keep their ratios."""
    model, tokenizer = backbones.load_backbone("mpnet", PAIR)
    plain = backbones.attention_maps(model, pairs)[0]
    build("p-tuning-v2", prefix=7).apply(model, tokenizer, PAIR)
    torch.nn.init.zeros_(model.prefix.weight)
    maps = backbones.attention_maps(model, pairs)[0]
    of_text = maps[..., 7:] / maps[..., 7:].sum(-1, keepdim=True)
    torch.testing.assert_close(of_text, plain, atol=1e-6, rtol=1e-4)
    assert (maps[..., :7] > 0).all()


@torch.no_grad()
@pytest.mark.filterwarnings("ignore:There is a performance drop")
@pytest.mark.parametrize("name", ["pasta", "adapter", "p-tuning-v2", "lora"])
def test_packed_equals_alone(name, pairs):
    model = tuned(name)
    lanes = [{n: torch.randn_like(p) * 0.02 for n, p in trainable(model).items()} for _ in "ab"]
    for lane, logits in zip(lanes, packs.logits(model, lanes, [pairs, pairs]), strict=True):
        alone = functional_call(model, lane, kwargs=pairs).logits
        torch.testing.assert_close(logits, alone, atol=1e-5, rtol=0)


def test_counts_are_those_worked_out_by_hand():
    """12 layers of d = 768, |V| = 30,527, four special tokens in a pair."""
    expected = {
        "pasta": 12 * 4 * 768,
        "pasta-random": 12 * 4 * 768,
        "pasta-no-cls": 12 * 3 * 768,
        "pasta-no-sep": 12 * 768,
        "pasta-shared": 12 * 768,
        "bitfit": 102_144,
        "lora": 294_912,
        "lora-fused": 294_912,
        "aot-fc": 1_189_632,
        "aot-kron": 5_865_000,
        "aot-naive": 12 * 30_527 * 768,
        "adapter": 12 * 2 * (2 * 64 * 768 + 64 + 768) + (2 * 12 + 1) * 2 * 768,
        "p-tuning-v1": 20 * 768,
        "p-tuning-v2": 12 * 2 * 20 * 768,
        "classifier": 0,
        "full": 108_895_872,
        "diff-prune": round(0.005 * 108_895_872),
    }
    assert expected.keys() == METHODS.keys()
    model, tokenizer = backbones.load_backbone("mpnet", PAIR)
    for name, count in expected.items():
        shape = backbones.build_untrained(model.config, PAIR, meta=True)
        counted = count_parameters(build(name).apply(shape, tokenizer, PAIR))
        assert (counted.method, counted.backbone) == (count, 108_895_872), name


@torch.no_grad()
def test_a_mixed_batch_equals_each_task_alone(pairs):
    """32 tasks, of PASTA, of AoT and of a head alone."""
    backbone, _ = backbones.load_backbone("mpnet")
    served, alone = MultiTask(backbone), {}
    inputs = {name: value.repeat(11, 1)[:32] for name, value in pairs.items()}
    models = {name: tuned(name) for name in ("pasta", "classifier", "aot-fc")}
    for number in range(32):
        model = models["aot-fc" if number in (3, 17) else ("pasta", "classifier")[number % 2]]
        for parameter in trainable(model).values():
            parameter.add_(torch.randn_like(parameter) * 0.02)
        served.add(f"task {number}", model)
        length = int(inputs["attention_mask"][number].sum())
        one = {key: value[number : number + 1, :length] for key, value in inputs.items()}
        alone[f"task {number}"] = model(**one).logits[0]
    assert served.table_bytes == 2 * 4 * 12 * 30_527 * 768
    for name, logits in zip(alone, served([*alone], **inputs), strict=True):
        torch.testing.assert_close(logits, alone[name], atol=1e-5, rtol=0)


def test_a_table_in_half_precision_is_two_bytes_for_each_entry():
    """As AoT, section 3.3, reckons RoBERTa-large's: |V|·L·d entries."""
    backbone, _ = backbones.load_backbone("mpnet")
    served = MultiTask(backbone, dtype=torch.bfloat16)
    served.add("task", tuned("aot-fc").to(torch.bfloat16))
    assert served.table_bytes == 2 * 30_527 * 12 * 768 == 562_673_664


def test_vertical_heads_are_those_worked_out_elsewhere():
    """By another program, on the raw attention of the paper's sentence."""
    found = vertical_heads(*backbones.load_backbone("mpnet"), "Fred watered the plants flat.")
    by_layer = found.groupby("layer")["vertical"].sum().tolist()
    assert by_layer == [1, 9, 5, 3, 3, 1, 1, 1, 0, 1, 0, 0] and len(found) == 144
