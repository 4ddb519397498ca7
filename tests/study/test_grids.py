"""The papers' grids against their own tables, as `data/published` transcribes them."""

import re

import pytest

from pasta_lib import paths
from pasta_lib.study import published, runs
from pasta_lib.study.runs import PROFILES, plan
from pasta_lib.study.runs.status import status
from pasta_lib.tasks import TASKS

PAPER = PROFILES["paper"]


@pytest.fixture(scope="module")
def wanted():
    return PAPER.runs(PAPER.grids)


@pytest.fixture(scope="module")
def printed():
    cells = published.load()
    return lambda paper, table: cells[(cells["paper"] == paper) & (cells["table"] == table)]


def values(printed: str) -> set[float]:
    return {float(number) for number in re.split(r", ?", printed)}


@pytest.mark.parametrize("backbone, column", [("roberta-large", "left"), ("deberta-xl", "right")])
def test_aot_searches_what_its_table_5_prints(wanted, printed, backbone, column):
    cells = printed("aot", "T5")
    cells = cells[cells["column"].str.contains(column)].set_index("row")["printed"]
    aot = [run for run in wanted if run.backbone == backbone and run.train.schedule == "constant"]
    block = "P-Tuning v1/v2/AoT"
    for method, name, row in (
        ("p-tuning-v1", "prefix", "p"),
        ("p-tuning-v2", "prefix", "p"),
        ("lora", "rank", "LoRA r"),
        ("adapter", "size", "Adapters r"),
        ("aot-kron", "rank", "Kron. r"),
        ("aot-fc", "rank", "FC r"),
    ):
        mine = [run for run in aot if run.method == method]
        assert {run.fields[name] for run in mine} == values(cells[f"{block}: {row}"])
        other = [run for run in mine if not run.task.endswith("rte")]
        assert {run.train.batch_size for run in other} == values(cells[f"{block}: batch size"])
        assert {run.train.lr for run in other} == values(cells[f"{block}: learning rate"])
    full = [run for run in aot if run.method == "full" and not run.task.endswith("rte")]
    assert {run.train.lr for run in full} == values(cells["Fine-Tuning: learning rate"])
    rte = [run for run in aot if run.task.endswith("rte")]
    assert {run.train.batch_size for run in rte} == values(cells["RTE: batch size"])
    assert {run.train.lr for run in rte} == values(cells["RTE: learning rate"])
    assert {len(run.fields) for run in aot if run.method == "aot-kron"} == {3}
    assert len({run.train.seed for run in aot}) == (5 if column == "left" else 1)


def test_aot_stops_as_its_table_6_prints(wanted, printed):
    cells = printed("aot", "T6")
    for _, cell in cells.iterrows():
        for task in cell["task"].split():
            found = {
                getattr(run.train, cell["metric"])
                for run in wanted
                if run.task == task and run.train.schedule == "constant"
            }
            assert found == {cell["value"]}, (task, cell["metric"])


def test_pasta_searches_around_what_its_table_6_prints(wanted, printed):
    best = printed("pasta", "T6").pivot_table("value", "task", ["metric", "part"])
    for task in best.index:
        mine = [
            run
            for run in wanted
            if (run.backbone, run.task, run.method) == ("bert-large", task, "pasta")
        ]
        assert len(mine) == 8 * 4  # learning rates and epochs of Appendix B
        assert best.loc[task, ("lr", "")] in {run.train.lr for run in mine}
        assert best.loc[task, ("epochs", "")] in {run.train.epochs for run in mine}
        step = best.loc[task, ("batch_size", "per GPU")] * best.loc[task, ("batch_size", "GPUs")]
        assert {run.train.batch_size for run in mine} == {step}
        assert {run.train.metric for run in mine} == {TASKS[task].pasta_metric}
        assert {(run.train.seed, run.train.max_length) for run in mine} == {(42, 128)}


def test_every_printed_score_of_a_method_we_search_has_its_runs(wanted, printed):
    searched = {(run.backbone, run.method, run.task) for run in wanted}
    for table in ("T2", "T3"):
        cells = printed("aot", table)
        cells = cells[cells["task"] != ""]
        assert set(zip(cells["backbone"], cells["method"], cells["task"], strict=True)) <= searched
    for table in ("T2", "T3", "T4", "T5"):
        cells = printed("pasta", table)
        own = cells["method"].str.startswith("pasta") | (cells["method"] == "classifier")
        cells = cells[own & (cells["task"] != "")]
        assert set(zip(cells["backbone"], cells["method"], cells["task"], strict=True)) <= searched


def test_a_run_takes_what_can_be_counted(wanted):
    found = {(run.task, run.method): run for run in wanted if run.backbone == "roberta-large"}
    weights, tokens, epochs = 12 * 24 * 1024**2, 78, 500
    packed = plan.operations(found["cb", "lora"])
    assert packed == epochs * tokens * weights * (4 * 250 + 2 * 56)
    assert plan.operations(found["cb", "full"]) - packed == epochs * tokens * weights * 2 * 250


def test_the_plan_adds_up(monkeypatch):
    monkeypatch.setattr(plan.bench, "speed", lambda device: 1e12)
    choice = runs.Choice(("roberta-base", "bert-base"), ("cola",))
    packs = runs.packs(runs.wanted("paper", PAPER.grids, choice=choice))
    made = plan.plan(packs, "cpu")
    assert made.shares["roberta-base"].runs == 6 * 200 + 50 + 40
    assert made.shares["bert-base"].runs == 32 and made.shares["bert-base"].packs == 4
    assert sum(share.packs for share in made.shares.values()) == len(packs)
    hours = sum(plan.operations(run) for pack in packs for run in pack.configs) / 1e12 / 3600
    last = str(made).splitlines()[3].split()
    assert last[0] == "all" and float(last[3].replace(",", "")) == pytest.approx(hours, abs=0.1)
    assert "1,000.0 GFLOP/s" in str(made)


def test_status_counts_every_run_once(quick_store, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    needed = runs.wanted("quick", "06_ablation")
    for run, state in zip(needed, ("done", "done", "failed", "diverged", "failed"), strict=False):
        quick_store.write("train", run.config, status=state)
    again = needed[4]  # failed, and being tried again
    with quick_store.running([again.key, needed[5].key]):
        table = status("quick", ["06_ablation", "07_norm_distribution"])
    assert table.loc["06_ablation"].to_dict() == {
        "done": 2,
        "running": 2,
        "failed": 1,
        "diverged": 1,
        "missing": len(needed) - 6,
    }
    assert table.loc["all"].sum() == len(needed)
    assert status("quick", ["06_ablation"]).loc["all", "running"] == 0
