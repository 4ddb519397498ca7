"""One training loop, for a pack of K runs; a plain run is a pack of one.

A lane is one run of a pack: its own parameters, optimiser, learning rate, data order, best epoch
and early stop, on the frozen encoder that all lanes share.
"""

import math
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import chain
from statistics import mean
from typing import Any, Literal, get_type_hints

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from tqdm.auto import tqdm
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from . import backbones, frozen, metrics, packs
from .adapters import trainable
from .batches import Batcher, epoch_batches, padding_share, sorted_batches
from .errors import Count, InputError, NotNegative, Positive, Seed, Share, require, shown, unknown
from .methods import tuning_of
from .precision import Precision, computed_in
from .purpose import Purpose
from .tasks import Encoded, Task, encode
from .tasks.encoding import IGNORED


@dataclass(frozen=True)
class TrainConfig:
    """How one run trains, with AdamW.

    - `lr`: the highest learning rate; it rises over the share `warmup` of the steps, then falls
      linearly to 0, or stays where `schedule` is "constant".
    - `epochs`: the most that are run; `patience` ends a run after that many epochs without a better
      score; `max_steps` caps the optimiser's steps.
    - `batch_size`: examples in a step; one of COPA is two rows, one for each choice.
    - `clip`: the highest norm of a gradient; None does not clip.
    - `precision`: that of the arithmetic. In "bf16" what is frozen is held in it while the run
      lasts, and what trains stays in float32 and is cast for each step; where the encoder's own
      weights train, autocast does that. Without instructions for it, fp32 stands in.
    - `max_length`: tokens of a text; None is the task's own length, at most the model's.
    - `metric`: the score that picks the best epoch and is reported; None is the task's own.
    - `train_rows`, `eval_rows`: the most examples used of each split; MultiRC's questions stay
      whole.

    Raises `InputError` for a value that its field does not take.
    """

    lr: NotNegative = 1e-3
    epochs: Count = 10
    batch_size: Count = 32
    seed: Seed = 42
    schedule: Literal["linear", "constant"] = "linear"
    warmup: Share = 0.0
    weight_decay: NotNegative = 0.0
    clip: Positive | None = None
    patience: Count | None = None
    max_steps: Count | None = None
    precision: Precision = "fp32"
    max_length: Count | None = None
    metric: str | None = None
    train_rows: Count | None = None
    eval_rows: Count | None = None

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, np.generic):  # an adapter writes some of them as JSON
                object.__setattr__(self, name, value.item())
        require(vars(self), _hints(), "TrainConfig", _KNOWN)


_KNOWN: set[Any] = set()


@cache  # a plan makes tens of thousands of configs
def _hints() -> dict[str, Any]:
    return get_type_hints(TrainConfig, include_extras=True)


@dataclass
class Result:
    """What a run gave: the best epoch's scores on validation, and how it got there.

    Scores are fractions (correlations in [-1, 1]). Of epochs with equal scores the later is best.

    - `metrics`: of the best epoch on validation; `score` is the one called `metric`.
    - `held_out`: that epoch's metrics on every other split whose labels are known, by its name
      (test, validation_mismatched); `test` repeats those of the test split.
    - `halves`: the papers pick an epoch and report it on the same rows; here validation is also
      split in two fixed halves, and the `epoch` is chosen by its metrics on one (`picked`) and
      scored on the other (`reported`).
    - `answers`: predictions by split, as class ids, scores or tag ids: "validation" and each split
      held out at the best epoch, "half" (the one that reports) at the epoch of `halves`.
    - `curve`: a line for each epoch, with its metrics, mean loss and mean gradient norm.
    - `rows`: the examples trained on and evaluated on; `notes`: what encoding cut or lost;
      `padding`: the share of padding in the batches.
    - `steps` of the optimiser; `seconds` of the whole pack, evaluation included; `diverged`: the
      loss was not finite, which ended the run.
    """

    metric: str
    score: float = -math.inf
    best_epoch: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    test: dict[str, float] | None = None
    held_out: dict[str, dict[str, float]] = field(default_factory=dict)
    halves: dict[str, Any] = field(default_factory=dict)
    answers: dict[str, Sequence] = field(default_factory=dict, repr=False)
    curve: list[dict] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)
    padding: float = 0.0
    steps: int = 0
    seconds: float = 0.0
    diverged: bool = False


class Lane:
    """One run of a pack: trains `parameters` by `config`, and remembers its best epoch."""

    def __init__(
        self, parameters: Mapping[str, nn.Parameter], config: TrainConfig, steps: int, metric: str
    ) -> None:
        self.config, self.steps = config, steps
        self.result = Result(metric)
        self.best: dict[str, Tensor] = {}
        self.done = False
        self._losses: list[float] = []
        self._norms: list[Tensor] = []
        self._stale_epochs = 0
        self.turn_to(parameters)

    def turn_to(self, parameters: Mapping[str, nn.Parameter]) -> None:
        """Train `parameters` from here on, with a fresh optimiser; the schedule goes on."""
        self.parameters, begun = dict(parameters), self.result.steps
        self.optimizer = torch.optim.AdamW(
            _by_rate(self.parameters.values(), self.config.lr),
            weight_decay=self.config.weight_decay,
            fused=True,
        )
        self.scheduler = torch.optim.lr_scheduler.LambdaLR(
            self.optimizer, lambda step: _rate(begun + step, self.steps, self.config)
        )

    def step(self, loss: Tensor) -> None:
        """Take one optimiser step along the gradients at hand; a loss of NaN or ∞ ends the lane."""
        self._losses.append(loss.item())
        if not math.isfinite(self._losses[-1]):
            self.done = self.result.diverged = True
            return
        gradients = [p.grad for p in self.parameters.values() if p.grad is not None]
        self._norms.append(nn.utils.get_total_norm(gradients))  # read at the end of the epoch
        if self.config.clip is not None:
            nn.utils.clip_grads_with_norm_(
                self.parameters.values(), self.config.clip, self._norms[-1]
            )
        self.optimizer.step()
        self.scheduler.step()
        self.optimizer.zero_grad()
        self.result.steps += 1
        self.done = self.result.steps == self.config.max_steps

    def observe(
        self,
        epoch: int,
        scores: Sequence[dict[str, float]] | None,
        answers: Sequence[Sequence] = ((), (), ()),
        *,
        eligible: bool = True,
    ) -> None:
        """Take an epoch's scores and answers on validation and its halves; keep the best epoch's.

        An epoch that is not `eligible` goes into the curve and decides nothing. Without scores the
        run has diverged, and ends.
        """
        result = self.result
        if scores is None:
            self.done = result.diverged = True
            return
        whole, first, second = scores
        point = {"epoch": epoch, "metrics": whole, "loss": mean(self._losses)}
        point["gradient_norm"] = float(torch.stack(self._norms).mean())
        result.curve.append(point)
        self._losses.clear()
        self._norms.clear()
        if not eligible:
            return
        if not result.halves or first[result.metric] >= result.halves["picked"][result.metric]:
            result.halves = {"epoch": epoch, "picked": first, "reported": second}
            result.answers["half"] = answers[2]
        score = whole[result.metric]
        self._stale_epochs = 0 if score > result.score else self._stale_epochs + 1
        if score >= result.score:  # of equals the later one, as PASTA's code keeps it
            result.score, result.best_epoch, result.metrics = score, epoch, whole
            result.answers["validation"] = answers[0]
            self.best = {name: p.detach().clone() for name, p in self.parameters.items()}
        self.done |= epoch == self.config.epochs or self._stale_epochs == self.config.patience


def fit(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    task: Task,
    config: TrainConfig,
    *,
    progress: bool = True,
) -> Result:
    """Train the parameters that require gradients, and leave `model` with the best epoch's.

    AdamW, on the model's device. Scores are on validation, and on every other split whose labels
    are known, at the best epoch. A run that diverges before any keeps its last parameters, and
    scores -inf. Raises `InputError` for a model without a method, for a metric that is not one of
    the task's, for a model that was loaded for other labels or for the same in another order, and
    for weights in half precision.
    """
    _check_call(model, tokenizer, task)
    ((result, best),) = fit_pack(
        model, [trainable(model)], tokenizer, task, [config], progress=progress
    )
    own = trainable(model)  # asked again: a method of several stages changes it
    with torch.no_grad():
        for name, tensor in best.items():
            own[name].copy_(tensor)
    return result


def fit_pack(
    model: PreTrainedModel,
    parameters: Sequence[Mapping[str, nn.Parameter]],
    tokenizer: PreTrainedTokenizerBase,
    task: Task,
    configs: Sequence[TrainConfig],
    *,
    data: "Data | None" = None,
    progress: bool = True,
) -> list[tuple[Result, dict[str, Tensor]]]:
    """Train K runs on one frozen encoder: run k trains `parameters[k]` in place by `configs[k]`.

    The configs differ only in what a lane owns: learning rate, seed, schedule, warm-up, clipping,
    patience. `data` is the task as `Data.of` encodes it, where that was done before. Returns each
    run's result and the parameters of its best epoch.
    """
    started = time.perf_counter()
    _check_call(model, tokenizer, task)
    if not all(parameters) or not torch.is_grad_enabled():
        why = "its gradients are turned off" if all(parameters) else "nothing is marked to train"
        raise InputError(f"this {type(model).__name__} cannot be trained here: {why}")
    for config in configs:
        if not isinstance(config, TrainConfig):
            raise InputError(f"a run's config is a TrainConfig, and this is {shown(config)}")
    common = configs[0]
    metric = common.metric or task.metric
    if metric not in task.metrics:
        raise unknown(f"metric of {task.name}", metric, task.metrics)
    _check_precision(model, parameters, common.precision)
    _check_labels(model, task)
    torch.manual_seed(common.seed)
    data = data or Data.of(model, task, tokenizer, common)
    purpose = Purpose.of(
        task,
        max_length=common.max_length
        or min(task.max_length, tokenizer.model_max_length, _reach(model) or task.max_length),
        metric=metric,
        precision=computed_in(common.precision, model.device),
    )
    backbones.note(model, purpose=purpose)
    method = tuning_of(model).method
    steps_per_epoch = math.ceil(data.train.rows / common.batch_size)
    steps = steps_per_epoch * common.epochs
    steps = min(steps, common.max_steps or steps)
    epochs = math.ceil(steps / steps_per_epoch)
    lanes = [Lane(p, c, steps, metric) for p, c in zip(parameters, configs, strict=True)]
    batcher = Batcher(data.train, tokenizer)
    paddings = []
    with (
        packs.prepared(model, len(lanes), common.precision),
        tqdm(total=steps, desc=task.name, unit="step", disable=not progress) as bar,
    ):
        for epoch in range(1, epochs + 1):
            live = [lane for lane in lanes if not lane.done]
            if not live:
                break
            eligible = method.begin_epoch(model, epoch, epochs)
            own = trainable(model)
            if own.keys() != live[0].parameters.keys():  # a new stage, of a method that never packs
                live[0].turn_to(own)
            paddings.append(train_epoch(model, live, batcher, task, epoch, bar))
            sound = [lane for lane in live if not lane.result.diverged]
            parameters = [lane.parameters for lane in sound]
            scores = evaluate(
                model, parameters, tokenizer, task, data.validation, common, data.parts
            )
            for lane, found in zip(sound, scores, strict=True):
                lane.observe(epoch, *(found or (None,)), eligible=eligible)
            bar.set_postfix({metric: f"{max(lane.result.score for lane in lanes):.3f}"})
        finished = [lane for lane in lanes if lane.best]
        best = [lane.best for lane in finished]
        for split, encoded in data.held_out.items():
            scores = evaluate(model, best, tokenizer, task, encoded, common, [range(encoded.rows)])
            for lane, found in zip(finished, scores, strict=True):
                if found is None:  # logits that are not finite, on these rows alone
                    continue
                (score,), (answers,) = found
                lane.result.held_out[split], lane.result.answers[split] = score, answers
    for lane in lanes:
        lane.result.test = lane.result.held_out.get("test")
        lane.result.padding = float(np.mean(paddings))
        lane.result.rows, lane.result.notes = data.rows, data.notes
        lane.result.seconds = time.perf_counter() - started
    return [(lane.result, lane.best) for lane in lanes]


def train_epoch(
    model: PreTrainedModel, lanes: list[Lane], batcher: Batcher, task: Task, epoch: int, bar: tqdm
) -> float:
    """Train `lanes` for one epoch, and return which share of the positions was padding.

    Each draws its own rows into batches whose lengths all lanes share. A lane that is done, or gets
    done on the way, takes no more part.
    """
    model.train()
    size, precision = lanes[0].config.batch_size, lanes[0].config.precision
    orders = [epoch_batches(batcher.lengths, size, epoch, lane.config.seed) for lane in lanes]
    for picks in zip(*orders, strict=True):
        live = [(lane, pick) for lane, pick in zip(lanes, picks, strict=True) if not lane.done]
        if not live:
            break
        running, picks = zip(*live, strict=True)
        inputs, labels = batcher.batches(picks)
        with _precision(model, precision):
            logits = packs.logits(
                model,
                [lane.parameters for lane in running],
                [_to(batch, model.device) for batch in inputs],
            )
        targets = [own.to(model.device) for own in labels if own is not None]
        losses = [
            batch_loss(task, batcher.encoded.choices, own, target)
            for own, target in zip(logits, targets, strict=True)
        ]
        together = torch.stack(losses)
        (together.sum() + tuning_of(model).method.penalty(model)).backward()
        # one transfer for all lanes: each would make the GPU wait for the host
        for lane, loss in zip(running, together.detach().cpu(), strict=True):
            lane.step(loss)
        bar.update()
    return padding_share(batcher.lengths, orders[0])


@dataclass(frozen=True)
class Data:
    """A task's encoded splits as one run uses them, capped; and how much was read.

    `parts` are the rows of validation that are scored apart: all, and two fixed halves.
    """

    train: Encoded
    validation: Encoded
    parts: tuple[Sequence[int], ...]
    held_out: dict[str, Encoded]
    rows: dict[str, int]
    notes: dict[str, int]

    @classmethod
    def of(
        cls,
        model: PreTrainedModel,
        task: Task,
        tokenizer: PreTrainedTokenizerBase,
        config: TrainConfig,
    ) -> "Data":
        """Encode `task` for `model`; held out is every other split whose labels are known."""
        read = {
            split: _encoded(model, tokenizer, task, split, config.max_length)
            for split in task.splits
        }
        train = _capped(read["train"], config.train_rows)
        validation = _capped(read["validation"], config.eval_rows)
        held_out = {
            split: _capped(encoded, config.eval_rows)
            for split, encoded in read.items()
            if split not in ("train", "validation") and encoded.labels is not None
        }
        rows = {split: encoded.rows for split, encoded in read.items()}
        rows |= {"trained_on": train.rows, "evaluated_on": validation.rows}
        counts = ("truncated", "lost_words", "cut_words", "extra_specials")
        notes = {name: sum(getattr(part, name) for part in read.values()) for name in counts}
        parts = (range(validation.rows), *_halves(validation))
        return cls(train, validation, parts, held_out, rows, dict(task.notes) | notes)


def evaluate(
    model: PreTrainedModel,
    parameters: Sequence[Mapping[str, Tensor]],
    tokenizer: PreTrainedTokenizerBase,
    task: Task,
    encoded: Encoded,
    config: TrainConfig,
    parts: Sequence[Sequence[int]],
) -> list[tuple[list[dict[str, float]], list[list]] | None]:
    """Return what each lane's parameters give on each part of `encoded`'s rows.

    That is every metric of `task`, part by part, and the answers. There is None for a lane whose
    logits are not all finite.
    """
    if not parameters:
        return []
    lanes = predict_logits(model, tokenizer, encoded, config.precision, parameters)
    if (places := _outputs(model, task)) is not None:
        lanes = lanes[..., places]
    return [
        _scored(task, encoded, logits, parts) if np.isfinite(logits).all() else None
        for logits in lanes
    ]


# Tokens that pass together in evaluation, all lanes' among them. Two cores of an AMD EPYC evaluate
# RTE (MiniLM, 65 tokens a text) at 1,000 in 2.6 s, at 4,000 in 3.3 s and at 16,000 in 12 s, where
# nothing stays in the caches any more; CoLA's short sentences at 700 as fast as at 1,400. A GPU
# wants many.
_EVALUATED = {"cpu": 2048, "cuda": 1 << 16}


@torch.inference_mode()
def predict_logits(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    encoded: Encoded,
    precision: Precision = "fp32",
    parameters: Sequence[Mapping[str, Tensor]] = ({},),
) -> np.ndarray:
    """Return every lane's logits of every row: (K, N·C, O), or (K, N, T, O) for tokens.

    Beyond a row's end they are zero. Without `parameters` the model's own make the only lane.
    """
    model.eval()
    batcher = Batcher(encoded, tokenizer)
    parts, order = [], []
    rows_each = len(parameters) * encoded.choices
    most = _EVALUATED.get(model.device.type, _EVALUATED["cuda"]) // rows_each
    for examples in sorted_batches(batcher.lengths, most):
        inputs = _to(batcher.batch(examples)[0], model.device)
        with _precision(model, precision):
            lanes = packs.logits(model, parameters, [inputs])
        parts.append(np.stack([lane.float().cpu().numpy() for lane in lanes]))
        order.append(batcher.rows_of(examples))
    widest = np.max([part.shape[2:] for part in parts], axis=0)
    logits = np.zeros((len(parameters), len(encoded.input_ids), *widest), dtype=np.float32)
    for rows, part in zip(order, parts, strict=True):
        at: list[slice | np.ndarray] = [slice(None), rows, *map(slice, part.shape[2:])]
        logits[tuple(at)] = part
    return logits


def predict(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    task: Task,
    *,
    split: str = "test",
    max_length: int | None = None,
) -> list:
    """Return the predictions for a split, one for each example, in the split's order.

    They are what the task's data holds: the label as a string, a float, or a list of tags. The
    arithmetic is the model's own precision, without autocast. Texts are cut at `max_length`, by
    default the one that the model was trained with. Labels may stand in another order than the
    model's. Raises `InputError` for an unknown split, other labels, another head, another input
    format of the same task, and answers that are no finite numbers.
    """
    require({"max_length": max_length}, {"max_length": Count | None}, "predict")
    _check_call(model, tokenizer, task)
    places = _outputs(model, task)
    max_length = max_length or backbones.purpose(model).max_length
    encoded = _encoded(model, tokenizer, task, split, max_length)
    (logits,) = predict_logits(model, tokenizer, encoded)
    if not np.isfinite(logits).all():
        raise InputError(
            f"this {type(model).__name__} answers the {split} split with numbers that are not "
            "finite: its weights, or its training, went wrong"
        )
    return task.decode(logits if places is None else logits[..., places], encoded.words)


def _check_call(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, task: Task) -> None:
    """Refuse what is no model, tokenizer or task, and a model without a head or without weights."""
    backbones.require_weights(model)
    hints = {"tokenizer": PreTrainedTokenizerBase, "task": Task}
    require({"tokenizer": tokenizer, "task": task}, hints, "the call")
    if backbones.base(model) is model:
        raise InputError(
            f"this {type(model).__name__} has no head: give load_backbone the task to load it for"
        )


def _outputs(model: PreTrainedModel, task: Task) -> list[int] | None:
    """Return which output of `model` answers each label of `task` in turn; None: as they stand."""
    return backbones.purpose(model).places(Purpose.of(task), f"this {type(model).__name__}")


def _check_labels(model: PreTrainedModel, task: Task) -> None:
    """Refuse to train a head whose outputs stand for other labels, or for their other order."""
    asked = replace(Purpose.of(task), format=None)  # which training may well change
    who, mine = f"this {type(model).__name__}", backbones.purpose(model)
    if mine.places(asked, who) is not None:
        raise InputError(f"{who} answers {mine}, and not {asked}: load the backbone for this task")


def _check_precision(
    model: PreTrainedModel, lanes: Sequence[Mapping[str, nn.Parameter]], precision: str
) -> None:
    """Refuse weights in half precision: none may be in fp32, and in bf16 none that train."""
    held = {} if precision == "bf16" else dict(model.named_parameters())
    for name, parameter in chain(held.items(), *(lane.items() for lane in lanes)):
        if parameter.is_floating_point() and parameter.dtype.itemsize < 4:
            raise InputError(
                f"{name} of this {type(model).__name__} is in {parameter.dtype}, and precision "
                f"{precision!r} trains in float32: call model.float() first"
            )


def _reach(model: PreTrainedModel) -> int | None:
    """Return how many tokens of a text `model` reads, or None where nothing bounds them."""
    tuning = getattr(model, "tuning", None)
    return tuning.method.reach(model) if tuning else backbones.positions(model)


def _encoded(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    task: Task,
    split: str,
    max_length: int | None,
) -> Encoded:
    """Encode a split to what `model` reads, whatever its tokenizer may say."""
    encoded = encode(task, tokenizer, split, max_length, reach=_reach(model))
    highest = max((max(ids) for ids in encoded.input_ids if ids), default=0)
    backbones.require_fit(model, max(encoded.lengths, default=0), highest)
    return encoded


def batch_loss(task: Task, choices: int, logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean loss of a batch: squared error for scores, else cross-entropy.

    The `choices` of an example compete in one softmax; sub-words labelled −100 do not count, and
    where there are no others the loss is zero.
    """
    if task.head == "regression":
        return F.mse_loss(logits.float().squeeze(-1), labels)
    if task.head == "choice":
        logits = logits.view(-1, choices)
    labels = labels.flatten()
    counted = (labels != IGNORED).sum().clamp(min=1)  # a mean over no label would be 0 / 0
    return F.cross_entropy(logits.float().flatten(0, -2), labels, reduction="sum") / counted


def _scored(
    task: Task, encoded: Encoded, logits: np.ndarray, parts: Sequence[Sequence[int]]
) -> tuple[list[dict[str, float]], list[list]]:
    by_example = logits.reshape(encoded.rows, encoded.choices, *logits.shape[1:])
    rows = [encoded.take(part) for part in parts]
    own = [by_example[part].reshape(-1, *logits.shape[1:]) for part in parts]
    return (
        [metrics.score(task, some, part) for some, part in zip(rows, own, strict=True)],
        [task.answers(part, some.words) for some, part in zip(rows, own, strict=True)],
    )


def _capped(encoded: Encoded, rows: int | None) -> Encoded:
    if rows is None or rows >= encoded.rows:
        return encoded
    place = _places(encoded)
    whole = np.searchsorted(np.cumsum(np.bincount(place)), rows, side="right")
    return encoded.take(np.flatnonzero(place < max(whole, 1)).tolist())


def _halves(encoded: Encoded) -> tuple[list[int], list[int]]:
    order = np.unique(_places(encoded), return_inverse=True)[1]
    if order.max() == 0:  # one question, or one row, cannot be halved
        return [*range(encoded.rows)], [*range(encoded.rows)]
    return np.flatnonzero(order % 2 == 0).tolist(), np.flatnonzero(order % 2 == 1).tolist()


def _places(encoded: Encoded) -> np.ndarray:
    # Drawn the same whatever the seed: which rows are used is the data's, not the run's. A
    # question's exact match is that of all its answers, so they come and go together.
    units = np.arange(encoded.rows) if encoded.groups is None else np.asarray(encoded.groups)
    return np.random.default_rng(0).permutation(units.max() + 1)[units]


def _by_rate(parameters: Iterable[nn.Parameter], lr: float) -> list[dict]:
    # A method may give a parameter a learning rate of its own, as its attribute `rate`.
    groups = defaultdict(list)
    for parameter in parameters:
        groups[getattr(parameter, "rate", lr)].append(parameter)
    return [{"params": group, "lr": rate} for rate, group in groups.items()]


def _rate(step: int, steps: int, config: TrainConfig) -> float:
    warm = config.warmup * steps
    if step < warm:
        return (step + 1) / warm
    return 1.0 if config.schedule == "constant" else max(0.0, (steps - step) / (steps - warm))


def _precision(model: PreTrainedModel, asked: Precision) -> torch.autocast:
    enabled = computed_in(asked, model.device) == "bf16" and not frozen.held_in(model)
    return torch.autocast(model.device.type, torch.bfloat16, enabled=enabled)


def _to(inputs: Mapping[str, Tensor], device: torch.device) -> dict[str, Tensor]:
    return {name: tensor.to(device, non_blocking=True) for name, tensor in inputs.items()}
