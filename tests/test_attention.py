"""Vertical heads, against ten lines on the raw attention and against maps made by hand."""

import pytest
import torch
from tiny import tiny_model, tiny_tokenizer, unigram

from pasta_lib import backbones
from pasta_lib.attention import attention_maps, vertical_heads
from pasta_lib.errors import InputError

SENTENCE = "Fred watered the plants flat."  # PASTA, Appendix C


@pytest.fixture(scope="module")
def minilm():
    return backbones.load_backbone("minilm")


def test_heads_equal_an_independent_count_on_the_raw_attention(minilm):
    model, tokenizer = minilm
    inputs = tokenizer(SENTENCE, return_tensors="pt")
    model.set_attn_implementation("eager")
    with torch.no_grad():
        raw = model(**inputs, output_attentions=True).attentions
    specials = [i for i, t in enumerate(inputs["input_ids"][0].tolist()) if t in (101, 102)]
    expected = set()
    for layer, maps in enumerate(raw, 1):
        for head, rows in enumerate(maps[0].tolist(), 1):
            hits = sum(max(range(len(row)), key=row.__getitem__) in specials for row in rows)
            if hits / len(rows) >= 0.9:
                expected.add((layer, head))
    frame = vertical_heads(model, tokenizer, SENTENCE)
    found = frame[frame["vertical"]]
    assert expected == set(zip(found["layer"], found["head"], strict=True))
    assert len(frame) == 6 * 12 and expected


def test_maps_are_distributions_and_attention_is_put_back(minilm):
    model, tokenizer = minilm
    model.set_attn_implementation("sdpa")
    tokens, maps = attention_maps(model, tokenizer, SENTENCE)
    assert tokens[0] == "[CLS]" and tokens[-1] == "[SEP]"
    assert maps.shape == (6, 12, len(tokens), len(tokens))
    torch.testing.assert_close(maps.sum(-1), torch.ones(6, 12, len(tokens)))
    assert model.config._attn_implementation == "sdpa"


@pytest.mark.parametrize(("hits", "vertical"), [(9, True), (8, False)])
def test_nine_of_ten_tokens_make_a_head_vertical(hits, vertical, minilm, monkeypatch):
    model, tokenizer = minilm
    text = "the cat sat on the mat by night"  # 10 tokens with [CLS] and [SEP]
    maps = torch.zeros(1, 1, 1, 10, 10)
    for row in range(10):
        maps[0, 0, 0, row, (0 if row % 2 else 9) if row < hits else 4] = 1.0
    monkeypatch.setattr(backbones, "attention_maps", lambda *_: maps)
    (head,) = vertical_heads(model, tokenizer, text).to_dict("records")
    assert head["vertical"] is vertical
    assert head["share_cls"] + head["share_sep"] == pytest.approx(hits / 10)
    assert (head["layer"], head["head"]) == (1, 1)


def test_a_text_longer_than_the_model_is_refused_and_one_that_just_fits_is_not(minilm):
    for measure in (attention_maps, vertical_heads):
        with pytest.raises(InputError, match="a text of 702 tokens is over the 512 that BertModel"):
            measure(*minilm, "a " * 700)
    tokens, _ = attention_maps(*minilm, "a " * 510)
    assert len(tokens) == 512


def test_a_special_token_that_a_text_spells_is_no_special_token(minilm):
    tokens, _ = attention_maps(*minilm, "so [SEP] it", "[CLS] is")
    assert "".join(tokens) == "[CLS]so[sep]it[SEP][cl##s]is[SEP]"


@pytest.mark.parametrize(("gone", "said"), [("cls", "no cls_token"), ("sep", "no sep_token")])
def test_a_tokenizer_without_the_tokens_looked_at_is_refused(gone, said):
    tokenizer = tiny_tokenizer("bert")
    setattr(tokenizer, f"{gone}_token", None)
    with pytest.raises(InputError, match=f"this [A-Za-z]+ has {said}$"):
        vertical_heads(tiny_model("bert"), tokenizer, "w1 w2")


def test_what_is_no_text_is_refused():
    for text in (None, 3, ["w1", "w2"]):
        with pytest.raises(InputError, match="text of the call is .*, but must be a text"):
            attention_maps(tiny_model("bert"), tiny_tokenizer("bert"), text)


def test_a_special_token_that_the_vocabulary_holds_as_a_word_is_unknown():
    tokens, maps = attention_maps(tiny_model("bert"), unigram(), "a </s> b <s>")
    assert tokens == ["<s>", "▁a", "▁", "<unk>", "▁b", "▁", "<unk>", "</s>"]
    assert maps.shape[-2:] == (8, 8)


@pytest.mark.parametrize("text", ["", "   "])
def test_a_text_without_a_word_is_refused(minilm, text):
    for ask in (vertical_heads, attention_maps):
        with pytest.raises(InputError, match="holds no word"):
            ask(*minilm, text)
