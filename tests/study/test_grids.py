"""The papers' grids against their own tables, as `data/published` transcribes them."""

import re

import pytest

from pasta_lib import paths
from pasta_lib.study import published, runs
from pasta_lib.study.runs import PROFILES, plan
from pasta_lib.study.runs.operations import operations
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


REPLICA = PROFILES["replica"]
MPNET = runs.Choice(("mpnet",))


def test_mpnet_runs_for_who_names_it_alone():
    everything = REPLICA.runs(REPLICA.grids, ahead=True)
    assert {run.backbone for run in everything} == {"minilm"}
    other = REPLICA.runs(REPLICA.grids, choice=runs.Choice(tasks=("sst2",)), ahead=True)
    assert {run.backbone for run in other} == {"minilm"}
    named = REPLICA.runs(REPLICA.grids, choice=MPNET, ahead=True)
    assert {run.backbone for run in named} == {"mpnet"}
    assert {run.task for run in named} == set(TASKS)
    both = runs.Choice(("minilm", "mpnet"))
    assert len(REPLICA.runs(REPLICA.grids, choice=both, ahead=True)) == len(everything + named)


def test_mpnet_tries_minilms_best_rate_and_one_to_each_side():
    """The rates at which the committed runs of SST-2 that went to their end did best."""
    found = REPLICA.runs("03_glue", choice=runs.Choice(("mpnet",), ("sst2",)))
    rates = {}
    for run in found:
        rates.setdefault(run.method, []).append(run.train.lr)
    assert rates == {
        "classifier": [3e-2, 1e-1, 3e-1],
        "full": [5e-5, 1e-4, 2e-4],
        "pasta": [1e-2, 3e-2, 1e-1],
        "aot-fc": [3e-3, 5e-3, 1e-2],
        "lora": [1e-3, 3e-3, 1e-2],
    }
    assert {(run.train.precision, run.train.epochs) for run in found} == {("fp32", 12)}
    assert {run.train.train_rows for run in found} == {3_000}
    for run in REPLICA.runs(REPLICA.grids, choice=MPNET):
        assert run.train.lr > 0 and run.train.patience


def test_the_plan_adds_up(monkeypatch):
    monkeypatch.setattr(plan.bench, "speed", lambda device: 1e12)
    choice = runs.Choice(("roberta-base", "bert-base"), ("cola",))
    packs = runs.packs(runs.wanted("paper", PAPER.grids, choice=choice))
    made = plan.plan(packs, lambda pack: pack.configs[0].method == "pasta", "cpu")
    assert made.whole["roberta-base"].runs == 6 * 200 + 50 + 40
    assert made.whole["bert-base"].runs == 32 and made.whole["bert-base"].packs == 4
    assert sum(share.packs for share in made.whole.values()) == len(packs)
    assert made.left == {"bert-base": made.whole["bert-base"]}
    tera = sum(operations(run) for pack in packs for run in pack.configs) / 1e12
    whole, left = tables(str(made))
    assert whole["all"][2:4] == (pytest.approx(tera, abs=0.1), pytest.approx(tera / 3600, abs=0.01))
    assert left["all"] == left["bert-base"] == whole["bert-base"]
    assert "1,000.0 GFLOP/s" in str(made)


def tables(plan: str) -> list[dict[str, tuple[float, ...]]]:
    """The numbers of the whole and of what is left, by the names of their rows."""
    found = []
    for line in plan.split("\nA TFLOP")[0].splitlines():
        name, *cells = line.split() or [""]
        if name in ("whole", "left"):
            assert cells == ["runs", "packs", "TFLOP", "hours", "disk,", "GB"]
            found.append({})
        elif name:
            found[-1][name] = tuple(float(cell.replace(",", "")) for cell in cells)
    return found


def test_a_plan_tells_the_whole_also_where_some_or_nothing_is_left(quick_store, monkeypatch):
    monkeypatch.setattr(plan.bench, "speed", lambda device: 1e12)
    everything = runs.wanted("quick", "05_ner")
    pair = next(pack for pack in runs.packs(everything) if len(pack.configs) > 1)
    whole, left = tables(plan.report("quick", "05_ner"))
    assert left == whole and whole["all"][0] == len(everything)
    for run in everything:
        if run.key != pair.keys[0]:
            quick_store.write("train", run.config, result={}, provenance={})
    again, left = tables(plan.report("quick", "05_ner"))
    assert again == whole and left["all"][:2] == (len(pair.configs), 1)  # it trains whole
    quick_store.write("train", pair.configs[0].config, result={}, provenance={})
    again, left = tables(plan.report("quick", "05_ner"))
    assert again == whole and left == {"all": (0, 0, 0, 0, 0)}


def test_a_plan_reckons_with_the_source_in_use(quick_store, monkeypatch):
    monkeypatch.setattr(plan.bench, "speed", lambda device: 1e12)
    rte = {"choice": runs.Choice(tasks=("rte",))}
    sample, real = (
        tables(plan.report("quick", "03_glue", data=data, **rte))[0]["all"]
        for data in (None, "folder")
    )
    assert real[0] == sample[0]
    assert real[2] == pytest.approx(sample[2] * 67 / 21.6, rel=0.1)


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
