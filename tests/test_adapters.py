"""An adapter on disk is small, whole, says what it is, and fits only where it belongs."""

import json
import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
import torch
from datasets import Dataset
from huggingface_hub import ModelCard
from refusing import blocked, full_disk
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tiny import HIDDEN, LAYERS, PAIR, VOCABULARY, frame_ids, tiny_model, tiny_tokenizer

from pasta_lib import adapters, backbones, disk, precision
from pasta_lib.adapters import load_adapter, push_to_hub, save_adapter, trainable
from pasta_lib.errors import DiskError, InputError
from pasta_lib.methods import TokenBias, build, fuse
from pasta_lib.reparam import Fused
from pasta_lib.tasks import user_task
from pasta_lib.training import TrainConfig, fit

RTE = SimpleNamespace(
    name="rte", pair=True, head="classification", labels=("entailment", "not"), num_outputs=2
)


def asked(name: str, *labels: str, head: str = "classification", format: str = "plain"):
    """A task by what an adapter knows of it."""
    outputs = len(labels) if head in ("classification", "tokens") else 1
    return SimpleNamespace(
        name=name,
        pair=head != "tokens",
        head=head,
        labels=labels,
        num_outputs=outputs,
        format_name=format,
    )


TASK = asked("reviews", "no", "yes")


def fresh(family: str = "bert", **options):
    model = tiny_model(family, **options)
    model.config.cls_token_id, model.config.sep_token_id = frame_ids(family)[0], 2
    return model


def tuned(name: str = "pasta", *, seed: int = 0):
    model = build(name).apply(fresh(), tiny_tokenizer("bert"), PAIR)
    torch.manual_seed(seed)
    for parameter in trainable(model).values():
        parameter.data.normal_()
    return model


def loaded_for(task, family: str = "bert"):
    """A fresh model as `load_backbone` gives it for `task`: always of the same encoder."""
    config = tiny_model(family).config
    model = backbones.build_untrained(config, task)
    backbones.base(model).load_state_dict(encoder_of(family, task.head == "tokens"))
    model.config.cls_token_id, model.config.sep_token_id = frame_ids(family)[0], 2
    return model


def encoder_of(family: str, tokens: bool) -> dict[str, torch.Tensor]:
    return backbones.base(tiny_model(family, tokens=tokens)).state_dict()


def tuned_for(task, name: str = "pasta", family: str = "bert"):
    model = build(name).apply(loaded_for(task, family), tiny_tokenizer(family), task)
    with torch.no_grad():
        for parameter in trainable(model).values():
            parameter.add_(torch.randn_like(parameter) * 0.3)
    return model.eval()


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
        "fingerprints": backbones.fingerprints(backbones.load_backbone("minilm", RTE)[0]),
    }
    assert (described["task"], described["labels"]) == ("rte", ["entailment", "not"])
    assert described["score"] == {"accuracy": 0.75}


def test_an_adapter_is_saved_where_the_package_is_not_installed(minilm, tmp_path, monkeypatch):
    def not_installed(name):
        raise adapters.PackageNotFoundError(name)

    monkeypatch.setattr(adapters, "version", not_installed)
    save_adapter(minilm, tmp_path)
    assert json.loads((tmp_path / "adapter.json").read_text())["pasta_lib"] is None
    load_adapter(backbones.load_backbone("minilm", RTE)[0], tmp_path)


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


def test_a_model_without_labels_takes_those_of_the_adapter(tmp_path):
    save_adapter(tuned_for(TASK), tmp_path)
    model = load_adapter(fresh(), tmp_path)
    assert model.config.id2label == {0: "no", 1: "yes"}
    assert model.config.label2id == {"no": 0, "yes": 1}
    assert backbones.purpose(model).labels == ("no", "yes")


def test_a_model_that_was_loaded_otherwise_takes_the_adapter(tmp_path):
    folder = tmp_path / "encoder"
    fresh().save_pretrained(folder)
    tiny_tokenizer("bert").save_pretrained(folder)
    model, _ = backbones.load_backbone(str(folder), PAIR)
    save_adapter(build("bitfit").apply(model), tmp_path / "adapter")
    loaded = load_adapter(fresh(), tmp_path / "adapter")
    for name, parameter in trainable(model).items():
        assert torch.equal(loaded.get_parameter(name), parameter)


@pytest.mark.slow
def test_a_new_process_computes_the_same_logits(minilm, tmp_path):
    minilm.layer_bias.vectors.data.normal_()
    ids = torch.tensor([[101, 2054, 2003, 102, 2009, 102]])
    save_adapter(minilm, tmp_path)
    program = (
        "import sys, torch, pasta_lib as pl; from types import SimpleNamespace as Task; "
        "task = Task(head='classification', labels=('entailment', 'not'), num_outputs=2); "
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
    described["sha256"] = disk.sha256(folder / "adapter.safetensors")
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


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda v: v.mT, r"vectors is \(3, 32, 3\), this model's \(3, 3, 32\)"),
        (lambda v: v[:2], r"vectors is \(2, 3, 32\), this model's \(3, 3, 32\)"),
        (lambda v: v[..., :16], r"vectors is \(3, 3, 16\), this model's \(3, 3, 32\)"),
        (lambda v: v.sum(), r"vectors is \(\), this model's \(3, 3, 32\)"),
        (lambda v: v.long(), "vectors is of torch.int64, this model's of torch.float32"),
        (lambda v: v > 0, "vectors is of torch.bool, this model's of torch.float32"),
        (lambda v: v / 0, "layer_bias.vectors of the adapter in .* holds numbers that are not fin"),
        (lambda v: v * float("nan"), "holds numbers that are not finite"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(change, told, tmp_path):
    def changed(tensors):
        tensors["layer_bias.vectors"] = change(tensors["layer_bias.vectors"]).contiguous()

    rewritten(save_adapter(tuned(), tmp_path), changed)
    with pytest.raises(InputError, match=told):
        load_adapter(fresh(), tmp_path)


@pytest.mark.parametrize("content", [b"", b"\xff" * 100, b"version https://git-lfs.github.com"])
def test_a_sealed_file_that_holds_no_tensors_is_refused(content, tmp_path):
    save_adapter(tuned(), tmp_path)
    (tmp_path / "adapter.safetensors").write_bytes(content)
    redescribed(tmp_path, sha256=disk.sha256(tmp_path / "adapter.safetensors"))
    with pytest.raises(InputError, match="adapter.safetensors in .* is damaged"):
        load_adapter(fresh(), tmp_path)


def redescribed(folder, **said) -> None:
    """Change what the description says; None is `null`, and what is `...` goes."""
    described = json.loads((folder / "adapter.json").read_text()) | said
    kept = {name: value for name, value in described.items() if value is not ...}
    (folder / "adapter.json").write_text(json.dumps(kept))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"method": ["pasta"]}, "method of it is .'pasta'., but must be a text"),
        ({"method": ...}, "it does not say method"),
        ({"fields": None}, "fields of it is None, but must be a mapping"),
        ({"fields": {"special_tokens": "3"}}, "special_tokens of method 'pasta' is '3'"),
        ({"backbone": "bert"}, "its backbone does not say name, architecture"),
        ({"backbone": None}, "damaged adapter.json"),
        ({"labels": 3}, "labels of it is 3, but must be a list of which each is a text or None"),
        ({"labels": [["no"]]}, "labels of it is ..'no'.., but must be a list"),
        ({"head": 3}, "head of it is 3, but must be a text or None"),
        ({"max_length": "long"}, "max_length of it is 'long', but must be a whole number at least"),
        ({"pooler": "x"}, "pooler of it is 'x', but must be 'train', 'freeze' or None"),
        ({"fused": "no"}, "fused of it is 'no', but must be True or False"),
    ],
)
def test_a_description_of_other_types_is_refused(said, told, tmp_path):
    redescribed(save_adapter(tuned(), tmp_path), **said)
    with pytest.raises(InputError, match=told):
        load_adapter(fresh(), tmp_path)


def test_a_fused_table_of_another_size_is_refused(tmp_path):
    save_adapter(fuse(tuned("aot-naive")), tmp_path)
    save_file({"table": torch.zeros(VOCABULARY, HIDDEN)}, tmp_path / "fused.safetensors")
    with pytest.raises(InputError, match=r"holds a table of torch.float32 \(60, 32\)"):
        load_adapter(fresh(), tmp_path)


@pytest.mark.parametrize("spoil", [Path.unlink, lambda file: file.write_bytes(b"")])
def test_a_fused_table_that_is_not_there_or_cut_is_refused(spoil, tmp_path):
    save_adapter(fuse(tuned("aot-naive")), tmp_path)
    spoil(tmp_path / "fused.safetensors")
    with pytest.raises(InputError, match="fused.safetensors in .* is missing or damaged"):
        load_adapter(fresh(), tmp_path)


def test_a_folder_in_the_place_of_a_file_leaves_what_stood_there(tmp_path):
    save_adapter(tuned(), tmp_path)
    (tmp_path / "README.md").unlink()
    (tmp_path / "README.md").mkdir()
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir() if file.is_file()}
    with pytest.raises(DiskError, match=f"^cannot write {tmp_path}: is a directory.$"):
        save_adapter(tuned("aot-naive"), tmp_path)
    assert {f.name: f.read_bytes() for f in tmp_path.iterdir() if f.is_file()} == before


def test_what_is_not_finite_is_not_saved(tmp_path):
    model = tuned()
    model.layer_bias.vectors.data[0, 0, 0] = float("nan")
    with pytest.raises(InputError, match="layer_bias.vectors of this BertFor.* are not finite"):
        save_adapter(model, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    model = fuse(tuned("aot-naive"))
    model.layer_bias.table.weight[5, 1, 0] = float("inf")
    with pytest.raises(InputError, match="table of this BertFor.* holds numbers that are not fini"):
        save_adapter(model, tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"score": 0.5}, "score of save_adapter is 0.5, but must be a mapping of which each"),
        ({"score": {"accuracy": float("nan")}}, "score of save_adapter is .'accuracy': nan"),
        ({"task": 3}, "task of save_adapter is 3, but must be a text that UTF-8"),
    ],
)
def test_a_score_or_task_that_json_cannot_hold_is_refused(told, said, tmp_path):
    with pytest.raises(InputError, match=said):
        save_adapter(tuned(), tmp_path / "new", **told)
    assert not (tmp_path / "new").exists()


def test_a_hub_that_does_not_take_the_adapter_is_one_sentence(tmp_path):
    save_adapter(tuned(), tmp_path)
    with pytest.raises(InputError, match="^the hub does not take 'a b/c': Repo id .*'a b/c'.$"):
        push_to_hub(tmp_path, "a b/c")


def test_a_model_without_weights_is_refused(tmp_path):
    save_adapter(tuned(), tmp_path)
    for call in (save_adapter, load_adapter):
        model = backbones.build_untrained(tiny_model("bert").config, PAIR, meta=True)
        if call is save_adapter:
            build("pasta", special_tokens=3).apply(model)
        with pytest.raises(InputError, match="is on the meta device, without weights"):
            call(model, tmp_path)


def test_another_head_another_family_and_a_tuned_model_are_refused(tmp_path):
    save_adapter(tuned(), tmp_path)
    for model, told in (
        (fresh(outputs=3), "another backbone|another head"),
        (fresh("roberta"), "another backbone: bert .*not this roberta"),
        (tuned(), "already carries pasta"),
    ):
        with pytest.raises(InputError, match=told):
            load_adapter(model, tmp_path)


def test_a_head_of_another_size_is_refused(tmp_path):
    save_adapter(tuned(), tmp_path)
    other = fresh(outputs=3)
    backbones.base(other).load_state_dict(backbones.base(fresh()).state_dict())
    with pytest.raises(InputError, match=r"another head: classifier.weight is \(2, 32\)"):
        load_adapter(other, tmp_path)


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


def by_label(model, labels, inputs) -> dict[str, torch.Tensor]:
    """The logits of each label, by a model whose outputs stand for `labels` in this order."""
    with torch.no_grad():
        return dict(zip(labels, model.eval()(**inputs).logits.unbind(-1), strict=True))


ORDERS = [("fair", "bad", "good"), ("good", "bad", "fair")]  # two change places; all three do


@pytest.mark.parametrize("labels", ORDERS)
@pytest.mark.parametrize("head", ["classification", "tokens"])
def test_labels_in_another_order_keep_their_logits(labels, head, family, tmp_path):
    model = tuned_for(asked("reviews", "bad", "fair", "good", head=head), family=family)
    save_adapter(model, tmp_path)
    loaded = load_adapter(loaded_for(asked("reviews", *labels, head=head), family), tmp_path)
    inputs = tiny_tokenizer(family)(["w5 w6", "w7 w8"], ["w9", "w10"], return_tensors="pt")
    expected = by_label(model, ("bad", "fair", "good"), inputs)
    for label, logits in by_label(loaded, labels, inputs).items():
        torch.testing.assert_close(logits, expected[label], atol=1e-6, rtol=0)
    assert tuple(loaded.config.id2label.values()) == backbones.purpose(loaded).labels == labels


@pytest.mark.parametrize("name", ["aot-fc", "full", "bitfit"])
def test_every_form_of_an_adapter_follows_the_order(name, pairs_of_bert, tmp_path):
    model = tuned_for(TASK, name)
    save_adapter(fuse(model) if name == "aot-fc" else model, tmp_path / "one")
    turned = load_adapter(loaded_for(asked("reviews", "yes", "no")), tmp_path / "one")
    save_adapter(turned, tmp_path / "other")
    back = load_adapter(loaded_for(TASK), tmp_path / "other")
    expected = model(**pairs_of_bert).logits.detach()
    torch.testing.assert_close(turned(**pairs_of_bert).logits, expected.flip(-1))
    torch.testing.assert_close(back(**pairs_of_bert).logits, expected)


@pytest.mark.parametrize(
    "task",
    [
        asked("reviews", "no", "maybe"),
        asked("reviews", "no", "yes", "maybe"),
        asked("reviews", "0", "1", head="choice"),
        asked("reviews", head="regression"),
        asked("reviews", "no", "yes", format="question"),
    ],
    ids=lambda task: f"{task.head} {task.labels} {task.format_name}",
)
def test_another_task_is_refused_in_one_sentence_that_names_both(task, tmp_path):
    save_adapter(tuned_for(TASK), tmp_path)
    with pytest.raises(InputError) as refused:
        load_adapter(loaded_for(task), tmp_path)
    ours = "the task 'reviews' (classification: no, yes; input format plain)"
    labels = f": {', '.join(task.labels)}" if task.labels else ""
    theirs = f"the task 'reviews' ({task.head}{labels}; input format {task.format_name})"
    assert (
        str(refused.value) == f"the adapter in {str(tmp_path)!r} answers {ours}, and not {theirs}"
    )


def test_another_task_of_the_same_labels_is_loaded_with_a_warning(tmp_path):
    save_adapter(tuned_for(TASK), tmp_path)
    with pytest.warns(UserWarning, match="was trained on 'reviews', and is loaded for 'films'"):
        model = load_adapter(loaded_for(asked("films", "no", "yes", format="other")), tmp_path)
    assert backbones.purpose(model).task == "reviews"


def as_written_before(folder, fingerprint: str | None = None) -> None:
    """Rewrite the description to what adapters said of themselves until they knew their task."""
    described = json.loads((folder / "adapter.json").read_text())
    for name in ("head", "format", "max_length", "metric", "precision"):
        del described[name]
    described["labels"] = described["labels"] or ["LABEL_0", "LABEL_1"]
    fingerprints = described["backbone"].pop("fingerprints")
    described["backbone"]["fingerprint"] = fingerprint or fingerprints["float32"]
    (folder / "adapter.json").write_text(json.dumps(described))


def test_an_older_adapter_is_read_and_says_what_could_not_be_checked(pairs_of_bert, tmp_path):
    model = tuned_for(TASK)
    as_written_before(save_adapter(model, tmp_path))
    with pytest.warns(
        UserWarning,
        match="does not say its kind of head, input format, longest input: .* not be checked",
    ):
        loaded = load_adapter(loaded_for(TASK), tmp_path)
    assert torch.equal(loaded(**pairs_of_bert).logits, model(**pairs_of_bert).logits)


def test_an_older_adapter_follows_the_order_of_labels_too(pairs_of_bert, tmp_path):
    model = tuned_for(TASK)
    as_written_before(save_adapter(model, tmp_path))
    with pytest.warns(UserWarning, match="longest input"):
        turned = load_adapter(loaded_for(asked("reviews", "yes", "no")), tmp_path)
    torch.testing.assert_close(
        turned(**pairs_of_bert).logits, model(**pairs_of_bert).logits.flip(-1)
    )
    with pytest.raises(InputError, match="'reviews' .*no, yes.*, and not .*no, maybe"):
        load_adapter(loaded_for(asked("reviews", "no", "maybe")), tmp_path)


def test_an_older_adapter_of_a_model_without_labels_fits_any(pairs_of_bert, tmp_path):
    model = tuned().eval()
    as_written_before(save_adapter(model, tmp_path))
    with pytest.warns(UserWarning, match="does not say its kind of head, labels, input format"):
        loaded = load_adapter(loaded_for(TASK), tmp_path)
    assert torch.equal(loaded(**pairs_of_bert).logits, model(**pairs_of_bert).logits)


HALVES = (torch.bfloat16, torch.float16)


@pytest.mark.parametrize("family", ["bert", "deberta"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        *((torch.float32, half) for half in HALVES),
        *((half, torch.float32) for half in HALVES),
        *((half, half) for half in HALVES),
        (torch.float64, torch.bfloat16),
    ],
    ids=str,
)
def test_an_adapter_knows_its_backbone_in_another_precision(before, after, family, tmp_path):
    model = loaded_for(TASK, family).to(before)
    save_adapter(build("pasta").apply(model, tiny_tokenizer(family), TASK), tmp_path)
    load_adapter(loaded_for(TASK, family).to(after), tmp_path)
    other = loaded_for(TASK, family)
    next(backbones.base(other).parameters()).data[0] += 1
    with pytest.raises(InputError, match="another backbone"):
        load_adapter(other.to(after), tmp_path)


def test_two_half_precisions_cannot_be_compared_and_say_so(tmp_path):
    model = loaded_for(TASK).half()
    save_adapter(build("pasta").apply(model, tiny_tokenizer("bert"), TASK), tmp_path)
    with pytest.raises(InputError, match="in float16 alone, .* in bfloat16: load it .* float32"):
        load_adapter(loaded_for(TASK).bfloat16(), tmp_path)


@pytest.mark.parametrize("stored", ["float32", "bfloat16", "float16"])
def test_an_older_adapter_knows_a_backbone_by_the_bytes_it_was_stored_in(stored, tmp_path):
    """A half-precision checkpoint was loaded as it is stored, and is loaded in float32 now."""
    dtype = getattr(torch, stored)
    model = loaded_for(TASK).to(dtype).float()  # as if read from such a checkpoint
    save_adapter(build("pasta").apply(model, tiny_tokenizer("bert"), TASK), tmp_path)
    digest = sha256()
    for name, tensor in sorted(loaded_for(TASK).bert.state_dict().items()):
        tensor = tensor.to(dtype)
        digest.update(f"{name} torch.{stored} {tuple(tensor.shape)}".encode())
        digest.update(tensor.flatten().view(torch.uint8).numpy())
    as_written_before(tmp_path, digest.hexdigest())
    with pytest.warns(UserWarning, match="longest input"):
        load_adapter(loaded_for(TASK).to(dtype).float(), tmp_path)


@pytest.fixture
def tiny_backbone(tmp_path) -> str:
    folder = tmp_path / "backbone"
    fresh().save_pretrained(folder)
    tiny_tokenizer("bert").save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize(("has", "used"), [(True, "bf16"), (False, "fp32")])
def test_what_fit_trained_stands_in_json_and_card(tiny_backbone, tmp_path, monkeypatch, has, used):
    monkeypatch.setattr(precision, "has_bf16", lambda device: has)
    task = user_task(
        "pairs",
        dict.fromkeys(
            ("train", "validation"),
            Dataset.from_dict({"a": ["w5", "w6"], "b": ["w7", "w8"], "label": ["no", "yes"]}),
        ),
        texts=("a", "b"),
        metric="macro_f1",
    )
    model, tokenizer = backbones.load_backbone(tiny_backbone, task)
    build("pasta").apply(model, tokenizer, task)
    fit(model, tokenizer, task, TrainConfig(epochs=1, precision="bf16", max_length=9))
    save_adapter(model, tmp_path / "adapter")
    described = json.loads((tmp_path / "adapter" / "adapter.json").read_text())
    expected = {
        "task": "pairs",
        "head": "classification",
        "labels": ["no", "yes"],
        "format": "a, b",
        "max_length": 9,
        "metric": "macro_f1",
        "precision": used,
    }
    assert {name: described[name] for name in expected} == expected
    card = (tmp_path / "adapter" / "README.md").read_text()
    digest = backbones.fingerprint(backbones.load_backbone(tiny_backbone, task)[0])
    for row in (
        "| task | pairs |",
        "| head | classification |",
        "| labels, in order | no, yes |",
        "| input format | a, b |",
        "| longest input | 9 tokens |",
        "| picked by | macro_f1 |",
        f"| trained in | {used} |",
        f"| its weights | sha256 {digest} in float32 |",
    ):
        assert row in card.splitlines()
    loaded, _ = backbones.load_backbone(tiny_backbone, task, seed=1)
    assert backbones.purpose(load_adapter(loaded, tmp_path / "adapter")).max_length == 9


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
