"""The explorer that turns PASTA's vectors up and down: against the adapter loaded and changed."""

import re

import pytest
import torch

import pasta_lib as pl
from pasta_lib.errors import InputError
from pasta_lib.study.explore import trained
from pasta_lib.study.explore.dial import dial, specials, turned

NAME, TEXT, LAYERS = "sst2-pasta", "A gripping film, funny and sad.", [1, 2, 3, 4, 5, 6]


def shown(scale=1.0, layers=LAYERS, tokens=("[CLS]", "[SEP]"), text=TEXT):
    page = dial(text, NAME, scale, layers, tokens)
    rows = re.findall(r"<th scope=row>([^<]+)((?:<td>[\d.]+ %)+)", page)
    return {state: [float(x) for x in re.findall(r"[\d.]+", cells)] for state, cells in rows}, page


def by_hand(change):
    task = pl.load_task("sst2", source="sample")
    model, tokenizer = pl.load_backbone("minilm", task)
    pl.load_adapter(model, trained.FOLDER / NAME)
    with torch.no_grad():
        change(model.layer_bias.vectors)
        logits = model.eval()(**tokenizer(TEXT, return_tensors="pt")).logits[0]
    return [100 * share for share in logits.softmax(-1).tolist()]


def test_the_specials_of_a_single_sentence_are_two():
    assert specials(NAME) == ["[CLS]", "[SEP]"] and NAME in turned()


@pytest.mark.parametrize(
    ("state", "change"),
    [
        ({"scale": 0.0}, lambda v: v.zero_()),
        ({"scale": 2.5}, lambda v: v.mul_(2.5)),
        ({"layers": [2, 3]}, lambda v: (v[0].zero_(), v[3:].zero_())),
        ({"tokens": ["[SEP]"]}, lambda v: v[:, 0].zero_()),
    ],
)
def test_answers_are_those_of_the_changed_vectors(state, change):
    answers, _ = shown(**state)
    assert answers["as you set it"] == pytest.approx(by_hand(change), abs=0.06)
    assert answers["scale 0"] == pytest.approx(by_hand(lambda v: v.zero_()), abs=0.06)
    assert answers["as trained"] == pytest.approx(by_hand(lambda v: None), abs=0.06)


def test_the_adapter_comes_out_as_it_went_in():
    vectors = trained.adapter(NAME)[0].layer_bias.vectors
    before = vectors.detach().clone()
    _, page = shown(scale=3.0, layers=[1])
    assert torch.equal(vectors, before) and page.count("without layer") == 6


@pytest.mark.parametrize("text", ["", "word " * 200])
def test_a_text_of_no_use_is_refused_in_a_sentence(text):
    with pytest.raises(InputError, match="type a text of 1 to 126 tokens"):
        shown(text=text)
