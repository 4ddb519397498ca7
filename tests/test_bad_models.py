"""What is no model, no tokenizer or no folder is said so, before anything is done with it."""

import numpy as np
import pandas as pd
import pytest
from tiny import SINGLE, tiny_model, tiny_tokenizer
from torch import nn

from pasta_lib.adapters import count_parameters, load_adapter, push_to_hub, save_adapter
from pasta_lib.attention import vertical_heads
from pasta_lib.backbones import load_backbone
from pasta_lib.errors import DiskError, InputError
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


@pytest.mark.parametrize("path", [None, 3, [], "", " ", "a\0b", "~nobody-of-this-name/x"])
def test_what_names_no_folder_is_refused(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = pd.DataFrame({"text": ["a", "b"], "label": ["no", "yes"]})
    model = build("bitfit").apply(tiny_model("bert"))
    tokenizer = tiny_tokenizer("bert")
    said = "of .* is .*(a text or a Path that|nobody has)|cannot be looked|is not a file"
    for call in (
        lambda: save_adapter(model, path),
        lambda: load_adapter(tiny_model("bert"), path),
        lambda: push_to_hub(path, "someone/adapter"),
        lambda: export_model(model, tokenizer, path),
        lambda: load_task("rte", path),
        lambda: write_submission(load_task("rte"), ["entailment"] * 200, path),
        lambda: user_task("own", {"train": path, "validation": rows}, texts="text"),
        lambda: MultiTask(tiny_model("bert"), tables="disk", folder=[] if path is None else path),
    ):
        with pytest.raises(InputError, match=said) as refused:
            call()
        assert "\n" not in str(refused.value)
    assert not [*tmp_path.iterdir()]


def test_a_folder_in_the_home_is_found_there(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    model = build("bitfit").apply(tiny_model("bert"))
    assert save_adapter(model, "~/own") == tmp_path / "own"
    assert not (tmp_path / "~").exists()
    load_adapter(tiny_model("bert"), "~/own")
    tiny_tokenizer("bert").save_pretrained(tmp_path / "encoder")
    tiny_model("bert").save_pretrained(tmp_path / "encoder")
    load_backbone("~/encoder", SINGLE)


def test_a_folder_that_the_system_does_not_read_is_one_sentence(tmp_path):
    with pytest.raises(DiskError, match="^cannot read /a+: file name too long.$"):
        load_adapter(tiny_model("bert"), "/" + "a" * 300)


def test_half_a_character_is_refused_before_it_is_tokenised():
    with pytest.raises(
        InputError, match=r"^text of the call is '\\ud83d', but must be a text that"
    ):
        vertical_heads(tiny_model("bert"), tiny_tokenizer("bert"), "\ud83d")


def test_numbers_of_a_config_are_those_that_training_takes():
    config = TrainConfig(epochs=np.int64(3), lr=np.float32(0.5), max_length=np.int32(9))
    assert [type(n) for n in (config.epochs, config.lr, config.max_length)] == [int, float, int]
    with pytest.raises(
        InputError, match="^lr of TrainConfig is 1000.* but must be a finite number"
    ):
        TrainConfig(lr=10**400)


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
