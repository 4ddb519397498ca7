"""Imports point down: each file sees only what stands below it, and reading needs no torch."""

import ast
import subprocess
import sys

import pytest

from pasta_lib.paths import ROOT

PACKAGE = ROOT / "pasta_lib"

# What each part of the library may import from it (`errors` is free to all).
LIBRARY = {
    "errors": set(),
    "paths": set(),
    "disk": {"paths"},
    "changes": set(),
    "precision": set(),
    "purpose": set(),
    "dropout": set(),
    "attend": {"dropout"},
    "fetch": {"disk", "paths"},
    "backbones": {"fetch", "paths", "purpose"},
    "hooks": {"backbones"},
    "scratch": set(),
    "reparam": {"dropout", "scratch"},
    "methods": {"backbones", "dropout", "hooks", "reparam"},
    "frozen": {"backbones"},
    "adapters": {"backbones", "disk", "methods", "purpose", "reparam"},
    "standalone": set(),
    "export": {"backbones", "disk", "methods", "standalone"},
    "tasks": {"disk", "paths"},
    "metrics": {"paths", "tasks"},
    "batches": {"tasks"},
    "packs": {"attend", "backbones", "dropout", "frozen", "methods", "precision"},
    "training": {
        "adapters",
        "backbones",
        "batches",
        "frozen",
        "methods",
        "metrics",
        "packs",
        "precision",
        "purpose",
        "tasks",
    },
    "attention": {"backbones"},
    "inference": {"adapters", "backbones", "disk", "hooks", "methods", "purpose", "scratch"},
}
# What each part of the study may import from the study; from the library it may import anything.
STUDY = {
    "store": set(),
    "cache": {"store"},
    "budget": set(),
    "index": {"budget", "store"},
    "statistics": {"store"},
    "origin": set(),
    "device": set(),
    "uv": set(),
    "words": set(),
    "shapes": set(),
    "names": set(),
    "published": set(),
    "claims": {"budget", "names", "published", "statistics", "store", "words"},
    "speed": {"device", "origin", "shapes", "store"},
    "limit": {"bench", "origin", "store"},
    "bench": {"origin", "store"},
    "runs": {
        "bench",
        "budget",
        "cache",
        "device",
        "origin",
        "shapes",
        "speed",
        "statistics",
        "store",
        "words",
    },
    "reporting": {
        "budget",
        "claims",
        "names",
        "origin",
        "published",
        "statistics",
        "store",
        "words",
    },
    "explore": {"claims", "reporting", "statistics", "still", "store"},
    "predictions": {"device", "statistics", "store"},
    "still": set(),
    "notebooks": {"still"},
    "start": {"notebooks", "origin", "runs"},
    "rehearsal": {"reporting", "runs", "shapes", "start", "store"},
    "cli": {
        "bench",
        "limit",
        "device",
        "index",
        "notebooks",
        "predictions",
        "rehearsal",
        "reporting",
        "runs",
        "speed",
        "start",
        "store",
    },
}
WITHOUT_TORCH = (
    "budget",
    "cache",
    "names",
    "store",
    "statistics",
    "published",
    "claims",
    "origin",
    "words",
    "reporting",
    "start",
    "notebooks",
)
WINGS = {PACKAGE: LIBRARY, PACKAGE / "study": STUDY}


def parts(wing) -> dict[str, list]:
    """A wing's files by their part: a file by its name, a folder with all that it holds."""
    found = {}
    for file in sorted(wing.rglob("*.py")):
        place = file.relative_to(wing).parts
        if place[0] not in ("__init__.py", "__main__.py", "study"):
            found.setdefault(place[0].removesuffix(".py"), []).append(file)
    return found


def imported(file) -> set[str]:
    """The modules of the package that `file` imports anywhere in it, by their full names."""
    here = ("pasta_lib", *file.relative_to(PACKAGE).parts)
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names if alias.name.startswith("pasta_lib")}
        if isinstance(node, ast.ImportFrom):
            start = ".".join(here[: -node.level]) if node.level else ""
            home = ".".join(filter(None, (start, node.module)))
            if home.startswith("pasta_lib"):
                bare = node.module is None or home == "pasta_lib"
                names |= {f"{home}.{alias.name}" for alias in node.names} if bare else {home}
    return names


def seen_by_type_checkers(file) -> set[str]:
    """The modules that only type checkers import."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            found |= {n.module for n in ast.walk(node) if isinstance(n, ast.ImportFrom)}
    return {f"pasta_lib.{name}" for name in found}


@pytest.mark.parametrize("wing", WINGS, ids=lambda wing: wing.name)
def test_imports_point_down(wing):
    allowed, prefix = WINGS[wing], ".".join(wing.relative_to(ROOT).parts) + "."
    for part, files in parts(wing).items():
        assert part in allowed, f"{part} has no row in the table of imports"
        used = set()
        for file in files:
            for name in imported(file) - seen_by_type_checkers(file):
                if name.startswith(prefix):
                    used.add(name.removeprefix(prefix).split(".")[0])
        # `from . import x` inside a package names a file of its own
        assert (used - {"errors", part}) & set(allowed) <= allowed[part], part


def test_the_library_never_names_the_study():
    for part, files in parts(PACKAGE).items():
        for file in (*files, PACKAGE / "__init__.py"):
            assert not [n for n in imported(file) if n.startswith("pasta_lib.study")], part
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    assert "pasta_lib.study" not in node.value and node.value != "study", part


def test_only_reporting_draws_and_only_backbones_knows_the_hub():
    for wing in WINGS:
        for part, files in parts(wing).items():
            text = "".join(file.read_text(encoding="utf-8") for file in files)
            if part != "reporting":
                assert "seaborn" not in text and "import matplotlib" not in text, part
            if part not in ("backbones", "tasks", "adapters"):
                assert "huggingface_hub" not in text, part


@pytest.mark.slow
def test_reading_records_needs_no_torch_and_no_other_second_of_imports():
    modules = ", ".join(f"pasta_lib.study.{name}" for name in WITHOUT_TORCH)
    slow = "{'torch', 'seaborn', 'scipy.stats', 'matplotlib.pyplot'}"
    code = f"import sys, {modules}; sys.exit(bool({slow} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
