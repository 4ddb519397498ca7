"""The claims as cards: the sentence, the outcome on each backbone, and the numbers as dots."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf, isfinite

from matplotlib.ticker import MaxNLocator

from ..claims import NOT_JUDGED, OUTCOMES, Claim, Verdict
from ..claims.claim import EXACT, Changes
from . import frames, legend
from .exhibit import NOT_RUN, anchor, signed

MARKS = dict(zip(OUTCOMES, "✓✗?–", strict=True))
OWN, TRANSFER = "the paper's own backbone", "transfer to another"
WIDTH, MARGIN = 300, 14  # of a strip, in the units of its drawing
_LISTED = 3  # measured points, before a line tells of them all at once
_MEANS = ("these tasks", "tasks in general")


@dataclass(frozen=True)
class Dot:
    """What one task says, and the record that its number comes from."""

    x: float
    tie: bool
    says: str
    record: str


@dataclass(frozen=True)
class Strip:
    """The numbers behind a verdict on one axis; all places are in the units of the drawing."""

    dots: tuple[Dot, ...]
    mean: tuple[float, float, float] | None  # the low end, the mean, the high end
    bounds: tuple[float, ...]
    ticks: tuple[tuple[float, str], ...]
    says: str


@dataclass(frozen=True)
class Line:
    """A claim on one backbone: the outcome, the number in words, and the strip if any."""

    verdict: Verdict

    @property
    def outcome(self) -> str:
        """The outcome, with the mark of one that a larger budget could undo."""
        return self.verdict.outcome + " (budget)" * bool(self.verdict.budget)

    @property
    def kind(self) -> str:
        """The outcome as a style sheet and a filter name it."""
        return self.verdict.outcome.replace(" ", "-")

    @property
    def mark(self) -> str:
        """The outcome as one sign."""
        return MARKS[self.verdict.outcome]

    @property
    def number(self) -> str:
        """The claim's number with its interval, or why there is none."""
        verdict, claim = self.verdict, self.verdict.claim
        if verdict.estimate is None or verdict.outcome == NOT_JUDGED:
            return verdict.reason
        if isinstance(claim.rule, EXACT):
            return verdict.found if len(verdict.parts) <= _LISTED else verdict.reason
        if claim.over not in _MEANS:
            if isinstance(claim.rule, Changes):
                return verdict.reason
            if len(verdict.parts) == 1:  # its number says more than a count of one
                return verdict.found
            won, lost = int(verdict.estimate), len(verdict.parts) - int(verdict.high)
            where = "values" if claim.over == "every value" else "tasks"
            return f"decided for it on {won}, against it on {lost} of {len(verdict.parts)} {where}"
        tasks = f"over {len(verdict.parts)} tasks " if len(verdict.parts) > 1 else ""
        return (
            f"{signed(verdict.estimate)} points {tasks}"
            f"(95 %: {signed(verdict.low)} to {signed(verdict.high)})"
        )

    @property
    def doubts(self) -> str:
        """What a decision has against it."""
        verdict = self.verdict
        said = [verdict.budget and f"a larger budget could undo it: {verdict.budget}"]
        if verdict.survives is False:
            said.append("it does not stand the correction for the number of claims (Holm)")
        if verdict.rows_unknown and verdict.survives is not None:
            said.append("another draw of validation rows could change it")
        return "; ".join(filter(None, said))

    @cached_property
    def strip(self) -> Strip | None:
        """The numbers task by task, or None where they are too few for a verdict."""
        verdict = self.verdict
        return _strip(verdict) if verdict.parts and verdict.outcome != NOT_JUDGED else None


@dataclass(frozen=True)
class Card:
    """One claim with its outcome on every backbone that could say something."""

    claim: Claim
    lines: tuple[Line, ...]

    @property
    def kinds(self) -> str:
        """The outcomes it has, for a filter."""
        return " ".join(dict.fromkeys(line.kind for line in self.lines))

    @property
    def asks(self) -> str:
        """Between which bounds the claim says that its number lies."""
        region, exact = self.claim.rule.region, isinstance(self.claim.rule, EXACT)
        over, under = ("at least", "at most") if exact else ("more than", "less than")
        bounds = (f"{over} {_plain(region.low)}", f"{under} {_plain(region.high)}")
        named = [
            b for b, end in zip(bounds, (region.low, region.high), strict=True) if isfinite(end)
        ]
        return " and ".join(named)

    @property
    def ran(self) -> tuple[Line, ...]:
        """The backbones that could say something."""
        return tuple(line for line in self.lines if line.verdict.setting)

    @property
    def told(self) -> tuple[Line, ...]:
        """What an answer names: the backbones with a verdict, or all of them where none has one."""
        judged = tuple(line for line in self.ran if line.verdict.outcome != NOT_JUDGED)
        return judged or self.ran


def cards(profile: str) -> list[Card]:
    """Return every claim of the papers, in their order."""
    by_claim: dict[str, list[Line]] = {}
    for verdict in frames.verdicts(profile):
        by_claim.setdefault(verdict.claim.id, []).append(Line(verdict))
    return [Card(lines[0].verdict.claim, tuple(lines)) for lines in by_claim.values()]


def tally(shown: Iterable[Card]) -> dict[tuple[str, str], dict[str, int]]:
    """Return how often each outcome was found, by backbone and by whether the paper used it."""
    counts: dict[tuple[str, str], Counter] = {}
    for line in (line for card in shown for line in card.ran):
        encoder = legend.encoder(line.verdict.backbone, line.verdict.setting)
        where = encoder, OWN if line.verdict.own else TRANSFER
        counts.setdefault(where, Counter())[line.verdict.outcome] += 1
    return {
        where: {outcome: found[outcome] for outcome in OUTCOMES}
        for where, found in sorted(counts.items(), key=lambda each: (each[0][1] == OWN, each[0]))
    }


def summed(shown: Sequence[Card]) -> str:
    """Return how many claims there are and how they came out, in words."""
    lines = [line.verdict for card in shown for line in card.lines]
    found = Counter(verdict.outcome if verdict.setting else NOT_RUN for verdict in lines)
    named = (*OUTCOMES, NOT_RUN)
    outcomes = ", ".join(f"{found[outcome]} {outcome}" for outcome in named if found[outcome])
    return f"{len(shown)} claim{'s' * (len(shown) != 1)}: {outcomes}"


def _strip(verdict: Verdict) -> Strip:
    exact, region = isinstance(verdict.claim.rule, EXACT), verdict.claim.rule.region
    numbers = [
        (float(contrast.reading.value), part, contrast.shown)
        for part in verdict.parts
        for contrast in part.contrasts
    ]
    mean = None
    if verdict.claim.over in _MEANS and not exact and verdict.low != verdict.high:
        mean = tuple(map(float, (verdict.low, verdict.estimate, verdict.high)))
    bounds = [bound for bound in (region.low, region.high) if abs(bound) < inf]
    low, high = (end([*(n for n, _, _ in numbers), *(mean or ()), *bounds]) for end in (min, max))
    if low == high:
        low, high = low - 1, high + 1

    def place(value: float) -> float:
        return round(MARGIN + (WIDTH - 2 * MARGIN) * (value - low) / (high - low), 1)

    dots = [
        Dot(
            place(value),
            value == 0 and not exact,
            f"{legend.task(part.name)} {shown}".strip(),
            anchor(part.records[0]["key"]),
        )
        for value, part, shown in numbers
    ]
    ticks = [
        t
        for t in MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)
        if low <= t <= high
    ]
    return Strip(
        tuple(dots),
        mean and tuple(map(place, mean)),
        tuple(map(place, bounds)),
        tuple((place(tick), _plain(tick)) for tick in ticks),
        f"{verdict.claim.rule.says}, on {verdict.setting}",
    )


def _plain(value: float) -> str:
    for size, name in ((1e9, " bn"), (1e6, " M")):
        if abs(value) >= size:
            return f"{value / size:g}{name}"
    return f"{value:,g}".replace("-", "−")
