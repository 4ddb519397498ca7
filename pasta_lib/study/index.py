"""A profile's training runs as one CSV for people: a line for each record, and where its file is.

It is derived, and no table reads it: `python -m pasta_lib index PROFILE` writes it anew.
"""

import csv
import io
from pathlib import Path

from .. import paths
from .budget import FALLING, GRID, SEARCH, TO_THE_END, budget, ended
from .store import Record, Store

COLUMNS = (
    "encoder",
    "task",
    "method",
    "fields",
    "learning rate",
    "seed",
    "stage",
    "metric",
    "score",
    "best epoch",
    "epochs run",
    "ended by",
    "cpu or gpu",
    "precision",
    "status",
    "file",
)


_STAGES = {
    SEARCH: "search, {} steps",
    GRID: "final",
    TO_THE_END: "to the end",
    FALLING: "falling rate",
}


def path(profile: str) -> Path:
    """Return where the index of `profile` lies, beside the folder of its records."""
    return paths.runs(profile).with_suffix(".csv")


def text(profile: str) -> str:
    """Return the index as CSV, sorted by encoder, task, method, fields, rate, stage and seed.

    `stage` is "final" for a run of its grid's few epochs, "to the end" for one that patience ends,
    "falling rate" for the same epochs without patience, else how many steps the search gave it.
    `ended by` is what ended it: patience, epochs, steps, or a loss that was not finite. Scores are
    fractions of 1, to four digits, on validation at the best epoch.
    """
    store = Store(paths.runs(profile))
    lines = sorted((_line(store, record) for record in store.records("train")), key=_order)
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return written.getvalue()


def write(profile: str) -> Path:
    """Write the index of `profile`, and return its path."""
    target = path(profile)
    target.write_text(text(profile), encoding="utf-8")
    return target


def _line(store: Store, record: Record) -> dict[str, str | int | float | None]:
    config, result = record["config"], record["result"] or {}
    train, origin = config["train"], record["provenance"]
    return {
        "encoder": config["backbone"],
        "task": config["task"],
        "method": config["method"],
        "fields": " ".join(f"{name}={value}" for name, value in config["fields"].items()),
        "learning rate": train["lr"],
        "seed": train["seed"],
        "stage": _STAGES[budget(config)].format(train["max_steps"]),
        "metric": train["metric"],
        "score": None if result.get("score") is None else round(result["score"], 4),
        "best epoch": result.get("best_epoch"),
        "epochs run": len(result.get("curve", ())),
        "ended by": ended(record) if result else None,
        "cpu or gpu": origin["hardware"]["gpu"] or origin["hardware"]["cpu"],
        "precision": origin.get("precision", train["precision"]),
        "status": record["status"],
        "file": store.path(record["key"]).relative_to(store.folder.parent).as_posix(),
    }


def _order(line: dict) -> tuple:
    return tuple(
        line[name] for name in ("task", "method", "fields", "learning rate", "stage", "seed")
    )
