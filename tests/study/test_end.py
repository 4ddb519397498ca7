"""What a search found, trained to its end: one rule, one step further at a grid's end."""

import pytest

from pasta_lib.study.runs import engine, grids
from pasta_lib.study.runs.end import ToTheEnd
from pasta_lib.training import TrainConfig

LRS = (1e-3, 3e-3, 1e-2, 3e-2)


@pytest.fixture(params=[(1e-3, [3e-4, 1e-3]), (3e-3, [3e-3]), (3e-2, [3e-2, 1e-1])])
def searched(request):
    """A search that found a rate, the profile that trains it to the end, and the rates expected."""
    best, expected = request.param
    train = TrainConfig(epochs=4, precision="bf16", train_rows=500)
    search = grids.Grid(("cola", "copa"), ("pasta",), {"pasta": LRS}, (1, 2), train, rungs=(5,))
    end = ToTheEnd.of(search, (1, 2, 3))
    profile = grids.Profile("replica", "folder", {"03_glue": (search, end)})

    def record(run):
        score = 0.9 if run.train.lr == best else 0.5
        halves = {"epoch": 1, "picked": {"m": score}, "reported": {"m": score}}
        result = {"metric": "m", "metrics": {"m": score}, "held_out": {}, "halves": halves}
        return {"status": "done", "result": result}

    tried = [run for run in profile.runs("03_glue") if run.task == "cola"]
    return profile, {run.key: record(run) for run in tried}.get, expected


def to_the_end(profile, get, **how):
    return [r for r in profile.runs("03_glue", get=get, **how) if r.train.schedule == "constant"]


def test_only_what_was_searched_is_trained_to_the_end(searched):
    profile, get, expected = searched
    found = to_the_end(profile, get)
    assert {run.task for run in found} == {"cola"}
    assert sorted({run.train.lr for run in found}) == expected
    assert len(found) == 3 * len(expected) == len({run.key for run in found})
    assert {run.source for run in found} == {"folder"}


def test_the_rule_is_the_same_for_all(searched):
    profile, get, _ = searched
    (train,) = {
        (r.train.epochs, r.train.patience, r.train.precision, r.train.max_steps, r.train.train_rows)
        for r in to_the_end(profile, get)
    }
    assert train == (40, 10, "fp32", None, 500)


def test_small_tasks_run_longer_and_a_plan_counts_what_is_not_known_yet(searched):
    profile, get, _ = searched
    ahead = to_the_end(profile, get, ahead=True)
    assert {run.train.epochs for run in ahead if run.task == "copa"} == {60}
    assert {run.task for run in ahead} == {"cola", "copa"}


def test_the_committed_search_is_followed_on_every_searched_task():
    found = engine.wanted("replica", "13_report")
    end = {(r.task, r.method) for r in found if r.train.schedule == "constant"}
    assert {task for task, method in end if method == "pasta"} >= {"sst2", "copa", "cola", "rte"}
    assert ("qnli", "pasta") not in end  # not searched yet


def test_a_second_arm_runs_all_its_epochs_while_the_rate_falls(searched):
    profile, get, expected = searched
    search = profile.grids["03_glue"][0]
    arm = ToTheEnd.of(search, (1, 2), ("pasta",), falls=True)
    profile = grids.Profile("replica", "folder", {"03_glue": (*profile.grids["03_glue"], arm)})
    found = [r for r in profile.runs("03_glue", get=get) if r.train.epochs == 40]
    falling = [r for r in found if r.train.schedule == "linear"]
    assert sorted({run.train.lr for run in falling}) == expected
    assert {(r.train.patience, r.train.precision) for r in falling} == {(None, "fp32")}
    assert len(falling) == 2 * len(expected)
    # runs that end early and runs that do not never wait for each other
    for pack in engine.packs(found):
        assert len({run.train.schedule for run in pack.configs}) == 1


def test_only_pasta_has_a_second_arm():
    found = engine.wanted("replica", "13_report")
    arm = {r.method for r in found if r.train.epochs >= 40 and r.train.schedule == "linear"}
    assert arm == {"pasta"}
