"""Two methods head to head: seeds, rates tried, and rows counted by hand on records made up."""

import re

import pytest
from records import train

from pasta_lib.errors import InputError
from pasta_lib.study.explore.versus import choices, metrics, versus

GOLD = "0 1 1 0"
ANSWERS = {  # by method, seed by seed: pasta is right on rows 1 to 3, lora on 1, 2 and 4
    "pasta": ("0 1 1 1", "0 1 1 1", "0 1 0 1"),
    "lora": ("0 1 0 0", "0 1 0 0", "0 1 0 0"),
}
SCORES = {"pasta": (0.71, 0.75, 0.73), "lora": (0.80, 0.82, 0.81)}


@pytest.fixture
def setting(quick_store) -> str:
    """Three seeds of two methods on RTE with their answers; a slower rate; a task of one method."""
    gold = quick_store.keep_gold({"task": "rte", "split": "validation", "labels": GOLD})
    for method, found in SCORES.items():
        for seed, (score, given) in enumerate(zip(found, ANSWERS[method], strict=True)):
            kept = [{"split": "validation", "gold": gold, "answers": given}]
            train(quick_store, "rte", method, score, seed, answers=kept)
        train(quick_store, "rte", method, 0.55, lr=1e-5)
    train(quick_store, "sst2", "pasta", 0.9)
    (name,) = choices("quick")
    return name


def shown(setting: str, first="pasta", second="lora", **other) -> str:
    asked = {"task": "rte", "metric": "accuracy"} | other
    return versus("quick", setting, first=first, second=second, **asked)


def test_a_task_of_one_method_is_not_offered(setting):
    assert choices("quick")[setting].keys() == {"rte"}
    assert set(choices("quick")[setting]["rte"]) == {"pasta", "lora"}
    assert metrics("quick", setting, "rte") == ["accuracy"]


def test_medians_and_the_number_tried_stand_on_top(setting):
    page = shown(setting)
    assert re.search(r"PASTA: 73\.0 ± 2\.0, median of 3 seeds .* from 2 tried", page)
    assert re.search(r"LoRA: 81\.0 ± 1\.0, median of 3 seeds .* from 2 tried", page)
    for method in SCORES.values():
        for seed, score in enumerate(method):
            assert f"<title>seed {seed}: {100 * score:.1f}</title>" in page


def test_rows_are_those_that_most_seeds_of_one_method_get_right(setting):
    page = shown(setting)
    counts = "both right 2, only PASTA 1, only LoRA 1, neither 0"
    assert f"Of 4 rows of validation: {counts}." in page
    rows = re.findall(r"<th scope=row>(\d)<td>([^<]+)<td>([^<]+)<td>([^<]+)", page)
    assert sorted(rows) == [
        ("3", "not_entailment", "2 of 3", "0 of 3"),
        ("4", "entailment", "0 of 3", "3 of 3"),
    ]


def test_a_method_beside_itself_has_no_rows_to_tell_apart(setting):
    page = shown(setting, second="pasta")
    assert page.count("median of 3 seeds") == 1 and "rows of validation" not in page


def test_without_answers_it_says_that_rows_cannot_be_told_apart(setting, quick_store):
    train(quick_store, "rte", "bitfit", 0.7)
    assert "cannot be said" in shown(setting, second="bitfit")


def test_texts_come_from_the_folder_that_is_named_and_are_escaped(setting, tmp_path):
    folder = tmp_path / "tasks" / "RTE"
    folder.mkdir(parents=True)
    names = {"0": "entailment", "1": "not_entailment"}
    lines = ["index\tsentence1\tsentence2\tlabel"]
    lines += [f"{i}\t<b>a{i}\tb & {i}\t{names[g]}" for i, g in enumerate(GOLD.split())]
    for split in ("train", "dev"):
        (folder / f"{split}.tsv").write_text("\n".join(lines) + "\n")
    page = shown(setting, data=str(folder.parent))
    assert "&lt;b&gt;a2 / b &amp; 2" in page and "<b>a" not in page
    (folder / "dev.tsv").write_text("\n".join(lines).replace("\tentailment", "\tnot_entailment"))
    with pytest.raises(InputError, match="holds other labels of rte"):
        shown(setting, data=str(folder.parent))


@pytest.mark.parametrize(
    "wrong", [{"task": "rtee"}, {"second": "lorra"}, {"metric": "acuracy"}, {"first": "full"}]
)
def test_a_name_without_runs_is_refused(setting, wrong):
    with pytest.raises(InputError, match=next(iter(wrong.values()))):
        shown(setting, **wrong)
    with pytest.raises(InputError, match="setting"):
        shown("<another>")
