"""The operations of a run: by the papers' own arithmetic, and as PyTorch counts its products."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import pasta_lib as pl
from pasta_lib.study.runs import PROFILES, RunConfig
from pasta_lib.study.runs.lengths import extent
from pasta_lib.study.runs.operations import operations
from pasta_lib.tasks import TASKS, encode
from pasta_lib.training import TrainConfig

QUICK = PROFILES["quick"].runs(PROFILES["quick"].grids)
LARGE = 12 * 24 * 1024**2  # weights of RoBERTa-large's layers
BASE = RunConfig("roberta-large", "cb", "hub", "lora", {"rank": 4}, TrainConfig(epochs=5))
# CB: 250 training and 56 validation rows of 78 tokens
PRODUCTS = 24 * 2 * 2 * 78 * 1024  # a token's queries by keys and weights by values, all layers


def test_the_quick_profile_keeps_to_its_budget():
    assert sum(map(operations, QUICK)) <= 8e12


def test_the_quick_profile_runs_every_method_and_both_ends_on_each_of_its_tasks():
    assert {run.method for run in QUICK} == set(pl.METHODS)
    for task in ("cola", "rte", "conll2003"):
        assert {"full", "classifier", "pasta"} <= {run.method for run in QUICK if run.task == task}


def test_a_frozen_encoder_takes_four_operations_a_weight_and_token_and_a_trained_one_six():
    own = 24 * 4 * 4 * 1024  # LoRA's two factors for queries and for values, all layers
    forward = 2 * LARGE + PRODUCTS
    evaluated = 5 * 56 * 78
    trained = 5 * 250 * 78
    full = replace(BASE, method="full", fields={})
    expected = trained * 3 * forward + evaluated * forward
    assert operations(full) == pytest.approx(expected)
    assert operations(replace(full, method="diff-prune")) == operations(full)
    expected = trained * (4 * LARGE + 3 * (PRODUCTS + 2 * own)) + evaluated * (forward + 2 * own)
    assert operations(BASE) == pytest.approx(expected)
    classifier = replace(BASE, method="classifier", fields={})
    assert operations(classifier) == pytest.approx((trained + evaluated) * forward)


def test_prompts_are_more_tokens_and_prefixes_more_columns():
    pasta = replace(BASE, method="pasta", fields={})
    longer = replace(pasta, method="p-tuning-v1", fields={"prefix": 78})
    passed, columns = 5 * 78 * (3 * 250 + 56), 2 * PRODUCTS
    double = 2 * (operations(pasta) + passed * PRODUCTS)
    assert operations(longer) == pytest.approx(double)
    wider = replace(pasta, method="p-tuning-v2", fields={"prefix": 156})
    assert operations(wider) - operations(pasta) == pytest.approx(passed * columns)


def test_what_a_cap_leaves_is_counted():
    few = replace(BASE, train=TrainConfig(epochs=5, train_rows=100, eval_rows=20))
    whole = replace(BASE, train=TrainConfig(epochs=1))
    unit = operations(whole) / (250 * _ratio() + 56)
    assert operations(few) == pytest.approx(5 * unit * (100 * _ratio() + 20))
    capped = replace(BASE, train=TrainConfig(epochs=5, batch_size=16, max_steps=20))
    # 320 of the rows are trained on: all once and 70 again, after each of which validation follows
    assert operations(capped) == pytest.approx(unit * (320 * _ratio() + 2 * 56))


def _ratio() -> float:
    """How much more a row of BASE takes in training than in evaluation."""
    own = 24 * 4 * 4 * 1024
    forward = 2 * LARGE + PRODUCTS + 2 * own
    return (4 * LARGE + 3 * (PRODUCTS + 2 * own)) / forward


@pytest.mark.parametrize("name", ["cola", "rte", "conll2003"])
def test_the_extent_of_quicks_tasks_is_that_of_the_sample(name):
    _is_that_of_the_sample(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(TASKS.keys() - {"cola", "rte", "conll2003"}))
def test_the_extent_of_the_other_tasks_is_that_of_the_sample(name):
    _is_that_of_the_sample(name)


def _is_that_of_the_sample(name: str) -> None:
    _, tokenizer = pl.load_backbone("minilm")
    task = pl.load_task(name, "sample")
    read = {split: encode(task, tokenizer, split) for split in task.splits}
    once = [s for s, e in read.items() if e.labels is not None and s not in ("train", "validation")]
    assert extent(name, "sample") == (
        read["train"].rows,
        read["validation"].rows,
        sum(read[split].rows for split in once),
        pytest.approx(np.mean(read["train"].lengths), abs=0.06),
    )


@pytest.mark.slow
@pytest.mark.parametrize("method", pl.METHODS)
def test_the_count_is_what_pytorch_counts(method):
    _is_as_counted(RunConfig("minilm", "cola", "sample", method))


@pytest.mark.slow
@pytest.mark.parametrize("task", ["copa", "mrpc", "multirc", "conll2003"])
def test_the_count_knows_a_tasks_inputs_and_splits(task):
    # The count knows no padding, and few rows of unlike lengths are padded most.
    _is_as_counted(RunConfig("minilm", task, "sample", "classifier"), 240, 160)


def _is_as_counted(run: RunConfig, train_rows: int = 80, eval_rows: int = 64) -> None:
    train = TrainConfig(epochs=2, batch_size=8, train_rows=train_rows, eval_rows=eval_rows)
    run = replace(run, train=train)
    task = pl.load_task(run.task, run.source)
    model, tokenizer = pl.load_backbone(run.backbone, task)
    run.build().apply(model, tokenizer, task)
    packed = {torch.ops.mkldnn._linear_pointwise: _products}  # which PyTorch's counter knows not
    with FlopCounterMode(display=False, custom_mapping=packed) as counter:
        pl.fit(model, tokenizer, task, train, progress=False)
    assert operations(run) == pytest.approx(counter.get_total_flops(), rel=0.15)


def _products(values: tuple, *others: object, out_shape: tuple, **named: object) -> int:
    """Count x Wᵀ, two operations for each pair of factors."""
    return 2 * math.prod(values) * out_shape[-1]
