"""What a person did wrong, said in one sentence."""

from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Bad input: the message is one sentence naming the value and what is allowed (exit code 2)."""


def nearest(value: str, allowed: Iterable[str]) -> str | None:
    """Return the allowed name that reads most like `value`, or None where none is near."""
    close = get_close_matches(str(value).lower(), list(allowed), n=1, cutoff=0.5)
    return close[0] if close else None


def unknown(kind: str, value: object, allowed: Iterable[str]) -> InputError:
    """Return the error for a name that is not among `allowed`, suggesting the nearest one."""
    allowed = list(allowed)
    close = nearest(str(value), allowed)
    hint = f": did you mean {close!r}?" if close else "."
    return InputError(f"unknown {kind} {value!r}{hint} (allowed: {', '.join(allowed)})")
