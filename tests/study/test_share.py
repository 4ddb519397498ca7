"""The share of the way: by hand, against simulation, and from records and printed tables."""

import numpy as np
import pytest
from records import train

from pasta_lib.study import reporting
from pasta_lib.study.claims.rule import share
from pasta_lib.study.claims.share import leading, shares
from pasta_lib.study.reporting import distance, frames


def test_sums_over_tasks_are_divided_not_each_tasks_ratio():
    tasks = [
        (np.array([60.0, 62.0]), np.array([50.0, 50.0]), np.array([70.0, 72.0])),  # 11 of 21
        (np.array([80.0, 82.0]), np.array([80.0, 80.0]), np.array([84.0, 86.0])),  # 1 of 5
    ]
    assert share(tasks, [None, None]).value == pytest.approx(12 / 26)


def test_the_error_is_that_of_many_studies():
    truth, spread, seeds = ((66, 50, 70), (88, 80, 90)), (2.0, 0.5, 1.0), 5
    random = np.random.default_rng(0)

    def study():
        tasks = [
            tuple(random.normal(mean, s, seeds) for mean, s in zip(task, spread, strict=True))
            for task in truth
        ]
        return share(tasks, [None, None])

    found = [study() for _ in range(2000)]
    values, errors = (np.array([getattr(f, n) for f in found]) for n in ("value", "error"))
    assert values.mean() == pytest.approx(24 / 30, abs=0.005)
    assert errors.mean() == pytest.approx(values.std(), rel=0.08)
    ends = np.array([f.interval() for f in found])
    assert np.mean((ends[:, 0] < 24 / 30) & (ends[:, 1] > 24 / 30)) > 0.93


def test_the_rows_luck_widens_the_interval():
    tasks = [(np.array([60.0, 61.0]), np.array([50.0, 51.0]), np.array([70.0, 71.0]))]
    rows = np.random.default_rng(0).normal(0, 3, (3, 1000))
    assert share(tasks, [(rows, 400)]).error > 2 * share(tasks, [None]).error


@pytest.fixture
def study(quick_store):
    """RTE has a way to cover, on CoLA full fine-tuning is where the classifier is."""
    for seed, luck in enumerate((0, 0.01, 0.02)):
        train(quick_store, "rte", "classifier", 0.70 + luck, seed)
        train(quick_store, "rte", "full", 0.90 + luck, seed)
        train(quick_store, "rte", "pasta", 0.85 + luck, seed)
        train(quick_store, "superglue-rte", "classifier", 0.70 + luck, seed)
        train(quick_store, "superglue-rte", "full", 0.90 + luck, seed)
        for method in ("classifier", "full", "pasta"):
            train(quick_store, "cola", method, 0.80 + luck, seed)
    return quick_store


def test_only_tasks_count_where_full_is_surely_above_the_classifier(study):
    (evidence,) = frames.evidence("quick")
    assert leading(evidence) == {"rte": "half"}  # and not SuperGLUE's copy of it
    (found,) = shares(evidence)
    assert (found.method, found.tasks) == ("pasta", ("rte",))
    assert found.found.value == pytest.approx(0.75)


def test_a_method_without_finished_runs_has_no_share(quick_store):
    train(quick_store, "rte", "pasta", 0.8)
    (evidence,) = frames.evidence("quick")
    assert list(shares(evidence)) == []


def test_the_table_names_its_tasks_and_its_records(study):
    cells = reporting.share_of_the_way("quick").cells
    ours = cells[cells["block"].str.startswith("MiniLM")].set_index("column")
    assert ours.loc["share", "shown"] == "0.75" and ours.loc["tasks", "shown"] == "RTE"
    keys = {r["key"] for r in study.records("train") if r["config"]["method"] == "pasta"}
    assert set(ours.loc["share", "records"].split()) < keys


def test_pastas_own_share_is_that_of_its_tables():
    # Table 2: PASTA 70.8 62.3 86.6 87.9, full 70.1 60.5 86.5 89.3; Table 4: classifier 54.2 36.5
    # 64.9 81.5
    printed = {point.method: point for point in distance.points("nothing")}
    assert printed["pasta"].share == pytest.approx((307.6 - 237.1) / (306.4 - 237.1))
    assert "full" not in printed and not printed["pasta"].records


def test_the_sentence_says_share_interval_and_size(study):
    sentence = distance.sentence("quick", "pasta")
    assert sentence.startswith("PASTA trains ") and "it covers 75 % (95 %: " in sentence
    assert distance.sentence("quick", "aot-fc") == ""
