"""Methods find their places in an encoder's structure: in families that no code names, as in BERT.

`test_methods` and `test_baselines` hold the equations, on the families that all tests know.
"""

import pytest
import torch
from test_encoders import tokenizer_of
from tiny import HIDDEN, LAYERS, PAIR, VOCABULARY, tiny_model
from torch.func import functional_call
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification

from pasta_lib import backbones, packs
from pasta_lib.adapters import count_parameters, load_adapter, save_adapter, trainable
from pasta_lib.export import export_model
from pasta_lib.inference import MultiTask
from pasta_lib.methods import METHODS, build

FOUND = ("electra", "xlm-roberta", "mpnet")
OWN = 2 * 2 * HIDDEN * 20  # of p-tuning-v2 in each layer: keys and values of 20 columns


@pytest.fixture(params=FOUND)
def family(request) -> str:
    return request.param


@pytest.fixture
def pairs(family) -> dict:
    return dict(
        tokenizer_of(family)(
            ["w5 w6 w7", "w8"], ["w11", "w13 w14 w15 w16"], padding=True, return_tensors="pt"
        )
    )


@torch.no_grad()
def moved(name: str, family: str, **fields):
    """A tiny model with a method, of which all that trains was moved at random."""
    torch.manual_seed(0)
    model = build(name, **fields).apply(tiny_model(family), tokenizer_of(family), PAIR)
    for parameter in trainable(model).values():
        parameter.add_(torch.randn_like(parameter) * 0.05)
    return model


@pytest.mark.parametrize("name", METHODS)
def test_every_method_trains_what_it_marks(name, family, pairs):
    model = moved(name, family).train()
    model(**pairs).logits.square().sum().backward()
    for parameter_name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == parameter.requires_grad, parameter_name


def test_counts_are_those_of_the_equations(family):
    specials = 3 if family == "electra" else 4  # RoBERTa's frame: two separators inside a pair
    for name, fields, expected in (
        ("pasta", {}, LAYERS * specials * HIDDEN),
        ("adapter", {"size": 5, "layer_norm": False}, LAYERS * 2 * (10 * HIDDEN + 5 + HIDDEN)),
        ("p-tuning-v2", {"prefix": 20}, LAYERS * OWN // 2),
        ("lora", {"rank": 4}, LAYERS * 2 * 2 * 4 * HIDDEN),
        ("aot-naive", {}, LAYERS * VOCABULARY * HIDDEN),
    ):
        assert count_parameters(moved(name, family, **fields)).method == expected, name


def test_a_prefix_of_no_keys_and_no_values_takes_its_share_of_attention_alone(family, pairs):
    """Of keys at 0 a column scores 0, whatever stands beside it, and its values at 0 add nothing:
    the text's weights keep their ratios, and no position of the text is shifted or masked."""
    model = build("p-tuning-v2", prefix=4, dropout=0.0).apply(tiny_model(family))
    plain = backbones.attention_maps(tiny_model(family), pairs)[0]
    torch.nn.init.zeros_(model.prefix.weight)
    maps = backbones.attention_maps(model, pairs)[0]  # of the first layer, which reads the same
    of_text, of_prefix = maps[..., 4:], maps[..., :4]
    torch.testing.assert_close(of_text / of_text.sum(-1, keepdim=True), plain)
    torch.testing.assert_close(of_prefix, of_prefix[..., :1].expand(-1, -1, -1, 4))
    assert (of_prefix > 0).all()


def test_padding_changes_nothing(family, pairs):
    for name in ("adapter", "p-tuning-v2", "pasta-random"):
        model = moved(name, family)
        length = int(pairs["attention_mask"][1].sum())
        alone = {key: value[1:, :length] for key, value in pairs.items()}
        torch.testing.assert_close(
            model(**alone).logits[0], model(**pairs).logits[1], atol=1e-5, rtol=1e-4
        )


@pytest.mark.parametrize("name", ["adapter", "p-tuning-v2", "pasta-random", "lora"])
@pytest.mark.filterwarnings("ignore:There is a performance drop")
def test_packed_equals_alone(name, family, pairs):
    model = moved(name, family, **{"dropout": 0.0} if name == "p-tuning-v2" else {})
    lanes = [{n: torch.randn_like(p) * 0.1 for n, p in trainable(model).items()} for _ in "ab"]
    for lane, logits in zip(lanes, packs.logits(model, lanes, [pairs, pairs]), strict=True):
        alone = functional_call(model, lane, kwargs=pairs).logits
        torch.testing.assert_close(logits, alone, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("name", ["adapter", "p-tuning-v2", "diff-prune"])
def test_an_adapter_gives_back_equal_logits(name, family, pairs, tmp_path):
    model = moved(name, family).eval()
    save_adapter(model, tmp_path)
    loaded = load_adapter(tiny_model(family), tmp_path).eval()
    assert torch.equal(loaded(**pairs).logits, model(**pairs).logits)


@pytest.mark.parametrize("name", ["pasta", "aot-fc"])
def test_a_mixed_batch_and_an_exported_folder_give_what_the_model_gives(
    name, family, pairs, tmp_path
):
    model = moved(name, family).eval()
    served = MultiTask(backbones.base(tiny_model(family)))
    served.add("task", model)
    expected = model(**pairs).logits
    torch.testing.assert_close(torch.stack([*served(["task"] * 2, **pairs)]), expected)
    export_model(model, tokenizer_of(family), tmp_path)
    again = AutoModelForSequenceClassification.from_pretrained(tmp_path, trust_remote_code=True)
    torch.testing.assert_close(again.eval()(**pairs).logits, expected)


def test_attention_that_takes_past_tokens_itself_is_not_written_out():
    """T5's has MPNet's names, and takes a cache: what stands in MPNet's place is not for it."""
    config = AutoConfig.for_model(
        "t5", d_model=16, d_kv=4, d_ff=32, num_layers=1, num_heads=4, vocab_size=VOCABULARY
    )
    attention = AutoModel.from_config(config).encoder.block[0].layer[0].SelfAttention
    assert not backbones.is_biased(attention)
