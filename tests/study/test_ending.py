"""What training to the end adds, takes and decides, from records whose numbers the test chose."""

import pytest
from records import train

from pasta_lib.study.reporting import ending

FEW = {"epochs": 4}
END = {"epochs": 40, "patience": 10, "schedule": "constant"}
FALLING = {"epochs": 40, "schedule": "linear"}
SST2 = "SST-2 (MiniLM, sample tasks)"
NORMS = [[0.1, 0.2], [0.2, 0.3]]


def curve(scores):
    return [
        {"epoch": n, "loss": 1 / n, "gradient_norm": 1.0, "metrics": {"accuracy": score}}
        for n, score in enumerate(scores, 1)
    ]


def result(scores, best, steps=None):
    majority = {"accuracy": 0.5}
    return {
        "metric": "accuracy",
        "majority": majority,
        "best_epoch": best,
        "curve": curve(scores),
        "steps": steps or 10 * len(scores),
    }


@pytest.mark.parametrize(
    ("scores", "best", "steps"),
    [
        ([0.5, 0.5, 0.6, 0.7, 0.6], 4, 30),
        ([0.6, 0.4, 0.6, 0.7], 4, 30),  # what fell back had not left
        ([0.6, 0.7, 0.5, 0.5], 2, 10),  # what comes after the best says nothing
        ([0.5, 0.5, 0.5], 3, None),
        ([0.7], 1, 10),
    ],
)
def test_leaving_the_majority_class_is_for_good(scores, best, steps):
    assert ending.left_majority(result(scores, best)) == steps


@pytest.fixture
def study(quick_store):
    """On SST-2 PASTA needs 20 epochs to be level with full; on RTE only one method was run."""
    for method, few, end in (("classifier", 0.55, 0.6), ("full", 0.8, 0.8), ("pasta", 0.6, 0.8)):
        for seed in range(5):
            luck = 0.001 * seed
            long = curve([0.5] * 10 + [0.5 + luck] * 9 + [end + luck] + [0.5] * 10)
            at = {"given": END, "curve": long, "best_epoch": 20, "steps": 3000, "norms": NORMS}
            half = {"accuracy": (0.65 if method == "pasta" else end) + luck}
            at["halves"] = {"epoch": 20, "picked": half, "reported": half}
            train(quick_store, "sst2", method, end + luck, seed, lr=3e-2, **at)
            at = {"given": FEW, "curve": curve([few] * 4), "best_epoch": 4, "norms": NORMS}
            half = {"accuracy": few + luck}
            at["halves"] = {"epoch": 4, "picked": half, "reported": half}
            train(quick_store, "sst2", method, few + luck, seed, lr=3e-2, **at)
        for lr in (1e-2, 1e-1):  # what was tried, so that no rate is the last one
            train(quick_store, "sst2", method, 0.5, lr=lr, max_steps=100, given=FEW)
    long = {"given": FALLING, "curve": curve([0.6] * 40), "best_epoch": 12, "steps": 4000}
    train(quick_store, "sst2", "pasta", 0.7, lr=3e-2, norms=NORMS, **long)
    train(quick_store, "rte", "pasta", 0.6, given=END, curve=curve([0.6]), norms=NORMS)
    return quick_store


def shown(table, block, row):
    cells = table.cells
    cells = cells[cells["block"].str.endswith(block) & (cells["row"] == row)]
    return dict(zip(cells["column"], cells["shown"], strict=True))


def test_both_budgets_and_what_the_larger_one_adds(study):
    table = ending.gains("quick")
    assert shown(table, SST2, "PASTA") == {
        "a few epochs": "60.2 ± 0.2§",
        "to the end": "80.2 ± 0.2",
        "as many, rate falling to zero": "70.0",
        "gained": "+20.0",
        "gained on the half that picked nothing": "+5.0",
    }
    full = shown(table, SST2, "Full fine-tuning")
    assert full["gained"] == full["gained on the half that picked nothing"] == "+0.0"
    assert set(table.cells["block"]) == {SST2}


def test_what_a_method_needs(study):
    found = shown(ending.needs("quick"), SST2, "PASTA")
    assert found.pop("score") == "80.2 ± 0.2"
    assert found == {
        "rate": "3e-2",
        # seed 0 is at the class's score until its best epoch, the others above it from the 11th
        "steps to leave the majority class": "1,100 (5 of 5)",
        "steps to the best epoch": "2,000",
        "best epoch": "20",
        "epochs run": "30",
        "training loss then": "0.03",
        "on the half that picked nothing": "65.2 ± 0.2",
        "ended by": "patience 5",
        "above the majority class, 95 %": "[+30.0, +30.4]",
    }
    assert shown(ending.needs("quick"), SST2, "PASTA, falling rate")["ended by"] == "epochs 1"


def test_a_claim_is_put_to_one_task_after_each_budget(study):
    found = shown(ending.claims("quick", "sst2"), "sample tasks", "PASTA is on par with BitFit")
    assert not found  # BitFit was not run
    row = shown(
        ending.claims("quick", "sst2"),
        "sample tasks",
        "PASTA performs comparably to full fine-tuning",
    )
    assert row["asks"] == "more than −1"
    assert row["a few epochs"].startswith("? inconclusive (budget): −20.0 points")
    assert row["to the end"].startswith("✗ contradicted: −15.0 points")


def test_the_picture_shows_the_tasks_that_were_compared(study):
    svg = ending.ends("quick").svg.decode()
    assert "SST-2" in svg and "RTE" not in svg


def test_without_runs_to_the_end_there_is_nothing_to_show(quick_store):
    train(quick_store, "rte", "pasta", 0.6, norms=NORMS)
    assert list(ending.exhibits("quick")) == []
