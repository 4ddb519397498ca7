"""A model that refuses a method is the model it was, and takes another."""

import json
from itertools import count

import pytest
from tiny import PAIR, tiny_model, tiny_tokenizer

from pasta_lib.adapters import count_parameters, load_adapter, save_adapter
from pasta_lib.errors import InputError
from pasta_lib.methods import build


def as_it_is(model):
    """What a method may change: modules, hooks, what trains, and what the model carries."""
    hooks = [
        [*kind.keys()]
        for module in model.modules()
        for kind in (module._forward_pre_hooks, module._forward_hooks)
    ]
    marks = {name: p.requires_grad for name, p in model.named_parameters()}
    kinds = [(name, type(module).__name__) for name, module in model.named_modules()]
    return hooks, marks, kinds, sorted(model.state_dict()), sorted(vars(model))


class Halfway:
    """Stands for what is drawn last, and finds no room."""

    def __init__(self, *args, **kwargs):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9")


@pytest.mark.parametrize(
    ("family", "name"),
    [
        ("gpt2", "p-tuning-v2"),
        ("gpt2", "adapter"),
        ("distilbert", "p-tuning-v2"),
        ("modernbert", "bitfit"),
    ],
)
def test_a_model_that_a_method_does_not_fit_is_left_as_it_was(family, name):
    model = tiny_model(family)
    before = as_it_is(model)
    with pytest.raises(InputError):
        build(name).apply(model)
    assert as_it_is(model) == before
    build("lora").apply(model)


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("lora.inject_adapter_in_model", "lora"),
        ("adapter.Bottleneck", "adapter"),
        ("prefix.Prefix", "p-tuning-v2"),
        ("aot.TokenBias.attach", "aot-kron"),
        ("diff_prune.SparseDiff.forward", "diff-prune"),
        ("pasta.backbones.layers", "pasta"),
    ],
)
def test_a_model_with_no_room_for_a_method_is_left_as_it_was(place, name, monkeypatch):
    model, tokenizer = tiny_model("bert"), tiny_tokenizer("bert")
    before, calls = as_it_is(model), count()
    handle = model.register_forward_hook(lambda *_: next(calls))
    with monkeypatch.context() as patch:
        patch.setattr(f"pasta_lib.methods.{place}", Halfway)
        with pytest.raises(
            InputError, match="^what is added to this BertFor.* more memory than th"
        ):
            build(name).apply(model, tokenizer, PAIR)
    handle.remove()
    assert as_it_is(model) == before
    model(**tokenizer("w1 w2", return_tensors="pt"))
    assert next(calls) == 0
    assert count_parameters(build(name).apply(model, tokenizer, PAIR)).method > 0


def test_a_model_that_an_adapter_does_not_fit_is_left_as_it_was(tmp_path):
    build("p-tuning-v2", prefix=3).apply(saved := tiny_model("bert"))
    save_adapter(saved, tmp_path)
    file = tmp_path / "adapter.json"
    said = json.loads(file.read_text())
    file.write_text(json.dumps(said | {"fields": {"prefix": 4}}))
    model = tiny_model("bert")
    before = as_it_is(model)
    with pytest.raises(InputError, match="does not fit its method: prefix.weight is"):
        load_adapter(model, tmp_path)
    assert as_it_is(model) == before
    file.write_text(json.dumps(said))
    load_adapter(model, tmp_path)
