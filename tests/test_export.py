"""An exported folder gives the same logits where only transformers is at hand."""

import subprocess
import sys

import pytest
import torch
from refusing import full_disk
from safetensors.torch import load_file, save_file
from test_adapters import TASK, asked, loaded_for, tuned_for
from test_inference import batch, tuned
from tiny import PAIR, tiny_model, tiny_tokenizer
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from pasta_lib import backbones
from pasta_lib.adapters import load_adapter, save_adapter
from pasta_lib.backbones import load_backbone
from pasta_lib.errors import DiskError, InputError
from pasta_lib.export import export_model
from pasta_lib.methods import build

CASES = {  # family, method, tags tokens
    "pasta": ("bert", "pasta", False),
    "table": ("roberta", "aot-fc", False),
    "tags": ("deberta-v2", "pasta-no-cls", True),
    "shared-layer": ("albert", "aot-kron", False),
    "head": ("bert", "classifier", False),
}
ELSEWHERE = """
import sys
from pathlib import Path
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification
for folder in Path().glob("*/model"):
    tags = folder.parent.name == "tags"
    kind = AutoModelForTokenClassification if tags else AutoModelForSequenceClassification
    model = kind.from_pretrained(folder, trust_remote_code=True)
    logits = model(**load_file(folder.parent / "inputs")).logits
    save_file({"logits": logits.detach()}, folder.parent / "logits")
assert not any(name.startswith("pasta_lib") for name in sys.modules)
"""


@pytest.mark.slow
def test_the_folders_run_without_this_package(tmp_path, monkeypatch):
    expected = {}
    for name, (family, method, tokens) in CASES.items():
        model, inputs = tuned(family, method, tokens=tokens, outputs=3), batch(family, 4, wider=2)
        folder = export_model(model, tiny_tokenizer(family), tmp_path / name / "model")
        assert (folder / "tokenizer.json").is_file()
        save_file(inputs, tmp_path / name / "inputs")
        expected[name] = model(**inputs).logits.detach()
    monkeypatch.setenv("HF_MODULES_CACHE", str(tmp_path / "modules"))
    subprocess.run([sys.executable, "-c", ELSEWHERE], cwd=tmp_path, check=True)
    for name, logits in expected.items():
        found = load_file(tmp_path / name / "logits")["logits"]
        torch.testing.assert_close(found, logits, atol=1e-6, rtol=0)


def test_what_left_the_architecture_alone_needs_no_code(tmp_path):
    model = tuned("bert", "bitfit")
    folder = export_model(model, tiny_tokenizer("bert"), tmp_path)
    assert not list(folder.glob("*.py"))
    plain = AutoModelForSequenceClassification.from_pretrained(folder)
    inputs = batch("bert", 3)
    assert torch.equal(plain(**inputs).logits, model(**inputs).logits)


@pytest.mark.parametrize("task", [None, PAIR])
def test_a_folder_with_a_bias_of_its_own_is_no_backbone(task, tmp_path):
    folder = export_model(tuned("bert", "pasta"), tiny_tokenizer("bert"), tmp_path)
    with pytest.raises(InputError, match="'layer_bias.*trust_remote_code=True"):
        load_backbone(str(folder), task)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_model_is_read_in_the_precision_it_was_exported_in(dtype, tmp_path):
    model = tuned("bert", "bitfit")
    model.config.dtype = torch.float16  # as the checkpoint had it that was loaded in float32
    export_model(model.to(dtype), tiny_tokenizer("bert"), tmp_path)
    plain = AutoModelForSequenceClassification.from_pretrained(tmp_path)
    inputs = batch("bert", 3)
    assert torch.equal(plain(**inputs).logits, model(**inputs).logits)


def test_labels_of_an_adapter_that_was_turned_stand_with_their_logits(tmp_path):
    save_adapter(tuned_for(TASK, "bitfit"), tmp_path / "adapter")
    turned = load_adapter(loaded_for(asked("reviews", "yes", "no")), tmp_path / "adapter")
    export_model(turned, tiny_tokenizer("bert"), tmp_path / "model")
    plain = AutoModelForSequenceClassification.from_pretrained(tmp_path / "model")
    expected = load_adapter(loaded_for(TASK), tmp_path / "adapter")
    inputs = batch("bert", 3)
    assert plain.config.id2label == {0: "yes", 1: "no"}
    torch.testing.assert_close(
        plain(**inputs).logits, expected.eval()(**inputs).logits.flip(-1), atol=1e-6, rtol=0
    )


def test_other_methods_are_refused(tmp_path):
    for method, name in (("adapter", "Adapter"), ("lora", "Lora"), ("pasta-random", "PastaRandom")):
        with pytest.raises(InputError, match=f"this is {name}"):
            export_model(tuned("bert", method), tiny_tokenizer("bert"), tmp_path)
    assert not any(tmp_path.iterdir())


def test_on_a_full_disk_the_folder_that_was_there_stays(tmp_path):
    model, tokenizer = tuned("bert"), tiny_tokenizer("bert")
    before = {f.name: f.read_bytes() for f in export_model(model, tokenizer, tmp_path).iterdir()}
    other = tuned("bert", seed=1)
    for room in (1000, 100_000):  # the code is refused, the weights are
        with full_disk(room), pytest.raises(DiskError, match=f"cannot write {tmp_path}: file too"):
            export_model(other, tokenizer, tmp_path)
        assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_the_tokenizer_reads_spelt_special_tokens_as_text_there_too(tmp_path):
    _, tokenizer = load_backbone("minilm")
    export_model(tuned("bert"), tokenizer, tmp_path)
    ids = AutoTokenizer.from_pretrained(tmp_path)("so [SEP] it")["input_ids"]
    assert ids.count(tokenizer.sep_token_id) == 1


def test_a_model_without_weights_is_refused(tmp_path):
    model = backbones.build_untrained(tiny_model("bert").config, PAIR, meta=True)
    build("pasta", special_tokens=3).apply(model)
    with pytest.raises(InputError, match="is on the meta device, without weights"):
        export_model(model, tiny_tokenizer("bert"), tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("name", ["pasta", "full"])
def test_what_is_not_finite_is_not_exported(name, tmp_path):
    model = tuned("bert", name)
    next(p for p in reversed([*model.parameters()]) if p.requires_grad).data[0] = float("nan")
    with pytest.raises(InputError, match="of this BertFor.* holds numbers that are not finite"):
        export_model(model, tiny_tokenizer("bert"), tmp_path / "new")
    assert not (tmp_path / "new").exists()
