"""What one run is asked to do; its record's key follows from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ...methods import Method, build
from ...tasks import TASKS
from ...training import TrainConfig
from .. import store

# What lanes of a pack own; runs that agree on all the rest can share a pack. Each has its own
# patience too, but runs that stop early and runs that never do share none: most of a pass would be
# for the few that are left.
_OWN = ("lr", "seed", "schedule", "warmup", "clip")


@dataclass(frozen=True)
class RunConfig:
    """A task, a backbone, a method and how it trains.

    `source` is "sample", "hub" or "folder"; where the folder lies is no part of the run. `format`
    names another of the task's input formats than its first.
    """

    backbone: str
    task: str
    source: str
    method: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    train: TrainConfig = field(default_factory=TrainConfig)
    format: str | None = None

    def build(self) -> Method:
        """Return the method."""
        return build(self.method, **self.fields)

    @cached_property
    def config(self) -> dict[str, Any]:
        """The full configuration, every default filled in, as its record holds it."""
        spec = TASKS[self.task]
        train = replace(
            self.train,
            metric=self.train.metric or spec.metric,
            max_length=self.train.max_length or spec.max_length,
        )
        return {
            "backbone": self.backbone,
            "task": self.task,
            "source": self.source,
            "format": self.format or next(iter(spec.formats), None),
            "method": self.method,
            "fields": {**vars(self.build())},  # flat: `asdict` would take half of a plan's time
            "train": {**vars(train)},
        }

    @cached_property
    def key(self) -> str:
        """The name of this run's record."""
        return store.key("train", self.config)

    @property
    def shape(self) -> str:
        """What must agree for runs to share a pack: all but what each lane owns."""
        train = {k: v for k, v in self.config["train"].items() if k not in _OWN}
        return store.key("shape", self.config | {"train": train})
