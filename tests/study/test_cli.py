"""The command line: what it refuses, and what it starts."""

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
import torch
from fuzzing import drawn, holds
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_notebook
from refusing import blocked

from pasta_lib import paths
from pasta_lib import study as studied
from pasta_lib.errors import DiskError
from pasta_lib.study import cli, predictions, start
from pasta_lib.study.runs import Choice, plan
from pasta_lib.study.runs import status as states

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
    assert study.done == [("quick", STEMS, {}), ("replica", STEMS, {})]


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
        ("--data nowhere", "--data takes a folder or hub, and 'nowhere' is none."),
        ("--data=", "--data takes a folder or hub, and '' is none."),
        ("--tasks rte,", "tasks is empty, and would name nothing: leave it out."),
        ("--seeds 1001", "argument --seeds: takes a whole number from 1 to 1,000, not '1001'"),
        (f"--seeds {'9' * 12}", "argument --seeds: takes a whole number from 1 to 1,000, not '9"),
        (f"--workers {'9' * 12}", "argument --workers: takes a whole number from 1 to 1,000, not"),
        ("--plan --workers 2", "--plan reckons the whole: --workers and --shard do not apply."),
        ("--plan --shard 0/2", "--plan reckons the whole: --workers and --shard do not apply."),
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


def test_an_interruption_is_no_traceback(study, capsys, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "start", interrupt)
    assert cli.main(["run"]) == 130
    assert capsys.readouterr().err == "interrupted: the same command goes on from here.\n"


@pytest.mark.parametrize(
    "error, sentence",
    [
        (OSError(errno.ENOSPC, "No space left", "a/b.json"), "a/b.json: no space left on device."),
        (OSError(errno.EDQUOT, "said otherwise"), "disk quota exceeded."),
        (DiskError("cannot write a: full."), "cannot write a: full."),
        (OSError("no model\n  of that name"), "no model of that name"),
        (MemoryError(), "there is not enough memory for this."),
        (torch.OutOfMemoryError("CUDA out of memory."), "there is not enough memory for this."),
        (RuntimeError("[enforce fail] can't allocate memory"), "there is not enough memory for th"),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), "broken pipe."),  # of a worker, say
    ],
)
def test_what_the_system_refuses_is_one_sentence(study, capsys, monkeypatch, error, sentence):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(start, "start", refuse)
    assert cli.main(["run"]) == 1
    assert capsys.readouterr().err.startswith(f"error: {sentence}")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("rte --source sample --out=", "out is empty, and would name nothing: leave it out."),
        ("rte --source sample --out o --adapter=", "adapter is empty, and would name nothing"),
        ("rte --source sample --out o --best=", "best is empty, and would name nothing"),
        ("rte --source= --out o", "source is empty, and would name nothing"),
        ("rte --source sample --out o --format=", "format is empty, and would name nothing"),
        ("rte --source sample --out o --lr 1_0", "argument --lr: takes a number over 0, not '1_0'"),
        ("rte --source sample --out o --lr ١", "argument --lr: takes a number over 0, not '١'"),
        ("rte --source sample --out o --lr 1e", "argument --lr: takes a number over 0, not '1e'"),
        ("rte --source sample --out o --epochs ١", "argument --epochs: takes a whole number from"),
        ("rte --source sample --out o --best quick --backbone minilm", "--best loads what a prof"),
    ],
)
def test_a_prediction_asked_for_in_no_words_is_refused(
    words, sentence, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["predict", *words.split()]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {sentence}") and error.count("\n") == 1
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("rate", ["1e-3", ".5", "5.", "1E+1", "3"])
def test_a_rate_may_be_written_as_floats_are(rate, monkeypatch):
    asked = []
    monkeypatch.setattr(predictions, "submit", lambda *_, **given: asked.append(given) or ())
    words = ["predict", "rte", "--source", "sample", "--out", "o", "--lr", rate]
    assert cli.main(words) == 0
    assert asked[0]["train"].lr == float(rate)


NO_GPU = pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        pytest.param("bench speed", "there is no device 'cuda' here: PyTorch", marks=NO_GPU),
        pytest.param("bench multitask", "there is no device 'cuda' here: PyTo", marks=NO_GPU),
        pytest.param("bench packs --device cuda", "there is no device 'cuda'", marks=NO_GPU),
        pytest.param("run quick --plan --device cuda", "there is no device 'cuda'", marks=NO_GPU),
        ("run quick --plan --device cuda:999", "there is no device 'cuda:999' here: PyTorch"),
        ("bench speed-cpu --lanes 3", "bench speed-cpu fixes what --lanes says: leave it out."),
        ("bench speed --batch-size 3", "bench speed fixes what --batch-size says: leave it out."),
        ("bench trainer --lanes 3", "bench trainer fixes what --lanes says: leave it out."),
        ("bench packs --length 100000", "length of a benchmark is 100000, but must be a whole"),
        ("bench packs --length 513", "rows of 513 tokens: minilm reads from 2 to 512"),
        ("bench costs --length 1", "rows of 1 tokens: minilm reads from 2 to 512"),
        ("bench packs --lanes 1001", "argument --lanes: takes a whole number from 1 to 1,000, n"),
        (f"bench packs --batch-size {10**12}", "batch_size of a benchmark is 1000000000000, but"),
    ],
)
def test_what_cannot_be_measured_is_refused_in_one_sentence(words, sentence, quick_store, capsys):
    assert cli.main(words.split()) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: {sentence}") and error.count("\n") == 1


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
        figures = tmp_path / "figures" / "quick" / "notebooks"
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


@drawn
def test_any_words_are_carried_out_or_refused_in_one_sentence(study, monkeypatch):
    table = pd.DataFrame({"done": [1]})
    monkeypatch.setattr(states, "status", lambda *_: table)
    monkeypatch.setattr(plan, "report", lambda *_, **__: "nothing")
    monkeypatch.setattr(
        studied,
        "bench",
        SimpleNamespace(Setting=lambda **_: None, run=lambda *_: None, lines=lambda _: ()),
        raising=False,
    )
    monkeypatch.setattr(studied, "speed", SimpleNamespace(measured=lambda *_: ()), raising=False)
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
    holds(check, words=st.builds(lambda first, rest: [first, *rest], command, words))
    assert {0, 2} <= seen


def test_strip_names_the_notebooks_that_it_changes(study, capsys):
    assert cli.main(["strip"]) == 0
    assert capsys.readouterr().out.count("stripped") == 3
    assert cli.main(["strip"]) == 0
    assert capsys.readouterr().out == ""
