"""Records and published numbers as tidy frames: the only place where reporting reads anything."""

from collections.abc import Collection, Iterable, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from ... import paths
from ...changes import SCORES
from .. import published
from ..budget import FALLING, GRID, SEARCH, TO_THE_END, budget
from ..claims import CLAIMS, Evidence, Verdict, judge_all
from ..statistics import Summary, expected_maximum, summarise, summarise_search
from ..store import Store
from . import legend

SPEED = "speed"  # the store of `python -m pasta_lib bench`
_SETTINGS = {TO_THE_END: (TO_THE_END,), "": (GRID, SEARCH)}
_CONTENDERS = {"aot-kron aot-fc": "aot fused", "lora": "lora"}  # of `speed`, by AoT's methods
SPEED_KINDS = ("speed", "speed-multitask", "speed-training")


def records(profile: str, kind: str | None = None) -> list[dict]:
    """Return a profile's records, each with two more entries, `stale` and `precision`.

    Stale is what was trained before `SCORES` was raised, and what was made from other data or
    weights than the latest record with the same backbone, task and source: neither need be at hand
    where a report is made. `precision` is what a run was computed in, None where nothing trained.
    """
    return [r for r in _read(*_stamped(profile)) if kind is None or r["kind"] == kind]


def measured(profile: str, kind: str) -> list[dict]:
    """Return the measurements of a kind that did not fail: a profile's, then those of `bench`."""
    own = records(profile, kind)
    keys = {record["key"] for record in own}
    found = own + [r for r in records(SPEED, kind) if r["key"] not in keys]
    return [record for record in found if record["status"] == "done"]


def training(profile: str) -> pd.DataFrame:
    """Return one row per training run: where it belongs, its score, and the record itself."""
    return _training(*_stamped(profile))


def settings(runs: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Return (what scores were measured on, the runs): scores compare within a setting only.

    What was trained to the end and what was trained for its grid's few epochs are two settings; a
    falling rate, which one method alone has, is none. Where nothing has run there is one setting
    without runs, so that a table still says "not run".
    """
    return [
        (legend.setting(backbone, source, label), group[group["budget"].isin(budgets)])
        for (backbone, source), group in runs.groupby(["backbone", "source"])
        for label, budgets in _SETTINGS.items()
        if group["budget"].isin(budgets).any()
    ] or [("This study", runs)]


def _searched(runs: pd.DataFrame) -> pd.DataFrame:
    """Leave out what was trained to the end: of the rates tried, the search's leaders alone."""
    return runs[runs["budget"].isin((GRID, SEARCH))]


def of(runs: pd.DataFrame, **where: str) -> list[dict]:
    """Return the records of the runs whose columns have the given values."""
    for name, value in where.items():
        runs = runs[runs[name] == value]
    return list(runs["record"])


def printed(paper: str, table: str) -> pd.DataFrame:
    """Return a paper's table as printed, one line per number (columns: `data/published`)."""
    cells = published.load()
    return cells[(cells["paper"] == paper) & (cells["table"] == table)].reset_index(drop=True)


def scores(paper: str, table: str) -> pd.DataFrame:
    """Return a paper's table of scores, each method under the first name it is printed with."""
    cells = printed(paper, table)
    return cells.assign(row=cells.groupby("method")["row"].transform("first"))


def overheads() -> pd.DataFrame:
    """Return what AoT's text states of time over vanilla (section 4.3), contender by contender."""
    text = printed("aot", "text").query("metric == 'overhead'")
    sizes = text["column"].str.extract(r"batch (?P<batch>\d+), length (?P<length>\d+)")
    text = text.assign(contender=text["method"].map(_CONTENDERS), **sizes).dropna(
        subset=["contender", "batch"]
    )
    times = text.assign(value=1 + text["value"] / 100).astype({"batch": int, "length": int})
    by = ["backbone", "contender", "batch", "length", "column", "method"]
    return times.groupby(by)["value"].agg(low="min", high="max").reset_index()


def printed_tokens(table: str) -> dict[int, list[str]]:
    """Return the tokens of largest norm that one of AoT's tables prints, by layer."""
    tokens = published.tokens()
    by_layer = tokens[tokens["table"] == table].groupby("layer")["token"]
    return {layer: list(tokens) for layer, tokens in by_layer}


def ner() -> pd.DataFrame:
    """Return the grid of PASTA Fig. 3, whose bars' heights the text gives (section 4.3)."""
    text = printed("pasta", "text")
    value = text[text["row"] == "§4.3"].drop_duplicates("column").set_index("column")["value"]
    pasta = value["CoNLL2003 test F1"]
    over = value["CoNLL2003 test F1 over P-tuning v2"]
    under = value["CoNLL2003 test F1 under full finetuning"]
    bars = {
        "full": (pasta + under, "from the text: PASTA falls behind it by 2.0"),
        "p-tuning-v2": (pasta - over, "from the text: PASTA outperforms it by 0.6"),
        "pasta": (pasta, ""),
        "classifier": (np.nan, ""),
    }
    lines = [
        (method, legend.method(method), split, split, value if split == "test" else np.nan, note)
        for method, (value, note) in bars.items()
        for split in ("validation", "test")
    ]
    grid = pd.DataFrame(lines, columns=["method", "row", "column", "split", "value", "note"])
    text = grid["value"].map("{:.1f}".format, na_action="ignore").fillna("")
    return grid.assign(
        task="conll2003", metric="entity_f1", backbone="bert-large", spread=np.nan, printed=text
    )


def run_grid(profile: str) -> pd.DataFrame:
    """Return the grid of every method and task that the profile has run, by the task's metric."""
    runs = training(profile)
    methods, metrics = set(runs["method"]), dict(runs.groupby("task")["metric"].first())
    lines = [
        (method, legend.task(task), task, metrics[task])
        for method in legend.METHODS
        for task in legend.TASKS
        if method in methods and task in metrics
    ]
    grid = pd.DataFrame(lines, columns=["method", "column", "task", "metric"])
    return grid.assign(split="validation")


def evidence(profile: str) -> list[Evidence]:
    """Return what claims are judged on, setting by setting.

    That is each backbone's runs on one source of data, its heads and counts, and its times on one
    machine.
    """
    return _evidence(profile, *_stamped(profile), *_stamped(SPEED))


def verdicts(profile: str) -> list[Verdict]:
    """Return every claim of the papers judged on each setting that can say something of it."""
    return _verdicts(profile, *_stamped(profile), *_stamped(SPEED))


@lru_cache(maxsize=1)  # what was resampled for one claim serves the others
def _evidence(profile: str, *stamp: object) -> list[Evidence]:
    own = [r for kind in ("train", "heads", "count") for r in records(profile, kind)]
    timed = [record for kind in SPEED_KINDS for record in measured(profile, kind)]
    places: dict[tuple[str, str, str, str], list[dict]] = {}
    for record in (*own, *timed):
        config = record["config"]
        backbone = config.get("shape") or config["backbone"]
        given = budget(config) if record["kind"] == "train" else GRID
        if given != FALLING:
            label = TO_THE_END if given == TO_THE_END else ""
            place = backbone, config.get("source", ""), config.get("machine", ""), label
            places.setdefault(place, []).append(record)
    for (backbone, source, machine, label), found in places.items():
        if label:  # which rates were tried the search says, whatever followed it
            found += _searches(found, places.get((backbone, source, machine, ""), ()))
    vocabularies: dict[str, list[dict]] = {}
    for record in measured(profile, "vocabulary"):
        vocabularies.setdefault(record["config"]["backbone"], []).append(record)
    return [
        Evidence(
            [*found, *vocabularies.get(backbone, ())] if source else found,
            legend.place_of(backbone, source, machine, label),
            backbone,
            Store(paths.runs(profile)).gold,
            sample=source == "sample",
        )
        for (backbone, source, machine, label), found in sorted(
            places.items(), key=lambda each: (*each[0][:3], list(_SETTINGS).index(each[0][3]))
        )
    ]


def _searches(found: list[dict], others: Iterable[dict]) -> list[dict]:
    """Return what was searched of those tasks and methods that `found` trained to the end."""
    places = {(r["config"]["task"], r["config"]["method"]) for r in found}
    return [
        record
        for record in others
        if record["kind"] == "train"
        and budget(record["config"]) == SEARCH
        and (record["config"]["task"], record["config"]["method"]) in places
    ]


@lru_cache(maxsize=1)
def _verdicts(profile: str, *stamp: object) -> list[Verdict]:
    return judge_all(CLAIMS, evidence(profile))


def environment(record: dict) -> dict:
    """Return what a record was made with, as one flat mapping."""
    made = record["provenance"]
    precision = {"precision": record["precision"]} if record["precision"] else {}
    where = made.get("packages", {}) | made.get("hardware", {})
    return {"commit": made.get("commit")} | where | precision


def along(profile: str, name: str) -> pd.DataFrame:
    """Return the best configuration at each value of a hyper-parameter, "size" or "lr".

    One line per setting, task, method and value `x`; `size` is what is trained beside the head.
    """
    runs = _searched(training(profile))
    runs = runs.assign(x=[_value(record, name) for record in runs["record"]]).dropna(subset=["x"])
    lines = []
    for setting, group in settings(runs):
        for (task, method), tried in group.groupby(["task", "method"]):
            points = summarise_search(of(tried), lambda record: _value(record, name))
            for x, best in sorted(points.items()):
                size = best.records[0]["result"]["parameters"]["method"]
                shown = legend.rate(x) if name == "lr" else f"{x:g}"
                metric = tried["metric"].iloc[0]
                lines.append((setting, task, method, x, shown, size, metric, best))
    columns = ["setting", "task", "method", "x", "shown", "size", "metric", "best"]
    frame = pd.DataFrame(lines, columns=columns)
    tried = frame.groupby(["setting", "task", "method"])["x"].transform("nunique")
    return frame[tried > 1]


def reference(profile: str) -> dict[tuple[str, str], Summary]:
    """Return full fine-tuning's best of its own search (or grid), by setting and task."""
    return {
        (setting, task): max(tried.values(), key=lambda best: best.median)
        for setting, group in settings(training(profile))
        for task in group["task"].unique()
        if (tried := summarise_search(of(group, task=task, method="full")))
    }


def effort(tried: Iterable[Summary]) -> str:
    """Say how many seeds scores have, and under which cap on steps a search stopped them."""
    tried = list(tried)
    caps = {run["config"]["train"].get("max_steps") for run in runs(tried)}
    if not tried:
        return "nothing was run"
    if caps == {None}:
        return f"{_seeds(tried)}, none stopped early"
    steps = _span(sorted(filter(None, caps)))
    return f"{_seeds(tried)}, {'some ' * (None in caps)}stopped after {steps} steps"


def cut(tried: Sequence[Summary]) -> str:
    """Return seeds and cap in a few words, for the head of a panel; "" where all were finished."""
    caps = {run["config"]["train"].get("max_steps") for run in runs(tried)}
    steps = sorted(filter(None, caps))
    return f"{_seeds(tried)}, {_span(steps)} steps" if steps else ""


def titled(title: str, tried: Iterable[Summary]) -> str:
    """Return a title that says where scores are those of a search, which stopped runs early."""
    return f"{title} in a search" if cut(list(tried)) else title


def runs(tried: Iterable[Summary]) -> list[dict]:
    """Return the records behind some summaries."""
    return [record for best in tried for record in best.records]


def _seeds(tried: Sequence[Summary]) -> str:
    counts = sorted({best.seeds for best in tried})
    return f"{_span(counts)} seed{'s' * (counts[-1] > 1)}"


def _span(values: Sequence[int]) -> str:
    low, high = (f"{end(values):,}" for end in (min, max))
    return low if low == high else f"{low} to {high}"


def curves(profile: str) -> pd.DataFrame:
    """Return how the best configuration trained: a line for each setting, task, method and epoch.

    Loss and gradient norm are an epoch's means over its steps, averaged over the seeds that still
    trained then.
    """
    bests = {
        (setting, task, method): best
        for setting, group in settings(training(profile))
        for (task, method), same in group.groupby(["task", "method"])
        if (best := summarise(of(same)))
    }
    lines = [
        (*place, step["epoch"], step["loss"], step["gradient_norm"])
        for place, best in bests.items()
        for record in best.records
        for step in record["result"]["curve"]
    ]
    place = ["setting", "task", "method"]
    frame = pd.DataFrame(lines, columns=[*place, "epoch", "loss", "gradient_norm"])
    frame = frame.groupby([*place, "epoch"], as_index=False).mean()
    return frame.assign(
        tried=[[bests[at]] for at in frame[place].itertuples(index=False, name=None)]
    )


def macro_along(profile: str) -> pd.DataFrame:
    """Return each benchmark's mean score at each prefix length and rank that all its tasks ran.

    One line per setting, benchmark (as `task`), method and value `x`.
    """
    frame = along(profile, "size")
    lines = []
    for benchmark, table in legend.BENCHMARKS.items():
        tasks = set(scores("aot", table)["task"]) - {""}
        mine = frame[frame["task"].isin(tasks)]
        for (setting, method, x), same in mine.groupby(["setting", "method", "x"], sort=False):
            if len(same) == len(tasks):
                value = 100 * np.mean([best.median for best in same["best"]])
                bests = list(same["best"])
                lines.append((setting, benchmark, method, x, "macro_score", value, bests))
    columns = ["setting", "task", "method", "x", "metric", "value", "tried"]
    return pd.DataFrame(lines, columns=columns)


def expected(
    profile: str, tasks: Collection[str] = (), methods: Collection[str] = ()
) -> pd.DataFrame:
    """Return the curve of expected best scores of each method on each task, over assignments.

    Of some tasks and methods only, if they are named.
    """
    lines, runs = [], _searched(training(profile))
    for name, chosen in (("task", tasks), ("method", methods)):
        runs = runs[runs[name].isin(chosen)] if chosen else runs
    for setting, group in settings(runs):
        for (task, method), same in group.groupby(["task", "method"]):
            tried = summarise_search(of(same)).values()
            if len(tried) > 1:
                values = expected_maximum([summary.median for summary in tried])
                lines.append((setting, task, method, same["metric"].iloc[0], values, list(tried)))
    columns = ["setting", "task", "method", "metric", "values", "tried"]
    return pd.DataFrame(lines, columns=columns)


def best(profile: str, method: str) -> list[tuple[str, str, Summary]]:
    """Return (task, setting, best configuration) wherever the profile has run a method."""
    runs = training(profile)
    found = [
        (task, setting, summarise(of(group, task=task, method=method)))
        for setting, group in settings(runs)
        for task in legend.TASKS
    ]
    return [(task, setting, summary) for task, setting, summary in found if summary]


def best_of(profile: str, method: str, tasks: Collection[str]) -> dict[str, Summary]:
    """Return the best configuration by setting, on the first of `tasks` that it ran."""
    found: dict[str, Summary] = {}
    for task, setting, summary in best(profile, method):
        if task in tasks:
            found.setdefault(setting, summary)
    return found


def mean_norms(best: Summary) -> np.ndarray:
    """Return ‖v‖ by layer and special token, averaged over seeds: (layers, special tokens)."""
    return np.mean([record["result"]["norms"] for record in best.records], axis=0)


def _value(record: dict, name: str) -> float | None:
    if name == "lr":
        return record["config"]["train"]["lr"]
    fields = record["config"]["fields"]
    return fields.get("prefix", fields.get("rank"))


def _stamped(profile: str) -> tuple[Path, tuple]:
    """Return a profile's folder of records, and what changes as soon as one of them does."""
    store = Store(paths.runs(profile))
    return store.folder, tuple(store.files())


@lru_cache(maxsize=2)  # a profile's, and the measurements of speed
def _read(folder: Path, stamp: tuple) -> list[dict]:
    """Read the store once for as long as `stamp` says that it has not changed."""
    found = Store(folder).records()
    latest: dict[tuple, dict] = {}
    for record in sorted(found, key=lambda record: record["provenance"].get("ended", "")):
        latest.setdefault(_same(record), {}).update(_fingerprints(record))
    return [
        record | {"stale": _stale(record, latest[_same(record)]), "precision": _precision(record)}
        for record in found
    ]


@lru_cache(maxsize=1)
def _training(folder: Path, stamp: tuple) -> pd.DataFrame:
    rows = [
        {
            **{name: record["config"][name] for name in ("backbone", "source", "task", "method")},
            "seed": record["config"]["train"]["seed"],
            "lr": record["config"]["train"]["lr"],
            "metric": record["config"]["train"]["metric"],
            "status": record["status"],
            "budget": budget(record["config"]),
            "record": record,
        }
        for record in _read(folder, stamp)
        if record["kind"] == "train"
    ]
    names = ["backbone", "source", "task", "method", "seed", "lr", "metric", "status", "budget"]
    return pd.DataFrame(rows, columns=[*names, "record"]).sort_values(
        ["backbone", "source"], kind="stable"
    )


def _same(record: dict) -> tuple:
    return tuple(record["config"].get(name) for name in ("backbone", "task", "source"))


def _fingerprints(record: dict) -> dict[str, set[str]]:
    """Return the fingerprints of data and weights: each in all its forms, where it has several.

    A new form is written beside the older ones, in a list: one that two records share suffices.
    """
    made = {name: record["provenance"].get(name) for name in ("data", "weights")}
    return {
        name: {forms} if isinstance(forms, str) else set(forms)
        for name, forms in made.items()
        if forms
    }


def _stale(record: dict, latest: dict[str, set[str]]) -> bool:
    if record["kind"] == "train" and record["provenance"].get("scores", 1) != SCORES:
        return True
    return any(forms.isdisjoint(latest[name]) for name, forms in _fingerprints(record).items())


def _precision(record: dict) -> str | None:
    if record["kind"] != "train":
        return None
    # earlier records do not say: they were computed in what they asked for
    return record["provenance"].get("precision", record["config"]["train"].get("precision"))
