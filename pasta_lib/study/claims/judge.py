"""The one function that gives verdicts, by the rule of `docs/verdicts.md`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from . import exact, trained, wording
from .claim import EXACT, Changes, Claim, Closing
from .evidence import Evidence, Pair, pairs
from .rule import ALPHA, at_least, holm, in_general, mean_of, most
from .verdict import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_JUDGED,
    SUPPORTED,
    Contrast,
    Outcome,
    Part,
    Verdict,
)

_GENERAL = "tasks in general"
_INFORMATIVE = 3  # tasks, before "most" of them means something


def judge_all(claims: Iterable[Claim], evidence: Sequence[Evidence]) -> list[Verdict]:
    """Return each claim's verdict on every setting that can say something, with Holm's mark.

    A claim that none can speak of is not judged, because it was not run.
    """
    verdicts = []
    for claim in claims:
        found = [verdict for each in _about(claim, evidence) if (verdict := judge(claim, each))]
        verdicts += found or [Verdict(claim, NOT_JUDGED, f"not run: see {claim.needs}")]
    survive = {}
    for setting in {verdict.setting for verdict in verdicts}:
        tried = [v for v in verdicts if v.setting == setting and v.p is not None]
        for verdict, p in zip(tried, holm([v.p for v in tried]), strict=True):
            if verdict.outcome in (SUPPORTED, CONTRADICTED):
                survive[id(verdict)] = p <= ALPHA
    return [replace(verdict, survives=survive.get(id(verdict))) for verdict in verdicts]


def _about(claim: Claim, evidence: Sequence[Evidence]) -> Sequence[Evidence | Pair]:
    """Return what a claim is judged on: each setting, or two of them that differ in size."""
    if isinstance(claim.rule, Closing):
        return pairs(evidence, (claim.rule.method, claim.rule.other), claim.on)
    return evidence


def judge(claim: Claim, evidence: Evidence | Pair) -> Verdict | None:
    """Return a claim's verdict on one setting, or None where its records are not about it."""
    known = isinstance(claim.rule, EXACT)
    measured = (exact if known else trained).measure(claim, evidence)
    parts, aside = measured.parts, wording.left_out(measured.aside)
    if not parts and not aside:
        return None
    own = evidence.own(claim.on)
    found = wording.listed(claim, parts, claim.over == _GENERAL)
    where = {"setting": evidence.setting, "backbone": evidence.backbone, "own": own}
    lacking = _lacking(claim, parts)
    if lacking or not parts:
        reason = wording.joined(lacking, aside)
        return Verdict(claim, NOT_JUDGED, reason, **where, found=found, parts=parts)
    number = _number(claim, parts)
    decided = number.outcome in (SUPPORTED, CONTRADICTED)
    budget = _limits(claim, parts, number) if decided else ""
    return Verdict(
        claim,
        INCONCLUSIVE if budget else number.outcome,
        wording.joined(
            budget and f"budget: {number.outcome} but for {budget}",
            "" if known else wording.alone(claim, parts),
            number.reason,
            "" if known else wording.ties(parts),
            aside and f"set aside: {aside}",
        ),
        **where,
        found=number.headline + found,
        estimate=number.estimate,
        low=number.low,
        high=number.high,
        p=None if known else min(number.inside, number.outside),
        parts=parts,
        budget=budget,
    )


@dataclass(frozen=True)
class _Number:
    """The claim's number, and the p-values of its lying inside and beyond the claim's region."""

    estimate: float
    low: float
    high: float
    inside: float
    outside: float
    headline: str = ""
    counted: str = ""

    @property
    def outcome(self) -> Outcome:
        """What the p-values say, whoever may lack budget."""
        if self.inside <= ALPHA:
            return SUPPORTED
        return CONTRADICTED if self.outside <= ALPHA else INCONCLUSIVE

    @property
    def reason(self) -> str:
        """Why that is the outcome."""
        return self.counted or wording.LIES[self.outcome]


def _lacking(claim: Claim, parts: Sequence[Part]) -> str:
    """Say what is missing for a verdict, or ""."""
    if claim.over == _GENERAL and len(parts) == 1:
        return "one task says nothing of tasks in general"
    if claim.over == "most tasks" and 0 < len(parts) < _INFORMATIVE:
        return f"{len(parts)} informative tasks of the {_INFORMATIVE} that are needed"
    return ""


def _number(claim: Claim, parts: Sequence[Part]) -> _Number:
    if claim.over in ("these tasks", _GENERAL):
        return _mean(claim, parts)
    if isinstance(claim.rule, Changes):
        return _changed(claim, parts)
    number = _counted(claim, parts)
    if isinstance(claim.rule, EXACT):  # the value worst for the claim, and the span of all
        region, ends = claim.rule.region, [_only(part).reading for part in parts]
        worst = max(ends, key=lambda e: max(region.low - e.value, e.value - region.high))
        low, high = min(e.low for e in ends), max(e.high for e in ends)
        counted = number.counted if len(parts) > 1 else ""
        number = replace(number, estimate=worst.value, low=low, high=high, counted=counted)
    return number


def _mean(claim: Claim, parts: Sequence[Part]) -> _Number:
    readings, region = [_only(part).reading for part in parts], claim.rule.region
    if claim.over == _GENERAL:
        whole = in_general(np.array([reading.value for reading in readings]))
    else:
        whole = mean_of(readings)
    sure = whole.error > 0
    low, high = whole.interval() if sure else (whole.value, whole.value)
    return _Number(
        float(whole.value),
        float(low),
        float(high),
        float(whole.inside(region)),
        float(whole.outside(region)),
        f"mean {whole.value:+.1f} [{low:+.1f}, {high:+.1f}]: " if sure and len(parts) > 1 else "",
        "" if sure else "no spread was seen",
    )


def _only(part: Part) -> Contrast:
    """Return a part's contrast: a mean over tasks is of one number for each."""
    (contrast,) = part.contrasts
    return contrast


def _counted(claim: Claim, parts: Sequence[Part], budget: bool = False) -> _Number:
    """Count decided parts; with `budget` what more training could undo counts as open."""
    k = len(parts)
    needed, against = (most(k), most(k)) if claim.over == "most tasks" else (k, 1)

    inside = np.array([max(line) for line in _p(claim, parts, True, budget)])
    outside = np.array([at_least(line, 1) for line in _p(claim, parts, False, budget)])
    won = int((inside <= ALPHA / (k - needed + 1)).sum())
    lost = int((outside <= ALPHA / (k - against + 1)).sum())
    return _Number(
        won,
        won,
        k - lost,
        float(at_least(inside, needed)),
        float(at_least(outside, against)),
        counted=f"decided for it: {won} of {k}, against it: {lost}; needed for it: {needed}",
    )


def _changed(claim: Claim, parts: Sequence[Part], budget: bool = False) -> _Number:
    """Count the pairs that change places; with `budget` what more training could undo is open.

    Beyond the claim lies that one of the compared wins against every other on every task.
    """
    pairs = list(combinations(claim.rule.methods, 2))
    p = {way: np.array(_p(claim, parts, way, budget)) for way in (True, False)}
    each_way = np.array(
        [max(float(at_least(p[way][:, i], 1)) for way in p) for i in range(len(pairs))]
    )
    always = [
        max(p[pair[0] == name][:, i].max() for i, pair in enumerate(pairs) if name in pair)
        for name in claim.rule.methods
    ]
    changed = int((each_way <= ALPHA / len(pairs)).sum())
    inside, outside = float(at_least(each_way, 1)), float(at_least(np.array(always), 1))
    return _Number(
        changed,
        changed,
        0 if outside <= ALPHA else len(pairs),
        inside,
        outside,
        counted=f"pairs that change places: {changed} of {len(pairs)}",
    )


def _p(claim: Claim, parts: Sequence[Part], inside: bool, budget: bool) -> list[NDArray]:
    """Return, for each part, its contrasts' p-values of lying inside (or beyond) the region.

    With `budget` it is 1 where more training could undo that.
    """
    region = claim.rule.region

    def p(each: Contrast) -> float:
        if budget and each.undone(region, inside):
            return 1.0
        return float((each.reading.inside if inside else each.reading.outside)(region))

    return [np.array([p(each) for each in part.contrasts]) for part in parts]


def _limits(claim: Claim, parts: Sequence[Part], number: _Number) -> str:
    """Say whose larger budget could undo a decision, or "" where it stands without them."""
    region, inside = claim.rule.region, number.outcome == SUPPORTED
    if claim.over in ("these tasks", _GENERAL):
        # whoever is limited on a task is so for the mean over tasks
        undone = [_only(part).undone(region, inside, number.estimate) for part in parts]
        kept = [part for part, why in zip(parts, undone, strict=True) if not why]
        stands = len(kept) > (claim.over == _GENERAL) and (
            _mean(claim, kept).outcome == number.outcome
        )
    else:
        undone = [
            each.undone(region, inside)
            for part in parts
            for each in part.contrasts
            if (each.reading.inside if inside else each.reading.outside)(region) <= ALPHA
        ]
        count = _changed if isinstance(claim.rule, Changes) else _counted
        stands = count(claim, parts, budget=True).outcome == number.outcome
    return "" if stands else "; ".join(dict.fromkeys(filter(None, undone)))
