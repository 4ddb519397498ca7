"""The loop: what selects is what is reported, one seed gives the same bits, NaN ends a run."""

import math
from collections import Counter

import pytest
import torch
from tiny import SINGLE

import pasta_lib as pl
from pasta_lib.errors import InputError
from pasta_lib.training import Data, Lane, TrainConfig, batch_loss


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


def _head(head):
    return type(SINGLE)(**vars(SINGLE) | {"head": head})


@pytest.fixture(scope="module")
def cola():
    return pl.load_task("cola", source="sample")


def run(task, method="pasta", **fields):
    model, tokenizer = pl.load_backbone("minilm", task)
    pl.build(method).apply(model, tokenizer, task)
    config = TrainConfig(
        **{"lr": 5e-3, "epochs": 2, "batch_size": 8, "train_rows": 24, "eval_rows": 16} | fields
    )
    return pl.fit(model, tokenizer, task, config, progress=False), model, tokenizer


def test_the_same_seed_gives_the_same_bits_whatever_ran_before(cola):
    first, model, _ = run(cola)
    run(cola, "aot-fc", seed=1)
    second, again, _ = run(cola)
    assert first.curve == second.curve
    assert torch.equal(model.layer_bias.vectors, again.layer_bias.vectors)
    other, _, _ = run(cola, seed=1)
    assert other.curve != first.curve


def test_the_model_is_left_at_its_best_epoch(cola):
    result, model, tokenizer = run(cola, eval_rows=None)
    predicted = pl.predict(model, tokenizer, cola, split="validation")
    gold = [cola.labels[label] for label in cola.splits["validation"]["label"]]
    right = sum(a == b for a, b in zip(predicted, gold, strict=True)) / len(gold)
    assert right == pytest.approx(result.metrics["accuracy"])
    assert result.rows["train"] == len(cola.splits["train"]) and result.rows["trained_on"] == 24
    assert [cola.labels[label] for label in result.answers["validation"]] == predicted
    assert len(result.answers["half"]) == len(gold) // 2


def test_every_other_labelled_split_is_scored_at_the_best_epoch():
    mnli = pl.load_task("mnli", source="sample")
    result, model, tokenizer = run(mnli, eval_rows=None, epochs=1)
    assert result.held_out.keys() == {"validation_mismatched"} and result.test is None
    predicted = pl.predict(model, tokenizer, mnli, split="validation_mismatched")
    gold = [mnli.labels[label] for label in mnli.splits["validation_mismatched"]["label"]]
    right = sum(a == b for a, b in zip(predicted, gold, strict=True)) / len(gold)
    assert result.held_out["validation_mismatched"]["accuracy"] == pytest.approx(right)

    result, _, _ = run(pl.load_task("conll2003", source="sample"), epochs=1)
    assert result.test == result.held_out["test"] and "entity_f1" in result.test


def test_a_metric_that_the_task_lacks_is_refused(cola):
    with pytest.raises(InputError, match="unknown metric of cola 'mathews': did you mean 'matthe"):
        run(cola, metric="mathews")


@pytest.mark.parametrize("cap", [1, 20, 100])
def test_a_cap_keeps_whole_questions(cap):
    task = pl.load_task("multirc", source="sample")
    _, tokenizer = pl.load_backbone("minilm", task)
    data = Data.of(task, tokenizer, TrainConfig(train_rows=cap, eval_rows=cap))
    for part, split in ((data.train, "train"), (data.validation, "validation")):
        sizes = Counter(task.groups(split))
        assert Counter(part.groups) == {group: sizes[group] for group in set(part.groups)}
        assert part.rows <= cap or len(set(part.groups)) == 1
        assert part.rows > cap - max(sizes.values())


def test_a_cap_takes_that_many_rows_in_no_order(cola):
    _, tokenizer = pl.load_backbone("minilm", cola)
    data = Data.of(cola, tokenizer, TrainConfig(train_rows=24))
    assert data.train.rows == 24
    whole = Data.of(cola, tokenizer, TrainConfig()).train
    assert data.train.input_ids != whole.input_ids[:24]
    assert all(ids in whole.input_ids for ids in data.train.input_ids)


def test_the_frozen_encoder_stays_bit_for_bit(cola):
    clean, _ = pl.load_backbone("minilm", cola)
    _, model, _ = run(cola)
    for name, tensor in clean.bert.state_dict().items():
        assert torch.equal(model.bert.state_dict()[name], tensor)


def test_bf16_trains(cola):
    result, _, _ = run(cola, precision="bf16", epochs=1)
    assert math.isfinite(result.curve[0]["loss"])


def test_tokens_are_trained_and_predicted_word_by_word():
    task = pl.load_task("conll2003", source="sample")
    result, model, tokenizer = run(task)
    assert set(result.metrics) == {"entity_f1", "entity_precision", "entity_recall"}
    predicted = pl.predict(model, tokenizer, task, split="validation")
    words = task.splits["validation"]["tokens"]
    assert [len(tags) for tags in predicted] == [len(sentence) for sentence in words]
