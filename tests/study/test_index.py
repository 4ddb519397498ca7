"""The committed index says of each record what the record says of itself."""

import csv
import json

import pytest
from records import train

from pasta_lib import paths
from pasta_lib.study import cli

FOLDER = paths.DATA / "runs" / "replica"


def read(path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def committed() -> dict[str, dict]:
    """The replica's training records by their files, read without the code under test."""
    files = (path for path in FOLDER.glob("??/*.json"))
    records = {path: json.loads(path.read_text(encoding="utf-8")) for path in files}
    return {
        f"replica/{p.parent.name}/{p.name}": r for p, r in records.items() if r["kind"] == "train"
    }


def test_every_committed_training_record_has_its_line(committed):
    lines = read(FOLDER.with_suffix(".csv"))
    again = "run `python -m pasta_lib index replica`"
    assert {line["file"] for line in lines} == committed.keys(), again
    for line in lines:
        record = committed[line["file"]]
        config, train = record["config"], record["config"]["train"]
        assert (line["task"], line["method"]) == (config["task"], config["method"]), again
        assert (float(line["learning rate"]), int(line["seed"])) == (train["lr"], train["seed"])
        score = record["result"]["score"]
        assert line["score"] == ("" if score is None else str(round(score, 4))), again
        assert int(line["best epoch"]) == record["result"]["best_epoch"], again
        assert line["cpu or gpu"] in record["provenance"]["hardware"].values()
        assert line["stage"].startswith("search") == (train["max_steps"] is not None)
        whole = train["max_steps"] is None and train["epochs"] >= 40
        patient = whole and train["patience"] is not None
        assert (line["stage"] == "to the end") == patient, again
        assert line["encoder"] == config["backbone"], again
        if train["patience"] is None and train["max_steps"] is None:
            stage = "falling rate" if train["epochs"] >= 40 else "final"
            assert (line["stage"], line["ended by"]) == (stage, "epochs"), again
        for name, value in config["fields"].items():
            assert f"{name}={value}" in line["fields"].split()


def test_lines_are_sorted_and_searches_are_told_from_finals(quick_store, capsys):
    train(quick_store, "rte", "pasta", 0.61, lr=1e-2)
    train(quick_store, "cola", "lora", 0.3, fields={"rank": 16, "alpha": 16}, max_steps=100)
    train(quick_store, "rte", "pasta", 0.5, lr=1e-3, seed=1)
    train(quick_store, "rte", "pasta", 0.5, lr=1e-3, seed=0, status="failed")
    assert cli.main(["index", "quick"]) == 0
    lines = read(paths.runs("quick").with_suffix(".csv"))
    assert capsys.readouterr().out.strip() == str(paths.runs("quick").with_suffix(".csv"))
    assert [line["task"] for line in lines] == ["cola", "rte", "rte", "rte"]
    assert [line["stage"] for line in lines] == ["search, 100 steps", *["final"] * 3]
    assert [line["score"] for line in lines] == ["0.3", "", "0.5", "0.61"]
    assert lines[0]["fields"] == "rank=16 alpha=16"


def test_an_unknown_profile_is_answered_with_the_nearest(capsys):
    assert cli.main(["index", "replika"]) == 2
    assert "did you mean 'replica'?" in capsys.readouterr().err
