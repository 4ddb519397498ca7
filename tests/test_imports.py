"""Imports point down: each file sees only what stands below it, and reading needs no torch."""

import ast
import subprocess
import sys

from pasta_lib.paths import ROOT

PACKAGE = ROOT / "pasta_lib"

# What each part of the package may import from it (`errors` is free to all).
MAY_IMPORT = {
    "errors": set(),
    "paths": set(),
    "store": {"paths"},
    "cache": {"paths", "store"},
    "statistics": {"store"},
    "backbones": set(),
    "hooks": {"backbones"},
    "scratch": set(),
    "reparam": {"scratch"},
    "methods": {"backbones", "hooks", "reparam"},
    "adapters": {"backbones", "methods", "reparam"},
    "tasks": {"paths"},
    "metrics": {"paths", "tasks"},
    "batches": {"tasks"},
    "packs": {"backbones"},
    "training": {"adapters", "backbones", "batches", "metrics", "packs", "tasks"},
    "attention": {"backbones"},
    "shapes": set(),
    "words": set(),
    "inference": {"adapters", "backbones", "hooks", "methods", "scratch"},
    "standalone": set(),
    "export": {"backbones", "methods", "standalone"},
    "bench": {
        "adapters",
        "backbones",
        "batches",
        "methods",
        "origin",
        "packs",
        "store",
        "tasks",
        "training",
    },
    "origin": {"paths"},
    "runs": {
        "adapters",
        "attention",
        "backbones",
        "bench",
        "cache",
        "methods",
        "metrics",
        "origin",
        "packs",
        "paths",
        "shapes",
        "speed",
        "statistics",
        "store",
        "tasks",
        "training",
        "words",
    },
    "speed": {"backbones", "inference", "methods", "origin", "shapes", "store"},
    "published": {"paths"},
    "claims": {"paths", "published", "statistics", "store"},
    "reporting": {"claims", "origin", "paths", "published", "statistics", "store", "words"},
    "predictions": {
        "adapters",
        "backbones",
        "methods",
        "paths",
        "statistics",
        "store",
        "tasks",
        "training",
    },
    "notebooks": {"paths"},
    "cli": {
        "bench",
        "notebooks",
        "paths",
        "predictions",
        "reporting",
        "runs",
        "speed",
        "store",
        "training",
    },
}
WITHOUT_TORCH = (
    "cache",
    "store",
    "statistics",
    "published",
    "claims",
    "origin",
    "words",
    "reporting",
)


def parts() -> dict[str, list]:
    """The package's files by their part: a file by its name, a folder with all that it holds."""
    found = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        relative = file.relative_to(PACKAGE)
        if relative.name not in ("__init__.py", "__main__.py") or len(relative.parts) > 1:
            found.setdefault(relative.parts[0].removesuffix(".py"), []).append(file)
    return found


def imported(file) -> set[str]:
    """The parts of the package that `file` imports, but for what only type checkers see."""
    depth = len(file.relative_to(PACKAGE).parts)
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            modules = [node.module] if node.module else [alias.name for alias in node.names]
            names |= {module.split(".")[0] for module in modules}
    return names


def test_imports_point_down():
    for part, files in parts().items():
        assert part in MAY_IMPORT, f"{part} has no row in the table of imports"
        used = set().union(*map(imported, files)) - {"errors", part}
        # `from .. import paths` inside a package names a part; names of its own files do not.
        assert used & set(MAY_IMPORT) <= MAY_IMPORT[part], part


def test_only_reporting_draws_and_only_backbones_knows_the_hub():
    for part, files in parts().items():
        text = "".join(file.read_text(encoding="utf-8") for file in files)
        if part != "reporting":
            assert "seaborn" not in text and "import matplotlib" not in text, part
        if part not in ("backbones", "tasks", "adapters"):
            assert "huggingface_hub" not in text, part


def test_reading_records_needs_no_torch():
    modules = ", ".join(f"pasta_lib.{name}" for name in WITHOUT_TORCH)
    code = f"import sys, {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
