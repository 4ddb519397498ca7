"""What a model answers: a task as an adapter carries it, and whether another task asks the same."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import Count, InputError

if TYPE_CHECKING:
    from .tasks import Task

_UNNAMED = ("regression", "choice")  # heads with one output, a score: no label has a place there


@dataclass(frozen=True)
class Purpose:
    """The task that a model was made for; None is what nobody said.

    `labels` stand in the order of the head's outputs. Only `fit` knows the rest: `max_length`, the
    longest input in tokens, the `metric` that picked the best epoch, and the `precision`.
    """

    task: str | None = None
    head: str | None = None
    labels: tuple[str, ...] | None = None
    format: str | None = None
    max_length: Count | None = None
    metric: str | None = None
    precision: str | None = None

    @classmethod
    def of(
        cls,
        task: "Task | None",
        *,
        max_length: int | None = None,
        metric: str | None = None,
        precision: str | None = None,
    ) -> "Purpose":
        """Return what `task` says of itself, and what `fit` adds."""
        names = {"task": "name", "head": "head", "labels": "labels", "format": "format_name"}
        said = {own: getattr(task, name, None) for own, name in names.items()}
        said["labels"] = said["labels"] and tuple(said["labels"])
        return cls(**said, max_length=max_length, metric=metric, precision=precision)

    @property
    def outputs(self) -> tuple[str, ...] | None:
        """The labels of the head's outputs, where these stand for labels that are known."""
        return None if self.head in _UNNAMED else self.labels

    def places(self, asked: "Purpose", who: str) -> list[int] | None:
        """Return which output answers each label of `asked` in turn; None: as they stand.

        Raises `InputError` for another head, other labels, or another input format of one task.
        """
        mine, theirs = self.outputs, asked.outputs
        if (
            _differ(self.head, asked.head)
            or _differ(mine and set(mine), theirs and set(theirs))
            or (self.task == asked.task and _differ(self.format, asked.format))
        ):
            raise InputError(f"{who} answers {self}, and not {asked}")
        if mine is None or theirs is None or mine == theirs:
            return None
        return [mine.index(label) for label in theirs]

    def __str__(self) -> str:
        labels = ", ".join(self.labels or ())
        said = ": ".join(filter(None, (self.head, labels)))
        said = "; ".join(filter(None, (said, self.format and f"input format {self.format}")))
        name = f"the task {self.task!r}" if self.task else "a task"
        return f"{name} ({said})" if said else name


def _differ(one: object, other: object) -> bool:
    return None not in (one, other) and one != other
