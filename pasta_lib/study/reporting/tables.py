"""The study's tables: our records in the papers' own layout, the printed numbers beside them."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial

import pandas as pd

from ...errors import unknown
from ..claims import OUTCOMES, Verdict
from . import frames, legend
from .cards import MARKS, OWN, TRANSFER
from .exhibit import Cell, Table, signed
from .layout import COUNTED, PERCENT, RUNS, ours, printed

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


def comparison(profile: str, paper: str, table: str, notebook: str = "03_glue") -> Table:
    """Return a paper's table of scores: our settings in its layout, then the paper as printed."""
    grid = frames.scores(paper, table)
    return Table.of(
        f"{paper}_table{table[1:]}",
        f"{PAPERS[paper]} Table {table[1:]}",
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
        f"Ours minus {PAPERS[paper]} Table {table[1:]}, in points",
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
    sizes = grid.drop_duplicates("method").assign(
        column=PERCENT, task="", metric="percent", printed=""
    )
    return Table.of(
        "pasta_figure3",
        "PASTA Figure 3: entity F1 on CoNLL2003",
        COUNTED,
        [*ours(profile, pd.concat([sizes, grid])), *printed(grid, "PASTA")],
        "05_ner",
    ).write(profile)


def overview(profile: str) -> Table:
    """Return every method on every task that the profile has run, by the metric it selected by."""
    return Table.of(
        "scores",
        "Every method on every task run",
        f"{COUNTED} {legend.metrics(frames.run_grid(profile))}",
        ours(profile, frames.run_grid(profile)),
    ).write(profile)


def halves(profile: str) -> Table:
    """Return every score with validation cut in two: one half picks, the other one reports.

    Under it stands what is gained by picking and reporting on the same rows, as the papers do.
    """
    grid = frames.run_grid(profile)
    # the majority's score is that of all rows: beside a half's it would mislead
    apart = [cell for cell in ours(profile, grid.assign(split="half")) if cell.method]
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
        "Picked on one half of validation, reported on the other",
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
        "Rows read and rows used",
        "Read: what the task's files hold. Used: what the profile's caps leave of it."
        + (_LOST if suite == "ner" else ""),
        cells,
    ).write(profile)


def verdicts(profile: str) -> Table:
    """Return every claim of the papers: its outcomes, what was found, and the rule it was put to.

    `claims.csv` holds a line for each claim and backbone.
    """
    judged = frames.verdicts(profile)
    records = {
        record["key"]: record for setting in frames.evidence(profile) for record in setting.records
    }
    by_claim: dict[str, list[Verdict]] = {}
    for verdict in judged:
        by_claim.setdefault(verdict.claim.id, []).append(verdict)
    return Table.of(
        "claims",
        "The papers' claims. "
        f"Tested on {OWN}: {_tally(v for v in judged if v.own)}. "
        f"Transfer to another: {_tally(v for v in judged if v.setting and not v.own)}",
        "The rule stands in `docs/verdicts.md`: a claim is supported or contradicted where the "
        "whole 95 % interval [in brackets] says so, and inconclusive elsewhere. A transfer says "
        "nothing of the paper's own backbone. “Holm” says whether a decision survives the "
        "correction for the number of claims; “rows' luck not in it” that another draw of "
        "validation rows could change it. Points are of 100. On sample tasks, whose sentences are "
        "ours, a verdict shows that the study works, not what holds of language. What is not run "
        "here would be by `./run_all.sh replica --data DIR --only NOTEBOOK` with MiniLM on the "
        "real tasks, by `./run_all.sh paper --only NOTEBOOK` with the papers' backbones (GPUs).",
        [cell for found in by_claim.values() for cell in _claim(found, records)],
    ).write(profile, csv=_lines(judged))


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
        "What differs in environment",
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
        shown=signed(gap),
        origin="ours",
        value=gap,
        records=ours.records,
        stale=ours.stale or other.stale,
        unended=ours.unended or other.unended,
        precision=f"{ours.precision} {other.precision}",
    )


def _tally(judged: Iterable[Verdict]) -> str:
    tally = Counter(verdict.outcome for verdict in judged)
    return ", ".join(f"{tally[outcome]} {outcome}" for outcome in OUTCOMES)


def _claim(judged: list[Verdict], records: Mapping[str, dict]) -> list[Cell]:
    claim, ran = judged[0].claim, [verdict for verdict in judged if verdict.setting]
    behind = [records[key] for verdict in ran for key in verdict.keys]
    cell = Cell(claim.paper, claim.sentence, OWN)
    filled, text = cell.trained("", behind) if behind else cell, cell.text("")
    found = "; ".join(f"{v.setting}: {v.found}" for v in ran if v.found) or judged[0].reason
    sides = {OWN: [v for v in ran if v.own], TRANSFER: [v for v in ran if not v.own]}
    return [
        *(
            replace(filled, column=column, shown=_outcomes(side))
            if side
            else replace(cell, column=column)
            for column, side in sides.items()
        ),
        replace(filled if behind else text, column="found", shown=found),
        replace(text, column="why", shown="; ".join(v.reason for v in ran)),
        replace(text, column="rule", shown=claim.rule.name),
        replace(text, column="what has to be seen", shown=claim.test),
        replace(text, column="where", shown=claim.where),
        replace(text, column="notebook", shown=claim.needs),
    ]


def _outcomes(side: list[Verdict]) -> str:
    """Return the outcome, or each setting's where there are several."""
    if len(side) == 1:
        return _outcome(side[0])
    return "; ".join(f"{verdict.setting}: {_outcome(verdict)}" for verdict in side)


def _outcome(verdict: Verdict) -> str:
    said = [f"{MARKS[verdict.outcome]} {verdict.outcome}" + " (budget)" * bool(verdict.budget)]
    if verdict.survives is not None:
        said.append("survives Holm" if verdict.survives else "does not survive Holm")
        said += ["rows' luck not in it"] * verdict.rows_unknown
    return ", ".join(said)


def _lines(judged: list[Verdict]) -> pd.DataFrame:
    """Return a line for each claim and setting that could say something of it."""
    kinds = {True: OWN, False: TRANSFER}
    return pd.DataFrame(
        {
            "id": verdict.claim.id,
            "paper": verdict.claim.paper,
            "place": verdict.claim.place,
            "sentence": verdict.claim.sentence,
            "backbone": verdict.backbone,
            "setting": verdict.setting,
            "tested on": kinds[verdict.own] if verdict.setting else "",
            "rule": verdict.claim.rule.name,
            "over": verdict.claim.over if verdict.claim.tasks else "",
            "margin": verdict.claim.rule.margin,
            "methods": " ".join(verdict.claim.rule.methods),
            "tasks": " ".join(part.name for part in verdict.parts),
            "estimate": verdict.estimate,
            "low": verdict.low,
            "high": verdict.high,
            "outcome": verdict.outcome,
            "reason": verdict.reason,
            "survives Holm": {True: "yes", False: "no", None: ""}[verdict.survives],
            "found": verdict.found,
            "records": " ".join(verdict.keys),
        }
        for verdict in judged
    )
