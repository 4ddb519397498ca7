"""Measurements without training: what a record holds is what the parts of it add up to."""

import pytest

from pasta_lib import backbones
from pasta_lib.attention import vertical_heads
from pasta_lib.study import words
from pasta_lib.study.runs import probes
from pasta_lib.tasks import load_task


@pytest.mark.parametrize("task", ["cola", "rte"])
def test_heads_over_texts_are_counted_text_by_text(task):
    found = probes.heads_corpus("minilm", task, "sample", "validation", texts=4)
    model, tokenizer = backbones.load_backbone("minilm")
    texts = [text for (text,) in load_task(task).texts("validation")[:4]]
    assert {len(text) for text in texts} == {2 if task == "rte" else 1}
    frames = [vertical_heads(model, tokenizer, *text) for text in texts]
    assert found["texts"] == 4
    assert found["counts"] == [int(frame["vertical"].sum()) for frame in frames]
    for line, *heads in zip(found["heads"], *(f.to_dict("records") for f in frames), strict=True):
        assert {(h["layer"], h["head"]) for h in heads} == {(line["layer"], line["head"])}
        assert line["texts"] == sum(h["vertical"] for h in heads) / 4
        shares = [h["share_cls"] + h["share_sep"] for h in heads]
        assert line["tokens"] == pytest.approx(sum(shares) / 4)


def test_a_probe_asks_for_no_more_texts_than_there_are(tiny_reader):
    found = probes.heads_corpus(tiny_reader, "cola", "sample", "test", texts=10**6)
    assert found["texts"] == len(found["counts"]) < 10**6


def test_every_token_of_the_vocabulary_is_counted_once():
    found = probes.vocabulary("minilm", words.edition())["classes"]
    _, tokenizer = backbones.load_backbone("minilm")
    assert sum(found.values()) == len(tokenizer.get_vocab())
    assert found["pronouns"] > 30 and found["pieces, unknown"] > 5000


def test_the_report_needs_every_measurement_of_every_notebook():
    needed = {probe.key for group in probes.PROBES.values() for probe in group}
    assert {probe.key for probe in probes.PROBES["13_report"]} == needed
