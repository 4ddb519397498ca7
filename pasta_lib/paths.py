"""Named folders, from the repository root; never from the working directory.

`PASTA_ROOT` names another root, `PASTA_CACHE` another cache. Where the package is installed away
from the repository, the cache is the user's own: `~/.cache/pasta_lib`, or under `XDG_CACHE_HOME`.
"""

import os
from pathlib import Path

_HOME = Path(__file__).resolve().parents[1]

ROOT = Path(os.environ.get("PASTA_ROOT", _HOME))
DATA = ROOT / "data"
PUBLISHED = DATA / "published"
NOTEBOOKS = ROOT / "notebooks"
FIGURES = ROOT / "figures"


def _cache() -> Path:
    if named := os.environ.get("PASTA_CACHE"):
        return Path(named).expanduser()
    if "PASTA_ROOT" in os.environ or (_HOME / "pyproject.toml").exists():
        return DATA / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "pasta_lib"


CACHE = _cache()


def runs(profile: str) -> Path:
    """Return the folder that holds the records of `profile`."""
    return DATA / "runs" / profile


def figures(profile: str) -> Path:
    """Return the folder that holds the tables, figures and report of `profile`."""
    return FIGURES / profile


def adapters(profile: str) -> Path:
    """Return the folder that holds the trained adapters of `profile` (git-ignored)."""
    return CACHE / "adapters" / profile
