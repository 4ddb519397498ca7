"""What was found about a claim: the numbers task by task, and the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Any, Literal

from .claim import Claim
from .rule import Reading, Region

SUPPORTED, CONTRADICTED = "supported", "contradicted"
INCONCLUSIVE, NOT_JUDGED = "inconclusive", "not judged"
OUTCOMES = (SUPPORTED, CONTRADICTED, INCONCLUSIVE, NOT_JUDGED)
ROWS_UNKNOWN, PICKED_HERE = "rows' luck not in it", "picked on these rows"
Outcome = Literal["supported", "contradicted", "inconclusive", "not judged"]


@dataclass(frozen=True)
class Contrast:
    """One number that a claim speaks of, and how it reads.

    `rises` and `falls` say why it could still get larger, or smaller, with a larger budget; `name`
    tells it from the others of a task.
    """

    reading: Reading
    shown: str
    rises: str = ""
    falls: str = ""
    name: str = ""

    def undone(self, region: Region, inside: bool, value: float | None = None) -> str:
        """Return what could undo that the number lies inside, or beyond, a region; "" if nothing.

        `value` is another number's that this one is a part of.
        """
        if inside:
            return (self.falls if region.low > -inf else "") or (
                self.rises if region.high < inf else ""
            )
        value = self.reading.value if value is None else value
        return self.rises if value < region.low else self.falls


@dataclass(frozen=True)
class Part:
    """What was found on one task, or at one point that was measured."""

    name: str
    contrasts: tuple[Contrast, ...]
    records: tuple[Mapping[str, Any], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """What the records of one setting hold about a claim; `aside` says what they lack, by task."""

    parts: tuple[Part, ...]
    aside: Mapping[str, str]


@dataclass(frozen=True)
class Verdict:
    """A claim judged on the records of one setting, such as a backbone and its data.

    `own` says whether that is the paper's own backbone, else it is a transfer to another. The
    estimate and its interval are the claim's number; where it speaks of most or every task, the
    number of tasks that are decided in its favour, and between how many that is. `budget` names who
    lacked one for a decision. `survives` is the mark of Holm's correction, None without a decision.
    """

    claim: Claim
    outcome: Outcome
    reason: str
    setting: str = ""
    backbone: str = ""
    own: bool = False
    found: str = ""
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    p: float | None = None
    parts: tuple[Part, ...] = ()
    budget: str = ""
    survives: bool | None = None

    @property
    def rows_unknown(self) -> bool:
        """Whether another draw of rows could change it: tasks in general hold their luck."""
        unknown = any(ROWS_UNKNOWN in part.notes for part in self.parts)
        return unknown and self.claim.over != "tasks in general"

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the records behind it."""
        keys = (record["key"] for part in self.parts for record in part.records)
        return tuple(dict.fromkeys(keys))
