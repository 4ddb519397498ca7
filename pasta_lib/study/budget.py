"""How long a run was let train, and what ended it."""

from collections.abc import Mapping
from typing import Any, Literal

# Trained to its end: so many epochs at most, or those of a small task. No printed grid has either.
EPOCHS, SMALL_EPOCHS = 40, 60

Budget = Literal["search", "grid", "to the end", "falling"]
SEARCH: Budget = "search"  # its steps are capped
GRID: Budget = "grid"  # the epochs of the grid that it is part of
TO_THE_END: Budget = "to the end"  # at a constant rate, until it gets no better
FALLING: Budget = "falling"  # as many epochs, none left out, while the rate falls to zero


def budget(config: Mapping[str, Any]) -> Budget:
    """Return what the configuration of a training run lets it have."""
    train = config["train"]
    if train.get("max_steps") is not None:
        return SEARCH
    if train["epochs"] not in (EPOCHS, SMALL_EPOCHS):
        return GRID
    return TO_THE_END if train.get("patience") else FALLING


def ended(record: Mapping[str, Any]) -> str:
    """Return what ended a finished run: "patience", "epochs", "steps", or "loss" (not finite)."""
    train, result = record["config"]["train"], record["result"]
    if record["status"] == "diverged":
        return "loss"
    if train.get("max_steps") is not None:
        return "steps"
    return "epochs" if len(result["curve"]) >= train["epochs"] else "patience"


def could_go_on(record: Mapping[str, Any]) -> bool:
    """Say whether more epochs could have made a run better.

    Its best epoch was the last allowed, or patience had not ended it when they were over.
    """
    train, result = record["config"]["train"], record["result"]
    if ended(record) != "epochs":
        return False
    return bool(train.get("patience")) or result["best_epoch"] == train["epochs"]
