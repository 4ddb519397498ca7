"""What is said of the numbers behind a verdict."""

from collections.abc import Mapping, Sequence

import numpy as np

from .. import names
from .claim import Claim
from .rule import ALPHA
from .verdict import CONTRADICTED, INCONCLUSIVE, ROWS_UNKNOWN, SUPPORTED, Part

_LISTED = 16  # points, before only those are listed that do not speak for the claim
LIES = {
    SUPPORTED: "all of the interval lies where the claim says",
    CONTRADICTED: "none of the interval lies where the claim says",
    INCONCLUSIVE: "part of the interval lies where the claim says",
}


def joined(*words: str) -> str:
    """Return what is not empty, in one line."""
    return "; ".join(filter(None, words))


def listed(claim: Claim, parts: Sequence[Part], general: bool) -> str:
    """Return the numbers part by part, and what holds of all or of some of them."""
    region = claim.rule.region
    lines = [
        f"{names.task(part.name)} {_shown(claim, part, general)}".strip()
        for part in parts
        if len(parts) <= _LISTED or max(each.reading.inside(region) for each in part.contrasts)
    ]
    if len(lines) < len(parts):
        lines = [f"not at {len(lines)} of {len(parts)} points: {lines[0]}", *lines[1:]]
    notes: dict[str, list[str]] = {}
    for part in parts:
        for note in part.notes:
            # tasks that differ hold the rows' luck
            if not (general and note == ROWS_UNKNOWN):
                notes.setdefault(note, []).append(names.task(part.name))
    said = [
        note if len(where) == len(parts) else f"{note}: {', '.join(where)}"
        for note, where in notes.items()
    ]
    return "; ".join(lines) + (f" ({'; '.join(said)})" if said else "")


def ties(parts: Sequence[Part]) -> str:
    """Name the tasks on which all that is compared scores the same."""
    tied = [
        names.task(part.name)
        for part in parts
        if all(each.reading.value == 0 for each in part.contrasts)
    ]
    return f"tied: {', '.join(tied)}" if tied else ""


def alone(claim: Claim, parts: Sequence[Part]) -> str:
    """Say where a sentence about every task rests on one of those that it names."""
    if claim.over != "every task" or len(parts) > 1 or len(claim.tasks) == 1:
        return ""
    return f"{names.task(parts[0].name)} is the only one of its {len(claim.tasks)} tasks to go by"


def left_out(aside: Mapping[str, str]) -> str:
    """Return what was left out, by the reason."""
    by_reason: dict[str, list[str]] = {}
    for task, reason in aside.items():
        by_reason.setdefault(reason, []).append(names.task(task))
    return joined(*(f"{reason} ({', '.join(tasks)})" for reason, tasks in by_reason.items()))


def _shown(claim: Claim, part: Part, general: bool) -> str:
    """Return a part's numbers; of more than two, that which speaks least for the claim."""
    if general:
        return f"{part.contrasts[0].reading.value:+.1f}"
    if len(part.contrasts) <= 2:
        return ", ".join(contrast.shown for contrast in part.contrasts)
    tests = [float(each.reading.inside(claim.rule.region)) for each in part.contrasts]
    won, least = sum(p <= ALPHA for p in tests), part.contrasts[int(np.argmax(tests))]
    return f"{won} of {len(tests)}, least {least.shown}"
