"""Properties tried on drawn examples: a few in the fast suite, a thousand in the slow one."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis.strategies import SearchStrategy

few_or_many = pytest.mark.parametrize("cases", [15, pytest.param(1000, marks=pytest.mark.slow)])


def holds(cases: int, check: Callable[..., None], **drawn: SearchStrategy) -> None:
    """Call `check` with `cases` examples of what is `drawn`, the same ones each time."""
    options = settings(max_examples=cases, deadline=None, derandomize=True, database=None)
    options(given(**drawn)(check))()
