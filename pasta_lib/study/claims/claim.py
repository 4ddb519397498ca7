"""A claim is judged on the records of each setting: it holds, does not hold, or was not run."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, wraps
from typing import Any, Concatenate, Literal, ParamSpec

from ..statistics import Summary, summarise

HOLDS, FAILS, NOT_RUN = "holds", "does not hold", "not run here"
Record = Mapping[str, Any]
Rest = ParamSpec("Rest")


class Evidence:
    """The records of one setting: what was trained, counted or timed."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._finished: dict[str, list[Record]] = {}
        for record in records:
            if record["status"] == "done":
                self._finished.setdefault(record["kind"], []).append(record)

    @cached_property
    def tasks(self) -> list[str]:
        """The tasks with training runs, in order of name."""
        return sorted({record["config"]["task"] for record in self.of("train")})

    def of(self, kind: str, **where: str) -> list[Record]:
        """Return the finished records of a kind whose config has the given values."""
        found = self._finished.get(kind, [])
        for name, value in where.items():
            found = [record for record in found if record["config"].get(name) == value]
        return found

    def best(self, task: str, method: str, split: str = "validation") -> Summary | None:
        """Return the best configuration of a method on a task."""
        return summarise(self.of("train", task=task, method=method), split=split)


@dataclass(frozen=True)
class Finding:
    """What the records say about a claim: whether it holds, the numbers, and their keys."""

    holds: bool
    found: str
    keys: tuple[str, ...]


Judge = Callable[[Evidence], Finding | None]


def predicate(test: Callable[Concatenate[Evidence, Rest], Finding | None]) -> Callable[Rest, Judge]:
    """Let a test take all but its evidence first, so that a claim can hold what is left of it."""

    @wraps(test)
    def stated(*terms: Rest.args, **named: Rest.kwargs) -> Judge:
        return lambda evidence: test(evidence, *terms, **named)

    return stated


@dataclass(frozen=True)
class Claim:
    """A sentence of a paper, where it stands, and what would have to be seen for it to hold.

    `notebook` names the runs that it needs.
    """

    place: str
    sentence: str
    test: str
    notebook: str
    judge: Judge


@dataclass(frozen=True)
class Verdict:
    """A claim judged on one setting, which `found` names before the numbers."""

    claim: Claim
    verdict: Literal["holds", "does not hold", "not run here"]
    found: str = ""
    keys: tuple[str, ...] = ()


def judge(claim: Claim, settings: Mapping[str, Iterable[Record]]) -> list[Verdict]:
    """Return the claim's verdict on each setting that can say something; else one "not run"."""
    verdicts = []
    for setting, records in settings.items():
        if finding := claim.judge(Evidence(records)):
            verdict = HOLDS if finding.holds else FAILS
            found = f"{setting}: {finding.found}"
            verdicts.append(Verdict(claim, verdict, found, finding.keys))
    return verdicts or [Verdict(claim, NOT_RUN)]
