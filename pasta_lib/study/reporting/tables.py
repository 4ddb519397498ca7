"""The study's tables: our records in the papers' own layout, the printed numbers beside them."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

import pandas as pd

from ...errors import unknown
from ..claims import CLAIMS, FAILS, HOLDS, NOT_RUN, Claim, Verdict, judge
from . import frames, legend
from .exhibit import Cell, Table
from .grid import COUNTED, RUNS, ours, printed

PAPERS = {"pasta": "PASTA", "aot": "AoT"}
PAPER_ENVIRONMENTS = {
    "PASTA": {
        "python": "3.7.11",
        "torch": "1.10.2",
        "transformers": "4.20.1",
        "gpu": "NVIDIA RTX A5000",
    },
    "AoT": {"gpu": "NVIDIA A100"},
}
MARKS = {HOLDS: "✓", FAILS: "✗", NOT_RUN: "–"}


def comparison(profile: str, paper: str, table: str, notebook: str = "03_glue") -> Table:
    """Return a paper's table of scores: our settings in its layout, then the paper as printed."""
    grid = frames.scores(paper, table)
    return Table.of(
        f"{paper}_table{table[1:]}",
        f"{PAPERS[paper]} Table {table[1:]} (profile {profile})",
        f"{COUNTED} The paper's: {grid['split'].iloc[-1]}. {legend.metrics(grid)}",
        [*ours(profile, grid.assign(split="validation")), *printed(grid, PAPERS[paper])],
        notebook,
    ).write(profile)


def difference(profile: str, paper: str, table: str) -> Table:
    """Return ours minus the paper's, in points: each of our settings, each backbone there."""
    grid = frames.scores(paper, table)
    cells = {}
    for cell in ours(profile, grid.assign(split="validation")):
        cells.setdefault(cell.block, {})[cell.method, cell.column] = cell
    return Table.of(
        f"{paper}_table{table[1:]}_difference",
        f"Ours minus {PAPERS[paper]} Table {table[1:]}, in points (profile {profile})",
        "Another encoder, and where it says so other data: the distance between two studies, "
        "neither a failed nor a successful reproduction.",
        [
            _minus(setting[cell.method, cell.column], cell, f"{block} − {cell.block}")
            for block, setting in cells.items()
            for cell in printed(grid[grid["task"] != ""], PAPERS[paper])
        ],
    ).write(profile)


def as_printed(profile: str, paper: str, table: str) -> Table:
    """Return a paper's table that compares methods in words and signs, as printed."""
    return Table.of(
        f"{paper}_table{table[1:]}",
        f"{PAPERS[paper]} Table {table[1:]} (as printed)",
        f"Nothing in it is a measurement; {_INSTEAD[table]}.",
        printed(frames.printed(paper, table).assign(backbone=""), PAPERS[paper]),
    ).write(profile)


def ner(profile: str) -> Table:
    """Return entity F1 on CoNLL-2003's validation and test, beside the numbers of PASTA Fig. 3."""
    grid = frames.ner()
    return Table.of(
        "pasta_figure3",
        f"PASTA Figure 3: entity F1 on CoNLL2003 (profile {profile})",
        COUNTED,
        [*ours(profile, grid), *printed(grid, "PASTA")],
        "05_ner",
    ).write(profile)


def overview(profile: str) -> Table:
    """Return every method on every task that the profile has run, by the metric it selected by."""
    return Table.of(
        "scores",
        f"Every method on every task run (profile {profile})",
        f"{COUNTED} {legend.metrics(frames.run_grid(profile))}",
        ours(profile, frames.run_grid(profile)),
    ).write(profile)


def halves(profile: str) -> Table:
    """Return every score with validation cut in two: one half picks, the other one reports.

    Under it stands what is gained by picking and reporting on the same rows, as the papers do.
    """
    grid = frames.run_grid(profile)
    apart = list(ours(profile, grid.assign(split="half")))
    same = {(cell.block, cell.method, cell.column): cell for cell in ours(profile, grid)}
    gains = [
        _minus(
            same[cell.block, cell.method, cell.column],
            cell,
            f"{cell.block}: picked and reported on all rows − the above",
        )
        for cell in apart
        if cell.method and cell.column != RUNS
    ]
    return Table.of(
        "scores_half",
        f"Picked on one half of validation, reported on the other (profile {profile})",
        "Configuration and epoch are picked by a fixed half of the rows; the scores are the other "
        "half's, median ± standard deviation over seeds. Fewer rows make them less sure: "
        "a difference says something only where it is the same over many cells.",
        [*apart, *gains],
    ).write(profile)


def data(profile: str, suite: str) -> Table:
    """Return what each task's files hold, apart from the rows used, and the majority's score.

    `suite` is "glue", "superglue" or "ner"; where some of its tasks have run, of these.
    """
    if suite not in _SUITES:
        raise unknown("suite", suite, _SUITES)
    columns = _ROWS | _WORDS if suite == "ner" else _ROWS
    cells, trained = [], frames.training(profile)
    tasks = [task for task in _SUITES[suite]()["task"].unique() if task]  # "": a mean over tasks
    shown = [task for task in tasks if task in set(trained["task"])] or tasks
    for block, runs in frames.settings(trained):
        for task in shown:
            done = [r for r in frames.of(runs, task=task) if r["status"] == "done"][-1:]
            for column, show in columns.items():
                cell = Cell(block, legend.task(task), column)
                cells.append(cell.fact(show(done[0]["result"]), done) if done else cell)
    return Table.of(
        f"data_{suite}",
        f"Rows read and rows used (profile {profile})",
        "Read: what the task's files hold. Used: what the profile's caps leave of it."
        + (_LOST if suite == "ner" else ""),
        cells,
    ).write(profile)


def verdicts(profile: str) -> Table:
    """Return every claim of the papers: the verdict, what was found, and the test it was put to."""
    evidence = frames.evidence(profile)
    judged = [(claim, judge(claim, evidence)) for claim in CLAIMS]
    records = {record["key"]: record for found in evidence.values() for record in found}
    tally = Counter(verdict.verdict for _, found in judged for verdict in found)
    return Table.of(
        "claims",
        f"The papers' claims (profile {profile}): "
        + ", ".join(f"{verdict}: {tally[verdict]}" for verdict in MARKS),
        "Margins are in points and were stated before the runs. How sure a verdict is: in brackets "
        "stand the seeds and, over three tasks or more, where the mean over tasks lies with 95 %. "
        "Where the margin is inside, or with one seed or one task, it is a hint and no more. On "
        "sample tasks, whose sentences are ours, a verdict shows that the study works, not what "
        "holds of language. What is not run here would be by `./run_all.sh replica --data DIR "
        "--only NOTEBOOK` with MiniLM on the real tasks, by `./run_all.sh paper --only NOTEBOOK` "
        "with the papers' backbones (GPUs).",
        [cell for claim, found in judged for cell in _claim(claim, found, records)],
    ).write(profile)


def environment(profile: str) -> Table:
    """Return what the records were made with, beside what the papers say of their machines."""
    made = [(record, frames.environment(record)) for record in frames.records(profile)]
    cells = []
    names = ("commit", "python", "torch", "transformers", "cpu", "gpu", "threads", "precision")
    for name in names:
        by_value: dict[str, list[dict]] = {}
        for record, found in made:
            if name in found:
                by_value.setdefault(str(found[name] or "none"), []).append(record)
        cell = Cell("Made with", name, "these records")
        shown = "; ".join(f"{value} ({len(records)})" for value, records in by_value.items())
        firsts = [records[0] for records in by_value.values()]
        cells.append(cell.fact(shown, firsts) if firsts else cell)
        cells += [
            Cell("Made with", name, paper).printed(said[name])
            for paper, said in PAPER_ENVIRONMENTS.items()
            if name in said
        ]
    return Table.of(
        "environment",
        f"What differs in environment (profile {profile})",
        "In brackets: the number of records. PASTA's versions are those of its published code; "
        "AoT's are not stated.",
        cells,
    ).write(profile)


_SUITES: dict[str, Callable[[], pd.DataFrame]] = {  # the papers' tables of their tasks
    "glue": partial(frames.scores, "aot", "T2"),
    "superglue": partial(frames.scores, "aot", "T3"),
    "ner": frames.ner,
}
_ROWS: dict[str, Callable[[dict], str]] = {
    "train, read": lambda result: f"{result['rows']['train']:,}",
    "train, used": lambda result: f"{result['rows']['trained_on']:,}",
    "validation, read": lambda result: f"{result['rows']['validation']:,}",
    "validation, used": lambda result: f"{result['rows']['evaluated_on']:,}",
    "majority class": lambda result: f"{100 * result['majority'][result['metric']]:.1f}",
    "metric": lambda result: legend.metric(result["metric"]),
}


def _lost(result: dict) -> str:
    notes = result["notes"]
    if "cut_words" not in notes:  # records of before words were told apart, and counted
        return f"{notes['lost_words']:,} together, not scored"
    return f"{notes['lost_words'] - notes['cut_words']:,}; {notes['cut_words']:,}"


_WORDS = {"words without a token; cut off": _lost}
_LOST = (
    " Words, over all splits: those that the tokenizer makes nothing of, and those past the "
    "longest input. Each is predicted as O and scored, unless the cell says otherwise."
)
_INSTEAD = {  # what stands here for a table without measurements
    "T1": "notebooks 02, 11 and 12 measure what it says",
    "T4": "each table of scores here names its columns' metrics",
    "T5": "what is tried here is in `pasta_lib/study/runs`, and `scores_along_lr` shows it",
    "T6": "each record here holds its epochs, and its patience where it has one",
}


def _minus(ours: Cell, other: Cell, block: str) -> Cell:
    cell = Cell(block, ours.row, ours.column, method=ours.method)
    if ours.value is None or pd.isna(other.value):
        return cell
    gap = ours.value - other.value
    return replace(
        cell,
        shown=f"{gap:+.1f}".replace("-", "−"),
        origin="ours",
        value=gap,
        records=ours.records,
        stale=ours.stale or other.stale,
        precision=f"{ours.precision} {other.precision}",
    )


def _claim(claim: Claim, found: list[Verdict], records: Mapping[str, dict]) -> list[Cell]:
    behind = [records[key] for verdict in found for key in verdict.keys]
    cell = Cell(claim.place.partition(",")[0], claim.sentence, "verdict")
    text = cell.text("")
    verdict = replace(cell, shown="; ".join(f"{MARKS[v.verdict]} {v.verdict}" for v in found))
    shown = replace(text, column="found", shown=f"too little was run: see {claim.notebook}")
    if behind:
        verdict = verdict.trained(verdict.shown, behind)
        shown = shown.trained("; ".join(v.found for v in found), behind)
    return [
        verdict,
        shown,
        replace(text, column="test, with its margin", shown=claim.test),
        replace(text, column="where", shown=claim.place),
        replace(text, column="notebook", shown=claim.notebook),
    ]
