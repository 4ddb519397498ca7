"""Diff pruning: a sparse difference to every pretrained weight (Guo et al. 2021, §3).

Three stages: learn a difference δ under gates z that a penalty closes, keep the largest of z ⊙ δ,
train on what is kept.
"""

import math
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Self

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrize import ParametrizationList, register_parametrization
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from .. import backbones
from ..errors import InputError, NotNegative, Positive
from .base import Method

if TYPE_CHECKING:
    from ..tasks import Task

LOW, HIGH = -1.5, 1.5  # the interval that a gate's sigmoid is stretched to
_MARGIN = 1e-4  # uniform draws keep this far from 0 and 1, as in the authors' code


@dataclass(frozen=True)
class DiffPrune(Method):
    """w ← w + δ, where just the share `target` of all δ differs from zero.

    The first half of the epochs trains (z · z_g) ⊙ δ and minimises loss + `penalty_weight` · E‖δ‖₀,
    with a gate z for every weight and, if `structured`, one more z_g for its tensor (§3.2). Then
    the largest are kept, whatever the gates left open, and the second half trains those: only its
    epochs can be the best. Until training has chosen, the places are the first of each tensor.

    Departures from the authors' code: the head is trained densely and not counted, as in every
    other method; both halves share one learning rate and one schedule, which the gates' `gate_lr`
    follows too; gates are drawn at each use of a weight. Weights that the checkpoint lacked have
    no pretrained value to differ from, and stay frozen.
    """

    target: Positive = 0.005
    structured: bool = True
    penalty_weight: NotNegative = 1.25e-7
    gate_start: float = 5.0
    gate_lr: Positive = 0.1
    packs = False
    resizes = True

    def resolve(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase | None,
        task: "Task | None",
    ) -> Self:
        """Raise `InputError` where the target is no share."""
        if not 0 < self.target < 1:
            raise InputError(f"target of 'diff-prune' is {self.target}, but must be in (0, 1)")
        return self

    def insert(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase | None) -> None:
        """Add the sparse differences, all zero."""
        seen = 0
        for module, name in _pretrained(model):
            weight = getattr(module, name)
            before, seen = seen, seen + weight.numel()
            count = round(self.target * seen) - round(self.target * before)
            places = torch.arange(count, device=weight.device)
            register_parametrization(module, name, SparseDiff(weight.new_zeros(count), places))

    def begin_epoch(self, model: PreTrainedModel, epoch: int, epochs: int) -> bool:
        """Open the gates before the first epoch; choose the places before the second half."""
        gated = epochs // 2
        if not gated:
            raise InputError("diff-prune needs at least 2 epochs: one to choose, one to train")
        if epoch == 1:
            for slot in _slots(model):
                slot[0] = GatedDiff(slot.original, self)
        if epoch == gated + 1:
            _keep_largest(_slots(model), self.target)
        return epoch > gated

    def penalty(self, model: PreTrainedModel) -> Tensor | float:
        """Return `penalty_weight` · E‖δ‖₀; zero once the places are chosen."""
        diffs = (slot[0] for slot in _slots(model))
        gated = [diff.expected_l0() for diff in diffs if isinstance(diff, GatedDiff)]
        return self.penalty_weight * sum(gated)


class SparseDiff(nn.Module):
    """w ← w + δ with δ = `values` (k,) at the flat places `index` (k,), and zero elsewhere."""

    index: Tensor

    def __init__(self, values: Tensor, index: Tensor) -> None:
        super().__init__()
        self.values = nn.Parameter(values)
        self.register_buffer("index", index.int())

    def forward(self, weight: Tensor) -> Tensor:
        """Return the changed weight."""
        return weight.flatten().index_add(0, self.index, self.values).view_as(weight)


class GatedDiff(nn.Module):
    """w ← w + (z · z_g) ⊙ δ with hard-concrete gates z, one for each weight, and z_g for all."""

    def __init__(self, weight: Tensor, method: DiffPrune) -> None:
        super().__init__()
        self.delta = nn.Parameter(torch.zeros_like(weight))
        sizes = (weight.shape, ()) if method.structured else (weight.shape,)
        self.gates = nn.ParameterList(weight.new_full(size, method.gate_start) for size in sizes)
        for gate in self.gates:
            gate.rate = method.gate_lr

    def diff(self) -> Tensor:
        """Return (z · z_g) ⊙ δ; gates are random only while training."""
        return math.prod(hard_concrete(gate, self.training) for gate in self.gates) * self.delta

    def expected_l0(self) -> Tensor:
        """Return E‖δ‖₀ = Σ P(z > 0) · P(z_g > 0)."""
        return reduce(torch.mul, map(open_probability, self.gates)).sum()

    def forward(self, weight: Tensor) -> Tensor:
        """Return the changed weight."""
        return weight + self.diff()


def hard_concrete(alpha: Tensor, noisy: bool) -> Tensor:
    """Return z = min(1, max(0, (r − l) σ(α + log u − log(1 − u)) + l)), u uniform or, quiet, 1/2.

    (l, r) = (−1.5, 1.5); Guo et al. 2021, §3.1, after Louizos et al. 2018.
    """
    noise = torch.rand_like(alpha).clamp(_MARGIN, 1 - _MARGIN).logit() if noisy else 0.0
    return ((HIGH - LOW) * torch.sigmoid(alpha + noise) + LOW).clamp(0, 1)


def open_probability(alpha: Tensor) -> Tensor:
    """Return P(z > 0) = σ(α − log(−l / r)) for the law of `hard_concrete`."""
    return torch.sigmoid(alpha - math.log(-LOW / HIGH))


@torch.no_grad()
def _keep_largest(slots: list[ParametrizationList], target: float) -> None:
    gated = (diff for slot in slots for diff in slot if isinstance(diff, GatedDiff))
    diffs = [diff.eval().diff().flatten() for diff in gated]
    sizes = [len(diff) for diff in diffs]
    kept = torch.cat(diffs).abs().topk(round(target * sum(sizes))).indices
    chosen = torch.zeros(sum(sizes), dtype=torch.bool, device=kept.device).index_fill(0, kept, True)
    for slot, diff, own in zip(slots, diffs, chosen.split(sizes), strict=True):
        slot[0] = SparseDiff(diff[own], own.nonzero().squeeze(1))


def _pretrained(model: PreTrainedModel) -> list[tuple[nn.Module, str]]:
    fresh = backbones.freshly_drawn(model)
    drawn = {id(parameter) for name, parameter in model.named_parameters() if name in fresh}
    return [
        (module, name)
        for module in backbones.base(model).modules()
        for name, parameter in module.named_parameters(recurse=False)
        if id(parameter) not in drawn
    ]


def _slots(model: PreTrainedModel) -> list[ParametrizationList]:
    return [m for m in backbones.base(model).modules() if isinstance(m, ParametrizationList)]
