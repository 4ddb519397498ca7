"""A claim is data: a sentence of a paper, and between which bounds it says that a number lies.

Which number that is, its rule says. `judge` alone turns a claim and records into a verdict.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any, Literal

from ..names import contender, task
from ..names import method as _method
from .rule import Region

Over = Literal["these tasks", "tasks in general", "most tasks", "every task", "every value"]
Between = Literal["ends", "any two", "last and best"]


@dataclass(frozen=True)
class Score:
    """The score of each of `methods` minus that of `other`, in points.

    With `all_methods` a task counts only where all of them ran.
    """

    name: Literal["outperforms", "at least as good", "equal"]
    methods: tuple[str, ...]
    other: str
    margin: float
    region: Region
    split: str = "half"
    all_methods: bool = True

    @property
    def says(self) -> str:
        """The number, in words."""
        return f"{' or '.join(map(_method, self.methods))} minus {_method(self.other)}, in points"


def outperforms(method: str, other: str, by: float = 0.0, **how: Any) -> Score:
    """Say that a method lies more than `by` points above another."""
    return Score("outperforms", (method,), other, by, Region(low=by), **how)


def all_outperform(methods: tuple[str, ...], other: str, **how: Any) -> Score:
    """Say that each of `methods` lies above another."""
    return Score("outperforms", methods, other, 0.0, Region(low=0.0), **how)


def at_least_as_good(method: str, other: str, within: float, **how: Any) -> Score:
    """Say that a method lies less than `within` points under another, or above it."""
    return Score("at least as good", (method,), other, within, Region(low=-within), **how)


def equal(method: str, other: str, within: float, **how: Any) -> Score:
    """Say that a method lies within `within` points of another."""
    return Score("equal", (method,), other, within, Region(-within, within), **how)


class _OfOne:
    """A rule about one method, which a claim's sentence is about."""

    method: str

    @property
    def methods(self) -> tuple[str, ...]:
        """The one method."""
        return (self.method,)


@dataclass(frozen=True)
class Along(_OfOne):
    """A method's score at one value of a field minus that at another, in points.

    Between the largest value and the smallest, any two, or the largest and the best of the others.
    """

    method: str
    field: str
    margin: float
    region: Region
    between: Between
    name: str = "curve"

    @property
    def says(self) -> str:
        """The number, in words."""
        which = {
            "ends": f"the largest {self.field} minus the smallest",
            "any two": f"any two values of {self.field}",
            "last and best": f"the largest {self.field} minus the best of the others",
        }
        return f"{_method(self.method)}: {which[self.between]}"


def grows(method: str, field: str, by: float) -> Along:
    """Say that a method scores more than `by` points more at a field's largest value."""
    return Along(method, field, by, Region(low=by), "ends")


def stable(method: str, field: str, within: float) -> Along:
    """Say that a method's scores at any two values of a field lie within so many points."""
    return Along(method, field, within, Region(-within, within), "any two")


def drops(method: str, field: str) -> Along:
    """Say that a method scores less at a field's largest value than at the best of the others."""
    return Along(method, field, 0.0, Region(high=0.0), "last and best")


@dataclass(frozen=True)
class Against(_OfOne):
    """The score of `method` minus that of `other`, in points, at each value of a curve.

    The curve is `curved`'s, one of the two, along `field` from above `above` on; of the other it is
    the best. Means over tasks in general.
    """

    method: str
    other: str
    curved: str
    field: str
    margin: float
    region: Region
    above: float = 0.0
    name: str = "curve"

    @property
    def says(self) -> str:
        """The number, in words."""
        where = f"{self.field} over {self.above:g}" if self.above else self.field
        curve = f"each {where} of {_method(self.curved)}"
        return f"{_method(self.method)} minus {_method(self.other)} at {curve}, in points"


@dataclass(frozen=True)
class Expected(_OfOne):
    """The expected best score of `method` after n assignments minus that of `other`, in points.

    n is the largest number that both tried, at most `most`.
    """

    method: str
    other: str
    most: int
    margin: float = 0.0
    region: Region = Region(low=0.0)
    name: str = "curve"

    @property
    def says(self) -> str:
        """The number, in words."""
        names = f"{_method(self.method)} minus {_method(self.other)}"
        return f"expected best of {names}, at most {self.most} tried"


@dataclass(frozen=True)
class Gain(_OfOne):
    """The expected best score of `method` after all assignments tried minus that after one."""

    method: str
    margin: float
    region: Region
    name: str = "curve"

    @property
    def says(self) -> str:
        """The number, in words."""
        return f"expected best of {_method(self.method)}, all assignments minus one, in points"


@dataclass(frozen=True)
class Closing(_OfOne):
    """The score of `method` minus that of `other` on the largest backbone, minus the same on the
    smallest, in points.
    """

    method: str
    other: str
    margin: float = 0.0
    region: Region = Region(low=0.0)
    name: str = "across backbones"

    @property
    def says(self) -> str:
        """The number, in words."""
        names = f"{_method(self.method)} minus {_method(self.other)}"
        return f"{names}: on the largest backbone minus on the smallest"


@dataclass(frozen=True)
class Changes:
    """The score of each of `methods` minus that of each other, in points.

    Two change places where each is a win over the other on some task.
    """

    methods: tuple[str, ...]
    margin: float = 0.0
    region: Region = Region(low=0.0)
    name: str = "change of places"

    @property
    def says(self) -> str:
        """The number, in words."""
        names = ", ".join(map(_method, self.methods))
        return f"{names}: one minus another, in points, each way on some task"


@dataclass(frozen=True)
class Spread:
    """The variance of each of `methods` over seeds, divided by the mean variance of `others`."""

    methods: tuple[str, ...]
    others: tuple[str, ...]
    seeds: int = 3
    margin: float = 1.0
    region: Region = Region(high=1.0)
    name: str = "spread"

    @property
    def says(self) -> str:
        """The number, in words."""
        names = " and ".join(map(_method, self.methods))
        return f"variance over {self.seeds} seeds or more: {names}, over the other methods' mean"


@dataclass(frozen=True)
class SpreadAlong(_OfOne):
    """A method's variance over seeds at a field's largest value, over the mean of the others'."""

    method: str
    field: str
    seeds: int = 3
    margin: float = 1.0
    region: Region = Region(low=1.0)
    name: str = "spread"

    @property
    def says(self) -> str:
        """The number, in words."""
        return (
            f"variance of {_method(self.method)} over {self.seeds} seeds or more: at the largest "
            f"{self.field}, over the other values' mean"
        )


@dataclass(frozen=True)
class Words(_OfOne):
    """The share of some classes of words among a method's largest rows of P, minus chance.

    In percent points, over all layers or over the `later` half of them; chance is the classes'
    share in the vocabulary.
    """

    method: str
    classes: tuple[str, ...]
    later: bool = False
    margin: float = 0.0
    region: Region = Region(low=0.0)
    name: str = "words"

    @property
    def says(self) -> str:
        """The number, in words."""
        where = " of the later half of layers" if self.later else ""
        named = f"% of the largest rows of {_method(self.method)}{where}"
        return f"{named} that are {' or '.join(self.classes)}, minus their % of the vocabulary"


@dataclass(frozen=True)
class Growth(_OfOne):
    """Spearman's ρ of layer and mean norm of a method's vectors, a mean over seeds."""

    method: str
    margin: float
    region: Region
    name: str = "growth"

    @property
    def says(self) -> str:
        """The number, in words."""
        return f"Spearman's ρ of layer and mean norm of {_method(self.method)}'s vectors"


@dataclass(frozen=True)
class Count:
    """How many parameters a method trains: a number, their percentage, or a part of another's.

    `unit` "times" divides `other`'s number by the method's, "gigabytes" are 10⁹ bytes in half
    precision, two for each parameter. `fields` and `other_fields` choose
    among what was counted; where several counts remain, each has to lie in the region.
    """

    methods: tuple[str, ...]
    unit: Literal["parameters", "percent", "times", "gigabytes"]
    region: Region
    fields: Mapping[str, Any] = field(default_factory=dict)
    other: str = ""
    other_fields: Mapping[str, Any] = field(default_factory=dict)
    margin: None = None
    name: str = "count"

    @property
    def says(self) -> str:
        """The number, in words."""
        if self.unit == "times":
            return f"parameters of {_method(self.other)} over those of {_method(self.methods[0])}"
        named = {"percent": "% of parameters", "gigabytes": "GB in half precision of what is"}
        return f"{named.get(self.unit, self.unit)} trained"


@dataclass(frozen=True)
class Heads:
    """Vertical heads on the paper's sentence: their share, or the fewer of [CLS]'s and [SEP]'s."""

    unit: Literal["share", "fewer"]
    region: Region
    methods: tuple[str, ...] = ()
    margin: None = None
    name: str = "count"

    @property
    def says(self) -> str:
        """The number, in words."""
        if self.unit == "share":
            return "share of heads that are vertical"
        return "vertical heads mostly on [CLS], or mostly on [SEP], whichever are fewer"


@dataclass(frozen=True)
class Time:
    """A ratio of times at every point measured, or at a `batch` and `length` alone.

    Of `kind` "speed" the contender's over the vanilla model's, or each of `others`' over the
    contender's; of "speed-multitask" the rows a second of so many `tasks` over the vanilla model's;
    of "speed-training" a step of the contender over one of full fine-tuning. What a sentence says
    of a `sized` model is not asked of any but the paper's.
    """

    kind: Literal["speed", "speed-multitask", "speed-training"]
    contender: str
    region: Region
    others: tuple[str, ...] = ()
    min_length: int = 0
    tasks: int | None = None
    batch: int | None = None
    length: int | None = None
    sized: bool = False
    margin: None = None
    name: str = "time"

    @property
    def methods(self) -> tuple[str, ...]:
        """The contender."""
        return (self.contender,)

    @property
    def says(self) -> str:
        """The number, in words."""
        place = f", batch {self.batch}, length {self.length}" if self.batch else ""
        if self.others:
            rivals = ", ".join(map(contender, self.others))
            return f"time of each of {rivals} over that of {contender(self.contender)}{place}"
        if self.kind == "speed-multitask":
            return f"rows a second of {self.tasks} tasks in a batch over the vanilla model's"
        base = (
            "a step of full fine-tuning" if self.kind == "speed-training" else "the vanilla model"
        )
        long = f", from length {self.min_length} on" if self.min_length else ""
        return f"time of {contender(self.contender)} over that of {base}{long}{place}"


Rule = (
    Score
    | Along
    | Against
    | Expected
    | Gain
    | Closing
    | Changes
    | Spread
    | SpreadAlong
    | Words
    | Growth
    | Count
    | Heads
    | Time
)
EXACT = (Count, Heads, Time)  # all else rests on trained runs


@dataclass(frozen=True)
class Claim:
    """A sentence of a paper, where it stands, and what would have to be seen.

    `on` holds the backbones that the paper speaks of, `needs` the notebook that runs what is
    missing. `note` says how a margin came about where it was not chosen before the runs.
    """

    id: str
    place: str
    sentence: str
    rule: Rule
    paper: Literal["PASTA", "AoT", "beyond PASTA"]
    on: tuple[str, ...]
    needs: str
    over: Over = "every task"
    tasks: tuple[str, ...] = ()
    note: str = ""

    @property
    def where(self) -> str:
        """Paper and place."""
        return ", ".join(filter(None, (self.paper, self.place)))

    @property
    def test(self) -> str:
        """What would have to be seen, in words."""
        region = self.rule.region
        exact = isinstance(self.rule, EXACT)
        low = f"{'at least' if exact else 'over'} {region.low:g}"
        high = f"{'at most' if exact else 'under'} {region.high:g}"
        bounds = (low, region.low), (high, region.high)
        said = " and ".join(words for words, bound in bounds if abs(bound) < inf)
        where = ""
        if self.tasks:
            mean = "mean over" if self.over in ("these tasks", "tasks in general") else "on"
            over = f"{mean} {self.over}"
            if self.over == "every value":
                over = "at every value, mean over tasks in general"
            where = f", {over} ({', '.join(map(task, self.tasks))})"
        return f"{self.rule.says}: {said}{where}" + (f" ({self.note})" if self.note else "")
