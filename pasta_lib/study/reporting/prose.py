"""What README and docs say in numbers: written there from the records, between two marks.

`make readme` runs this; a test holds that what stands there is what the records say.
"""

import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import fill

from ... import disk, paths
from ..claims import NOT_JUDGED, OUTCOMES
from . import distance, ending, legend, tables
from .cards import OWN, TRANSFER, cards, tally
from .exhibit import STALE, Table

PROFILE = "replica"
WIDTH = 118  # of a line of prose
FINDINGS = ("pasta-full", "aot-p-tuning-v2", "special-positions")
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
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def few_scores() -> str:
    """Return the scores of a few methods on a few tasks, where most tasks were run."""
    table = tables.overview(PROFILE)
    most = table.cells[table.cells["origin"] == "ours"]["block"].mode()
    return _grid(replace(table, cells=table.cells[table.cells["block"].isin(most)]), METHODS, TASKS)


def all_scores() -> str:
    """Return the scores of every method on every task run."""
    return _grid(tables.overview(PROFILE))


def covered() -> str:
    """Return the share of the way of every method."""
    return _grid(distance.share_of_the_way(PROFILE))


def all_claims() -> str:
    """Return every claim with its outcomes and what was found."""
    table = tables.verdicts(PROFILE)
    cells = table.cells[table.cells["column"].isin((OWN, TRANSFER, "found"))]
    return _grid(Table(table.name, table.title, table.caption, cells))


def _grid(table: Table, methods: Sequence[str] = (), tasks: Sequence[str] = ()) -> str:
    """Return a table's lines as Markdown, of some methods and tasks only if they are named."""
    cells = table.cells
    if methods:
        cells = cells[cells["method"].isin(methods)]
    if tasks:
        cells = cells[cells["column"].isin(map(legend.task, tasks))]
    text = Table(table.name, table.title, table.caption, cells).markdown().replace(STALE, "")
    return "\n".join(line for line in text.splitlines() if line.startswith("|"))


BLOCKS: dict[str, Callable[[], str]] = {
    "findings": findings,
    "few-scores": few_scores,
    "all-scores": all_scores,
    "share-of-the-way": covered,
    "claims-counted": counted,
    "all-claims": all_claims,
    "end-gains": lambda: _grid(ending.gains(PROFILE)),
    "end-needs": lambda: _grid(ending.needs(PROFILE)),
    "end-claims": lambda: _grid(ending.claims(PROFILE, "sst2")),
}

if __name__ == "__main__":
    main()
