"""The words and phrases of the grammars: one TOML file beside each module."""

import tomllib
from functools import cache
from pathlib import Path


@cache
def phrases(module: str) -> dict:
    """Return the phrases that the module of this package with this name draws from."""
    path = Path(__file__).with_name(f"{module}.toml")
    return tomllib.loads(path.read_text(encoding="utf-8"))
