"""What an encoder's size changes, by hand: the tasks compared, their means, heads by depth."""

import pytest
from records import heads, train

from pasta_lib import backbones
from pasta_lib.study import reporting
from pasta_lib.study.claims.share import shares
from pasta_lib.study.reporting import frames, scale
from pasta_lib.study.runs import counts
from pasta_lib.study.shapes import SHAPES


def test_the_papers_encoders_have_their_sizes():
    for name, size in scale.SIZES.items():
        model = backbones.build_untrained(SHAPES[name](), counts._TASK, meta=True)
        assert sum(p.numel() for p in backbones.base(model).parameters()) == size, name


@pytest.fixture
def two_encoders(quick_store):
    """MiniLM on three tasks, MPNet on two of them; full fine-tuning lacks one on MPNet."""
    sizes = {"minilm": 10_000, "mpnet": 50_000}
    for backbone, size in sizes.items():
        made = {"method": 100, "head": 10, "backbone": size, "percent": 1.0}
        for task, scores in {"rte": (0.5, 0.6), "sst2": (0.7, 0.9), "cola": (0.3, 0.4)}.items():
            if backbone == "mpnet" and task == "cola":
                continue
            for method, score in zip(("lora", "full"), scores, strict=True):
                if (backbone, task, method) == ("mpnet", "rte", "full"):
                    continue
                better = 0.05 * (backbone == "mpnet")
                for seed in (0, 1):
                    train(
                        quick_store,
                        task,
                        method,
                        score + better,
                        seed,
                        backbone=backbone,
                        parameters=made,
                    )
    return quick_store


def test_means_are_over_the_tasks_that_all_our_encoders_have_run(two_encoders):
    cells = reporting.comparison("quick", "aot", "T2").cells
    assert sorted(scale.common_tasks(cells)) == ["RTE", "SST-2"]
    means = scale._means("quick", cells, ["RTE", "SST-2"])
    ours = means[means["origin"] == "ours"].set_index(["size", "method"])["value"]
    assert ours.to_dict() == {
        (10_000, "lora"): pytest.approx(60.0),
        (10_000, "full"): pytest.approx(75.0),
        (50_000, "lora"): pytest.approx(65.0),  # full lacks RTE there
    }
    printed = means[means["origin"] == "paper"].set_index(["size", "method"])["value"]
    large = printed[scale.SIZES["roberta-large"], "full"]
    assert large == pytest.approx((88.1 + 96.1) / 2)  # AoT, Table 2
    chosen = cells[cells["column"].isin(["RTE", "SST-2"])]
    assert [*scale.runs_behind([chosen]).values()] == [8, 6]


def test_without_an_encoder_of_ours_no_task_is_chosen(quick_store):
    cells = reporting.comparison("quick", "aot", "T2").cells
    assert scale.common_tasks(cells) == []
    assert scale.macro("quick", {"GLUE": reporting.comparison("quick", "aot", "T2")}).png
    assert scale.share_by_size("quick").png and scale.heads_by_depth("quick").png


def test_heads_by_depth_are_shares_of_each_layers_heads(quick_store):
    heads(quick_store, vertical=5)
    (record,) = quick_store.records("heads")
    assert scale.layer_shares(record) == [1.0, 0.25, 0.0]  # four heads a layer


def test_a_share_of_the_way_over_named_tasks_leaves_the_others_out(quick_store):
    for seed, luck in enumerate((0, 0.01, 0.02)):
        for task, score in (("rte", 0.85), ("sst2", 0.75)):
            train(quick_store, task, "classifier", 0.70 + luck, seed)
            train(quick_store, task, "full", 0.90 + luck, seed)
            train(quick_store, task, "pasta", score + luck, seed)
    (evidence,) = (e for e in frames.evidence("quick") if e.size)
    (both,), (one,) = shares(evidence), shares(evidence, ("sst2",))
    assert both.found.value == pytest.approx((0.15 + 0.05) / 0.40)
    assert one.tasks == ("sst2",) and one.found.value == pytest.approx(0.25)
