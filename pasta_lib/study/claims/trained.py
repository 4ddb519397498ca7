"""What trained runs say about a claim, task by task: scores, spreads over seeds, norms, words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from statistics import mean
from typing import Any

import numpy as np
import scipy

from .. import names, words
from . import curves
from .claim import (
    Against,
    Along,
    Changes,
    Claim,
    Closing,
    Expected,
    Gain,
    Growth,
    Score,
    Spread,
    SpreadAlong,
    Words,
)
from .evidence import POINTS, Evidence, Pair
from .parts import SEARCH, Lacking, bests, compared, finished, need_seeds, seeds, shown, spreads
from .rule import ANYWHERE, Region, level, minus
from .verdict import Contrast, Measured, Part

Result = Mapping[str, Any]
TWINS = {"superglue-rte": "rte"}  # the same rows in both benchmarks: they count once
UNINFORMATIVE, UNCOUNTED = "no method leaves the majority class", "no count of its vocabulary"


def measure(claim: Claim, evidence: Evidence | Pair) -> Measured:
    """Return what was found on each of the claim's tasks that ran what it compares."""
    parts, aside = [], {}
    for task in claim.tasks:
        if any(part.name == TWINS.get(task) for part in parts):
            continue
        try:
            if part := _MEASURES[type(claim.rule)](claim, evidence, task):
                if not evidence.informative(task):
                    raise Lacking(UNINFORMATIVE)
                parts.append(part)
        except Lacking as lacking:
            aside[task] = str(lacking)
    if claim.over == "every value" and parts:
        try:
            parts = curves.by_value(parts)
        except Lacking as lacking:
            parts, aside = [], aside | {parts[0].name: str(lacking)}
    return Measured(tuple(parts), aside)


def _scores(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    rule: Score = claim.rule
    ran = [method for method in rule.methods if evidence.runs(task, method)]
    if not evidence.runs(task, rule.other) or not ran:
        return None
    if rule.all_methods and len(ran) < len(rule.methods):
        return None
    metric = evidence.metric(task, rule.methods[0] if rule.all_methods else rule.other)
    pairs = [(method, rule.other) for method in ran]
    return _pairs(claim, evidence, task, metric, pairs, rule.split)


def _changes(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    rule: Changes = claim.rule
    if not all(evidence.runs(task, method) for method in rule.methods):
        return None
    metric = evidence.metric(task, rule.methods[0])
    return _pairs(claim, evidence, task, metric, list(combinations(rule.methods, 2)))


def _closing(claim: Claim, evidence: Evidence | Pair, task: str) -> Part | None:
    rule: Closing = claim.rule
    if not isinstance(evidence, Pair):  # one backbone says nothing of growth
        return None
    smaller, larger = (
        _pairs(claim, each, task, each.metric(task, rule.method), [(rule.method, rule.other)])
        if each.runs(task, rule.method) and each.runs(task, rule.other)
        else None
        for each in (evidence.smaller, evidence.larger)
    )
    if smaller is None or larger is None:
        return None
    (before,), (after,) = smaller.contrasts, larger.contrasts
    contrast = Contrast(
        found := minus(after.reading, before.reading),
        f"{before.shown} to {after.shown}: {shown(found)}",
        rises=after.rises or before.falls,
        falls=after.falls or before.rises,
    )
    notes = dict.fromkeys((*smaller.notes, *larger.notes))
    return Part(task, (contrast,), (*smaller.records, *larger.records), tuple(notes))


def _pairs(
    claim: Claim,
    evidence: Evidence,
    task: str,
    metric: str,
    pairs: Sequence[tuple[str, str]],
    split: str = "half",
) -> Part:
    """Compare methods that ran on a task, each the best of its configurations."""
    asked, split = bests(
        list(dict.fromkeys(name for pair in pairs for name in pair)),
        lambda name, on: evidence.best(task, name, metric, on),
        split,
    )
    best = finished(asked)
    need_seeds(claim, best.values())
    one_other = len({other for _, other in pairs}) == 1

    def named(own: str, other: str) -> str:
        return names.method(own) + ("" if one_other else f" over {names.method(other)}")

    told = [(named(own, other), best[own], best[other]) for own, other in pairs]
    return compared(task, evidence, metric, split, told)


def _spread(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    rule: Spread = claim.rule
    ran = [name for name in (*rule.methods, *rule.others) if evidence.runs(task, name)]
    if not set(rule.methods) <= set(ran):
        return None
    metric = evidence.metric(task, rule.methods[0])
    best, split = bests(ran, lambda name, on: evidence.best(task, name, metric, on))
    return spreads(task, evidence, split, best, rule.methods, rule.seeds)


def _growth(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    # no Fisher transform: over six layers a seed often has ρ = ±1, where that is infinite
    return _over_seeds(claim, evidence, task, _rank_growth, digits=2, possible=Region(-1, 1))


def _words(claim: Claim, evidence: Evidence, task: str) -> Part | None:
    rule: Words = claim.rule
    counted = evidence.of("vocabulary", edition=words.edition())
    chance = _share(rule.classes, counted[0]["result"]["classes"]) if counted else 0.0

    def above_chance(result: Result) -> float:
        layers = result["top_tokens"]
        layers = layers[len(layers) // 2 :] if rule.later else layers
        found = words.count(token for rows in layers for token, _ in rows)
        return _share(rule.classes, found) - chance

    part = _over_seeds(claim, evidence, task, above_chance, digits=1)
    if part and not counted:
        raise Lacking(UNCOUNTED)
    return part and replace(part, records=(*part.records, *counted[:1]))


def _share(classes: Iterable[str], found: Mapping[str, int]) -> float:
    return POINTS * sum(found[name] for name in classes) / sum(found.values())


def _over_seeds(
    claim: Claim,
    evidence: Evidence,
    task: str,
    number: Callable[[Mapping[str, Any]], float],
    digits: int,
    possible: Region = ANYWHERE,
) -> Part | None:
    """Return the mean over seeds of a number of a result, which training may move either way."""
    (method,) = claim.rule.methods
    if not evidence.runs(task, method):
        return None
    best = evidence.best(task, method, evidence.metric(task, method), "validation")
    if best is None:
        raise Lacking(SEARCH)
    need_seeds(claim, [best])
    numbers = np.array([number(run["result"]) for run in best.records])
    found = replace(level(numbers, 0.0), possible=possible)
    budget = evidence.limited(best, "validation")
    contrast = Contrast(found, shown(found, digits), budget, budget)
    return Part(task, (contrast,), best.records, (seeds([best]),))


def _rank_growth(result: Result) -> float:
    means = [mean(row) for row in result["norms"]]
    if len(set(means)) == 1:  # no order to correlate with
        return 0.0
    return float(scipy.stats.spearmanr(range(len(means)), means).statistic)


_MEASURES: dict[type, Callable[..., Part | None]] = {
    Score: _scores,
    Changes: _changes,
    Closing: _closing,
    Spread: _spread,
    Growth: _growth,
    Words: _words,
    Along: curves.along,
    Against: curves.against,
    Expected: curves.expected,
    Gain: curves.gain,
    SpreadAlong: curves.spread_along,
}
