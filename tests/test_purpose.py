"""Two tasks are compared by what both say, and by nothing that one of them leaves open."""

from itertools import permutations

import pytest

from pasta_lib.errors import InputError
from pasta_lib.purpose import Purpose

FULL = Purpose("t", "classification", ("a", "b", "c"), "plain")


@pytest.mark.parametrize("asked", [*permutations("abc")])
def test_places_bring_any_order_to_any_other(asked):
    for order in permutations("abc"):
        places = Purpose(labels=order).places(Purpose(labels=asked), "it")
        outputs = [f"logit of {label}" for label in order]
        moved = outputs if places is None else [outputs[place] for place in places]
        assert moved == [f"logit of {label}" for label in asked]
        assert (places is None) == (order == asked)


@pytest.mark.parametrize(
    "other",
    [
        Purpose("t", "tokens", ("a", "b", "c")),
        Purpose("t", "classification", ("a", "b")),
        Purpose("u", "classification", ("a", "b", "c", "d")),
        Purpose("t", "classification", ("a", "b", "c"), "question"),
    ],
)
def test_what_both_say_and_say_otherwise_is_refused_either_way(other):
    for one, two in ((FULL, other), (other, FULL)):
        with pytest.raises(InputError) as refused:
            one.places(two, "it")
        assert str(refused.value) == f"it answers {one}, and not {two}"


@pytest.mark.parametrize(
    "other",
    [
        Purpose(),
        Purpose("t"),
        Purpose(head="classification"),
        Purpose("u", "classification", ("a", "b", "c"), "question"),  # formats are each task's own
        Purpose("t", max_length=9, metric="f1", precision="bf16"),
    ],
)
def test_what_one_leaves_open_is_not_held_against_it(other):
    assert FULL.places(other, "it") is None and other.places(FULL, "it") is None


@pytest.mark.parametrize("head", ["regression", "choice"])
def test_a_head_with_one_output_has_no_order(head):
    one, other = (Purpose("t", head, labels) for labels in (("0", "1"), ("1", "0")))
    assert one.places(other, "it") is None


def test_a_sentence_says_what_is_known():
    assert str(FULL) == "the task 't' (classification: a, b, c; input format plain)"
    assert str(Purpose("t", "regression", ())) == "the task 't' (regression)"
    assert str(Purpose(labels=("a", "b"))) == "a task (a, b)"
    assert str(Purpose("t")) == "the task 't'"
