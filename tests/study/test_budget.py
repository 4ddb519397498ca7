"""What a run was let have, what ended it, and whether it could have gone on."""

import pytest

from pasta_lib.study.budget import budget, could_go_on, ended


def record(epochs, ran, best, *, patience=None, max_steps=None, status="done"):
    train = {"epochs": epochs, "patience": patience, "max_steps": max_steps}
    curve = [{"epoch": epoch} for epoch in range(1, ran + 1)]
    result = {"curve": curve, "best_epoch": best}
    return {"config": {"train": train}, "result": result, "status": status}


@pytest.mark.parametrize(
    ("run", "given", "by", "open_end"),
    [
        (record(4, 4, 4), "grid", "epochs", True),
        (record(4, 4, 3), "grid", "epochs", False),
        (record(4, 1, 1, max_steps=100), "search", "steps", False),
        (record(40, 25, 15, patience=10), "to the end", "patience", False),
        (record(40, 40, 35, patience=10), "to the end", "epochs", True),
        (record(60, 60, 60, patience=10), "to the end", "epochs", True),
        (record(40, 40, 12), "falling", "epochs", False),
        (record(40, 3, 2, patience=10, status="diverged"), "to the end", "loss", False),
        (record(500, 120, 20, patience=100), "grid", "patience", False),  # AoT's own schedule
    ],
)
def test_a_run_says_what_it_was_given_and_what_ended_it(run, given, by, open_end):
    assert budget(run["config"]) == given
    assert ended(run) == by
    assert could_go_on(run) == open_end


def test_a_record_of_before_caps_and_patience_is_one_of_its_grid():
    old = {"config": {"train": {"epochs": 3}}, "status": "done"}
    assert budget(old["config"]) == "grid"
    assert ended(old | {"result": {"curve": [{}] * 3, "best_epoch": 1}}) == "epochs"
