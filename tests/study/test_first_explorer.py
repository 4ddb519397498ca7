"""A first answer: the shares of the adapter loaded by hand, and where each method adds."""

import re

import pytest
import torch

import pasta_lib as pl
from pasta_lib.errors import InputError
from pasta_lib.study.explore import trained
from pasta_lib.study.explore.first import added, answer, classifiers

TEXT = "A warm, funny film."
METHODS = ("pasta", "aot-fc", "bitfit", "lora", "classifier")


@pytest.mark.parametrize("method", METHODS)
def test_shares_are_those_of_the_adapter_loaded_by_hand(method):
    task = pl.load_task("sst2", source="sample")
    model, tokenizer = pl.load_backbone("minilm", task)
    model = pl.load_adapter(model, trained.FOLDER / f"sst2-{method}").eval()
    with torch.no_grad():
        shares = model(**tokenizer(TEXT, return_tensors="pt")).logits[0].softmax(-1).tolist()
    page = answer(TEXT, f"sst2-{method}")
    found = dict(re.findall(r"<th scope=row>(\w+)<td>(\d+) %", page))
    for label, share in zip(task.labels, shares, strict=True):
        assert int(found[label]) == pytest.approx(100 * share, abs=0.6)


def norms(name: str) -> list[list[float]]:
    lines = added(name, TEXT).split("<th scope=row>layer ")[1:]
    return [[float(x) for x in re.findall(r'<td style="[^"]*">([\d.]+)', line)] for line in lines]


def test_pasta_adds_its_vectors_at_special_tokens_and_nowhere_else():
    vectors = trained.adapter("sst2-pasta")[0].layer_bias.vectors.detach()
    for line, (first, last) in zip(norms("sst2-pasta"), vectors.norm(dim=-1), strict=True):
        assert line[0] == pytest.approx(first.item(), abs=0.06)
        assert line[-1] == pytest.approx(last.item(), abs=0.06)
        assert not any(line[1:-1])


def test_aot_adds_a_row_of_its_table_to_every_token():
    model, tokenizer, _ = trained.adapter("sst2-aot-fc")
    ids = tokenizer(TEXT)["input_ids"]
    with torch.no_grad():
        tables = [model.layer_bias.table.table(layer)[ids].norm(dim=-1) for layer in range(6)]
    for line, expected in zip(norms("sst2-aot-fc"), tables, strict=True):
        assert line == pytest.approx(expected.tolist(), abs=0.06)


@pytest.mark.parametrize("method", ["lora", "bitfit", "classifier"])
def test_a_method_that_adds_nothing_there_shows_no_norms(method):
    assert added(f"sst2-{method}", TEXT) == ""


def test_adapters_of_tasks_with_choices_are_not_offered():
    assert "sst2-pasta" in classifiers() and "copa-pasta" not in classifiers()


def test_what_is_typed_stays_text_and_what_is_of_no_use_is_refused():
    assert "<script>" not in answer("<script> & more", "sst2-pasta")
    for text in (" ", "word " * 200):
        with pytest.raises(InputError, match="type one of 3 to 128"):
            answer(text, "sst2-pasta")
    with pytest.raises(InputError, match="sst2-pasta"):
        answer(TEXT, "sst2-pata")
