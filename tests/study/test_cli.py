"""The command line: what it refuses, and the order in which it does its work."""

import contextlib
import errno
import io
import os
import shutil
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pandas as pd
import pytest
from fuzzing import few_or_many, holds
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook
from refusing import blocked

import pasta_lib
from pasta_lib import paths
from pasta_lib.errors import DiskError
from pasta_lib.study import cli, notebooks, predictions
from pasta_lib.study.notebooks import NotebookError
from pasta_lib.study.runs import Choice, plan
from pasta_lib.study.runs import status as states


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
        (f"--seeds {'9' * 19}", "argument --seeds: takes a number of at most 18 digits, not '9"),
        (f"--seeds {'9' * 5000}", "argument --seeds: takes a number of at most 18 digits, not '9"),
        (f"--shard 0/{'9' * 5000}", "argument --shard: takes I/N with I from 0 to N - 1"),
        ("--device cuda:１", "argument --device: takes cpu, cuda, cuda:1 or mps, not 'cuda:１'"),
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


@pytest.mark.parametrize(
    "error, sentence",
    [
        (OSError(errno.ENOSPC, "No space left", "a/b.json"), "a/b.json: no space left on device."),
        (OSError(errno.EDQUOT, "said otherwise"), "disk quota exceeded."),
        (DiskError("cannot write a: full."), "cannot write a: full."),
        (OSError("no model\n  of that name"), "no model of that name"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "broken pipe."),  # of a worker, say
    ],
)
def test_what_the_system_refuses_is_one_sentence(study, capsys, monkeypatch, error, sentence):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(pasta_lib.study.runs, "complete", refuse)
    assert cli.main(["run"]) == 1
    assert capsys.readouterr().err == f"error: {sentence}\n"


def test_the_figures_place_is_tried_before_any_run(study, capsys, monkeypatch):
    monkeypatch.setattr(paths, "FIGURES", study.folder / ("x" * 300))
    assert cli.main(["run"]) == 1
    assert capsys.readouterr().err.endswith("x/quick: file name too long.\n")
    assert study.done == []


def test_a_shard_draws_nothing_and_needs_no_place_for_it(study, monkeypatch):
    monkeypatch.setattr(paths, "FIGURES", blocked(study.folder / "figures"))
    assert cli.main(["run"]) == 2
    assert cli.main(["run", "--shard", "0/2"]) == 0


SHELL = [sys.executable, "-m", "pasta_lib"]
# the one is more than a buffer holds, the other less
printing = pytest.mark.parametrize("words", [["run", "--help"], ["strip", "--help"]])


@printing
def test_a_reader_that_leaves_ends_it_quietly(words):
    with subprocess.Popen(
        [*SHELL, *words], cwd=paths.ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as started:
        started.stdout.close()
        assert started.stderr.read() == b""
    assert started.returncode == 141


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux alone has /dev/full")
@printing
def test_an_output_that_is_full_is_one_sentence(words):
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [*SHELL, *words], cwd=paths.ROOT, stdout=full, stderr=subprocess.PIPE
        )
    assert ended.stderr == b"error: no space left on device.\n"
    assert ended.returncode == 1


def test_status_needs_no_cache(quick_store, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(paths, "CACHE", blocked(tmp_path / "cache"))
    assert cli.main(["status", "--only", "01_vertical_heads"]) == 0
    assert "missing" in capsys.readouterr().out


READ_ONLY = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"'
CAN_MOUNT = (
    shutil.which("unshare")
    and not subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode
)


@pytest.mark.slow
@pytest.mark.skipif(not CAN_MOUNT, reason="this user may not mount")
@pytest.mark.parametrize("words", ["status", "run --plan --only 05_ner", "run --help", "run"])
def test_a_read_only_checkout_shows_what_needs_no_writing(tmp_path, words):
    shutil.copytree(paths.NOTEBOOKS, tmp_path / "notebooks")
    (tmp_path / "data/runs/quick/ab").mkdir(parents=True)
    (tmp_path / "data/runs/quick/ab/ab12.json").write_text("{")
    ended = subprocess.run(
        ["unshare", "-rm", "sh", "-c", READ_ONLY, tmp_path, *SHELL, *words.split()],
        cwd=paths.ROOT,
        env=os.environ | {"PASTA_ROOT": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    if words == "run":
        figures = tmp_path / "figures" / "quick"
        assert ended.stderr == f"error: cannot write {figures}: read-only file system.\n"
    assert ended.returncode == (words == "run"), ended.stderr
    assert not (tmp_path / "data" / "cache").exists()


KNOWN = (
    *("run", "check", "status", "predict", "strip", "bench", "quick", "paper", "03_glue", "--help"),
    *("--only", "--plan", "--tasks", "--data", "--seeds", "--workers", "--shard", "--device"),
    *("--out", "--lr", "--epochs", "--seed", "--adapter", "--best", "--format", "--source", "--"),
    *("mrpc", "rte,cola", ".", "0/2", "cuda:1", "1e-3", "sample", "hub", "steps", "--max-length"),
)
# What a shell can hand over: any bytes but zero, where they are no text as half a character.
TEXT = st.text(st.characters(exclude_characters="\0"), max_size=8)
WORD = st.one_of(
    st.sampled_from(KNOWN),
    TEXT,
    st.builds(lambda word, text: word[: len(text)] + text + word, st.sampled_from(KNOWN), TEXT),
    st.builds("{}={}".format, st.sampled_from(KNOWN), st.sampled_from(KNOWN) | TEXT),
    st.integers().map(str) | st.floats().map(str),
    st.builds(lambda letter, count: letter * count, st.sampled_from("9xä-"), st.integers(0, 6000)),
)


@few_or_many
def test_any_words_are_carried_out_or_refused_in_one_sentence(study, cases, monkeypatch):
    table = pd.DataFrame({"done": [1]})
    monkeypatch.setattr(states, "status", lambda *_: table)
    monkeypatch.setattr(plan, "report", lambda *_, **__: "nothing")
    monkeypatch.setattr(
        pasta_lib.study,
        "bench",
        SimpleNamespace(Setting=lambda *_: None, run=lambda *_: None, lines=lambda _: ()),
        raising=False,
    )
    monkeypatch.setattr(
        pasta_lib.study, "speed", SimpleNamespace(measured=lambda *_: ()), raising=False
    )
    monkeypatch.setattr(predictions, "submit", lambda *_, **__: ())
    monkeypatch.setattr(predictions, "submit_best", lambda *_, **__: ())
    seen = set()

    def check(words):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                code = cli.main(words)
            except SystemExit as ended:
                assert ended.code == 0 and "-h" in "".join(words) and "usage: " in out.getvalue()
                code = None
        seen.add(code)
        if code:
            assert err.getvalue().startswith("error: ") and err.getvalue().count("\n") == 1
        else:
            assert err.getvalue() == ""

    command = st.sampled_from([*KNOWN[:6], "difficult"])
    words = st.lists(WORD, max_size=6)
    holds(cases, check, words=st.builds(lambda first, rest: [first, *rest], command, words))
    assert {0, 2} <= seen


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
