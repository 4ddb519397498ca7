"""A pack trains each of its lanes as if it were alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from datasets import Dataset
from tiny import FAMILIES, PAIR, frame_ids, tiny_model, tiny_tokenizer

from pasta_lib.adapters import trainable
from pasta_lib.batches import Batcher
from pasta_lib.methods import METHODS, build
from pasta_lib.tasks import Encoded, user_task
from pasta_lib.training import Lane, TrainConfig, fit_pack, train_epoch

CONFIGS = [
    TrainConfig(lr=lr, seed=seed, batch_size=4, epochs=2)
    for lr, seed in ((1e-4, 1), (1e-3, 2), (5e-3, 3))
]
ROWS = 16
STEPS = 8  # two epochs of four batches


bert_first = pytest.mark.parametrize(
    "family", [FAMILIES[0], *(pytest.param(name, marks=pytest.mark.slow) for name in FAMILIES[1:])]
)


class _NoBar:
    def update(self) -> None:
        pass


def batcher(family) -> Batcher:
    generator = np.random.default_rng(0)
    rows = []
    for _ in range(ROWS):
        words = generator.integers(4, 60, generator.integers(2, 9)).tolist()
        rows.append([frame_ids(family)[0], *words, 2, *reversed(words), 2])
    labels = [sum(row) % 2 for row in rows]
    encoded = Encoded(rows, None, labels=labels, lengths=[len(row) for row in rows])
    return Batcher(encoded, tiny_tokenizer(family))


def train(family, name, configs) -> list[Lane]:
    torch.manual_seed(0)
    data, lanes, tokenizer = batcher(family), [], tiny_tokenizer(family)
    for config in configs:
        model = tiny_model(family)
        build(name).apply(model, tokenizer, PAIR, seed=config.seed)
        for module in model.modules():  # AoT's dropout too: alone and packed must draw nothing
            if hasattr(module, "dropout") and isinstance(module.dropout, float):
                module.dropout = 0.0
        lanes.append(Lane(trainable(model), config, steps=STEPS, metric="accuracy"))
    for epoch in (1, 2):
        live = [lane for lane in lanes if not lane.done]
        if live:
            train_epoch(model, live, data, PAIR, epoch, _NoBar())
    return lanes


@bert_first
@pytest.mark.parametrize("name", [n for n in METHODS if n != "full" and build(n).packs])
def test_packed_equals_alone(name, family):
    packed = train(family, name, CONFIGS)
    for lane, config in zip(packed, CONFIGS, strict=True):
        (alone,) = train(family, name, [config])
        assert alone.result.steps == lane.result.steps == STEPS
        for parameter, own in lane.parameters.items():
            if name == "bitfit" and parameter.endswith(("key.bias", ".k.bias")):
                continue  # softmax is blind to it: Adam makes steps of its rounding errors
            torch.testing.assert_close(own, alone.parameters[parameter], atol=1e-5, rtol=0)


def test_a_diverging_lane_changes_no_other(family):
    configs = [CONFIGS[0], replace(CONFIGS[1], lr=1e300), CONFIGS[2]]
    packed = train(family, "pasta", configs)
    assert [lane.result.diverged for lane in packed] == [False, True, False]
    for index in (0, 2):
        (alone,) = train(family, "pasta", [configs[index]])
        for parameter, own in packed[index].parameters.items():
            torch.testing.assert_close(own, alone.parameters[parameter], atol=1e-5, rtol=0)


def test_lanes_that_stop_at_different_times_equal_theirs_alone(family):
    configs = [replace(CONFIGS[0], max_steps=3), CONFIGS[1], replace(CONFIGS[2], max_steps=5)]
    packed = train(family, "pasta", configs)
    assert [lane.result.steps for lane in packed] == [3, STEPS, 5]
    for lane, config in zip(packed, configs, strict=True):
        (alone,) = train(family, "pasta", [config])
        for parameter, own in lane.parameters.items():
            torch.testing.assert_close(own, alone.parameters[parameter], atol=1e-5, rtol=0)


@bert_first
def test_lanes_whose_patience_ends_at_different_epochs_equal_theirs_alone(family):
    generator = np.random.default_rng(1)
    words = [
        [f"w{i}" for i in generator.integers(0, 50, generator.integers(3, 9))] for _ in range(60)
    ]
    texts = {"s": [" ".join(row) for row in words], "label": [len(row) % 2 for row in words]}
    rows = Dataset.from_dict(texts)
    task = user_task("own", {"train": rows.select(range(40)), "validation": rows}, texts="s")
    configs = [
        replace(CONFIGS[index], epochs=6, lr=lr, patience=patience)
        for index, (lr, patience) in enumerate(((1e-9, 1), (1e-3, 2), (3e-3, None)))
    ]

    def fitted(configs):
        lanes, tokenizer = [], tiny_tokenizer(family)
        for config in configs:
            model = tiny_model(family)
            build("pasta").apply(model, tokenizer, task, seed=config.seed)
            lanes.append(trainable(model))
        return fit_pack(model, lanes, tokenizer, task, configs, progress=False)

    packed = fitted(configs)
    ends = [len(result.curve) for result, _ in packed]
    assert ends[0] == 2 and ends[2] == 6  # nothing gets better at 1e-9
    for (result, best), config in zip(packed, configs, strict=True):
        ((alone, own),) = fitted([config])
        assert (alone.best_epoch, len(alone.curve)) == (result.best_epoch, len(result.curve))
        assert alone.halves["epoch"] == result.halves["epoch"]
        for name, tensor in best.items():
            torch.testing.assert_close(tensor, own[name], atol=1e-5, rtol=0)
