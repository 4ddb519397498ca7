"""The explorer of vertical heads: what it counts, shows and refuses."""

import re

import pytest

import pasta_lib as pl
from pasta_lib.errors import InputError
from pasta_lib.study.explore.heads import TARGETS, heads, vertical
from pasta_lib.study.explore.looks import beginnings, looked_at

TEXT = "Fred watered the plants flat."


def page(text=TEXT, pair="", target="[CLS] or [SEP]", percent=90, layer=1, head=1):
    return heads(text, pair, "minilm", target, percent, layer, head)


@pytest.mark.parametrize("pair", ["", "They were dry."])
def test_it_counts_as_the_library_does(pair):
    model, tokenizer = pl.load_backbone("minilm")
    count = pl.vertical_heads(model, tokenizer, TEXT, pair or None)["vertical"].sum()
    shown = page(pair=pair)
    assert f"<b>{count} of 72 heads</b>" in shown
    grid = shown[: shown.index("<div class=charts>")]
    assert len(re.findall(r"<b>\d+</b>", grid)) == count


def test_a_lower_threshold_and_both_tokens_count_no_fewer():
    frame = looked_at("minilm", TEXT, "")[2]
    shares = {target: frame[columns].sum(axis=1) for target, columns in TARGETS.items()}
    counts = [vertical(shares["[CLS] or [SEP]"], percent) for percent in (50, 70, 90, 100)]
    assert counts == sorted(counts, reverse=True) and counts[0] > counts[-1]
    for alone in ("[CLS]", "[SEP]"):
        assert vertical(shares[alone], 90) <= counts[2]


def test_a_map_has_a_row_and_a_column_for_each_token_and_rows_of_one():
    tokens, maps, _ = looked_at("minilm", TEXT, "")
    shown = page(layer=3, head=5)
    cells = shown[shown.rindex("<table>") :].count("<td style")
    assert cells == len(tokens) ** 2
    assert maps[2, 4].sum(-1).tolist() == pytest.approx([1.0] * len(tokens), abs=1e-4)


def test_what_is_typed_is_escaped_and_too_much_is_refused_in_a_sentence():
    assert "<script>" not in page("<script> runs")
    for given, why in (
        ({"text": "word " * 200}, "more than 128 tokens"),
        ({"text": " "}, "holds no word"),
        ({"layer": 7}, "layers 1 to 6 with heads 1 to 12"),
    ):
        with pytest.raises(InputError, match=why):
            page(**given)


def test_a_text_begins_with_its_words_and_ends_with_all_of_them():
    assert beginnings("a b") == ["a", "a b"]
    parts = beginnings(" ".join(map(str, range(12))))
    assert len(parts) == 6 and parts[0] == "0 1" and parts[-1].endswith("11")
