"""What README and docs say in numbers: written there from the records, between two marks.

`make readme` runs this; a test holds that what stands there is what the records say.
"""

import re
import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from textwrap import fill

import pandas as pd

from ... import disk, paths
from ..budget import FALLING, GRID, SEARCH, TO_THE_END, budget
from ..claims import NOT_JUDGED, OUTCOMES
from ..claims.share import shares
from . import distance, ending, frames, legend, speeds, tables
from .cards import OWN, TRANSFER, Card, cards, tally
from .exhibit import STALE, Cell, Table
from .layout import RUNS

PROFILE = "replica"
WIDTH = 118  # of a line of prose
FINDINGS = ("pasta-full", "aot-p-tuning-v2", "special-positions")
MAJORITY = ""  # of its row: no method of ours
METHODS = ("full", "classifier", "pasta", "aot-fc", "bitfit", "lora")
TASKS = ("rte", "cola", "stsb", "sst2", "copa")
PICTURES = {  # of `figures/<profile>`
    "quick": ("pasta_figure5",),
    "replica": (
        "share_of_the_way",
        "end_curves",
        "scores_along_lr",
        "pasta_figure2",
        "aot_figure2",
    ),
}
_STAGES = {
    SEARCH: "1–2 search",
    GRID: "3 finals",
    TO_THE_END: "4 to the end",
    FALLING: "4 to the end",
}  # of docs/replica
_BLOCK = re.compile(r"(<!-- from the records: (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)


def pages() -> list[Path]:
    """Return README and the pages of docs."""
    return [paths.ROOT / "README.md", *sorted((paths.ROOT / "docs").glob("*.md"))]


def filled(text: str) -> str:
    """Return a page with every block written anew from the records."""
    return _BLOCK.sub(lambda found: found[1] + BLOCKS[found[2]]().strip() + "\n" + found[3], text)


def main() -> None:
    """Write every page's blocks, and copy the pictures that they show from the last report."""
    for page in pages():
        disk.replace_text(page, filled(page.read_text(encoding="utf-8")))
    shown = paths.ROOT / "figures" / "readme"
    for profile, names in PICTURES.items():
        for name in names:
            shutil.copy(paths.figures(profile) / f"{name}.png", shown / f"{name}.png")


def findings() -> str:
    """Return what was found, a line each: the shares of the way, then some claims."""
    found = {card.claim.id: card for card in cards(PROFILE)}
    lines = [f"- {distance.sentence(PROFILE, method)}" for method in ("pasta", "aot-fc")]
    for claim in FINDINGS:
        card = found[claim]
        outcomes = "; ".join(
            f"**{line.outcome}** on {line.verdict.setting}: {line.number}"
            for line in card.ran
            if line.verdict.outcome != NOT_JUDGED
        )
        lines.append(f"- “{card.claim.sentence}” ({card.claim.where}): {outcomes or 'not run'}.")
    return "\n".join(
        fill(line, WIDTH, subsequent_indent="  ", break_on_hyphens=False) for line in lines
    )


def counted() -> str:
    """Return how the claims came out, for each encoder."""
    head = ["encoder", *OUTCOMES]
    rows = [
        [f"{encoder} ({whose})", *(str(found[outcome]) for outcome in OUTCOMES)]
        for (encoder, whose), found in tally(cards(PROFILE)).items()
    ]
    return _lines([head, ["---"] * len(head), *rows])


def replica_cost() -> str:
    """Return how many runs were made, on what, and for how long something was at work there."""
    spans: dict[tuple[str, str, str], list[tuple[datetime, datetime]]] = {}
    for record in frames.records(PROFILE, "train"):
        config, made = record["config"], record["provenance"]
        what, where = _STAGES[budget(config)], made["hardware"]
        machine = where["gpu"] or f"{where['threads']} cores, {where['cpu']}".replace("(R)", "")
        row = legend.backbone(config["backbone"]), what, machine
        span = datetime.fromisoformat(made["started"]), datetime.fromisoformat(made["ended"])
        spans.setdefault(row, []).append(span)
    head = ["encoder", "stage", "machine", "runs", "hours"]
    rows = [
        [*row, f"{len(found):,}", f"{_at_work(found) / 3600:.2f}"]
        for row, found in sorted(spans.items())
    ]
    return _lines([head, ["---"] * len(head), *rows])


def inference() -> str:
    """Return the time of each method over the vanilla model's, a column for batch × tokens."""
    cells = [
        Cell(
            f"{legend.backbone(at.shape)}: {at.where}",
            legend.contender(at.contender),
            f"{at.batch} × {at.length}",
        ).text(f"{at.ratio:.2f} [{at.ratio_low:.2f}–{at.ratio_high:.2f}]")
        for at in speeds.timed(PROFILE).itertuples()
    ]
    return _grid(Table.of("", "", "", cells))


def many_tasks() -> str:
    """Return the time of a batch whose rows are of many tasks, a column for each number of them."""
    cells = speeds.many_tasks(PROFILE).cells
    cells = cells[(cells["column"] == "time") & (cells["value"] != 1)]
    parts = cells["block"].str.extract(r"^(\d+ tasks), (.*)$")
    return _grid(Table("", "", "", cells.assign(block=parts[1], column=parts[0])))


def few_scores() -> str:
    """Return the scores of a few methods on a few tasks, where most tasks were run."""
    table = tables.overview(PROFILE)
    cells = table.cells[table.cells["method"].isin((*METHODS, MAJORITY))]
    cells = cells[cells["column"].isin((*map(legend.task, TASKS), RUNS))]
    cells = cells[cells["block"].isin(cells[cells["origin"] == "ours"]["block"].mode())]
    return _grid(replace(table, cells=_with_metrics(cells)))


def all_scores() -> str:
    """Return the scores of every method on every task run, without the methods that none ran."""
    table = tables.overview(PROFILE)
    ran = table.cells.groupby(["block", "row"])["origin"].transform(lambda o: (o == "ours").any())
    return _grid(replace(table, cells=_with_metrics(table.cells[ran])))


def covered() -> str:
    """Return the share of the way of every method."""
    return _grid(distance.share_of_the_way(PROFILE))


def covered_alike() -> str:
    """Return the share of the way over the same tasks: those that most methods ran."""
    lines = [["", "share", "95 %"], ["---"] * 3]
    for evidence in frames.evidence(PROFILE):
        ran = Counter(share.tasks for share in shares(evidence))
        if len(ran) > 1:
            alike, _ = ran.most_common(1)[0]
            named = ", ".join(map(legend.task, sorted(alike, key=list(legend.TASKS).index)))
            lines.append([f"**{evidence.setting}: {named}**", "", ""])
            found = [share for share in shares(evidence, over=alike) if share.whole]
            for share in sorted(found, key=lambda s: legend.place(s.method, legend.METHODS)):
                low, high = share.found.interval()
                row = (f"{share.found.value:.2f}", f"[{low:.2f}, {high:.2f}]".replace("-", "−"))
                lines.append([legend.method(share.method), *row])
    return _lines(lines)


def all_claims() -> str:
    """Return every claim with its bound, its outcomes and what was found."""
    table = tables.verdicts(PROFILE)
    bound = {card.claim.sentence: _bound(card) for card in cards(PROFILE)}
    asked = table.cells[table.cells["column"] == "what has to be seen"]
    asked = asked.assign(column="supported if", shown=asked["row"].map(bound))
    found = table.cells[table.cells["column"].isin((OWN, TRANSFER, "found"))]
    return _grid(replace(table, cells=pd.concat([asked, found])))


def _bound(card: Card) -> str:
    claim = card.claim
    over = f"; {claim.over}" if claim.tasks else ""
    note = f" ({claim.note})" if claim.note else ""
    return f"{claim.rule.says}: {card.asks}{over}{note}"


def _at_work(spans: Sequence[tuple[datetime, datetime]]) -> float:
    """Return in how many seconds at least one of some spans went on."""
    seconds, until = 0.0, min(start for start, _ in spans)
    for start, end in sorted(spans):
        seconds += max(0.0, (end - max(start, until)).total_seconds())
        until = max(until, end)
    return seconds


def _lines(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _with_metrics(cells: pd.DataFrame) -> pd.DataFrame:
    """Name each column's metric under its task."""
    metrics = cells[cells["metric"] != ""].groupby("column")["metric"].first()
    named = {column: f"{column}<br>{legend.metric(name)}" for column, name in metrics.items()}
    return cells.assign(column=cells["column"].replace(named))


def _grid(table: Table) -> str:
    """Return a table and its notes as Markdown."""
    lines = table.markdown().replace(STALE, "").splitlines()
    notes = [line.strip() for line in lines if re.match(r"\[[a-z]\] ", line)]
    body = [line for line in lines if line.startswith("|")]
    return "\n".join([*body, *("\n" + note for note in notes)])


BLOCKS: dict[str, Callable[[], str]] = {
    "findings": findings,
    "few-scores": few_scores,
    "all-scores": all_scores,
    "share-of-the-way": covered,
    "share-alike": covered_alike,
    "claims-counted": counted,
    "inference": inference,
    "many-tasks": many_tasks,
    "training-speed": lambda: _grid(speeds.training_speed(PROFILE)),
    "replica-cost": replica_cost,
    "all-claims": all_claims,
    "end-gains": lambda: _grid(ending.gains(PROFILE)),
    "end-needs": lambda: _grid(ending.needs(PROFILE)),
    "end-claims": lambda: _grid(ending.claims(PROFILE, "sst2")),
}

if __name__ == "__main__":
    main()
