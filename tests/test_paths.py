"""Where the folders are: in the repository, where a variable says, or in the user's own cache."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pasta_lib import paths

SAY = "from pasta_lib import paths; print(paths.CACHE)"


def cache(home: Path, **variables: str) -> str:
    """Return the cache of a package that lies in `home`, imported from elsewhere."""
    clean = {k: v for k, v in os.environ.items() if k not in ("PASTA_ROOT", "PASTA_CACHE")}
    clean.pop("XDG_CACHE_HOME", None)
    done = subprocess.run(
        [sys.executable, "-S", "-c", SAY],
        env=clean | {"PYTHONPATH": str(home), "HOME": "/home/anna"} | variables,
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    return done.stdout.strip()


@pytest.fixture
def installed(tmp_path) -> Path:
    """A folder that holds the package alone, as site-packages does."""
    (tmp_path / "pasta_lib").mkdir()
    for name in ("__init__.py", "paths.py"):
        shutil.copy(paths.ROOT / "pasta_lib" / name, tmp_path / "pasta_lib")
    return tmp_path


def test_in_the_repository_the_cache_is_the_repositorys():
    assert cache(paths.ROOT) == str(paths.ROOT / "data" / "cache")


@pytest.mark.parametrize(
    "variables, expected",
    [
        ({}, "/home/anna/.cache/pasta_lib"),
        ({"XDG_CACHE_HOME": "/fast"}, "/fast/pasta_lib"),
        ({"PASTA_CACHE": "~/mine"}, "/home/anna/mine"),
        ({"PASTA_ROOT": "/study"}, "/study/data/cache"),
        ({"PASTA_ROOT": "/study", "PASTA_CACHE": "/mine"}, "/mine"),
        ({"PASTA_ROOT": ""}, "/home/anna/.cache/pasta_lib"),
        ({"PASTA_ROOT": "study"}, "/study/data/cache"),  # from the root of the disk
        ({"PASTA_CACHE": "mine"}, "/mine"),
    ],
)
def test_an_installed_package_leaves_its_own_folder_alone(installed, variables, expected):
    assert cache(installed, **variables) == expected


@pytest.mark.parametrize("variable", ["PASTA_ROOT", "PASTA_CACHE"])
def test_a_home_that_nobody_has_is_one_sentence(variable):
    done = subprocess.run(
        [sys.executable, "-m", "pasta_lib", "--help"],
        env=os.environ | {variable: "~nobody-of-this-name/x"},
        capture_output=True,
        text=True,
        cwd=paths.ROOT,
    )
    said = f"error: {variable} is '~nobody-of-this-name/x', in a home that nobody has.\n"
    assert (done.returncode, done.stderr) == (2, said)


def test_without_what_the_study_needs_one_sentence_says_how_to_get_it(installed):
    shutil.copy(paths.ROOT / "pasta_lib" / "__main__.py", installed / "pasta_lib")
    done = subprocess.run(
        [sys.executable, "-S", "-m", "pasta_lib", "run"],
        env={"PYTHONPATH": str(installed)},
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: this needs pasta_lib.study, which is not installed")
    assert "pasta_lib[study]" in done.stderr and done.stderr.count("\n") == 1
