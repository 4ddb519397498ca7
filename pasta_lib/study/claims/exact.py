"""What no seed moves: parameters counted, vertical heads, times with their recorded intervals."""

from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any

from .. import names
from ..statistics import interval
from .claim import Claim, Count, Heads, Time
from .evidence import Evidence, Record
from .rule import Known
from .verdict import Contrast, Measured, Part


def measure(claim: Claim, evidence: Evidence) -> Measured:
    """Return a part for each count, or each point that was timed."""
    found = {Count: _counts, Heads: _heads, Time: _times}[type(claim.rule)](claim, evidence)
    return Measured(tuple(found), {})


def _counts(claim: Claim, evidence: Evidence) -> Iterator[Part]:
    rule: Count = claim.rule
    if evidence.backbone not in claim.on:  # the papers count on their own alone
        return
    own = _counted(evidence, rule.methods[0], rule.fields)
    if rule.unit != "times":
        for record in own:
            value, shown = _in(rule.unit, record["result"])
            yield _exact(shown, value, record)
        return
    for record, other in product(own, _counted(evidence, rule.other, rule.other_fields)):
        less, more = record["result"]["method"], other["result"]["method"]
        yield _exact(f"{more:,} / {less:,} = {more / less:.2f}", more / less, record, other)


def _in(unit: str, result: Mapping[str, Any]) -> tuple[float, str]:
    if unit == "percent":
        return result["percent"], f"{result['percent']:.4f} %"
    number = result["method"]
    if unit == "gigabytes":  # of half precision: two bytes each
        return 2e-9 * number, f"2 bytes × {number:,} = {2e-9 * number:.2f} GB"
    return number, f"{number:,}"


def _counted(evidence: Evidence, method: str, fields: dict) -> list[Record]:
    found = [
        record
        for record in evidence.of("count", method=method)
        if fields.items() <= record["config"]["fields"].items()
    ]
    return sorted(found, key=lambda record: record["result"]["method"])


def _heads(claim: Claim, evidence: Evidence) -> Iterator[Part]:
    for record in evidence.of("heads")[:1]:
        heads = record["result"]["heads"]
        vertical = [head for head in heads if head["vertical"]]
        share = len(vertical) / len(heads)
        cls = sum(head["share_cls"] >= head["share_sep"] for head in vertical)
        sep = len(vertical) - cls
        if claim.rule.unit == "share":
            yield _exact(f"{len(vertical)} of {len(heads)} heads, {share:.1%}", share, record)
        else:
            yield _exact(f"{cls} mostly on [CLS], {sep} mostly on [SEP]", min(cls, sep), record)


def _exact(shown: str, value: float, *records: Record) -> Part:
    return Part("", (Contrast(Known(value, value, value), shown),), records)


def _times(claim: Claim, evidence: Evidence) -> Iterator[Part]:
    rule: Time = claim.rule
    if rule.sized and evidence.backbone not in claim.on:
        return
    if rule.kind == "speed-training":
        for record in evidence.of(rule.kind, benchmark="steps"):
            if rounds := record["result"]["ratios"].get(rule.contender):
                ratio = Known(sum(rounds) / len(rounds), *interval(rounds))
                shown = f"{_shown(ratio)} over {len(rounds)} rounds"
                yield Part(_place(record), (Contrast(ratio, shown),), (record,))
        return
    asked = {"tasks": rule.tasks, "batch": rule.batch, "length": rule.length}
    where = {name: value for name, value in asked.items() if value is not None}
    for record in evidence.of(rule.kind, **where):
        lines = {line["contender"]: line for line in record["result"]["lines"]}
        if rule.contender not in lines or record["config"]["length"] < rule.min_length:
            continue
        own = _known(lines[rule.contender])
        if rule.kind == "speed-multitask":  # rows a second, where time is recorded
            own = Known(1 / own.value, 1 / own.high, 1 / own.low)
        found = {rule.contender: own}
        if rule.others:
            rivals = {name: _known(lines[name]) for name in rule.others if name in lines}
            found = {
                name: Known(its.value / own.value, its.low / own.high, its.high / own.low)
                for name, its in rivals.items()
            }
        for name, ratio in found.items():
            yield Part(
                f"{names.contender(name)}, {_place(record)}",
                (Contrast(ratio, _shown(ratio)),),
                (record,),
            )


def _known(line: dict) -> Known:
    return Known(line["wall_ratio"], line["wall_ratio_low"], line["wall_ratio_high"])


def _shown(ratio: Known) -> str:
    return f"{ratio.value:.3f} [{ratio.low:.3f}, {ratio.high:.3f}]"


def _place(record: Record) -> str:
    config = record["config"]
    if record["kind"] == "speed-training":
        return f"batch {config['batch_size']}"
    return f"batch {config['batch']}, length {config['length']}"
