"""Properties tried on drawn examples, where a test sets something up for all of them first."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis.strategies import SearchStrategy

drawn = pytest.mark.drawn  # the slow suite tries more examples: conftest.py says how many


def holds(check: Callable[..., None], **examples: SearchStrategy) -> None:
    """Call `check` with examples of what is given."""
    given(**examples)(check)()
