"""What is no model, no tokenizer or no folder is said so, before anything is done with it."""

import pandas as pd
import pytest
from tiny import SINGLE, tiny_model, tiny_tokenizer
from torch import nn

from pasta_lib.adapters import count_parameters, load_adapter, save_adapter
from pasta_lib.attention import vertical_heads
from pasta_lib.backbones import load_backbone
from pasta_lib.errors import InputError
from pasta_lib.export import export_model
from pasta_lib.inference import MultiTask
from pasta_lib.methods import build
from pasta_lib.tasks import encode, load_task, user_task, write_submission
from pasta_lib.training import TrainConfig, fit, predict


@pytest.mark.parametrize("model", [None, "minilm", 3, nn.Linear(2, 2)])
def test_what_is_no_model_is_refused(model, tmp_path):
    tokenizer = tiny_tokenizer("bert")
    for call in (
        lambda: build("lora").apply(model),
        lambda: load_adapter(model, tmp_path),
        lambda: predict(model, tokenizer, SINGLE),
        lambda: fit(model, tokenizer, SINGLE, TrainConfig()),
        lambda: export_model(model, tokenizer, tmp_path / "new"),
        lambda: vertical_heads(model, tokenizer, "w1"),
        lambda: MultiTask(model),
    ):
        with pytest.raises(InputError, match=f"^a {type(model).__name__} is not a model: load_b"):
            call()
    for call in (lambda: save_adapter(model, tmp_path / "new"), lambda: count_parameters(model)):
        with pytest.raises(
            InputError, match="is not a model: load_b|no method was applied to this"
        ):
            call()
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("given", [None, "bert", 3])
def test_what_is_no_tokenizer_or_task_is_refused(given):
    rows = pd.DataFrame({"text": ["a", "b"], "label": ["no", "yes"]})
    task = user_task("own", {"train": rows, "validation": rows}, texts="text")
    tokenizer = tiny_tokenizer("bert")
    model = build("bitfit").apply(tiny_model("bert"))
    for call, kind in (
        (lambda: fit(model, given, task, TrainConfig()), "tokenizer"),
        (lambda: predict(model, given, task, split="validation"), "tokenizer"),
        (lambda: vertical_heads(model, given, "w1"), "tokenizer"),
        (lambda: fit(model, tokenizer, given, TrainConfig()), "task"),
        (lambda: predict(model, tokenizer, given), "task"),
        (lambda: encode(given, tokenizer, "train"), "task"),
        (lambda: write_submission(given, [], "out"), "task"),
    ):
        with pytest.raises(InputError, match=f"^{kind} of [a-z_ ]* is {given!r}, but must"):
            call()


@pytest.mark.parametrize("task", [3, [], TrainConfig()])
def test_what_is_no_task_is_refused_by_a_backbone(task):
    with pytest.raises(InputError, match="^the task is .*: load_task and user_task give one"):
        load_backbone("minilm", task)


@pytest.mark.parametrize("name", [None, ["rte"], 3])
def test_what_is_no_name_is_unknown(name):
    rows = pd.DataFrame({"text": ["a", "b"], "label": ["no", "yes"]})
    task = user_task("own", {"train": rows, "validation": rows}, texts="text")
    for call in (
        lambda: load_task(name),
        lambda: build(name),
        lambda: encode(task, tiny_tokenizer("bert"), name),
    ):
        with pytest.raises(InputError, match="^unknown (task|method|split of own) "):
            call()
