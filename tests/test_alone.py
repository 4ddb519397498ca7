"""The library works with the study's folder deleted."""

import os
import shutil
import subprocess
import sys

import pytest

from pasta_lib import paths


@pytest.mark.slow
def test_the_library_does_all_its_work_without_the_study(tmp_path):
    shutil.copytree(
        paths.ROOT / "pasta_lib",
        tmp_path / "pasta_lib",
        ignore=shutil.ignore_patterns("study", "__pycache__"),
    )
    done = subprocess.run(
        [sys.executable, paths.ROOT / "tests" / "alone.py", paths.ROOT / "README.md"],
        env=os.environ | {"PYTHONPATH": str(tmp_path), "PASTA_CACHE": str(tmp_path / "cache")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"stands alone, from {tmp_path / 'pasta_lib'}"
    assert not (tmp_path / "pasta_lib" / "study").exists()


def test_importing_the_library_needs_no_torch():
    code = "import sys, pasta_lib; dir(pasta_lib); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=paths.ROOT).returncode == 0
