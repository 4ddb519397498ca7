"""Claims judged anew, with tasks left out and a margin that the reader chose."""

from collections.abc import Collection
from dataclasses import replace
from math import inf

from ...errors import InputError, known
from ..claims import Claim, Verdict
from ..claims.claim import Score
from ..claims.judge import judge
from ..claims.rule import Region
from ..reporting import frames, legend
from ..reporting.cards import Card, Line, cards
from ..reporting.page import TEMPLATES

YOURS = "yours, not the study's"


def choices(profile: str) -> dict[str, Claim]:
    """Return the claims about scores that some setting can judge, by their id."""
    found = [card for card in cards(profile) if card.told and isinstance(card.claim.rule, Score)]
    return {card.claim.id: card.claim for card in found}


def tasks(profile: str, claim: str) -> list[str]:
    """Return the tasks that a claim's numbers come from in some setting."""
    parts = [part.name for v in _of(profile, claim) for part in v.parts]
    return [task for task in legend.TASKS if task in parts]


def moved(claim: Claim, margin: float) -> Claim:
    """Return a claim with another margin, in points."""
    low, high = {
        "outperforms": (margin, inf),
        "at least as good": (-margin, inf),
        "equal": (-margin, margin),
    }[claim.rule.name]
    return replace(claim, rule=replace(claim.rule, margin=margin, region=Region(low, high)))


def margins(
    profile: str, claim: str, left_out: Collection[str] = (), margin: float | None = None
) -> str:
    """Return a claim's card as the report shows it, and beside it the reader's, marked as theirs.

    Raises `InputError` for an unknown claim or task, a margin under 0, and where no task is left.
    """
    known("claim about scores", claim, choices(profile))
    own = choices(profile)[claim]
    for task in left_out:
        known("task", task, tasks(profile, claim))
    margin = own.rule.margin if margin is None else margin
    if margin < 0:
        raise InputError(f"the margin is {margin:g} points, and 0 is the least.")
    kept = tuple(task for task in own.tasks if task not in left_out)
    if not set(kept) & set(tasks(profile, claim)):
        raise InputError("no task is left: leave out fewer.")
    asked = moved(replace(own, tasks=kept), margin)
    found = [v for each in frames.evidence(profile) if (v := judge(asked, each))]
    gone = ", ".join(map(legend.task, left_out))
    what = f"margin {margin:g} points" + (f", without {gone}" if gone else "")
    return (
        f"<div class=pair><div><b>The study’s</b> (margin {own.rule.margin:g} points)"
        f"{_card(own, _of(profile, claim))}</div>"
        f"<div><b>{YOURS.capitalize()}</b>: {what}{_card(asked, found)}</div></div>"
    )


def _of(profile: str, claim: str) -> list[Verdict]:
    return [v for v in frames.verdicts(profile) if v.claim.id == claim and v.setting]


def _card(claim: Claim, found: list[Verdict]) -> str:
    shown = TEMPLATES.get_template("cards.html").module  # kept by Jinja
    return shown.card(Card(claim, tuple(map(Line, found))))
