"""The pins can be installed on systems and Pythons that are not at hand: a resolver is asked."""

import os
import re
import subprocess
import sys
import tomllib
from importlib.util import find_spec

import pytest
import yaml

from pasta_lib import paths

pytestmark = pytest.mark.slow
PROJECT = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())["project"]
LOWEST = PROJECT["requires-python"].removeprefix(">=")


def compiled(*words: str, given: str = "") -> subprocess.CompletedProcess:
    """Ask uv which versions satisfy a request, with a wheel for each.

    seqeval is published without one; it is pure Python.
    """
    quiet = ("--quiet", "--no-header", "--no-annotate")
    wheels = ("--only-binary=:all:", "--no-binary=seqeval")
    return subprocess.run(
        [sys.executable, "-m", "pasta_lib.study.uv", "pip", "compile", *quiet, *wheels, *words],
        cwd=paths.ROOT,
        env=os.environ | {"MACOSX_DEPLOYMENT_TARGET": "14.0"},  # PyTorch's wheels need it
        input=given,
        capture_output=True,
        text=True,
    )


def pins(lines: str) -> set[str]:
    """Return the pins among lines, without the name of a build such as +cpu."""
    found = re.findall(r"^[\w.-]+==[\w.]+", lines, re.MULTILINE)
    return {pin.lower().replace("_", "-") for pin in found}


@pytest.fixture(scope="module", autouse=True)
def index():
    """Skip where nobody can be asked."""
    if not find_spec("uv"):
        pytest.skip("uv is not in this environment: pip made it")
    if (asked := compiled("-", given="seqeval")).returncode:
        pytest.skip(f"no package index can be asked: {asked.stderr}")


@pytest.mark.parametrize("python", [LOWEST, "3.14"])
@pytest.mark.parametrize("system", ["aarch64-apple-darwin", "x86_64-pc-windows-msvc"])
def test_the_pins_resolve_elsewhere(system, python):
    where = (f"--python-platform={system}", f"--python-version={python}")
    request = ("pyproject.toml", "--all-extras", "--constraints=constraints.txt")
    done = compiled(*request, *where)
    assert done.returncode == 0, done.stderr
    handed = yaml.safe_load((paths.ROOT / "environment.yml").read_text())["dependencies"][-1]
    assert pins(done.stdout) >= pins("\n".join(handed["pip"]))


def test_a_resolver_reads_what_conda_hands_to_pip():
    """Conda itself is asked for Python and pip alone."""
    environment = yaml.safe_load((paths.ROOT / "environment.yml").read_text())
    python, pip, packages = environment["dependencies"]
    assert pip == "pip"
    version, handed = re.fullmatch(r"python=(3\.\d+)", python)[1], "\n".join(packages["pip"])
    done = compiled("-", f"--python-version={version}", given=handed)
    assert done.returncode == 0, done.stderr
    assert pins(done.stdout) >= pins(handed)
