"""The loop: what selects is what is reported, one seed gives the same bits, NaN ends a run."""

import copy
import math
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from datasets import ClassLabel, Dataset, Features, Value
from tiny import SINGLE, tiny_model, tiny_tokenizer

import pasta_lib as pl
from pasta_lib import backbones, packs, precision, training
from pasta_lib.adapters import trainable
from pasta_lib.batches import Batcher
from pasta_lib.errors import InputError
from pasta_lib.methods import build
from pasta_lib.tasks import Encoded, encode
from pasta_lib.training import Data, Lane, TrainConfig, batch_loss, evaluate, train_epoch


def lane(**fields) -> Lane:
    parameter = torch.nn.Parameter(torch.zeros(2))
    return Lane({"p": parameter}, TrainConfig(**{"lr": 0.1, "epochs": 9} | fields), 10, "f1")


def pretend_a_step(lane) -> None:
    lane._losses.append(1.0)
    lane._norms.append(torch.tensor(2.0))


def observe(lane, scores) -> None:
    for epoch, score in enumerate(scores, 1):
        if not lane.done:
            lane.parameters["p"].data.fill_(epoch)
            pretend_a_step(lane)
            lane.observe(epoch, [{"f1": score, "accuracy": 1 - score}] * 3)


def test_the_reported_metric_selects_and_of_equals_the_later_is_kept():
    run = lane()
    observe(run, [0.1, 0.5, 0.3, 0.5, 0.2])
    assert (run.result.score, run.result.best_epoch) == (0.5, 4)
    assert run.result.metrics == {"f1": 0.5, "accuracy": 0.5}
    assert run.best["p"].tolist() == [4.0, 4.0]
    assert [point["epoch"] for point in run.result.curve] == [1, 2, 3, 4, 5]
    assert {(point["loss"], point["gradient_norm"]) for point in run.result.curve} == {(1.0, 2.0)}


def test_a_half_picks_the_epoch_and_the_other_reports_it():
    run = lane()
    for epoch, (whole, first, second) in enumerate(((0.5, 0.9, 0.1), (0.7, 0.8, 0.6)), 1):
        pretend_a_step(run)
        run.observe(epoch, [{"f1": whole}, {"f1": first}, {"f1": second}])
    assert run.result.best_epoch == 2
    assert run.result.halves == {"epoch": 1, "picked": {"f1": 0.9}, "reported": {"f1": 0.1}}


def test_the_answers_kept_are_those_of_the_epoch_that_each_picks():
    run = lane()
    for epoch, (whole, first) in enumerate(((0.5, 0.9), (0.7, 0.8), (0.6, 0.7)), 1):
        pretend_a_step(run)
        answers = [f"all of {epoch}"], [f"first of {epoch}"], [f"second of {epoch}"]
        run.observe(epoch, [{"f1": whole}, {"f1": first}, {"f1": 0.0}], answers)
    assert run.result.answers == {"validation": ["all of 2"], "half": ["second of 1"]}


def test_patience_counts_epochs_without_a_better_score():
    run = lane(patience=2)
    observe(run, [0.1, 0.5, 0.5, 0.4, 0.9])
    assert run.done and len(run.result.curve) == 4 and run.result.score == 0.5


def test_learning_rates_are_linear_to_zero_or_constant():
    for schedule, expected in (
        ("linear", [0.1 * (1 - i / 10) for i in range(10)]),
        ("constant", [0.1] * 10),
    ):
        run, rates = lane(schedule=schedule), []
        for _ in range(10):
            rates.append(run.optimizer.param_groups[0]["lr"])
            loss = run.parameters["p"].sum()
            loss.backward()
            run.step(loss.detach())
        assert rates == pytest.approx(expected)


def test_a_loss_of_nan_ends_the_lane_and_changes_nothing():
    run = lane()
    run.parameters["p"].grad = torch.full((2,), math.nan)
    run.step(torch.tensor(math.nan))
    assert run.done and run.result.diverged and run.parameters["p"].tolist() == [0.0, 0.0]


def test_steps_are_capped():
    run = lane(max_steps=1)
    loss = run.parameters["p"].sum()
    loss.backward()
    run.step(loss.detach())
    assert run.done and run.result.steps == 1


def test_losses_in_closed_form():
    logits = torch.tensor([[0.0], [math.log(3.0)]])
    choice = batch_loss(_head("choice"), 2, logits, torch.tensor([1]))
    assert choice.item() == pytest.approx(-math.log(3 / 4))
    score = batch_loss(
        _head("regression"), 1, torch.tensor([[1.0], [4.0]]), torch.tensor([2.0, 4.0])
    )
    assert score.item() == pytest.approx(0.5)
    tags = torch.zeros(1, 3, 4)
    assert batch_loss(_head("tokens"), 1, tags, torch.tensor([[-100, 2, -100]])).item() == (
        pytest.approx(math.log(4))
    )


@pytest.mark.parametrize("head", ["tokens", "classification"])
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_the_loss_is_the_mean_over_what_is_labelled(head, share):
    torch.manual_seed(0)
    shape = (5, 7) if head == "tokens" else (35,)
    logits = torch.randn(*shape, 4, requires_grad=True)
    labels = torch.where(torch.rand(shape) < share, -100, torch.randint(4, shape))
    loss = batch_loss(_head(head), 1, logits, labels)
    mean = torch.nn.functional.cross_entropy(logits.flatten(0, -2), labels.flatten())
    assert torch.equal(loss, mean)
    ours, theirs = (torch.autograd.grad(value, logits)[0] for value in (loss, mean))
    assert torch.equal(ours, theirs)


def test_a_batch_without_a_label_contributes_nothing():
    logits = torch.randn(2, 3, 4, requires_grad=True)
    loss = batch_loss(_head("tokens"), 1, logits, torch.full((2, 3), -100))
    loss.backward()
    assert loss.item() == 0 and not logits.grad.any()


@pytest.mark.parametrize("count", [1, 3])
def test_a_pack_survives_a_batch_without_a_label(count):
    task = SimpleNamespace(pair=False, head="tokens", labels=("O", "B-X"), num_outputs=2)
    tokenizer, lanes = tiny_tokenizer("bert"), []
    for k in range(count):
        model = tiny_model("bert", tokens=True)
        pl.build("pasta").apply(model, tokenizer, task, seed=k)
        lanes.append(Lane(trainable(model), TrainConfig(batch_size=1), steps=2, metric="f1"))
    rows = [[1, 5, 6, 2], [1, 7, 8, 2]]
    unlabelled = Encoded(rows, None, labels=[[-100] * 4] * 2, lengths=[4, 4])
    before = [{n: p.detach().clone() for n, p in lane.parameters.items()} for lane in lanes]
    bar = SimpleNamespace(update=lambda: None)
    with packs.prepared(model, count, "fp32"):
        train_epoch(model, lanes, Batcher(unlabelled, tokenizer), task, 1, bar)
    for lane, was in zip(lanes, before, strict=True):
        assert not lane.result.diverged and lane.result.steps == 2
        assert all(torch.equal(p, was[name]) for name, p in lane.parameters.items())


def _head(head):
    return type(SINGLE)(**vars(SINGLE) | {"head": head})


@pytest.fixture(scope="module")
def cola():
    return pl.load_task("cola", source="sample")


@pytest.fixture(scope="module")
def run(tiny_reader):
    def run(task, method="pasta", **fields):
        model, tokenizer = pl.load_backbone(tiny_reader, task)
        pl.build(method).apply(model, tokenizer, task)
        config = TrainConfig(
            **{"lr": 5e-3, "epochs": 2, "batch_size": 8, "train_rows": 24, "eval_rows": 16} | fields
        )
        return pl.fit(model, tokenizer, task, config, progress=False), model, tokenizer

    return run


def test_the_same_seed_gives_the_same_bits_whatever_ran_before(cola, run):
    first, model, _ = run(cola)
    run(cola, "aot-fc", seed=1)
    second, again, _ = run(cola)
    assert first.curve == second.curve
    assert torch.equal(model.layer_bias.vectors, again.layer_bias.vectors)
    other, _, _ = run(cola, seed=1)
    assert other.curve != first.curve


def test_the_model_is_left_at_its_best_epoch(cola, run):
    result, model, tokenizer = run(cola, eval_rows=None)
    predicted = pl.predict(model, tokenizer, cola, split="validation")
    gold = [cola.labels[label] for label in cola.splits["validation"]["label"]]
    right = sum(a == b for a, b in zip(predicted, gold, strict=True)) / len(gold)
    assert right == pytest.approx(result.metrics["accuracy"])
    assert result.rows["train"] == len(cola.splits["train"]) and result.rows["trained_on"] == 24
    assert [cola.labels[label] for label in result.answers["validation"]] == predicted
    assert len(result.answers["half"]) == len(gold) // 2


def test_every_other_labelled_split_is_scored_at_the_best_epoch(run):
    mnli = pl.load_task("mnli", source="sample")
    result, model, tokenizer = run(mnli, eval_rows=None, epochs=1)
    assert result.held_out.keys() == {"validation_mismatched"} and result.test is None
    predicted = pl.predict(model, tokenizer, mnli, split="validation_mismatched")
    gold = [mnli.labels[label] for label in mnli.splits["validation_mismatched"]["label"]]
    right = sum(a == b for a, b in zip(predicted, gold, strict=True)) / len(gold)
    assert result.held_out["validation_mismatched"]["accuracy"] == pytest.approx(right)

    result, _, _ = run(pl.load_task("conll2003", source="sample"), epochs=1)
    assert result.test == result.held_out["test"] and "entity_f1" in result.test


def test_a_metric_that_the_task_lacks_is_refused(cola, run):
    with pytest.raises(InputError, match="unknown metric of cola 'mathews': did you mean 'matthe"):
        run(cola, metric="mathews")


@pytest.mark.parametrize("cap", [1, 20, 100])
def test_a_cap_keeps_whole_questions(cap, tiny_reader):
    task = pl.load_task("multirc", source="sample")
    model, tokenizer = pl.load_backbone(tiny_reader, task)
    data = Data.of(model, task, tokenizer, TrainConfig(train_rows=cap, eval_rows=cap))
    for part, split in ((data.train, "train"), (data.validation, "validation")):
        sizes = Counter(task.groups(split))
        assert Counter(part.groups) == {group: sizes[group] for group in set(part.groups)}
        assert part.rows <= cap or len(set(part.groups)) == 1
        assert part.rows > cap - max(sizes.values())


def test_a_cap_takes_that_many_rows_in_no_order(cola, tiny_reader):
    model, tokenizer = pl.load_backbone(tiny_reader, cola)
    data = Data.of(model, cola, tokenizer, TrainConfig(train_rows=24))
    assert data.train.rows == 24
    whole = Data.of(model, cola, tokenizer, TrainConfig()).train
    assert data.train.input_ids != whole.input_ids[:24]
    assert all(ids in whole.input_ids for ids in data.train.input_ids)


def test_the_frozen_encoder_stays_bit_for_bit(cola, run, tiny_reader):
    clean, _ = pl.load_backbone(tiny_reader, cola)
    _, model, _ = run(cola)
    for name, tensor in clean.bert.state_dict().items():
        assert torch.equal(model.bert.state_dict()[name], tensor)


def test_bf16_trains_in_bf16_where_it_is_and_in_fp32_elsewhere(cola, monkeypatch, run):
    once = {"epochs": 1, "train_rows": 8, "eval_rows": 8}
    curves = {"fp32": run(cola, **once)[0].curve}
    for has in (True, False):
        monkeypatch.setattr(precision, "has_bf16", lambda device, has=has: has)
        curves[has] = run(cola, precision="bf16", **once)[0].curve
    assert curves[False] == curves["fp32"]  # bit for bit
    loss = curves["fp32"][0]["loss"]
    assert curves[True][0]["loss"] != loss
    assert curves[True][0]["loss"] == pytest.approx(loss, rel=0.02)


def test_tokens_are_trained_and_predicted_word_by_word(run):
    task = pl.load_task("conll2003", source="sample")
    result, model, tokenizer = run(task)
    assert set(result.metrics) == {"entity_f1", "entity_precision", "entity_recall"}
    predicted = pl.predict(model, tokenizer, task, split="validation")
    words = task.splits["validation"]["tokens"]
    assert [len(tags) for tags in predicted] == [len(sentence) for sentence in words]


def opinions(*names):
    """A task of eight rows whose labels stand in the order of `names`."""
    words = {"bad": 0, "good": 1}
    texts = [f"a {word} film about {thing}" for word in words for thing in ("a", "b", "c", "d")]
    features = Features({"text": Value("string"), "label": ClassLabel(names=list(names))})
    labels = [names.index(text.split()[1]) for text in texts]
    rows = Dataset.from_dict({"text": texts, "label": labels}, features=features)
    return pl.user_task("opinions", {"train": rows, "validation": rows}, texts="text")


@pytest.fixture(scope="module")
def turned(tmp_path_factory, run):
    """A model tuned on one order of two labels, and the adapter of it."""
    task = opinions("bad", "good")
    _, model, tokenizer = run(task, "lora", lr=2e-2, epochs=30, batch_size=4, max_length=8)
    return model, tokenizer, pl.save_adapter(model, tmp_path_factory.mktemp("adapter"))


def test_predictions_are_the_same_words_in_any_order_of_the_labels(turned, tiny_reader):
    model, tokenizer, adapter = turned
    expected = pl.predict(model, tokenizer, opinions("bad", "good"), split="validation")
    assert {*expected} == {"bad", "good"}
    other = opinions("good", "bad")
    assert pl.predict(model, tokenizer, other, split="validation") == expected
    loaded = pl.load_adapter(pl.load_backbone(tiny_reader, other)[0], adapter)
    assert pl.predict(loaded, tokenizer, other, split="validation") == expected


def test_scores_are_the_same_in_any_order_of_the_labels(turned):
    model, tokenizer, _ = turned
    scores = []
    for names in (("bad", "good"), ("good", "bad")):
        task = opinions(*names)
        encoded = Data.of(model, task, tokenizer, TrainConfig()).validation
        everything = [range(encoded.rows)]
        scores += evaluate(
            model, [{}], tokenizer, task, encoded, TrainConfig(max_length=8), everything
        )
    ((first, _), (second, _)) = scores  # the answers are numbers in each task's own order
    assert first == second and first[0]["accuracy"] > 0.5


def test_a_split_whose_logits_are_not_finite_goes_without_scores(monkeypatch, run):
    def without_held_out(*given):
        return evaluate(*given) if len(given[-1]) == 3 else [None]

    monkeypatch.setattr(training, "evaluate", without_held_out)
    task = opinions("bad", "good")
    splits = task.splits | {"test": task.splits["validation"]}
    result, *_ = run(replace(task, splits=splits))
    assert result.metrics and result.answers.keys() == {"half", "validation"}
    assert result.test is None and not result.held_out and not result.diverged


def test_a_head_is_not_trained_for_labels_in_another_order(turned):
    model, tokenizer, _ = turned
    for names in (("good", "bad"), ("bad", "good", "so-so")):
        with pytest.raises(InputError, match="opinions' .*bad, good.*, and not .*opinions'"):
            pl.fit(model, tokenizer, opinions(*names), TrainConfig(epochs=1), progress=False)


def test_predicting_another_task_is_refused(turned, cola):
    model, tokenizer, _ = turned
    with pytest.raises(InputError, match="'opinions' .*bad, good.*, and not the task 'cola'"):
        pl.predict(model, tokenizer, cola, split="validation")


def test_texts_are_cut_where_training_cut_them(turned, monkeypatch, tiny_reader):
    model, tokenizer, adapter = turned
    task, lengths = opinions("bad", "good"), []
    monkeypatch.setattr(
        training,
        "encode",
        lambda *given, **more: lengths.append(given[3]) or encode(*given, **more),
    )
    loaded = pl.load_adapter(pl.load_backbone(tiny_reader, task)[0], adapter)
    for one in (model, loaded, pl.load_backbone(tiny_reader, task)[0]):
        pl.predict(one, tokenizer, task, split="validation")
    pl.predict(model, tokenizer, task, split="validation", max_length=6)
    assert lengths == [8, 8, None, 6]


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_weights_in_half_precision_are_not_trained(precision, turned, tiny_reader):
    task = opinions("bad", "good")
    model, tokenizer = pl.load_backbone(tiny_reader, task)
    pl.build("pasta").apply(model.half(), tokenizer, task)
    with pytest.raises(InputError, match=f"float16, and precision '{precision}' .*model.float()"):
        pl.fit(model, tokenizer, task, TrainConfig(precision=precision), progress=False)


@pytest.mark.parametrize(
    ("field", "value", "allowed"),
    [
        ("lr", math.nan, "a finite number at least 0"),
        ("lr", math.inf, "a finite number at least 0"),
        ("lr", -1e-3, "a finite number at least 0"),
        ("lr", "1e-3", "a finite number at least 0"),
        ("epochs", 0, "a whole number at least 1"),
        ("epochs", 1.5, "a whole number at least 1"),
        ("batch_size", True, "a whole number at least 1"),
        ("seed", -1, "a whole number from 0 to 2⁶³ − 1"),
        ("seed", 2**63, "a whole number from 0 to 2⁶³ − 1"),
        ("warmup", 1.0, "a finite number at least 0 and below 1"),
        ("weight_decay", -0.1, "a finite number at least 0"),
        ("clip", 0.0, "a finite number above 0 or None"),
        ("patience", 0, "a whole number at least 1 or None"),
        ("max_steps", 0, "a whole number at least 1 or None"),
        ("train_rows", -1, "a whole number at least 1 or None"),
        ("metric", 3, "a text or None"),
    ],
)
def test_a_value_that_no_run_can_have_is_refused(field, value, allowed):
    with pytest.raises(InputError) as refused:
        TrainConfig(**{field: value})
    assert str(refused.value) == f"{field} of TrainConfig is {value!r}, but must be {allowed}"


def test_an_unknown_precision_or_schedule_is_refused():
    with pytest.raises(InputError, match="unknown precision of TrainConfig 'fp16'"):
        TrainConfig(precision="fp16")
    with pytest.raises(InputError, match="'lineer': did you mean 'linear'"):
        TrainConfig(schedule="lineer")


def test_whole_numbers_of_other_libraries_are_taken():
    assert TrainConfig(seed=np.int64(3), lr=1).seed == 3


def test_every_word_gets_its_own_tag_and_lost_ones_stand_in_the_notes(run):
    words = [["Anna", "\u200b", "lives"], ["\u200b"], ["in"] * 9]
    tags = [["B-PER", "O", "O"], ["B-PER"], ["O"] * 9]
    rows = Dataset.from_dict({"words": words, "tags": tags})
    splits = {"train": rows, "validation": rows}
    task = pl.user_task("own", splits, texts="words", label="tags", head="tokens", max_length=8)
    result, model, tokenizer = run(task, batch_size=1)
    predicted = pl.predict(model, tokenizer, task, split="validation")
    assert [len(row) for row in predicted] == [3, 1, 9]
    assert (predicted[0][1], predicted[1], predicted[2][6:]) == ("O", ["O"], ["O"] * 3)
    # two splits of two words that no token stands for, and three past the eighth token
    assert (result.notes["lost_words"], result.notes["cut_words"]) == (10, 6)
    assert not result.diverged


def long_task(word: str = "w1"):
    rows = {"s": [f"{word} w2 " * 300, "w3", "w4 w5", "w6"], "label": ["x", "y", "x", "y"]}
    data = Dataset.from_dict(rows)
    return pl.user_task("long", {"train": data, "validation": data}, texts="s", max_length=600)


@pytest.mark.parametrize(("method", "reach"), [("pasta", 70), ("p-tuning-v1", 50)])
def test_a_tokenizer_that_does_not_know_the_models_length_is_cut_to_it(method, reach):
    model, tokenizer, task = tiny_model("bert"), tiny_tokenizer("bert"), long_task()
    tokenizer.model_max_length = 10**30
    pl.build(method).apply(model, tokenizer, task)
    result = pl.fit(model, tokenizer, task, TrainConfig(epochs=1, batch_size=2), progress=False)
    assert result.notes["truncated"] == 2 and len(result.curve) == 1
    assert len(pl.predict(model, tokenizer, task, split="validation")) == 4
    message = f"max_length {reach + 1} is over the {reach} tokens of the model"
    with pytest.raises(InputError, match=message):
        pl.predict(model, tokenizer, task, split="validation", max_length=reach + 1)
    with pytest.raises(InputError, match=message):
        pl.fit(model, tokenizer, task, TrainConfig(max_length=reach + 1), progress=False)


def test_a_tokenizer_with_more_tokens_than_the_model_has_embeddings_is_refused():
    model, tokenizer, task = tiny_model("bert"), tiny_tokenizer("bert"), long_task("new")
    assert tokenizer.add_tokens(["new"]) == 1
    pl.build("pasta").apply(model, tokenizer, task)
    for call in (
        lambda: pl.fit(model, tokenizer, task, TrainConfig(epochs=1), progress=False),
        lambda: pl.predict(model, tokenizer, task, split="validation"),
        lambda: pl.attention_maps(model, tokenizer, "new"),
    ):
        with pytest.raises(
            InputError, match="the id 60, and BertFor.* embeddings for ids below 60"
        ):
            call()
    assert len(pl.predict(model, tokenizer, long_task(), split="validation")) == 4


def test_a_model_that_cannot_answer_is_refused(turned):
    model, tokenizer, _ = turned
    task, config = opinions("bad", "good"), TrainConfig(epochs=1)
    bare = build("bitfit").apply(tiny_model("bert").bert)
    meta = backbones.build_untrained(tiny_model("bert").config, task, meta=True)
    build("bitfit").apply(meta)
    for other, said in ((bare, "BertModel has no head"), (meta, "is on the meta device")):
        with pytest.raises(InputError, match=said):
            pl.fit(other, tokenizer, task, config)
        with pytest.raises(InputError, match=said):
            pl.predict(other, tokenizer, task, split="validation")
    with pytest.raises(InputError, match="is a TrainConfig, and this is {'lr': 0.1}"):
        pl.fit(model, tokenizer, task, {"lr": 0.1})


def test_training_without_gradients_is_refused():
    task, config = opinions("bad", "good"), TrainConfig(epochs=1)
    tokenizer = tiny_tokenizer("bert")
    model = build("pasta").apply(tiny_model("bert"), tokenizer, task)
    for off in (torch.no_grad(), torch.inference_mode()):
        with (
            off,
            pytest.raises(InputError, match="cannot be trained here: its gradients are turn"),
        ):
            pl.fit(model, tokenizer, task, config)
    model.requires_grad_(False)
    with pytest.raises(InputError, match="cannot be trained here: nothing is marked to train"):
        pl.fit(model, tokenizer, task, config)


def test_answers_that_are_not_finite_are_refused(turned):
    model, tokenizer, _ = turned
    broken = copy.deepcopy(model)
    backbones.word_embeddings(broken).weight.data.fill_(math.nan)
    with pytest.raises(InputError, match="answers the validation split with numbers that are not"):
        pl.predict(broken, tokenizer, opinions("bad", "good"), split="validation")


@pytest.mark.parametrize("length", [0, -3, "9", 2.5])
def test_a_length_that_is_none_is_refused(length, turned):
    model, tokenizer, _ = turned
    with pytest.raises(InputError, match="max_length of predict is .*, but must be a whole number"):
        pl.predict(model, tokenizer, opinions("bad", "good"), max_length=length)
