"""run_all.sh: one environment, made once, by whatever Python 3.11 there is."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pasta_lib import paths

CANDIDATES = ("python", "python3", *(f"python3.{minor}" for minor in range(11, 15)))

# Stands in for every interpreter: notes its words, and "installs" by noting them too.
STUB = """#!/usr/bin/env bash
here=$(dirname "$0")
case "$*" in
    *"import ensurepip"*) exit ;;
    "-m venv "*) mkdir -p "$3/bin"; cp "$0" "$3/bin/python" ;;
    "-m pip "*)
        case "${INSTALL:-}" in fail) exit 1 ;; killed) touch "$here/half"; kill -9 $PPID ;; esac ;;
    *"pasta_lib run"*) echo "pid $$" ;;
esac
printf '%s|' "$(basename "$0")" "$@" >>"$NOTES"
echo >>"$NOTES"
"""


class Clone:
    """A copy of what run_all.sh reads, on a machine whose only Pythons are stubs."""

    def __init__(self, folder: Path):
        self.root, self.bin, self.notes = folder / "clone", folder / "bin", folder / "notes"
        self.root.mkdir()
        self.bin.mkdir()
        for name in ("run_all.sh", "pyproject.toml", "constraints.txt", "environment.yml"):
            shutil.copy(paths.ROOT / name, self.root)

    def add(self, name: str, script: str = STUB) -> None:
        (self.bin / name).write_text(script)
        (self.bin / name).chmod(0o755)

    def start(self, *words: str, **variables: str) -> subprocess.CompletedProcess:
        self.notes.write_text("")
        return subprocess.run(
            [self.root / "run_all.sh", *words],
            env={"PATH": f"{self.bin}:/usr/bin:/bin", "NOTES": str(self.notes), **variables},
            capture_output=True,
            text=True,
        )

    def installs(self) -> int:
        return self.notes.read_text().count("|pip|install|")

    def has_venv(self) -> bool:
        return (self.root / ".venv").exists()


@pytest.fixture
def clone(tmp_path) -> Clone:
    return Clone(tmp_path)


def test_the_environment_is_made_once(clone):
    clone.add("python3.11")
    assert clone.start().returncode == 0
    assert clone.installs() == 1
    assert clone.start().returncode == 0
    assert clone.notes.read_text() == "python|-P|-m|pasta_lib|run|\n"


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt"])
def test_changed_pins_are_installed(clone, changed):
    clone.add("python3.11")
    clone.start()
    (clone.root / changed).write_text("new")
    clone.start()
    assert clone.installs() == 1


def test_a_moved_clone_is_installed_again(clone):
    clone.add("python3.11")
    clone.start()
    clone.root = clone.root.rename(clone.root.with_name("moved"))
    clone.start()
    assert clone.installs() == 1


@pytest.mark.parametrize("how", ["fail", "killed"])
def test_an_unfinished_install_is_started_afresh(clone, how):
    clone.add("python3.11")
    assert clone.start(INSTALL=how).returncode != 0
    assert "|run|" not in clone.notes.read_text()
    assert clone.start().returncode == 0
    assert clone.installs() == 1
    assert not (clone.root / ".venv" / "bin" / "half").exists()


def test_any_python_that_can_make_an_environment_is_found(clone):
    for name in CANDIDATES:
        clone.add(name, "#!/bin/sh\nexit 1\n")
    clone.add("python3.13")
    assert clone.start().returncode == 0
    assert clone.notes.read_text().startswith(
        "python3.13|-P|-m|pasta_lib|check|\npython3.13|-m|venv"
    )


def test_without_python_one_sentence_says_what_is_missing(clone):
    for name in CANDIDATES:
        clone.add(name, "#!/bin/sh\nexit 1\n")
    done = clone.start()
    assert done.returncode == 1
    assert done.stderr.startswith("run_all.sh needs Python 3.11 or newer")
    assert done.stderr.count("\n") == 1
    assert not clone.has_venv()


def test_the_active_conda_environment_is_used_as_it_is(clone):
    clone.add("python")
    assert clone.start("quick", CONDA_DEFAULT_ENV="pasta-study").returncode == 0
    assert clone.notes.read_text() == "python|-P|-m|pasta_lib|run|quick|\n"
    assert not clone.has_venv()


def test_another_conda_environment_is_left_alone(clone):
    clone.add("python3.11")
    assert clone.start(CONDA_DEFAULT_ENV="base").returncode == 0
    assert clone.installs() == 1


def test_the_words_arrive_as_they_were_given(clone):
    clone.add("python3.11")
    clone.start("paper", "--data", "a folder/*", "")
    assert clone.notes.read_text().endswith("run|paper|--data|a folder/*||\n")


def test_the_driver_takes_the_place_of_the_shell(clone):
    """So that kill -9 of run_all.sh is kill -9 of the driver."""
    clone.add("python3.11")
    clone.start()
    with subprocess.Popen(
        [clone.root / "run_all.sh"],
        env={"PATH": "/usr/bin:/bin", "NOTES": str(clone.notes)},
        stdout=subprocess.PIPE,
        text=True,
    ) as shell:
        assert shell.stdout.read() == f"pid {shell.pid}\n"


@pytest.mark.parametrize(
    "words, code, said",
    [
        (["--help"], 0, "PROFILE --only --data --seeds --workers --device quick replica paper"),
        (["--onyl", "03_glue"], 2, "unknown option '--onyl': did you mean '--only'?"),
        (["qick"], 2, "unknown profile 'qick': did you mean 'quick'?"),
        (["--only", "03_gleu"], 2, "unknown notebook '03_gleu': did you mean '03_glue'?"),
    ],
)
def test_help_and_refusals_need_nothing_installed(clone, words, code, said):
    clone.add("python3.11", f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    shutil.copytree(paths.ROOT / "pasta_lib", clone.root / "pasta_lib")
    (clone.root / "notebooks").mkdir()
    (clone.root / "notebooks" / "03_glue.ipynb").touch()
    done = clone.start(*words)
    assert done.returncode == code
    if code:
        assert done.stderr.startswith(f"error: {said}")
        assert done.stderr.count("\n") == 1
    else:
        assert all(word in done.stdout for word in said.split())
    assert not clone.has_venv()


def test_a_folder_is_read_from_where_the_person_stands(clone, tmp_path, monkeypatch):
    clone.add("python3.11", f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    shutil.copytree(paths.ROOT / "pasta_lib", clone.root / "pasta_lib")
    (tmp_path / "tasks").mkdir()
    monkeypatch.chdir(tmp_path)
    assert "'task' is none" in clone.start("--data", "task").stderr
    assert "--data" not in clone.start("--data", "tasks", "--help").stderr
