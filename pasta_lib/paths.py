"""Named folders, from the repository root; never from the working directory.

`PASTA_ROOT` names another root, `PASTA_CACHE` another cache; one that is empty names nothing. Where
the package is installed away from the repository, the cache is the user's own:
`~/.cache/pasta_lib`, or under `XDG_CACHE_HOME`.

`PASTA_REHEARSAL` names the folder of a rehearsal (`study/rehearsal`), which then takes the place of
every folder that is written to, and whose stand-ins take that of the encoders.
"""

import os
from pathlib import Path

_HOME = Path(__file__).resolve().parents[1]


def _named(variable: str) -> Path | None:
    """Return the folder that a variable names, as it lies now: nobody may move it by `cd`."""
    if not (named := os.environ.get(variable)):
        return None
    try:
        return Path(named).expanduser().absolute()
    except RuntimeError:
        from .errors import InputError  # alone where it is needed: this file needs no other

        raise InputError(f"{variable} is {named!r}, in a home that nobody has.") from None


ROOT = _named("PASTA_ROOT") or _HOME
DATA = ROOT / "data"
PUBLISHED = DATA / "published"
NOTEBOOKS = ROOT / "notebooks"
REHEARSAL = _named("PASTA_REHEARSAL")
FIGURES = (REHEARSAL or ROOT) / "figures"
ADAPTERS = REHEARSAL / "adapters" if REHEARSAL else DATA / "adapters"  # small ones, to be shown


def _cache() -> Path:
    if REHEARSAL:
        return REHEARSAL / "cache"
    if named := _named("PASTA_CACHE"):
        return named
    if _named("PASTA_ROOT") or (_HOME / "pyproject.toml").exists():
        return DATA / "cache"
    return (_named("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "pasta_lib"


CACHE = _cache()


def runs(profile: str) -> Path:
    """Return the folder that holds the records of `profile`."""
    return (REHEARSAL or DATA) / "runs" / profile


def figures(profile: str) -> Path:
    """Return the folder that holds the tables, figures and report of `profile`."""
    return FIGURES / profile


def adapters(profile: str) -> Path:
    """Return the folder that holds the trained adapters of `profile` (git-ignored)."""
    return CACHE / "adapters" / profile
