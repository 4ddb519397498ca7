"""Typed texts in one batch: each adapter answers as it does alone, and text stays text."""

import html
import re

import pytest
import torch

import pasta_lib as pl
from pasta_lib.errors import InputError
from pasta_lib.study.explore import serving, trained
from pasta_lib.study.explore.batch import MOST, batch

GOOD, BAD = "A gripping film, funny and sad.", "Dull from start to end."
CHOICE = "The man fell because | he tripped. | he was tall."


def answers(page: str) -> list[list[str]]:
    rows = re.findall(r"<th scope=row class=long>(.*?)(?=<tr>|</tbody>)", page, re.DOTALL)
    return [row.split("<td>") for row in rows]


def alone(name: str, *rows: tuple[str, ...]) -> tuple[str, float]:
    """What an adapter loaded by itself says: its label and how sure it is, in %."""
    about = trained.description(name)
    task = pl.load_task(about["task"], source="sample")
    model, tokenizer = pl.load_backbone("minilm", task)
    model = pl.load_adapter(model, trained.FOLDER / name).eval()
    given = [dict(tokenizer(*row, return_tensors="pt")) for row in rows]
    with torch.no_grad():
        logits = torch.cat([model(**inputs).logits.flatten() for inputs in given])
    share, label = logits.softmax(-1).max(-1)
    return about["labels"][label], 100 * share.item()


@pytest.mark.parametrize("name", [name for name in serving.served() if name.startswith("sst2")])
def test_answers_in_a_mixed_batch_are_those_of_the_adapter_alone(name):
    names = [name, "copa-pasta"]
    found = answers(batch("\n".join((GOOD, BAD, CHOICE)), names, repeats=1))
    for (_, answer, other), text in zip(found[:2], (GOOD, BAD), strict=True):
        label, share = alone(name, (text,))
        assert re.match(rf"{label} \((\d+) %\)", answer) and other == "–"
        assert int(re.search(r"\d+", answer[len(label) :])[0]) == pytest.approx(share, abs=0.6)
    assert found[2][1] == "–"


def test_a_line_of_choices_is_asked_of_tasks_with_choices():
    premise = "The man fell because"
    label, share = alone("copa-pasta", (premise, "he tripped."), (premise, "he was tall."))
    ((_, answer),) = answers(batch(CHOICE, ["copa-pasta"], repeats=1))
    assert answer.startswith(label)
    assert int(re.search(r"\((\d+) %", answer)[1]) == pytest.approx(share, abs=0.6)
    assert "None of the adapters" in batch(GOOD, ["copa-pasta"])
    assert "None of the adapters" in batch(CHOICE, ["sst2-pasta"])


def test_it_times_one_pass_beside_a_pass_for_each_adapter():
    page = batch(f"{GOOD}\n\n{BAD}", ["sst2-pasta", "sst2-aot-fc"], repeats=1)
    said = r"One pass over 4 rows: \d+ ms\. A pass for each of 2 adapters: \d+ ms\."
    assert re.search(said, page)


def test_what_is_typed_is_escaped():
    page = batch("<script>alert(1)</script> & more", ["sst2-pasta"], repeats=1)
    assert "<script>" not in page
    assert html.escape("<script>alert(1)</script> & more") in page


@pytest.mark.parametrize(
    ("typed", "names", "why"),
    [
        ("", ["sst2-pasta"], "here are 0 and 1"),
        (GOOD, [], "here are 1 and 0"),
        ("\n".join([GOOD] * (MOST + 1)), ["sst2-pasta"], f"1 to {MOST} texts"),
        (GOOD, ["sst2-pata"], "sst2-pata.*sst2-pasta"),
        (GOOD, ["sst2-lora"], "sst2-lora"),  # it changes weights: no batch can mix it
    ],
)
def test_a_batch_of_no_use_is_refused_in_a_sentence(typed, names, why):
    with pytest.raises(InputError, match=why):
        batch(typed, names)
