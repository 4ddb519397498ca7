"""AoT Table 1: our ticks follow from counts and from what `MultiTask` takes."""

import pytest
from records import count, speed
from tiny import PAIR, tiny_model, tiny_tokenizer

from pasta_lib import backbones
from pasta_lib.errors import InputError
from pasta_lib.inference import MultiTask
from pasta_lib.methods import build
from pasta_lib.study.reporting import method_properties as table
from pasta_lib.study.reporting.properties import METHODS, MULTI_TASK


def shown(row: str, column: str) -> str:
    cells = table("quick").cells
    ours = cells[(cells["block"] == "This study") & (cells["row"] == row)]
    return ours.set_index("column").loc[column, "shown"]


@pytest.mark.parametrize(
    "percents, tick",
    [
        ((0.5,), "✓ (0.5 %)"),
        ((0.5, 4.99), "✓ (0.5 to 4.99 %)"),
        ((0.5, 5), "(✓) (0.5 to 5 %)"),
        ((5, 100), "✗ (5 to 100 %)"),
        ((), "not run"),
    ],
)
def test_a_method_is_efficient_where_every_count_is_under_the_limit(quick_store, percents, tick):
    for backbone, percent in zip(("bert-base", "bert-large"), percents, strict=False):
        count(quick_store, "lora", percent, backbone)
    assert shown("LoRA", "Parameter Efficient") == tick


def test_many_tasks_stand_in_the_papers_sense_beside_what_is_built(quick_store):
    cells = table("quick").cells
    paper = cells[cells["column"] == "Multi-Task Inference"]
    ours = dict(paper.loc[paper["block"] == "This study", ["row", "shown"]].to_numpy())
    assert [name for name, tick in ours.items() if tick == "✗"] == [
        "Full fine-tuning",
        "LoRA fused",
    ]
    assert (shown("PASTA", "one batch here"), shown("LoRA", "one batch here")) == ("✓", "–")
    for ratio, tasks in ((1.1, 2), (1.3, 8)):
        speed(quick_store, {"lora mixed": ratio}, tasks=tasks)
    assert shown("LoRA", "one batch here") == "✓ (1.10 to 1.30)"


def test_cost_waits_for_measurements(quick_store):
    assert shown("FC AoT P-Tuning", "Zero-Cost") == "not run"
    assert "--only 11_inference_speed" in table("quick").caption


def test_the_papers_ticks_stand_below(quick_store):
    cells = table("quick").cells
    paper = cells[cells["origin"] == "paper"].set_index(["row", "column"])["shown"]
    assert paper["AoT P-Tuning (ours)", "Multi-Task Inference"] == "✓"
    assert len(paper) == 21


@pytest.mark.parametrize("method", METHODS)
def test_many_tasks_are_ticked_where_they_are_served(method):
    tuned = build(method).apply(tiny_model("bert"), tiny_tokenizer("bert"), PAIR)
    served = MultiTask(backbones.base(tiny_model("bert")))
    if method in MULTI_TASK:
        served.add("task", tuned)
    else:
        with pytest.raises(InputError, match="serves pasta and aot adapters"):
            served.add("task", tuned)
