"""The command line: what it refuses, and the order in which it does its work."""

import sys
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import pasta_lib
from pasta_lib import paths
from pasta_lib.study import cli, notebooks
from pasta_lib.study.notebooks import NotebookError
from pasta_lib.study.runs import Choice


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Three notebooks, with a list of what is done to them in place of the doing."""
    done = []
    sources = {
        "03_glue": "profile = 'quick'\ntrain = True\nseeds: int | None = None",
        "05_ner": "profile = 'quick'",
        "13_report": "profile = 'quick'",
    }
    for stem, source in sources.items():
        cell = new_code_cell(source, metadata={"tags": ["parameters"]})
        nbformat.write(new_notebook(cells=[cell]), tmp_path / f"{stem}.ipynb")

    def complete(profile, **wanted):
        done.append((profile, wanted))
        return SimpleNamespace(failed=study.failed)

    def execute(path, output, parameters):
        done.append((path.stem, parameters))
        assert output == tmp_path / "figures" / parameters["profile"] / "notebooks" / path.name
        if path.stem in study.broken:
            raise NotebookError(f"{path.stem} failed: no matter why.")

    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(paths, "FIGURES", tmp_path / "figures")
    monkeypatch.setattr(pasta_lib.study, "runs", SimpleNamespace(complete=complete), raising=False)
    monkeypatch.setattr(notebooks, "execute", execute)
    study = SimpleNamespace(folder=tmp_path, done=done, failed=[], broken=[])
    return study


def test_runs_come_first_then_each_notebook_in_order(study):
    assert cli.main(["run"]) == 0
    wanted = {"data": None, "seeds": None, "workers": 1, "device": None}
    assert study.done == [
        ("quick", {"notebooks": ["03_glue", "05_ner", "13_report"], **wanted}),
        ("03_glue", {"profile": "quick", "train": False}),
        ("05_ner", {"profile": "quick"}),
        ("13_report", {"profile": "quick"}),
    ]


def test_the_options_say_what_runs_and_no_notebook_trains_more(study, monkeypatch):
    monkeypatch.chdir(study.folder)
    words = (
        "--data . --seeds 3 --workers 2 --device cuda:1 --tasks rte --only 05_ner --only 03_glue"
    )
    assert cli.main(["run", "quick", *words.split()]) == 0
    folder = str(study.folder)
    assert study.done == [
        (
            "quick",
            {
                "notebooks": ["03_glue", "05_ner"],
                "data": folder,
                "seeds": 3,
                "workers": 2,
                "device": "cuda:1",
                "choice": Choice(tasks=("rte",)),
            },
        ),
        ("03_glue", {"profile": "quick", "train": False}),
        ("05_ner", {"profile": "quick"}),
    ]


def test_a_failure_is_reported_and_stops_nothing(study, capsys):
    study.failed, study.broken = ["5f3a"], ["03_glue"]
    assert cli.main(["run"]) == 1
    assert [name for name, _ in study.done] == ["quick", "03_glue", "05_ner", "13_report"]
    run, notebook = capsys.readouterr().err.splitlines()
    assert run.startswith("error: run 5f3a failed")
    assert notebook == "error: 03_glue failed: no matter why."


def test_the_report_is_named_last(study, capsys):
    cli.main(["run"])
    folder = study.folder / "figures" / "quick"
    assert capsys.readouterr().out.splitlines()[-1] == f"Tables and figures: {folder}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.html").touch()
    cli.main(["run"])
    assert capsys.readouterr().out.splitlines()[-1] == f"Report: {folder / 'report.html'}"


def test_install_prints_the_interpreter_alone(study, capsys):
    assert cli.main(["run", "--install"]) == 0
    assert capsys.readouterr().out == f"{sys.executable}\n"
    assert study.done == []


@pytest.mark.parametrize(
    "words, sentence",
    [
        ("--onyl 03_glue", "unknown option '--onyl': did you mean '--only'?"),
        ("--worker=2", "unknown option '--worker': did you mean '--workers'?"),
        ("papr", "unknown profile 'papr': did you mean 'paper'?"),
        ("--only 3_glue", "unknown notebook '3_glue': did you mean '03_glue'?"),
        ("quick paper", "'paper' is one word too many"),
        ("--data nowhere", "--data takes a folder, and 'nowhere' is none."),
        ("--seeds 0", "argument --seeds: takes a whole number from 1 on, not '0'"),
        ("--workers two", "argument --workers: takes a whole number from 1 on, not 'two'"),
        ("--device gpu", "argument --device: takes cpu, cuda, cuda:1 or mps, not 'gpu'"),
        ("--only", "argument --only: expected one argument"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(study, capsys, words, sentence):
    assert cli.main(["run", *words.split()]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {sentence}")
    assert error.count("\n") == 1
    assert study.done == []


def test_a_notebook_out_of_form_is_refused_before_any_run(study, capsys):
    nbformat.write(new_notebook(), study.folder / "05_ner.ipynb")
    assert cli.main(["run"]) == 2
    assert "05_ner has 0 code cells tagged 'parameters'" in capsys.readouterr().err
    assert study.done == []


def test_an_interruption_is_no_traceback(study, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(pasta_lib.study.runs, "complete", interrupt)
    assert cli.main(["run"]) == 130
    assert capsys.readouterr().err == "interrupted: the same command goes on from here.\n"


def test_strip_names_the_notebooks_that_it_changes(study, capsys):
    assert cli.main(["strip"]) == 0
    assert capsys.readouterr().out.count("stripped") == 3
    assert cli.main(["strip"]) == 0
    assert capsys.readouterr().out == ""


def test_a_notebook_is_executed_again_only_where_something_changed(study, capsys, monkeypatch):
    def execute(path, output, parameters):
        output.parent.mkdir(parents=True, exist_ok=True)
        output.touch()

    monkeypatch.setattr("pasta_lib.study.notebooks.execute", execute)
    monkeypatch.setattr(paths, "DATA", study.folder / "data")
    cli.main(["run"])
    assert "up to date" not in capsys.readouterr().out
    cli.main(["run"])
    assert capsys.readouterr().out.count("up to date") == 3
    for records in ("speed", "quick"):  # what bench measured stands in every report
        folder = paths.runs(records)
        folder.mkdir(parents=True)
        (folder / "ab.json").touch()
        cli.main(["run"])
        assert "up to date" not in capsys.readouterr().out
