"""Claims judged anew: what moves with the margin and the tasks, and what stays the study's."""

import re

import pytest
from records import train

from pasta_lib.errors import InputError
from pasta_lib.study.explore.margins import YOURS, choices, margins, tasks

CLAIM = "pasta-full"
NORMS = [[0.1, 0.2], [0.2, 0.3]]
GAPS = dict.fromkeys(("rte", "cola", "sst2", "qnli", "stsb", "qqp"), 0.05) | {"mrpc": 0.0}


@pytest.fixture(autouse=True)
def study(quick_store):
    """PASTA 5 points under full fine-tuning on six tasks, level with it on a seventh."""
    for task, gap in GAPS.items():
        for seed, luck in enumerate((0, 0.01, 0.02)):
            train(quick_store, task, "full", 0.80 + luck, seed)
            train(quick_store, task, "pasta", 0.80 - gap + luck, seed, norms=NORMS)
        for rate in (1e-4, 1e-2):  # the best rate is neither the first nor the last tried
            for method in ("full", "pasta"):
                train(quick_store, task, method, 0.3, lr=rate, norms=NORMS)


def cards(**changed) -> tuple[str, str]:
    """The study's card and the reader's."""
    page = margins("quick", CLAIM, **changed)
    at = page.lower().index(YOURS)
    return page[:at], page[at:]


def means(card: str) -> list[str]:
    return re.findall(r"([+−]\d+\.\d) points over (\d) tasks", card)


def outcome(card: str) -> str:
    return re.search(r"class=\"?outcome (\w+)", card)[1]


def test_a_claim_is_offered_with_the_tasks_that_its_numbers_come_from():
    assert CLAIM in choices("quick") and set(tasks("quick", CLAIM)) == set(GAPS)


def test_as_it_stands_both_cards_say_the_same():
    own, mine = cards()
    assert means(own) == means(mine) == [("−4.3", "7")]  # 6 · 5 / 7 = 4.29 under
    assert outcome(own) == outcome(mine)


def test_a_task_left_out_moves_the_readers_number_alone():
    own, mine = cards(left_out=["mrpc"])
    assert means(own) == [("−4.3", "7")] and means(mine) == [("−5.0", "6")]
    assert "without MRPC" in mine and "without" not in own


def test_a_margin_wide_enough_supports_the_claim_and_changes_no_number():
    own, mine = cards(margin=30.0)
    assert means(own) == means(mine)
    assert outcome(own) != "supported" and outcome(mine) == "supported"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"left_out": list(GAPS)}, "no task is left"),
        ({"left_out": ["rtee"]}, "rtee"),
        ({"margin": -1.0}, "-1 points, and 0 is the least"),
    ],
)
def test_slips_are_refused_in_a_sentence(wrong, why):
    with pytest.raises(InputError, match=why):
        cards(**wrong)
    with pytest.raises(InputError, match="pasta-ful"):
        margins("quick", "pasta-ful")
