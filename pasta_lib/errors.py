"""Errors whose message is one sentence: bad input, and what the operating system refuses."""

import os
import re
from collections.abc import Iterable
from difflib import get_close_matches


class InputError(ValueError):
    """Bad input: the message is one sentence naming the value and what is allowed (exit code 2)."""


class DiskError(OSError):
    """The operating system refused a file: the message is one sentence naming it (exit code 1)."""


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


def refusal(error: BaseException) -> str | None:
    """Return what the operating system says in `error`, or None where something else went wrong.

    Libraries written in Rust (safetensors, tokenizers) put its number into exceptions of their own.
    """
    number = getattr(error, "errno", None) if isinstance(error, OSError) else None
    if found := re.search(r"\(os error (\d+)\)", str(error)):
        number = int(found[1])
    return os.strerror(number).lower() if number and number > 0 else None


def sentence(error: Exception) -> str:
    """Return what `error` says as one line, with the file where the operating system names one."""
    reason, file = refusal(error), getattr(error, "filename", None)
    said = f"{file}: {reason}." if reason and file else f"{reason}." if reason else str(error)
    return " ".join(said.split())
