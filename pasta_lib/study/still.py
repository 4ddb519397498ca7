"""Whether a notebook is executed for a copy to read: no kernel will stand behind its widgets."""

import os

VARIABLE = "PASTA_STILL"


def asked() -> bool:
    """Say whether explorers shall show their first state alone."""
    return bool(os.environ.get(VARIABLE))
