"""An adapter on disk is small, whole, says what it is, and fits only where it belongs."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import torch
from huggingface_hub import ModelCard
from refusing import blocked, full_disk
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tiny import HIDDEN, LAYERS, PAIR, VOCABULARY, tiny_model, tiny_tokenizer

from pasta_lib import adapters, backbones
from pasta_lib.adapters import load_adapter, push_to_hub, save_adapter, trainable
from pasta_lib.errors import DiskError, InputError
from pasta_lib.methods import TokenBias, build, fuse
from pasta_lib.reparam import Fused

RTE = SimpleNamespace(
    name="rte", pair=True, head="classification", labels=("entailment", "not"), num_outputs=2
)


def fresh(family: str = "bert", **options):
    model = tiny_model(family, **options)
    model.config.cls_token_id, model.config.sep_token_id = 1, 2
    return model


def tuned(name: str = "pasta", *, seed: int = 0):
    model = build(name).apply(fresh(), tiny_tokenizer("bert"), PAIR)
    torch.manual_seed(seed)
    for parameter in trainable(model).values():
        parameter.data.normal_()
    return model


@pytest.fixture
def minilm():
    model, tokenizer = backbones.load_backbone("minilm", RTE)
    return build("pasta").apply(model, tokenizer, RTE)


def test_a_pasta_adapter_for_minilm_is_a_few_tens_of_kilobytes(minilm, tmp_path):
    save_adapter(minilm, tmp_path)
    numbers = 6 * 3 * 384 + 2 * 384 + 2  # vectors, and the head
    size = sum(file.stat().st_size for file in tmp_path.iterdir())
    assert 4 * numbers < size < 4 * numbers + 5_000 < 40_000


def test_the_description_says_what_the_adapter_is(minilm, tmp_path):
    save_adapter(minilm, tmp_path, score={"accuracy": 0.75})
    described = json.loads((tmp_path / "adapter.json").read_text())
    assert described["method"] == "pasta"
    assert described["fields"]["special_tokens"] == 3
    assert described["backbone"] == {
        "name": "minilm",
        "architecture": "BertForSequenceClassification",
        "fingerprint": backbones.fingerprint(minilm),
    }
    assert (described["task"], described["labels"]) == ("rte", ["entailment", "not"])
    assert described["score"] == {"accuracy": 0.75}


def test_the_card_is_one_that_the_hub_reads(minilm, tmp_path):
    save_adapter(minilm, tmp_path, score={"accuracy": 0.75})
    card = ModelCard.load(tmp_path / "README.md")
    assert card.data.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    assert (card.data.library_name, card.data.tags) == ("pasta_lib", ["pasta"])
    for told in ("# pasta on rte", "accuracy 0.7500", "6,912 of the method, 770 of the head"):
        assert told in card.text


def test_a_local_backbones_place_is_not_told(tmp_path):
    folder = tmp_path / "secret" / "encoder"
    fresh().save_pretrained(folder)
    tiny_tokenizer("bert").save_pretrained(folder)
    model, tokenizer = backbones.load_backbone(str(folder), PAIR)
    build("pasta").apply(model, tokenizer, PAIR)
    for file in save_adapter(model, tmp_path / "adapter").iterdir():
        assert b"secret" not in file.read_bytes()
    described = json.loads((tmp_path / "adapter" / "adapter.json").read_text())
    assert described["backbone"]["name"] == "encoder"


def test_loading_names_the_labels_of_the_head(minilm, tmp_path):
    save_adapter(minilm, tmp_path)
    model, _ = backbones.load_backbone("minilm", PAIR)
    load_adapter(model, tmp_path)
    assert model.config.id2label == {0: "entailment", 1: "not"}
    assert model.config.label2id == {"entailment": 0, "not": 1}


@pytest.mark.slow
def test_a_new_process_computes_the_same_logits(minilm, tmp_path):
    minilm.layer_bias.vectors.data.normal_()
    ids = torch.tensor([[101, 2054, 2003, 102, 2009, 102]])
    save_adapter(minilm, tmp_path)
    program = (
        "import sys, torch, pasta_lib as pl; from types import SimpleNamespace as Task; "
        "task = Task(head='classification', labels=('a', 'b'), num_outputs=2); "
        "model, _ = pl.load_backbone('minilm', task, seed=9); "
        "pl.load_adapter(model, sys.argv[1]); "
        f"torch.save(model(input_ids=torch.tensor({ids.tolist()})).logits, sys.argv[2])"
    )
    out = tmp_path / "logits.pt"
    subprocess.run([sys.executable, "-c", program, tmp_path, out], check=True)
    torch.testing.assert_close(torch.load(out), minilm.eval()(input_ids=ids).logits)


@pytest.mark.parametrize("name", ["aot-naive", "aot-kron", "aot-fc"])
def test_a_fused_table_is_a_file_of_its_own_and_comes_back(name, pairs_of_bert, tmp_path):
    model = fuse(tuned(name).eval())
    save_adapter(model, tmp_path)
    assert set(load_file(tmp_path / "adapter.safetensors")) == set(backbones.head(fresh()))
    with safe_open(tmp_path / "fused.safetensors", framework="pt") as file:
        assert file.get_slice("table").get_shape() == [VOCABULARY, LAYERS, HIDDEN]
    loaded = load_adapter(fresh(), tmp_path)
    assert isinstance(loaded.layer_bias.table, Fused)
    assert loaded.tuning.method == model.tuning.method
    assert torch.equal(loaded(**pairs_of_bert).logits, model(**pairs_of_bert).logits)


def test_a_fused_table_is_mapped_and_not_read(tmp_path):
    megabytes = 128
    model = tuned("aot-naive")
    rows = megabytes * 2**20 // (4 * LAYERS * HIDDEN)
    model.layer_bias.table = Fused(torch.zeros(rows, LAYERS, HIDDEN))
    save_adapter(model, tmp_path)
    backbone, process = fresh(), psutil.Process(os.getpid())
    before = process.memory_info().rss
    load_adapter(backbone, tmp_path)
    assert process.memory_info().rss - before < megabytes * 2**20 / 8
    assert backbone.layer_bias.table.weight.shape == (rows, LAYERS, HIDDEN)


def test_the_training_form_replaces_a_fused_one_in_the_same_folder(tmp_path):
    model = tuned("aot-naive")
    save_adapter(fuse(tuned("aot-naive")), tmp_path)
    save_adapter(model, tmp_path)
    assert not (tmp_path / "fused.safetensors").exists()
    assert not isinstance(load_adapter(fresh(), tmp_path).layer_bias.table, Fused)


def test_a_merged_lora_is_not_saved_as_if_nothing_was_trained(tmp_path):
    with pytest.raises(InputError, match="lora is merged .* before fusing"):
        save_adapter(fuse(tuned("lora")), tmp_path)


def test_a_save_that_fails_leaves_the_former_adapter_whole(monkeypatch, pairs_of_bert, tmp_path):
    first = tuned().eval()
    save_adapter(first, tmp_path)

    def full(tensors, path):
        path.write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr(adapters, "save_file", full)
    with pytest.raises(OSError, match="no space"):
        save_adapter(tuned(seed=1), tmp_path)
    loaded = load_adapter(fresh(), tmp_path)
    assert torch.equal(loaded(**pairs_of_bert).logits, first(**pairs_of_bert).logits)
    assert not list(tmp_path.glob("*.tmp")) and not list(tmp_path.glob(".*"))


def test_a_save_cut_off_between_its_files_is_not_taken_for_an_adapter(monkeypatch, tmp_path):
    save_adapter(tuned(), tmp_path)
    replace = Path.replace

    def killed(file, place):
        if file.name == "adapter.json":
            raise KeyboardInterrupt
        return replace(file, place)

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        save_adapter(tuned(seed=1), tmp_path)
    monkeypatch.undo()
    with pytest.raises(InputError, match="is not what its adapter.json describes"):
        load_adapter(fresh(), tmp_path)


def rewritten(folder, change) -> None:
    """Change the tensors of an adapter and seal it anew, as another program might."""
    tensors = load_file(folder / "adapter.safetensors")
    change(tensors)
    save_file(tensors, folder / "adapter.safetensors")
    described = json.loads((folder / "adapter.json").read_text())
    described["sha256"] = adapters._sha256(folder / "adapter.safetensors")
    (folder / "adapter.json").write_text(json.dumps(described))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda tensors: tensors.pop("layer_bias.vectors"), "layer_bias.vectors in only one"),
        (lambda tensors: tensors.update(extra=torch.ones(1)), "extra in only one"),
    ],
)
def test_missing_and_unknown_tensors_are_refused_by_name(change, told, tmp_path):
    rewritten(save_adapter(tuned(), tmp_path), change)
    with pytest.raises(InputError, match=told):
        load_adapter(fresh(), tmp_path)


def test_damaged_files_are_refused(tmp_path):
    for name, text, told in (
        ("adapter.json", "{", "damaged adapter.json"),
        ("adapter.json", "[]", "damaged adapter.json"),
        ("adapter.safetensors", "half", "adapter.safetensors in .* is not what"),
        ("fused.safetensors", "half", "fused.safetensors in .* is missing or damaged"),
    ):
        save_adapter(fuse(tuned("aot-naive")), tmp_path)
        (tmp_path / name).write_text(text)
        with pytest.raises(InputError, match=told):
            load_adapter(fresh(), tmp_path)


def test_another_head_another_family_and_a_tuned_model_are_refused(tmp_path):
    save_adapter(tuned(), tmp_path)
    for model, told in (
        (fresh(outputs=3), "another backbone|another head"),
        (fresh("roberta"), "another backbone: bert .*not this roberta"),
        (tuned(), "already carries pasta"),
    ):
        with pytest.raises(InputError, match=told):
            load_adapter(model, tmp_path)


def test_a_head_of_another_size_is_refused(minilm, tmp_path):
    save_adapter(minilm, tmp_path)
    three = SimpleNamespace(head="classification", labels=("a", "b", "c"), num_outputs=3)
    with pytest.raises(InputError, match=r"another head: classifier.weight is \(2, 384\)"):
        load_adapter(backbones.load_backbone("minilm", three)[0], tmp_path)


def test_pushing_uploads_the_adapters_files_and_nothing_else(monkeypatch, tmp_path):
    calls = []

    class Hub:
        def create_repo(self, repo, **options):
            calls.append(("create", repo, options))

        def upload_folder(self, **options):
            calls.append(("upload", options))
            return "https://hub/me/rte"

    monkeypatch.setattr(adapters, "HfApi", Hub)
    save_adapter(tuned(), tmp_path)
    assert push_to_hub(tmp_path, "me/rte") == "https://hub/me/rte"
    (_, repo, created), (_, uploaded) = calls
    assert repo == "me/rte" and created == {"private": True, "exist_ok": True}
    assert uploaded["repo_id"] == "me/rte" and uploaded["folder_path"] == tmp_path
    assert {file.name for file in tmp_path.iterdir()} < set(uploaded["allow_patterns"])
    with pytest.raises(InputError, match="holds no adapter"):
        push_to_hub(tmp_path / "nothing", "me/rte")


def test_a_token_bias_without_a_fused_table_keeps_its_training_form(tmp_path):
    save_adapter(tuned("aot-fc"), tmp_path)
    loaded = load_adapter(fresh(), tmp_path)
    assert isinstance(loaded.layer_bias, TokenBias)
    assert "layer_bias.table.weight_1" in trainable(loaded)


@pytest.fixture
def pairs_of_bert() -> dict[str, torch.Tensor]:
    return dict(tiny_tokenizer("bert")(["w5 w6", "w7 w8"], ["w9", "w10"], return_tensors="pt"))


def test_on_a_full_disk_the_adapter_that_was_there_stays(tmp_path):
    before = tuned(seed=1)
    save_adapter(before, tmp_path)
    with full_disk(), pytest.raises(DiskError, match=f"^cannot write {tmp_path}: file too large.$"):
        save_adapter(tuned(seed=2), tmp_path)
    loaded = trainable(load_adapter(fresh(), tmp_path))
    assert all(torch.equal(loaded[name], own) for name, own in trainable(before).items())
    assert {file.name for file in tmp_path.iterdir()} == {
        "adapter.safetensors",
        "adapter.json",
        "README.md",
    }


def test_a_place_that_takes_no_adapter_is_named(tmp_path):
    for folder in (tmp_path / ("x" * 300), blocked(tmp_path / "adapter")):
        with pytest.raises(DiskError, match=f"^cannot write {folder}: [a-z ]+[.]$"):
            save_adapter(tuned(), folder)
