"""A mixed batch gives each row what its task's own model gives, wherever the tables live."""

import gc
import random
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from refusing import full_disk
from tiny import HIDDEN, LAYERS, PAIR, VOCABULARY, tiny_model, tiny_tokenizer
from torch import nn

from pasta_lib import backbones
from pasta_lib.adapters import save_adapter, trainable
from pasta_lib.errors import DiskError, InputError
from pasta_lib.inference import MultiTask
from pasta_lib.methods import build, fuse

# Name, method, fields, outputs, tags tokens: classification, regression, choice, tokens.
KINDS = (
    ("pair", "pasta", {}, 3, False),
    ("score", "aot-fc", {}, 1, False),
    ("tags", "pasta", {"special": "sep"}, 5, True),
    ("fused", "aot-kron", {}, 2, False),
    ("choice", "pasta", {"shared": True}, 1, False),
    ("tagged", "aot-naive", {}, 4, True),
    ("head", "classifier", {}, 2, False),
)
TEXTS = ["w5 w6 w7 w8 w9", "w8", "w9 w10 w3", "w40 w41 w42 w43 w44 w45 w46", "w5 w5"]


@torch.no_grad()
def tuned(family, method="pasta", fields=None, outputs=2, tokens=False, seed=0):
    """A model of which all that trains was moved at random."""
    model = tiny_model(family, outputs=outputs, tokens=tokens)
    common = backbones.base(tiny_model(family)).state_dict()
    backbones.base(model).load_state_dict(common, strict=False)
    build(method, **(fields or {})).apply(model, tiny_tokenizer(family), PAIR)
    generator = torch.Generator().manual_seed(seed)
    for parameter in trainable(model).values():
        parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.3)
    return model.eval()


def several(family) -> dict:
    return {
        name: tuned(family, method, fields, outputs, tokens, seed)
        for seed, (name, method, fields, outputs, tokens) in enumerate(KINDS)
    }


def serving(family, models, **options) -> MultiTask:
    served = MultiTask(backbones.base(tiny_model(family)), **options)
    for name, model in models.items():
        served.add(name, model)
    return served


def batch(family, rows, wider=0) -> dict:
    first = [TEXTS[row % len(TEXTS)] for row in range(rows)]
    second = [TEXTS[(3 * row + 1) % len(TEXTS)] for row in range(rows)]
    tokenizer = tiny_tokenizer(family)
    longest = max(len(ids) for ids in tokenizer(first, second)["input_ids"])
    return dict(
        tokenizer(
            first, second, padding="max_length", max_length=longest + wider, return_tensors="pt"
        )
    )


@torch.no_grad()
def alone(model, inputs, row) -> torch.Tensor:
    """What the task's own model says of one row, with no padding and no company."""
    length = int(inputs["attention_mask"][row].sum())
    one = {name: value[row : row + 1, :length] for name, value in inputs.items()}
    return model.eval()(**one).logits[0]


def assert_each_its_own(served, models, tasks, inputs, atol=1e-5):
    for row, (task, logits) in enumerate(zip(tasks, served(tasks, **inputs), strict=True)):
        own = alone(models[task], inputs, row)
        found = logits[: len(own)] if logits.dim() == 2 else logits
        torch.testing.assert_close(found, own, atol=atol, rtol=0)


def test_each_row_gets_its_own_models_logits_in_any_order_and_padding(family):
    models = several(family)
    served = serving(family, models)
    rows = [name for name, *_ in KINDS] * 2
    for seed, wider in enumerate((0, 1, 7)):
        random.Random(seed).shuffle(rows)
        assert_each_its_own(served, models, rows, batch(family, len(rows), wider))


@pytest.mark.parametrize("other", ["electra", "albert", "distilbert", "modernbert"])
def test_other_encoders_serve_too(other):
    tagging = {"pair", "score", "fused"}
    models = {name: model for name, model in several(other).items() if name in tagging}
    assert_each_its_own(serving(other, models), models, [*models] * 2, batch(other, 6))


@pytest.mark.parametrize("tables", ["ram", "disk"])
def test_tables_elsewhere_give_what_tables_on_the_device_give(tables, family, tmp_path):
    models = several(family)
    rows, inputs = [*models] * 2, batch(family, 2 * len(models))
    here = serving(family, models)(rows, **inputs)
    there = serving(family, models, tables=tables, folder=tmp_path)(rows, **inputs)
    for one, other in zip(here, there, strict=True):
        assert torch.equal(one, other)


def on_device(served) -> int:
    """Bytes of all that the encoder, the stacked heads and the modules hold, the tables' aside."""
    modules = [served.encoder, *(adapter.head for adapter in served._adapters.values())]
    held = [t for module in modules for t in (*module.parameters(), *module.buffers())]
    if served.tables == "device":
        held += [adapter.table for adapter in served._adapters.values()]
    return sum(size for size in {id(t): t.numel() * t.element_size() for t in held}.values())


def test_tables_in_ram_stay_out_of_what_the_device_holds():
    models = {f"task {i}": tuned("bert", "aot-fc", seed=i) for i in range(8)}
    inputs = batch("bert", 8)
    table, held = VOCABULARY * LAYERS * HIDDEN * 4, {}
    for tables in ("device", "ram"):
        for count in (1, 8):
            chosen = dict([*models.items()][:count])
            served = serving("bert", chosen, tables=tables)
            served([*chosen] * (8 // count), **inputs)
            held[tables, count] = on_device(served)
    heads = 7 * 4 * (2 * HIDDEN + 2)
    assert held["ram", 8] - held["ram", 1] == heads
    assert held["device", 8] - held["device", 1] == heads + 7 * table
    assert held["device", 1] - held["ram", 1] == table


def test_32_tasks_share_one_batch(family):
    method = ["pasta", "aot-fc"]
    models = {
        f"task {i}": tuned(family, method[i % 2], outputs=2 + i % 3, seed=i) for i in range(32)
    }
    tasks = [*models] * 2
    random.Random(0).shuffle(tasks)
    assert_each_its_own(serving(family, models), models, tasks, batch(family, 64))


def test_adapters_come_and_go_between_batches(family):
    models = several(family)
    served = serving(family, {"pair": models["pair"], "score": models["score"]})
    inputs = batch(family, 2)
    before = served(["pair", "score"], **inputs)
    served.add("fused", models["fused"])
    assert_each_its_own(served, models, ["fused", "pair"], inputs)
    served.remove("score")
    assert served.tasks == ("pair", "fused")
    torch.testing.assert_close(served(["pair"] * 2, **inputs)[0], before[0], atol=1e-6, rtol=0)
    with pytest.raises(InputError, match="did you mean 'pair'"):
        served(["pairs", "pair"], **inputs)
    served.add("score", models["score"])
    torch.testing.assert_close(served(["pair", "score"], **inputs)[1], before[1])


@pytest.mark.skipif(not Path("/proc").exists(), reason="reads the process's mappings from Linux")
def test_a_removed_table_is_unmapped():
    served = serving("bert", {"fused": tuned("bert", "aot-fc")}, tables="disk")
    held = served._adapters["fused"].table.data_ptr()
    assert f"{held:x}-" in Path("/proc/self/maps").read_text()
    served.remove("fused")
    gc.collect()
    assert f"{held:x}-" not in Path("/proc/self/maps").read_text()


def test_saved_adapters_are_served_from_their_folders(tmp_path, family):
    folder = tmp_path / "backbone"
    tiny_model(family).save_pretrained(folder)
    tiny_tokenizer(family).save_pretrained(folder)
    fresh = backbones.load_backbone(str(folder))[0]
    served, models = MultiTask(fresh), {}
    for name in ("pasta", "aot-fc", "aot-kron"):
        model, tokenizer = backbones.load_backbone(str(folder), PAIR)
        model = build(name).apply(model, tokenizer, PAIR)
        for parameter in trainable(model).values():
            parameter.data.add_(torch.randn_like(parameter) * 0.3)
        models[name] = fuse(model) if name == "aot-kron" else model
        save_adapter(model, tmp_path / name)
        served.add(name, tmp_path / name, PAIR)
    assert_each_its_own(served, models, [*models], batch(family, 3))


@torch.no_grad()
def test_logits_stand_in_the_order_of_the_tasks_labels(tmp_path, family):
    folder = tmp_path / "backbone"
    tiny_model(family).save_pretrained(folder)
    tiny_tokenizer(family).save_pretrained(folder)
    turned = SimpleNamespace(**vars(PAIR) | {"labels": PAIR.labels[::-1]})
    served = MultiTask(backbones.load_backbone(str(folder))[0])
    inputs = batch(family, 3)
    for name in ("pasta", "aot-fc"):
        model, tokenizer = backbones.load_backbone(str(folder), PAIR)
        model = build(name).apply(model, tokenizer, PAIR)
        for parameter in trainable(model).values():
            parameter.add_(torch.randn_like(parameter) * 0.3)
        expected = model(**inputs).logits.flip(-1)
        served.add(f"{name} saved", save_adapter(model, tmp_path / name), turned)
        served.add(f"{name} tuned", model, turned)
        torch.testing.assert_close(model(**inputs).logits.flip(-1), expected)  # as it was
        for how in ("saved", "tuned"):
            found = torch.stack(served([f"{name} {how}"] * 3, **inputs))
            torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


def test_a_model_in_half_precision_is_known_to_a_backbone_in_float32():
    models = {"pair": tuned("bert").bfloat16()}
    for dtype in (torch.float32, torch.bfloat16):
        served = serving("bert", models, dtype=dtype)
        (logits,) = served(["pair"], **batch("bert", 1))
        own = alone(models["pair"], batch("bert", 1), 0)
        torch.testing.assert_close(logits.float(), own.float(), atol=0.1, rtol=0.1)


def test_half_precision_keeps_the_logits_near():
    models = several("bert")
    served = serving("bert", models, dtype=torch.bfloat16)
    tasks, inputs = [*models], batch("bert", len(models))
    assert all(logits.dtype is torch.bfloat16 for logits in served(tasks, **inputs))
    for row, logits in enumerate(served(tasks, **inputs)):
        own = alone(models[tasks[row]], inputs, row)
        torch.testing.assert_close(logits.float()[: len(own)], own, atol=0.3, rtol=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["roberta"])
def test_a_batch_compiles_as_one_graph_and_few_serve_all_mixtures(family):
    torch.compiler.reset()
    models, graphs = several(family), []
    served = serving(family, models)
    served.compile(backend=lambda graph, _: graphs.append(graph) or graph.forward)
    mixtures = [[*models], [*models][::-1], ["pair"] * 7, ["fused"] * 7]
    mixtures += [["fused"] * count + ["pair"] * (7 - count) for count in range(2, 6)]
    for number, rows in enumerate(mixtures):
        assert_each_its_own(served, models, rows, batch(family, len(rows), wider=number % 3))
        assert len(graphs) == 1 or number > 1
    assert len(graphs) <= 4


@pytest.mark.parametrize("family", ["bert", pytest.param("deberta", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", ["fused", pytest.param("pair", marks=pytest.mark.slow)])
def test_a_single_model_compiles_as_one_graph(name, family):
    torch.compiler.reset()
    model, inputs, graphs = several(family)[name], batch(family, 3), []
    if name == "fused":
        fuse(model)
    whole = torch.compile(
        model, fullgraph=True, backend=lambda graph, _: graphs.append(graph) or graph.forward
    )
    with torch.inference_mode():
        torch.testing.assert_close(whole(**inputs).logits, model(**inputs).logits)
    assert len(graphs) == 1


def test_a_model_still_in_training_mode_is_served_without_dropout():
    model = tuned("bert", "aot-fc", {"dropout": 0.9}).train()
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.5
    served = serving("bert", {"pair": model})
    assert_each_its_own(served, {"pair": model}, ["pair"] * 2, batch("bert", 2))


def test_what_cannot_be_served_is_refused_in_one_sentence(tmp_path):
    served = serving("bert", {"pair": tuned("bert")})
    stranger = tuned("bert")
    backbones.word_embeddings(stranger).weight.data[7] += 1
    other_labels = tuned("bert")
    backbones.name_labels(other_labels.config, ("a", "b"))
    for call, hint in (
        (lambda: served.add("pair", tuned("bert")), "remove it first"),
        (lambda: served.add("all", tuned("bert", "full")), "'all' is Full"),
        (lambda: served.add("lora", tuned("bert", "lora")), "'lora' is Lora"),
        (lambda: served.add("plain", tiny_model("bert")), "no method was applied"),
        (lambda: served.add("other", stranger), "another backbone"),
        (lambda: served.add("folder", tmp_path), "load_backbone"),
        (lambda: served.add("odd", other_labels, PAIR), "served as 'odd' answers .*a, b.*no, yes"),
        (lambda: served(["pair"], **batch("bert", 2)), "1 names of tasks were given for 2 rows"),
        (lambda: MultiTask(tuned("bert")), "fresh backbone"),
        (lambda: MultiTask(tiny_model("bert"), tables="rom"), "did you mean 'ram'"),
    ):
        with pytest.raises(InputError, match=hint):
            call()


def test_a_full_disk_is_one_sentence_and_not_the_end_of_the_process(tmp_path):
    served = serving("bert", {}, tables="disk", folder=tmp_path)
    with full_disk(), pytest.raises(DiskError, match=f"cannot write {tmp_path}: file too large."):
        served.add("score", tuned("bert", "aot-fc"))
    assert served.tasks == ()


def test_rows_longer_than_the_backbone_are_refused():
    served = serving("bert", {"head": tuned("bert", "classifier")})
    rows = torch.ones(2, 71, dtype=torch.long)
    with pytest.raises(InputError, match="rows of 71 tokens are over the 70 that the backbone"):
        served(["head", "head"], rows, attention_mask=rows)


IDS = torch.ones(2, 3, dtype=torch.long)


@pytest.mark.parametrize(
    ("ids", "inputs", "said"),
    [
        ([[1, 2], [1, 2]], {}, "input_ids are a tensor .* and these are list"),
        (IDS[0], {}, r"these are torch.int64 \(3,\)"),
        (IDS.float(), {}, r"these are torch.float32 \(2, 3\)"),
        (IDS[:0], {}, r"these are torch.int64 \(0, 3\)"),
        (IDS[:, :0], {}, r"these are torch.int64 \(2, 0\)"),
        (IDS * 60, {}, "input_ids go from 60 to 60, and the backbone knows ids from 0 to 59"),
        (-IDS, {}, "input_ids go from -1 to -1"),
        (IDS, {"attention_mask": IDS[:1]}, r"mask is \(1, 3\), and input_ids are \(2, 3\)"),
        (IDS, {"attention_mask": torch.ones(2, 7)}, r"attention_mask is \(2, 7\)"),
    ],
)
def test_what_is_no_batch_is_refused(ids, inputs, said):
    served = serving("bert", {"head": tuned("bert", "classifier")})
    with pytest.raises(InputError, match=said):
        served(["head"] * len(ids), ids, **inputs)


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"attention_maks": torch.ones(1, 3)}, "unknown input 'attention_maks': did you mean 'att"),
        ({"labels": torch.ones(1)}, "unknown input 'labels'"),
        ({"kwargs": torch.ones(1)}, "unknown input 'kwargs'"),
        ({"inputs_embeds": torch.ones(1, 3, HIDDEN)}, "unknown input 'inputs_embeds'"),
        ({"attention_mask": None}, "attention_mask is a NoneType, and must be a tensor"),
        ({"attention_mask": [[1, 1, 1]]}, "attention_mask is a list, and must be a tensor"),
    ],
)
def test_an_input_that_no_encoder_reads_is_refused(inputs, said):
    served = serving("bert", {"head": tuned("bert", "classifier")})
    with pytest.raises(InputError, match=said):
        served(["head"], torch.tensor([[1, 5, 2]]), **inputs)


def test_a_type_that_no_encoder_computes_in_is_refused():
    for dtype in ("bf16", torch.int8):
        with pytest.raises(InputError, match="dtype is .*, but must be one of torch's floating"):
            MultiTask(tiny_model("bert"), dtype=dtype)


def test_an_adapter_that_is_not_finite_is_not_served():
    served, broken = serving("bert", {}), tuned("bert")
    broken.layer_bias.vectors.data[0, 0, 0] = float("nan")
    with pytest.raises(InputError, match="layer_bias.vectors of 'odd' holds numbers that are not"):
        served.add("odd", broken)
    assert served.tasks == ()


@pytest.mark.parametrize("tables", ["device", "ram", "disk"])
def test_a_table_that_is_not_finite_is_not_served(tables):
    served, broken = serving("bert", {}, tables=tables), fuse(tuned("bert", "aot-naive"))
    broken.layer_bias.table.weight[5, 1, 0] = float("nan")
    with pytest.raises(InputError, match="layer 1 of the table of 'odd' holds numbers that are n"):
        served.add("odd", broken)
    assert served.tasks == ()


def test_what_is_no_name_is_refused():
    served = serving("bert", {})
    with pytest.raises(InputError, match="name of an adapter to serve is None, but must be a text"):
        served.add(None, tuned("bert"))
    with pytest.raises(InputError, match="unknown served task"):
        served([["head"], ["head"]], IDS)
