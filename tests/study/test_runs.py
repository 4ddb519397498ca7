"""From configuration to record: what is finished is reused, what failed is tried again alone."""

import json
from dataclasses import replace

import pytest
from tiny import HIDDEN, LAYERS

from pasta_lib import precision
from pasta_lib.changes import BITS, SCORES
from pasta_lib.errors import InputError
from pasta_lib.metrics import measure
from pasta_lib.study import runs
from pasta_lib.study.runs import PROFILES, RunConfig, engine, grids
from pasta_lib.study.runs import train as training_runs
from pasta_lib.study.runs.place import Place
from pasta_lib.training import TrainConfig

TINY = TrainConfig(epochs=1, batch_size=8, train_rows=16, eval_rows=16)
METHODS = ("classifier", "pasta", "aot-fc")


@pytest.fixture
def profile(quick_store, monkeypatch, tiny_backbone):
    lrs = dict.fromkeys(METHODS, (1e-3,))
    grid = grids.Grid(("cola",), METHODS, lrs, (1, 2), TINY, tiny_backbone)
    tiny = grids.Profile("quick", "sample", {"03_glue": (grid,), "06_ablation": (grid,)})
    monkeypatch.setitem(PROFILES, "quick", tiny)
    return tiny


def test_a_grid_yields_each_run_once(profile):
    found = profile.runs("03_glue")
    assert len({run.key for run in found}) == len(found) == len(METHODS) * 2
    assert {run.train.seed for run in profile.runs("03_glue", seeds=3)} == {1, 2, 3}
    assert {run.source for run in profile.runs("03_glue", source="folder")} == {"folder"}


def test_of_two_stages_the_first_tries_and_only_the_best_goes_on():
    sizes = ({"rank": 2}, {"rank": 4})
    grid = grids.Grid(
        ("cola", "rte"), ("lora",), {"lora": (1e-3, 1e-2)}, (1, 2, 3), TINY, fields={"lora": sizes}
    )
    searching = grids.Profile("quick", "sample", {"03_glue": (replace(grid, rungs=(5,)),)})
    tried = searching.runs("03_glue")
    assert {(run.train.seed, run.train.max_steps) for run in tried} == {(1, 5)}
    assert len({run.key for run in tried}) == 2 * 2 * 2

    def record(run, whole=(1e-2, 4)):
        """RTE lacks a run. On CoLA half of validation picks 1e-3 and rank 4, all of it `whole`."""
        setting = run.train.lr, run.fields["rank"]
        if run.task == "rte" and run.train.lr == 1e-2:
            return None
        if setting == (1e-2, 2):
            return {"status": "diverged"}
        picked = 0.9 if setting == (1e-3, 4) else 0.5
        halves = {"epoch": 1, "picked": {"m": picked}, "reported": {"m": 1 - picked}}
        metrics = {"m": 0.9 if setting == whole else 0.7}
        result = {"metric": "m", "metrics": metrics, "held_out": {}, "halves": halves}
        return {"status": "done", "result": result}

    def finals(get, **how):
        runs = searching.runs("03_glue", get=get, **how)[len(tried) :]
        assert {run.train.max_steps for run in runs} == {TINY.max_steps}
        return [(run.task, run.train.lr, run.fields["rank"], run.train.seed) for run in runs]

    get = {run.key: record(run) for run in tried}.get
    by_whole = [("cola", 1e-2, 4, seed) for seed in (1, 2, 3)]
    by_half = [("cola", 1e-3, 4, seed) for seed in (1, 2, 3)]
    assert finals(get) == by_whole + by_half
    assert [run[0] for run in finals(get, ahead=True)] == ["cola"] * 6 + ["rte"] * 3
    assert len(finals(get, seeds=5)) == 10
    # where both pick the same it is trained once
    assert finals({run.key: record(run, (1e-3, 4)) for run in tried}.get) == by_half


def test_a_later_rung_tries_the_best_two_again_and_the_best_of_them_goes_on():
    grid = grids.Grid(
        ("cola",), ("lora",), {"lora": (1e-4, 1e-3, 1e-2, 1e-1)}, (1, 2), TINY, rungs=(5, 9)
    )
    searching = grids.Profile("quick", "sample", {"03_glue": (grid,)})

    def after(scores, **how):
        """Return the later runs, where `scores` holds each run's on all and on half of the rows."""

        def record(run):
            whole, half = scores[run.train.max_steps][run.train.lr]
            result = {"metric": "m", "metrics": {"m": whole}, "held_out": {}}
            return {"status": "done", "result": result | {"halves": {"picked": {"m": half}}}}

        known = [run for steps in scores for run in everything if run.train.max_steps == steps]
        get = {run.key: record(run) for run in known if run.train.lr in scores[run.train.max_steps]}
        later = searching.runs("03_glue", get=get.get, **how)[4:]
        return [(run.train.lr, run.train.max_steps, run.train.seed) for run in later]

    everything = [
        replace(run, train=replace(run.train, max_steps=steps))
        for run in searching.runs("03_glue")
        for steps in (5, 9)
    ]
    first = {1e-4: (0.1, 0.1), 1e-3: (0.6, 0.9), 1e-2: (0.7, 0.8), 1e-1: (0.8, 0.1)}
    rung = [(1e-1, 9, 1), (1e-2, 9, 1), (1e-3, 9, 1)]
    assert after({}) == []
    assert after({5: first}) == rung
    # one run of the second rung is missing: nothing is final, though the other split's are there
    assert after({5: first, 9: {1e-1: (0.1, 0), 1e-2: (0.8, 0.5)}}) == rung
    # the leader of the few steps falls back, and the half may pick none but its own two
    second = {1e-1: (0.3, 0.9), 1e-2: (0.8, 0.5), 1e-3: (0.9, 0.7)}
    finals = [(1e-2, TINY.max_steps, 1), (1e-2, TINY.max_steps, 2)]
    by_half = [(1e-3, TINY.max_steps, 1), (1e-3, TINY.max_steps, 2)]
    assert after({5: first, 9: second}) == rung + finals + by_half
    ahead = [(1e-4, 9, 1), (1e-3, 9, 1), (1e-4, TINY.max_steps, 1), (1e-4, TINY.max_steps, 2)]
    assert after({}, ahead=True) == ahead


def test_what_a_search_found_is_trained_in_the_same_start(profile, quick_store, monkeypatch):
    (grid,) = profile.grids["03_glue"]
    both = replace(grid, lrs=dict.fromkeys(METHODS, (1e-3, 1e-2)), rungs=(1,))
    searching = grids.Profile("quick", "sample", {"03_glue": (both,)})
    monkeypatch.setitem(PROFILES, "quick", searching)
    made = runs.complete("quick", "03_glue")
    records = quick_store.records("train")
    trained = [record["config"] for record in records]
    finals = [config for config in trained if config["train"]["max_steps"] != 1]
    kept = [r["config"] for r in records if "answers" in r["result"]]
    assert kept == finals  # a step of a search keeps no answers
    wanted = {(method, seed) for method in METHODS for seed in both.seeds}
    assert {(config["method"], config["train"]["seed"]) for config in finals} == wanted
    assert len(made.done) == len(METHODS) * 2 + len(finals) and not made.failed
    again = runs.complete("quick", "03_glue")
    assert (again.done, len(again.reused)) == ([], len(made.done))


def test_a_key_knows_every_default_and_no_place_or_time():
    run = RunConfig("minilm", "cola", "sample", "pasta", train=TINY)
    spelled = RunConfig(
        "minilm",
        "cola",
        "sample",
        "pasta",
        {"special": "both", "dropout": 0.0},
        replace(TINY, metric="matthews", max_length=128),
    )
    assert run.key == spelled.key
    assert run.key != replace(run, fields={"dropout": 0.1}).key
    assert run.config["train"]["metric"] == "matthews"
    assert run.config["fields"]["init"] == "zero"


def test_a_key_knows_the_input_format_and_a_run_uses_it(quick_store, monkeypatch):
    run = RunConfig("minilm", "copa", "sample", "classifier", train=TINY)
    assert run.key == replace(run, format="conjunction").key
    asked = replace(run, format="question")
    assert asked.key != run.key and asked.shape != run.shape
    assert RunConfig("minilm", "conll2003", "sample", "pasta").config["format"] is None

    texts = []
    whole = training_runs.fit_pack

    def reads(model, lanes, tokenizer, task, *rest, **options):
        texts.append(task.texts("train")[0][0][0])
        return whole(model, lanes, tokenizer, task, *rest, **options)

    monkeypatch.setattr(training_runs, "fit_pack", reads)
    monkeypatch.setattr(grids.Profile, "runs", lambda *_, **__: [asked])
    assert runs.complete("quick", "03_glue").done == [asked.key]
    assert texts[0].endswith("?")


def test_packs_are_a_fixed_function_of_the_grid():
    base = RunConfig("minilm", "cola", "sample", "pasta", train=TINY)
    lanes = [
        replace(base, train=replace(TINY, lr=lr, seed=seed))
        for lr in (1e-3, 1e-2)
        for seed in range(5)
    ]
    other = replace(base, train=replace(TINY, batch_size=4))
    packed = runs.packs([*lanes, other])
    assert [len(pack.configs) for pack in packed] == [engine.PACK_SIZE, 10 - engine.PACK_SIZE, 1]
    assert [run for pack in packed for run in pack.configs] == [*lanes, other]


def test_finished_runs_are_reused_and_only_missing_packs_run_again(
    profile, quick_store, monkeypatch
):
    first = runs.complete("quick", "03_glue")
    assert (len(first.done), first.failed) == (6, [])
    before = {record["key"]: record for record in quick_store.records("train")}
    again = runs.complete("quick", ["03_glue", "06_ablation"])
    assert (len(again.reused), again.done) == (6, [])

    lost = next(key for key, r in before.items() if r["config"]["method"] == "pasta")
    quick_store.path(lost).unlink()
    (quick_store.path(lost).parent / f"x.{'nohost'}.1.tmp").touch()
    third = runs.complete("quick", "03_glue")
    assert lost in third.done and len(third.done) == 2  # its pack: two seeds
    for key in third.done:  # the same pack gives the same bits
        assert quick_store.get(key)["result"]["curve"] == before[key]["result"]["curve"]
    (other,) = set(third.done) - {lost}
    assert third.moved == {other: 0.0} and str(third).endswith("scores as before")

    record = before[other]  # as if another machine had made it
    record["result"]["metrics"][record["result"]["metric"]] += 0.25
    told = {name: record[name] for name in ("status", "result", "seconds", "provenance")}
    quick_store.write("train", record["config"], **told)
    quick_store.path(lost).unlink()
    fourth = runs.complete("quick", "03_glue")
    assert fourth.moved[other] == pytest.approx(0.25)
    assert "1 of them again, for a run of their pack: scores up to 25.0 points" in str(fourth)


def test_a_record_holds_what_was_read_run_and_found(profile, quick_store):
    runs.complete("quick", "03_glue")
    by_method = {r["config"]["method"]: r for r in quick_store.records("train")}
    result = by_method["pasta"]["result"]
    assert result["rows"]["trained_on"] == 16 and result["rows"]["train"] > 400
    assert result["majority"]["matthews"] == 0.0
    assert [len(layer) for layer in result["norms"]] == [2] * LAYERS
    assert result["parameters"]["method"] == 2 * LAYERS * HIDDEN
    tops = by_method["aot-fc"]["result"]["top_tokens"]
    assert [len(layer) for layer in tops] == [50] * LAYERS
    norms = [norm for _, norm in tops[0]]
    assert norms == sorted(norms, reverse=True)
    origin = by_method["pasta"]["provenance"]
    assert set(origin["pack"]) == {
        r["key"] for r in quick_store.records("train") if r["config"]["method"] == "pasta"
    }
    assert {"commit", "packages", "data", "weights", "hardware", "started"} <= set(origin)
    assert (origin["scores"], origin["bits"]) == (SCORES, BITS)
    assert "/" not in json.dumps(origin["hardware"])


@pytest.fixture
def one_bf16_run(quick_store, monkeypatch):
    """A profile of one run that asks for bf16; nothing was said of it yet."""
    train = replace(TINY, precision="bf16")
    grid = grids.Grid(("cola",), ("classifier",), {"classifier": (1e-3,)}, (1,), train)
    monkeypatch.setitem(PROFILES, "quick", grids.Profile("quick", "sample", {"03_glue": (grid,)}))
    precision._say.cache_clear()
    return grid


@pytest.mark.parametrize(("has", "used"), [(True, "bf16"), (False, "fp32")])
def test_a_key_holds_what_was_asked_and_the_provenance_what_was_used(
    one_bf16_run, quick_store, monkeypatch, caplog, has, used
):
    monkeypatch.setattr(precision, "has_bf16", lambda device: has)
    execute, said = engine.execute, []

    def late(*jobs, **how):
        said.extend(caplog.messages)
        return execute(*jobs, **how)

    monkeypatch.setattr(engine, "execute", late)
    (run,) = one_bf16_run
    assert runs.complete("quick", "03_glue").done == [run.key]
    record = quick_store.get(run.key)
    assert record["config"]["train"]["precision"] == "bf16"
    assert record["provenance"]["precision"] == used
    assert len(said) == len(caplog.messages) == (not has)  # before the start, and only then
    assert all("fp32 is used" in message for message in said)


def test_nothing_is_said_of_a_clusters_hardware(one_bf16_run, monkeypatch, caplog):
    monkeypatch.setenv("RAY_ADDRESS", "elsewhere:6379")
    monkeypatch.setattr(precision, "has_bf16", lambda device: False)
    monkeypatch.setattr(engine, "execute", lambda *_, **__: iter(()))
    runs.complete("quick", "03_glue")
    assert caplog.messages == []


def test_memory_is_reckoned_for_the_precision_that_is_used(one_bf16_run, monkeypatch):
    reckoned = []

    def reckon(model, used, *_):
        reckoned.append(used)
        raise RuntimeError("enough")

    monkeypatch.setattr(training_runs, "lanes_that_fit", reckon)
    (run,) = one_bf16_run
    pair = training_runs.Pack((run, replace(run, train=replace(run.train, seed=2))))
    for has in (True, False):
        monkeypatch.setattr(precision, "has_bf16", lambda device, has=has: has)
        pair.run(runs.open_store("quick"), Place())
    assert reckoned == ["bf16", "fp32"]


@pytest.mark.parametrize("task", ["cola", "stsb", "multirc"])
def test_a_record_keeps_the_answers_that_its_scores_come_from(
    quick_store, monkeypatch, tiny_reader, task
):
    asked = RunConfig(tiny_reader, task, "sample", "classifier", train=replace(TINY, epochs=2))
    monkeypatch.setattr(grids.Profile, "runs", lambda *_, **__: [asked])
    assert not runs.complete("quick", "03_glue").failed
    result = quick_store.get(asked.key)["result"]
    found = {kept["split"]: kept for kept in result["answers"]}
    for split, scores in (
        ("validation", result["metrics"]),
        ("half", result["halves"]["reported"]),
    ):
        labels = quick_store.gold(found[split]["gold"])
        gold, answers, groups = (
            [float(value) for value in (line or "").split()]
            for line in (labels["labels"], found[split]["answers"], labels["groups"])
        )
        again = measure([*scores], gold, answers, groups or None)
        assert again == pytest.approx(scores, abs=2e-3)  # what STS-B is given is rounded


def test_of_tokens_a_record_keeps_the_entities_of_each_sentence(
    quick_store, monkeypatch, tiny_reader
):
    asked = [
        RunConfig(
            tiny_reader, "conll2003", "sample", "full", train=replace(TINY, seed=seed, lr=1e-3)
        )
        for seed in (1, 2)
    ]
    monkeypatch.setattr(grids.Profile, "runs", lambda *_, **__: asked)
    assert not runs.complete("quick", "05_ner").failed
    results = [quick_store.get(run.key)["result"] for run in asked]
    for result in results:
        for kept in result["answers"]:
            counts = [int(count) for count in kept["answers"].split()]
            right, none, missed = (sum(counts[i::3]) for i in range(3))
            scores = {"validation": result["metrics"], "test": result["test"]}
            scores |= {"half": result["halves"]["reported"]}
            f1 = 2 * right / (2 * right + none + missed) if right else 0
            assert f1 == pytest.approx(scores[kept["split"]]["entity_f1"])
            labels = quick_store.gold(kept["gold"])["labels"]
            each = [a + b for a, b in zip(counts[::3], counts[2::3], strict=True)]
            assert [int(label) for label in labels.split()] == each
    named = [[kept["gold"] for kept in result["answers"]] for result in results]
    assert named[0] == named[1]  # the labels are kept once for all runs


def test_a_failure_leaves_its_traceback_stops_nobody_and_is_tried_again(
    profile, quick_store, monkeypatch
):
    whole = training_runs.fit_pack

    def fails_on_pasta(model, *args, **kwargs):
        if hasattr(model, "layer_bias") and hasattr(model.layer_bias, "vectors"):
            raise RuntimeError("out of luck")
        return whole(model, *args, **kwargs)

    monkeypatch.setattr(training_runs, "fit_pack", fails_on_pasta)
    summary = runs.complete("quick", "03_glue")
    assert (len(summary.done), len(summary.failed)) == (4, 2)
    failed = quick_store.get(summary.failed[0])
    assert failed["status"] == "failed" and "out of luck" in failed["error"]
    monkeypatch.setattr(training_runs, "fit_pack", whole)
    summary = runs.complete("quick", "03_glue")
    assert (len(summary.done), len(summary.reused), summary.failed) == (2, 4, [])


def test_runs_on_a_folder_wait_for_the_folder(profile, monkeypatch):
    monkeypatch.setitem(PROFILES, "quick", replace(profile, source="folder"))
    summary = runs.complete("quick", "03_glue")
    assert len(summary.needs_data) == 6 and "--data" in str(summary)


def test_a_folder_without_the_task_is_refused_before_anything_is_written(
    profile, quick_store, tmp_path
):
    with pytest.raises(InputError, match="cola"):
        runs.complete("quick", "03_glue", data=str(tmp_path))
    assert quick_store.records() == []


def test_an_unknown_profile_is_refused():
    with pytest.raises(InputError, match="nightly"):
        runs.complete("nightly", "03_glue")
