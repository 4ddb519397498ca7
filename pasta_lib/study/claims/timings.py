"""What claims on time are judged by: ratios measured side by side, round by round.

A point is one record: a shape, a batch and a length on one device. Where no record speaks of what
is compared a predicate returns None: not run.
"""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from .claim import Evidence, Finding, Record, predicate

Lines = Mapping[str, Mapping[str, Any]]  # by contender


@predicate
def costs_at_most(
    evidence: Evidence, contender: str, ratio: float, min_length: int = 0
) -> Finding | None:
    """Judge that a contender takes at most `ratio` of the vanilla model's time at every point."""
    ratios = [
        (lines[contender]["wall_ratio"], _shown(lines[contender]), record)
        for record, lines in _points(evidence, "speed", [contender])
        if record["config"]["length"] >= min_length
    ]
    if not ratios:
        return None
    worst, shown, at = max(ratios, key=lambda point: point[0])
    within = sum(own <= ratio for own, _, _ in ratios)
    found = f"at {within} of {len(ratios)} points; the slowest {shown} at {_place(at)}"
    return Finding(worst <= ratio, found, tuple(record["key"] for _, _, record in ratios))


@predicate
def fastest_of_those_that_compute(
    evidence: Evidence, contender: str, others: Sequence[str]
) -> Finding | None:
    """Judge that each of `others` takes longer than a contender at every point; name the rest."""
    keys, tried, not_slower = [], 0, []
    for record, lines in _points(evidence, "speed", [contender]):
        rivals = [name for name in others if name in lines]
        if not rivals:
            continue
        tried += len(rivals)
        keys.append(record["key"])
        not_slower += [
            f"{name} ({_shown(lines[name])} to {_shown(lines[contender])}) at {_place(record)}"
            for name in rivals
            if lines[name]["wall_ratio"] <= lines[contender]["wall_ratio"]
        ]
    if not tried:
        return None
    found = f"{tried - len(not_slower)} of {tried} are slower; not: "
    return Finding(not not_slower, found + ("; ".join(not_slower) or "none"), tuple(keys))


@predicate
def serves_many(
    evidence: Evidence, contenders: Sequence[str], tasks: int = 32, throughput: float = 0.95
) -> Finding | None:
    """Judge that a batch of so many tasks keeps this share of one task's rows a second, always."""
    shares, keys = [], []
    for record, lines in _points(evidence, "speed-multitask", contenders):
        if record["config"]["tasks"] == tasks:
            place = f"{_place(record)}, tables in {record['config']['tables']}"
            shares += [(1 / lines[name]["wall_ratio"], name, place) for name in contenders]
            keys.append(record["key"])
    if not shares:
        return None
    listed = "; ".join(f"{name} {share:.2f} ({place})" for share, name, place in shares)
    found = f"rows a second over the vanilla model's: {listed}"
    return Finding(min(shares)[0] >= throughput, found, tuple(keys))


@predicate
def step_slower(evidence: Evidence, method: str) -> Finding | None:
    """Judge that a method's training step takes longer than full fine-tuning's, in the median."""
    records = [
        record
        for record in evidence.of("speed-training", benchmark="steps")
        if record["result"]["ratios"].get(method)
    ]
    if not records:
        return None
    rounds = [record["result"]["ratios"][method] for record in records]
    found = "; ".join(
        f"{median(ratios):.2f} of its time ({min(ratios):.2f} to {max(ratios):.2f}, "
        f"{len(ratios)} rounds)"
        for ratios in rounds
    )
    holds = all(median(ratios) > 1 for ratios in rounds)
    return Finding(holds, found, tuple(record["key"] for record in records))


def _points(
    evidence: Evidence, kind: str, contenders: Sequence[str]
) -> Iterator[tuple[Record, Lines]]:
    """Yield each record of a kind that measured all `contenders`, with its lines by contender."""
    for record in evidence.of(kind):
        lines = {line["contender"]: line for line in record["result"]["lines"]}
        if all(name in lines for name in contenders):
            yield record, lines


def _shown(line: Mapping[str, Any]) -> str:
    return f"{line['wall_ratio']:.3f} [{line['wall_ratio_low']:.3f}, {line['wall_ratio_high']:.3f}]"


def _place(record: Record) -> str:
    config = record["config"]
    return f"{config['shape']}, batch {config['batch']}, length {config['length']}"
