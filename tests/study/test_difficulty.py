"""How hard the sample tasks are: a table from records, with the runs that it needs."""

from dataclasses import replace

import pandas as pd
import pytest
from records import train

from pasta_lib import paths
from pasta_lib.study import cli
from pasta_lib.study.reporting.difficulty import difficulty
from pasta_lib.study.runs import PROFILES
from pasta_lib.tasks import TASKS


def shown(task: str) -> dict[str, str]:
    cells = pd.read_csv(paths.figures("quick") / "difficulty.csv", keep_default_na=False)
    return cells[cells["row"] == task].set_index("column")["shown"].to_dict()


def test_the_difference_is_full_minus_classifier_in_points(quick_store):
    train(quick_store, "rte", "classifier", 0.60)
    train(quick_store, "rte", "full", 0.85)
    train(quick_store, "cola", "classifier", 0.30)
    train(quick_store, "cola", "full", 0.25)
    train(quick_store, "conll2003", "full", 0.9)
    table = difficulty("quick")
    assert shown("RTE") == {
        "metric": "accuracy",
        "majority class": "50.0",
        "Classifier only": "60.0",
        "Full fine-tuning": "85.0",
        "difference": "+25.0",
    }
    assert shown("CoLA")["difference"] == "−5.0"
    assert shown("CoNLL2003")["difference"] == "not run"
    assert "at least 10 points over the classifier alone on 1 of 2 tasks" in table.caption
    assert table.markdown() == (paths.figures("quick") / "difficulty.md").read_text()


def test_the_profile_runs_both_ends_on_every_task():
    runs = PROFILES["sample"].runs("difficulty")
    pairs = {(run.task, run.method) for run in runs}
    assert pairs == {(task, method) for task in TASKS for method in ("classifier", "full")}
    assert {run.source for run in runs} == {"sample"}


@pytest.mark.slow
def test_one_command_does_the_runs_and_writes_the_table(quick_store, monkeypatch, capsys):
    (grid,) = PROFILES["sample"].grids["difficulty"]
    tiny = replace(grid.train, epochs=1, train_rows=16, eval_rows=16)
    grid = replace(grid, tasks=("copa", "conll2003"), train=tiny)
    profile = replace(PROFILES["sample"], grids={"difficulty": (grid,)})
    monkeypatch.setitem(PROFILES, "sample", profile)
    assert cli.main(["difficulty"]) == 0
    assert capsys.readouterr().out.startswith("6 runs done, 0 reused, 0 failed")
    cells = pd.read_csv(paths.figures("sample") / "difficulty.csv")
    ours = cells[(cells["origin"] == "ours") & (cells["column"] == "difference")]
    assert list(ours["row"]) == ["COPA", "CoNLL2003"]
    assert cli.main(["difficulty"]) == 0
    assert capsys.readouterr().out.startswith("0 runs done, 6 reused, 0 failed")


@pytest.mark.parametrize("word", ["quick", "--seeds"])
def test_the_command_takes_no_words(capsys, word):
    assert cli.main(["difficulty", word]) == 2
    assert capsys.readouterr().err.startswith("error: ")
