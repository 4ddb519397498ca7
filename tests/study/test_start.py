"""A start: runs first, then notebooks side by side, and nothing twice."""

import threading
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from refusing import blocked

import pasta_lib.study
from pasta_lib import paths
from pasta_lib.errors import DiskError, InputError
from pasta_lib.study import notebooks
from pasta_lib.study.notebooks import NotebookError
from pasta_lib.study.start import start

STEMS = ["01_vertical_heads", "03_glue", "05_ner", "13_report"]


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Four notebooks, with a list of what is done to them in place of the doing."""
    sources = dict.fromkeys(STEMS, "profile = 'quick'")
    sources["03_glue"] += "\ntrain = True\nseeds: int | None = None"
    for stem, source in sources.items():
        cell = new_code_cell(source, metadata={"tags": ["parameters"]})
        nbformat.write(new_notebook(cells=[cell]), tmp_path / f"{stem}.ipynb")

    def complete(profile, **wanted):
        study.done.append((profile, wanted))
        return SimpleNamespace(failed=study.failed)

    def execute(source, output, parameters):
        study.done.append((source.stem, parameters))
        study.meanwhile(source.stem)
        if source.stem in study.broken:
            raise NotebookError(f"{source.stem} failed: no matter why.")
        output.parent.mkdir(parents=True, exist_ok=True)
        output.touch()

    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(paths, "FIGURES", tmp_path / "figures")
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")
    monkeypatch.setattr(pasta_lib.study, "runs", SimpleNamespace(complete=complete), raising=False)
    monkeypatch.setattr(notebooks, "execute", execute)
    study = SimpleNamespace(folder=tmp_path, done=[], failed=[], broken=[])
    study.meanwhile = lambda stem: None
    study.executed = lambda: {name for name, _ in study.done} - {"quick"}
    return study


def test_runs_come_first_and_no_notebook_trains_more(study):
    assert start("quick", STEMS, data=None, workers=2) == []
    assert study.done[0] == ("quick", {"notebooks": STEMS, "data": None, "workers": 2})
    shown = {"profile": "quick"}
    assert sorted(study.done[1:]) == [
        ("01_vertical_heads", shown),
        ("03_glue", shown | {"train": False}),
        ("05_ner", shown),
        ("13_report", shown),
    ]


def test_two_notebooks_go_on_at_a_time(study):
    both = threading.Barrier(2, timeout=20)
    study.meanwhile = lambda stem: both.wait() if stem in ("03_glue", "05_ner") else None
    assert start("quick", ["03_glue", "05_ner"]) == []


def test_the_report_waits_for_the_notebook_whose_maps_it_shows(study):
    begun = threading.Event()

    def meanwhile(stem):
        if stem == "13_report":
            begun.set()
        if stem == "01_vertical_heads":
            assert not begun.wait(0.5)

    study.meanwhile = meanwhile
    assert start("quick", STEMS) == []
    assert study.executed() == set(STEMS) and begun.is_set()


def test_a_failure_is_said_and_stops_nothing(study):
    study.failed, study.broken = ["5f3a"], ["01_vertical_heads"]
    run, notebook = start("quick", STEMS)
    assert run.startswith("run 5f3a failed")
    assert notebook == "01_vertical_heads failed: no matter why."
    assert study.executed() == set(STEMS)


def test_another_error_in_a_notebooks_thread_is_not_lost(study):
    def meanwhile(stem):
        raise InputError("no such thing")

    study.meanwhile = meanwhile
    with pytest.raises(InputError, match="no such thing"):
        start("quick", STEMS)


def test_a_shard_executes_no_notebook(study):
    start("quick", STEMS, shard=(0, 2))
    assert study.done == [("quick", {"notebooks": STEMS, "shard": (0, 2)})]


def test_a_notebook_out_of_form_is_refused_before_any_run(study):
    nbformat.write(new_notebook(), study.folder / "05_ner.ipynb")
    with pytest.raises(InputError, match="05_ner has 0 code cells tagged 'parameters'"):
        start("quick", STEMS)
    assert study.done == []


def again(study, **asked) -> set[str]:
    """What the next start does, "quick" for the runs."""
    study.done.clear()
    start("quick", STEMS, **asked)
    return {name for name, _ in study.done}


def test_the_same_start_does_nothing_while_nothing_changes(study, capsys):
    start("quick", STEMS, seeds=1)
    assert "up to date" not in capsys.readouterr().out
    assert again(study, seeds=1) == set()
    assert "quick: up to date" in capsys.readouterr().out


def test_another_request_looks_for_runs_and_executes_what_they_change(study):
    start("quick", STEMS)
    assert again(study, seeds=3) == {"quick"}
    study.done.clear()
    start("replica", STEMS)
    assert {name for name, _ in study.done} == {"replica", *STEMS}


def test_what_changed_is_done_again(study):
    start("quick", STEMS)
    for records in ("speed", "quick"):  # what bench measured stands in every report
        folder = paths.runs(records)
        folder.mkdir(parents=True)
        (folder / "ab.json").touch()
        assert again(study) == {"quick", *STEMS}
    source = study.folder / "05_ner.ipynb"
    source.write_text(source.read_text() + "\n")
    assert again(study) == {"quick", "05_ner"}
    (study.folder / "figures" / "quick" / "notebooks" / "03_glue.ipynb").unlink()
    assert again(study) == {"quick", "03_glue"}
    assert again(study) == set()


def test_what_failed_is_tried_again(study):
    study.failed = ["5f3a"]
    start("quick", STEMS)
    study.failed = []
    assert again(study) == {"quick"}
    study.broken = ["03_glue"]
    (paths.runs("quick")).mkdir(parents=True)
    (paths.runs("quick") / "ab.json").touch()
    start("quick", STEMS)
    study.broken = []
    assert again(study) == {"quick", "03_glue"}


def test_an_interruption_kills_what_goes_on_and_begins_nothing_more(study, monkeypatch):
    killed, begun = threading.Event(), threading.Event()

    def meanwhile(stem):
        begun.set()
        assert killed.wait(20)
        raise NotebookError(f"{stem} was killed.")

    def interrupted(future, timeout=None):
        assert begun.wait(20)
        raise KeyboardInterrupt

    study.meanwhile = meanwhile
    monkeypatch.setattr("concurrent.futures.Future.result", interrupted)
    monkeypatch.setattr(notebooks, "kill", killed.set)
    with pytest.raises(KeyboardInterrupt):
        start("quick", ["03_glue", "05_ner", "01_vertical_heads"])
    assert "01_vertical_heads" not in study.executed()


def test_the_figures_place_is_tried_before_any_run(study, monkeypatch):
    monkeypatch.setattr(paths, "FIGURES", study.folder / ("x" * 300))
    with pytest.raises(DiskError, match="x/quick/notebooks: file name too long.$"):
        start("quick", STEMS)
    assert study.done == []


def test_a_shard_draws_nothing_and_needs_no_place_for_it(study, monkeypatch):
    monkeypatch.setattr(paths, "FIGURES", blocked(study.folder / "figures"))
    with pytest.raises(InputError):
        start("quick", STEMS)
    assert start("quick", STEMS, shard=(0, 2)) == []
