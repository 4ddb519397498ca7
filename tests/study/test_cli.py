"""The command line: what it refuses, and what it starts."""

import sys
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from pasta_lib import paths
from pasta_lib.study import cli, start
from pasta_lib.study.runs import Choice

STEMS = ["03_glue", "05_ner", "13_report"]


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Three notebooks, with a list of the starts that are asked for in place of the starts."""
    for stem in STEMS:
        cell = new_code_cell("profile = 'quick'", metadata={"tags": ["parameters"]})
        nbformat.write(new_notebook(cells=[cell]), tmp_path / f"{stem}.ipynb")

    def started(profile, stems, **asked):
        study.done.append((profile, stems, {n: v for n, v in asked.items() if v is not None}))
        return [f"{profile}: {failure}" for failure in study.failures]

    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(paths, "FIGURES", tmp_path / "figures")
    monkeypatch.setattr(start, "start", started)
    study = SimpleNamespace(folder=tmp_path, done=[], failures=[])
    return study


def test_without_a_word_quick_is_regenerated_and_then_the_replica(study):
    assert cli.main(["run"]) == 0
    assert study.done == [("quick", STEMS, {"workers": 1}), ("replica", STEMS, {"workers": 1})]


@pytest.mark.parametrize(
    "words, profile",
    [
        ("quick", "quick"),
        ("replica", "replica"),
        ("paper", "paper"),
        ("--seeds 3", "quick"),
        ("--workers 1", "quick"),
        ("--data .", "quick"),
        ("--only 03_glue --only 05_ner --only 13_report", "quick"),
        ("replica --seeds 3", "replica"),
        ("--device cpu replica", "replica"),
    ],
)
def test_a_profile_or_an_option_starts_one_profile(study, words, profile):
    assert cli.main(["run", *words.split()]) == 0
    assert [started for started, *_ in study.done] == [profile]


def test_the_options_say_what_runs(study, monkeypatch):
    monkeypatch.chdir(study.folder)
    words = (
        "--data . --seeds 3 --workers 2 --device cuda:1 --tasks rte --only 05_ner --only 03_glue"
    )
    assert cli.main(["run", "quick", *words.split()]) == 0
    asked = {
        "data": str(study.folder),
        "seeds": 3,
        "workers": 2,
        "device": "cuda:1",
        "choice": Choice(tasks=("rte",)),
    }
    assert study.done == [("quick", ["03_glue", "05_ner"], asked)]


def test_every_failure_is_reported_and_stops_nothing(study, capsys):
    study.failures = ["run 5f3a failed.", "03_glue failed."]
    assert cli.main(["run"]) == 1
    assert capsys.readouterr().err.splitlines() == [
        f"error: {profile}: {failure}"
        for profile in ("quick", "replica")
        for failure in study.failures
    ]


def test_the_reports_are_named_last_with_what_they_are_the_replicas_first(study, capsys):
    figures = study.folder / "figures"
    cli.main(["run", "quick"])
    *_, named, about = capsys.readouterr().out.splitlines()
    assert named == f"Tables and figures: {figures / 'quick'}" and about.startswith("  ")
    for profile in ("quick", "replica"):
        (figures / profile).mkdir(parents=True)
        (figures / profile / "report.html").touch()
    cli.main(["run"])
    *_, first, study_is, second, trial_is = capsys.readouterr().out.splitlines()
    assert first == f"Report: {figures / 'replica' / 'report.html'}"
    assert second == f"Report: {figures / 'quick' / 'report.html'}"
    assert "real tasks" in study_is and "sample tasks" in trial_is


def test_help_says_what_a_start_without_a_word_does(study, capsys):
    with pytest.raises(SystemExit):
        cli.main(["run", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "Without any word: the profile quick, then the report of the replica" in said


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


def test_an_interruption_is_no_traceback(study, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "start", interrupt)
    assert cli.main(["run"]) == 130
    assert capsys.readouterr().err == "interrupted: the same command goes on from here.\n"


def test_strip_names_the_notebooks_that_it_changes(study, capsys):
    assert cli.main(["strip"]) == 0
    assert capsys.readouterr().out.count("stripped") == 3
    assert cli.main(["strip"]) == 0
    assert capsys.readouterr().out == ""
