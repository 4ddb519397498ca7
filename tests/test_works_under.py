"""The hooks keep their promise under what people wrap around a model."""

from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from accelerate import Accelerator
from datasets import Dataset
from safetensors.torch import load_file
from test_encoders import ENCODERS, tokenizer_of
from tiny import PAIR, tiny_model, tiny_tokenizer
from torch.multiprocessing.spawn import spawn
from torch.nn.parallel import DistributedDataParallel
from transformers import DataCollatorWithPadding, Trainer, TrainingArguments

from pasta_lib.adapters import load_adapter, save_adapter, trainable
from pasta_lib.methods import build, fuse

METHODS = ("pasta", "aot-fc")
# transformers refuses the others
CHECKPOINTED = [family for family in ENCODERS if family not in ("albert", "mpnet")]


def tuned(name: str = "pasta", family: str = "bert"):
    """A tuned model in training mode, without dropout, its biases away from zero."""
    fields = {"dropout": 0.0} if name == "aot-fc" else {}
    model = build(name, **fields).apply(tiny_model(family), tokenizer_of(family), PAIR)
    for parameter in trainable(model).values():
        parameter.data.add_(0.3 * torch.randn_like(parameter))
    return model.train()


def batch_of(family: str = "bert") -> dict[str, torch.Tensor]:
    """Four labelled pairs, padded."""
    first, second = ["w5 w6 w7", "w8", "w9 w10", "w1 w2"], ["w11", "w13 w14 w15", "w17", "w18"]
    inputs = tokenizer_of(family)(first, second, padding=True, return_tensors="pt")
    return dict(inputs) | {"labels": torch.tensor([0, 1, 1, 0])}


def gradients(model, batch) -> dict[str, torch.Tensor]:
    """The gradient of the loss for every parameter that trains."""
    model.zero_grad()
    model(**batch).loss.backward()
    return {name: parameter.grad.clone() for name, parameter in trainable(model).items()}


@pytest.fixture(params=METHODS)
def name(request) -> str:
    return request.param


def test_trainer_trains_keeps_the_best_and_leaves_the_encoder(name, tmp_path):
    model, tokenizer = tuned(name), tiny_tokenizer("bert")
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    rows = [tokenizer(f"w{i % 7}", f"w{i % 5}") | {"labels": i % 2} for i in range(16)]
    trainer = Trainer(
        model=model,
        args=TrainingArguments(
            output_dir=str(tmp_path / "trainer"),
            num_train_epochs=2,
            per_device_train_batch_size=4,
            learning_rate=1e-2,
            eval_strategy="epoch",
            save_strategy="epoch",
            load_best_model_at_end=True,
            report_to=[],
            use_cpu=True,
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list([dict(row) for row in rows]),
        eval_dataset=Dataset.from_list([dict(row) for row in rows]),
        data_collator=DataCollatorWithPadding(tokenizer),
    )
    trainer.train()
    changed = {n for n, p in model.named_parameters() if not torch.equal(p, before[n])}
    assert changed == set(trainable(model))
    save_adapter(trainer.model, tmp_path / "adapter")
    loaded = tiny_model("bert")
    loaded.config.cls_token_id, loaded.config.sep_token_id = 1, 2
    load_adapter(loaded, tmp_path / "adapter")
    batch = batch_of()
    assert torch.equal(loaded.eval()(**batch).logits, trainer.model.eval()(**batch).logits)


def test_accelerate_gives_the_same_step(name, tmp_path):
    batch, plain = batch_of(), tuned(name)
    expected = gradients(plain, batch)
    accelerator = Accelerator(cpu=True)
    model, _ = accelerator.prepare(plain, torch.optim.AdamW(trainable(plain).values()))
    model.zero_grad()
    accelerator.backward(model(**batch).loss)
    for parameter, gradient in trainable(accelerator.unwrap_model(model)).items():
        torch.testing.assert_close(gradient.grad, expected[parameter])


@pytest.mark.parametrize("reentrant", [False, True])
@pytest.mark.parametrize("family", CHECKPOINTED)
def test_gradient_checkpointing_changes_no_gradient(family, reentrant, name):
    model, batch = tuned(name, family), batch_of(family)
    expected = gradients(model, batch)
    model.activation_checkpointing_enable({"use_reentrant": reentrant})
    found = gradients(model, batch)
    for parameter, gradient in expected.items():
        torch.testing.assert_close(found[parameter], gradient, atol=1e-6, rtol=1e-4)


def test_two_passes_may_stand_before_one_backward_pass_under_checkpointing(name):
    first = {key: value[:2] for key, value in batch_of().items()}
    second = {key: value[2:] for key, value in batch_of().items()}
    model = tuned(name)
    apart = [gradients(model, half) for half in (first, second)]
    model.activation_checkpointing_enable()
    model.zero_grad()
    (model(**first).loss + model(**second).loss).backward()
    for parameter, tensor in trainable(model).items():
        expected = apart[0][parameter] + apart[1][parameter]
        torch.testing.assert_close(tensor.grad, expected, atol=1e-6, rtol=1e-4)


def test_bf16_autocast_stays_near_fp32(name):
    model, batch = tuned(name), batch_of()
    with torch.autocast("cpu", torch.bfloat16):
        found = gradients(model, batch)
        logits = model(**batch).logits
    torch.testing.assert_close(logits.float(), model(**batch).logits, atol=0.05, rtol=0.05)
    for parameter, gradient in gradients(model, batch).items():
        assert found[parameter].dtype == torch.float32
        likeness = torch.cosine_similarity(found[parameter].flatten(), gradient.flatten(), dim=0)
        assert likeness > 0.99, parameter


# DeBERTa v1 breaks graphs in its own attention (it reads a tensor's value), so it has no row.
FAST = [("bert", "pasta")]
SLOW = [(f, n) for f in ENCODERS for n in METHODS if (f, n) not in FAST and f != "deberta"]
SLOW += [("gpt2", "aot-fc")]


@pytest.mark.parametrize(
    ("family", "name"), [*FAST, *(pytest.param(*case, marks=pytest.mark.slow) for case in SLOW)]
)
def test_compiled_in_one_graph_and_once(family, name):
    torch.compiler.reset()
    model = tuned(name, family).eval()
    if name == "aot-fc":
        fuse(model)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    batch = batch_of()
    del batch["labels"]  # at the first of them transformers changes the config
    other = batch | {"input_ids": batch["input_ids"].roll(1, 0)}
    with torch.no_grad(), torch._dynamo.config.patch(error_on_recompile=True):
        for inputs in (batch, other):
            torch.testing.assert_close(compiled(**inputs).logits, model(**inputs).logits)


@pytest.mark.slow
def test_compiled_training_has_the_same_gradients(name):
    torch.compiler.reset()
    model, batch = tuned(name), batch_of()
    expected = gradients(model, batch)
    torch.compile(model, backend="aot_eager", fullgraph=True)(**batch).loss.backward()
    for parameter, tensor in trainable(model).items():
        torch.testing.assert_close(tensor.grad, 2 * expected[parameter], atol=1e-6, rtol=1e-4)


@pytest.mark.slow
def test_a_compiled_model_is_saved_as_itself(tmp_path):
    model = tuned()
    plain = save_adapter(model, tmp_path / "plain")
    wrapped = save_adapter(torch.compile(model), tmp_path / "wrapped")
    for file in plain.iterdir():
        assert file.read_bytes() == (wrapped / file.name).read_bytes()


@pytest.mark.slow
def test_two_processes_average_the_gradients_of_their_halves(name, tmp_path):
    spawn(_train_half, (name, tmp_path), nprocs=2)
    ours, theirs = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    assert load_file(tmp_path / "adapter-0" / "adapter.safetensors").keys() == ours.keys()
    expected = gradients(tuned(name), batch_of())
    assert ours.keys() == theirs.keys() == expected.keys()
    for parameter, gradient in expected.items():
        assert torch.equal(ours[parameter], theirs[parameter])
        torch.testing.assert_close(ours[parameter], gradient, atol=1e-6, rtol=1e-4)


def _train_half(rank: int, name: str, folder: Path) -> None:
    torch.set_num_threads(1)
    store = dist.FileStore(str(folder / "rendezvous"), 2)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=2)
    model = tuned(name)
    wrapped = DistributedDataParallel(model)
    half = slice(2 * rank, 2 * rank + 2)
    wrapped(**{key: value[half] for key, value in batch_of().items()}).loss.backward()
    torch.save({n: p.grad for n, p in trainable(model).items()}, folder / f"{rank}.pt")
    save_adapter(wrapped, folder / f"adapter-{rank}")
    dist.destroy_process_group()
