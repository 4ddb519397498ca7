"""What was trained to its end stands apart from what had a few epochs, in tables and verdicts."""

import pytest
from records import train

from pasta_lib.study import reporting
from pasta_lib.study.reporting import cards, frames

FEW = {"epochs": 4}
END = {"epochs": 40, "patience": 10, "schedule": "constant"}
FALLING = {"epochs": 40, "schedule": "linear"}
NORMS = [[0.1, 0.2], [0.2, 0.3]]


def curve(epochs):
    return [{"epoch": n + 1, "loss": 0.5, "gradient_norm": 1.0} for n in range(epochs)]


@pytest.fixture
def study(quick_store):
    """PASTA is far below full fine-tuning after four epochs and level with it at the end."""
    after = {"classifier": (0.5, 0.5), "full": (0.8, 0.9), "pasta": (0.6, 0.9)}
    for method, (few, end) in after.items():
        for seed in range(3):
            luck, at = 0.001 * seed, {"given": FEW, "curve": curve(4), "best_epoch": 3}
            at |= {"norms": NORMS}
            train(quick_store, "sst2", method, few + luck, seed, **at)
        for seed in range(5):
            luck, at = 0.001 * seed, {"given": END, "curve": curve(30), "best_epoch": 20}
            at |= {"norms": NORMS}
            train(quick_store, "sst2", method, end + luck, seed, **at)
        for lr in (3e-4, 1e-3, 3e-3):
            train(quick_store, "sst2", method, 0.5, lr=lr, max_steps=100, given=FEW)
    for seed in range(5):
        at = {"given": FALLING, "curve": curve(40), "best_epoch": 39}
        train(quick_store, "sst2", "pasta", 0.99, seed, **at)
    train(quick_store, "rte", "pasta", 0.5, max_steps=100, given=FEW)
    return quick_store


def test_a_table_shows_both_budgets_and_mixes_neither(study):
    cells = reporting.overview("quick").cells
    pasta = cells[(cells["method"] == "pasta") & (cells["column"] == "SST-2")]
    shown = dict(zip(pasta["block"], pasta["value"], strict=True))
    assert shown == pytest.approx(
        {"MiniLM, sample tasks, to the end": 90.2, "MiniLM, sample tasks": 60.1}
    )


def test_claims_are_judged_on_each(study):
    found = {v.setting: v for v in frames.verdicts("quick") if v.claim.id == "pasta-full"}
    assert found["MiniLM, sample tasks, to the end"].parts[0].contrasts[0].reading.value == (
        pytest.approx(0)
    )
    assert found["MiniLM, sample tasks"].parts[0].contrasts[0].reading.value == pytest.approx(-20)
    encoders = {encoder for encoder, _ in cards.tally(cards.cards("quick"))}
    assert {"MiniLM, to the end", "MiniLM"} <= encoders


def test_a_curve_of_a_search_leaves_out_what_followed_it(study):
    for lr in (3e-3, 1e-2):  # two rates to the end are no search
        train(study, "sst2", "lora", 0.8, lr=lr, given=END, curve=curve(30), best_epoch=20)
    along, expected = frames.along("quick", "lr"), frames.expected("quick")
    for frame in (along, expected):
        assert set(frame["setting"]) == {"MiniLM, sample tasks"}
        assert "lora" not in set(frame["method"])


def test_the_search_says_which_rates_were_tried_and_adds_no_task(study):
    end, few = frames.evidence("quick")
    assert end.setting.endswith("to the end") and end.tasks == ["sst2"]
    assert few.tasks == ["rte", "sst2"]
    best = end.best("sst2", "pasta", "accuracy", "validation")
    assert best.seeds == 5 and not end.limited(best, "validation")


@pytest.mark.parametrize(
    ("given", "epochs", "best", "marked"),
    [(FEW, 4, 4, True), (FEW, 4, 3, False), (END, 40, 35, True), (END, 30, 20, False)],
)
def test_what_more_epochs_could_better_is_marked(quick_store, given, epochs, best, marked):
    train(quick_store, "rte", "pasta", 0.6, given=given, curve=curve(epochs), best_epoch=best)
    table = reporting.overview("quick")
    (shown,) = table.cells[(table.cells["method"] == "pasta") & table.cells["value"].notna()][
        "shown"
    ]
    assert shown.endswith("§") == marked == ("§ more epochs could do better" in table.caption)
