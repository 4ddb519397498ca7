"""Named folders, from the repository root; never from the working directory.

Where the package is installed away from the repository, `PASTA_ROOT` names the root.
"""

import os
from pathlib import Path

ROOT = Path(os.environ.get("PASTA_ROOT", Path(__file__).resolve().parents[1]))
DATA = ROOT / "data"
PUBLISHED = DATA / "published"
NOTEBOOKS = ROOT / "notebooks"
FIGURES = ROOT / "figures"
CACHE = DATA / "cache"


def runs(profile: str) -> Path:
    """Return the folder that holds the records of `profile`."""
    return DATA / "runs" / profile


def figures(profile: str) -> Path:
    """Return the folder that holds the tables, figures and report of `profile`."""
    return FIGURES / profile


def adapters(profile: str) -> Path:
    """Return the folder that holds the trained adapters of `profile` (git-ignored)."""
    return CACHE / "adapters" / profile
