"""One version of each package, wherever it is written down, and every import has its pin."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
import yaml
from packaging.requirements import Requirement

from pasta_lib import paths

PROJECT = tomllib.loads((paths.ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def normal(name: str) -> str:
    """Return a distribution's name as PEP 503 normalises it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def names(lines: list[str]) -> set[str]:
    return {normal(Requirement(line).name) for line in lines}


def pins(lines: list[str]) -> dict[str, str]:
    split = (line.split("==") for line in lines)
    return {normal(name): version for name, version in split}


ASKED = [*PROJECT["dependencies"], *(line for extra in EXTRAS.values() for line in extra)]
DIRECT = names(ASKED)
CLUSTER = names(EXTRAS["cluster"])
CONSTRAINTS = pins(
    [
        line
        for line in (paths.ROOT / "constraints.txt").read_text().splitlines()
        if not line.startswith("#")
    ]
)


def test_environment_lists_every_dependency_at_its_one_version():
    environment = yaml.safe_load((paths.ROOT / "environment.yml").read_text())
    python, _, listed = environment["dependencies"]
    assert listed["pip"][:2] == ["-c constraints.txt", "-e ."]
    pinned = pins(listed["pip"][2:])
    assert pinned.keys() == DIRECT - CLUSTER
    assert pinned.items() <= CONSTRAINTS.items()
    assert PROJECT["requires-python"] == python.replace("python=", ">=")


@pytest.mark.parametrize("line", ASKED)
def test_every_bound_admits_the_version_that_is_pinned(line):
    asked = Requirement(line)
    assert CONSTRAINTS[normal(asked.name)] in asked.specifier
    assert str(asked.specifier).startswith(">="), "exact versions stand in constraints.txt alone"


def test_constraints_are_sorted_and_of_no_one_machine():
    assert list(CONSTRAINTS) == sorted(CONSTRAINTS)
    assert all(re.fullmatch(r"[0-9][0-9a-z.]*", version) for version in CONSTRAINTS.values())
    assert "pasta-lib" not in CONSTRAINTS


def test_uv_has_a_version_and_nothing_requires_it():
    """Where an index lacks it, pip installs all the rest."""
    assert "uv" in CONSTRAINTS
    assert "uv" not in DIRECT


@pytest.mark.parametrize("folder", ["pasta_lib", "tests", "notebooks"])
def test_every_import_is_a_direct_dependency(folder):
    own = {"pasta_lib"} | {path.stem for path in (paths.ROOT / "tests").rglob("*.py")}
    homes = packages_distributions()
    for module in sorted(imported(folder) - own - set(sys.stdlib_module_names)):
        # a module of the cluster extra need not be installed: it goes by its own name
        assert {normal(home) for home in homes.get(module, [module])} & DIRECT, module


def imported(folder: str) -> set[str]:
    """Return the top-level modules that the files of a folder import absolutely."""
    names = set()
    sources = [path.read_text() for path in (paths.ROOT / folder).rglob("*.py")]
    for path in (paths.ROOT / folder).glob("*.ipynb"):
        cells = yaml.safe_load(path.read_text())["cells"]
        sources += ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    for node in (node for source in sources for node in ast.walk(ast.parse(source))):
        match node:
            case ast.Import(names=aliases):
                names |= {alias.name.partition(".")[0] for alias in aliases}
            case ast.ImportFrom(module=str(module), level=0):
                names.add(module.partition(".")[0])
    return names
