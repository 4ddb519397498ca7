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
    "-m venv "*)
        mkdir -p "$3/bin"
        cp "$0" "$3/bin/python"
        echo "#!$3/bin/python" >"$3/bin/pip"
        if [[ ${INSTALL:-} == "killed early" ]]; then
            touch "$3/bin/half"; kill -9 $PPID; exit
        fi ;;
    "-m pip install "*" uv")
        if [[ ${INSTALL:-} == "no uv" ]]; then echo "ERROR: no uv" >&2; exit 1; fi ;;
    *"pasta_lib.study.uv "*)
        case "${INSTALL:-}" in
            *fails) touch "$here/half"; exit 1 ;;
            killed) touch "$here/half"; kill -9 $PPID; exit ;;
        esac ;;
    "-m pip "*) if [[ ${INSTALL:-} == "all fails" ]]; then exit 1; fi ;;
    *"pasta_lib run"*) echo "pid $$"; echo "compiled: ${PYTHONDONTWRITEBYTECODE:-yes}" ;;
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
        return self.notes.read_text().count("|-e|")

    def has_venv(self) -> bool:
        return (self.root / ".venv").exists()

    def is_half(self) -> bool:
        return (self.root / ".venv" / "bin" / "half").exists()

    def add_package(self) -> Path:
        """Put something of a person's own into the environment."""
        own = self.root / ".venv" / "own"
        own.touch()
        return own


@pytest.fixture
def clone(tmp_path) -> Clone:
    return Clone(tmp_path)


def test_the_environment_is_made_once(clone):
    clone.add("python3.11")
    assert clone.start().returncode == 0
    assert clone.installs() == 1
    assert clone.start().returncode == 0
    assert clone.notes.read_text() == "python|-P|-m|pasta_lib|run|\n"


def test_the_pinned_uv_installs_the_pins(clone):
    clone.add("python3.11")
    done = clone.start()
    root, pins = clone.root, f"|-c|{clone.root}/constraints.txt|"
    get_uv = f"python|-m|pip|install|--disable-pip-version-check{pins}-q|uv|"
    use_uv = f"python|-P|-m|pasta_lib.study.uv|pip|install{pins}-e|{root}[study,dev]|"
    assert clone.notes.read_text().splitlines()[2:-1] == [get_uv, use_uv]
    assert done.stderr == ""


@pytest.mark.parametrize("why", ["no uv", "uv fails"])
def test_pip_installs_where_uv_cannot(clone, why):
    clone.add("python3.11")
    done = clone.start(INSTALL=why)
    assert done.returncode == 0
    assert done.stderr == "run_all.sh: uv cannot install here, so pip does: that takes minutes.\n"
    by_pip = "python|-m|pip|install|--disable-pip-version-check|-c|"
    *_, install, run = clone.notes.read_text().splitlines()
    assert install == f"{by_pip}{clone.root}/constraints.txt|-e|{clone.root}[study,dev]|"
    assert run.endswith("|run|") and not clone.is_half()
    clone.start()
    assert clone.installs() == 0


@pytest.mark.parametrize("changed", ["pyproject.toml", "constraints.txt"])
def test_changed_pins_are_installed(clone, changed):
    clone.add("python3.11")
    clone.start()
    own = clone.add_package()
    (clone.root / changed).write_text("new")
    clone.start()
    assert clone.installs() == 1
    assert own.exists()


def test_a_moved_clone_is_made_anew(clone):
    """The scripts of a moved environment call an interpreter that is no longer there."""
    clone.add("python3.11")
    clone.start()
    clone.add_package()
    clone.root = clone.root.rename(clone.root.with_name("moved"))
    clone.start()
    assert clone.installs() == 1
    assert not (clone.root / ".venv" / "own").exists()
    venv = clone.root / ".venv"
    assert (venv / "bin" / "pip").read_text() == f"#!{venv}/bin/python\n"


@pytest.mark.parametrize("how", ["all fails", "killed", "killed early"])
def test_an_unfinished_install_is_started_afresh(clone, how):
    clone.add("python3.11")
    assert clone.start(INSTALL=how).returncode != 0
    assert "|run|" not in clone.notes.read_text()
    assert clone.is_half() == how.startswith("killed")
    assert clone.start().returncode == 0
    assert clone.installs() == 1
    assert not clone.is_half()


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
        assert shell.stdout.readline() == f"pid {shell.pid}\n"


def test_packages_are_compiled_once_also_where_a_container_forbids_it(clone):
    clone.add("python3.11")
    assert "compiled: yes" in clone.start(PYTHONDONTWRITEBYTECODE="1").stdout


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
