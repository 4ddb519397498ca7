"""The adapters that the repository holds: small, of a record each, and they answer."""

import csv
import json
import re

import pytest

import pasta_lib as pl
from pasta_lib import paths
from pasta_lib.study.store import Store

FOLDER = paths.ROOT / "data" / "adapters"
REAL = paths.ROOT.parent / "shared" / "tasks"
LINES = (FOLDER / "records.csv").read_text().splitlines()
RECORDS = {line["adapter"]: line["record"] for line in csv.DictReader(LINES)}


def test_every_adapter_has_its_record_and_all_are_small():
    assert {folder.name for folder in FOLDER.iterdir() if folder.is_dir()} == RECORDS.keys()
    assert sum(f.stat().st_size for f in FOLDER.rglob("*") if f.is_file()) < 6e6
    store = Store(paths.ROOT / "data" / "runs" / "replica")
    for name, key in RECORDS.items():
        record, adapter = store.get(key), json.loads((FOLDER / name / "adapter.json").read_text())
        assert (adapter["task"], adapter["method"]) == tuple(name.split("-", 1))
        assert (record["config"]["task"], record["config"]["method"]) == tuple(name.split("-", 1))
        assert adapter["score"] == {record["result"]["metric"]: record["result"]["score"]}


def test_the_lines_of_the_docs_answer(monkeypatch, capsys):
    text = (paths.ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    block, *_ = (b for b in re.findall("```python\n(.*?)```", text, re.DOTALL) if "sst2-pasta" in b)
    monkeypatch.chdir(paths.ROOT)
    exec(block, {})
    assert capsys.readouterr().out.split() == ["['positive',", "'negative']"]


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason=f"the real tasks are not in {REAL}")
@pytest.mark.parametrize("name", ["sst2-pasta", "sst2-aot-fc"])
def test_predictions_give_the_score_of_the_record(name):
    task = pl.load_task("sst2", source=str(REAL))
    model, tokenizer = pl.load_backbone("minilm", task)
    model = pl.load_adapter(model, FOLDER / name)
    answers = pl.predict(model, tokenizer, task, split="validation")
    gold = [task.labels[row["label"]] for row in task.splits["validation"]]
    (score,) = json.loads((FOLDER / name / "adapter.json").read_text())["score"].values()
    right = sum(map(str.__eq__, answers, gold)) / len(gold)
    # another kind of machine may tip a row that lies on the edge
    assert right == pytest.approx(score, abs=2.5 / len(gold))
