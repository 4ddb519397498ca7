"""P-tuning v1 as the papers use it: trained word embeddings before the text.

That is the prompt tuning of Lester et al. (2021, §2), without Liu et al.'s (2021) prompt encoder.

Letters: B rows, T tokens, P prompts, e embedding size.
"""

import inspect
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.modeling_outputs import BaseModelOutput

from .. import backbones
from ..errors import InputError, Size
from .base import Method, drawn_on, place


@dataclass(frozen=True)
class PTuningV1(Method):
    """E(x₁), …, E(x_T) ← p₁, …, p_P, E(x₁), …, E(x_T): P·e parameters, P = `prefix`.

    The prompts pass through the embedding block (position, segment 0, LayerNorm, dropout) as words
    do, so the text moves P positions on, and T + P must fit. Behind the last layer they are cut
    off: every head reads the real [CLS] and the real tokens alone. Two known readings depart from
    this. The code of P-tuning v2 sends the text through the embedding block twice, and peft pools
    the first prompt as if it were [CLS]. Prompts start normal with standard deviation 0.02,
    without Liu et al.'s LSTM.
    """

    prefix: Size = 20

    def insert(self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase | None) -> None:
        """Add the prompts; raise `InputError` where they leave no position to a text."""
        positions = backbones.positions(model)
        if positions is not None and self.prefix >= positions:
            raise InputError(
                f"{self.prefix} prompts leave no room for a text: this {type(model).__name__} has "
                f"{positions} positions"
            )
        embeddings = backbones.word_embeddings(model)
        with drawn_on(model):
            prompts = torch.randn(self.prefix, embeddings.embedding_dim) * 0.02
        place(Prompts(prompts), model).attach(model)

    def reach(self, model: PreTrainedModel) -> int | None:
        """Return how many tokens of a text fit beside the prompts."""
        positions = super().reach(model)
        return None if positions is None else positions - self.prefix


class Prompts(nn.Module):
    """P rows (P, e) that the layers see before each text, and nothing behind them does."""

    def __init__(self, prompts: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(prompts)

    def attach(self, model: PreTrainedModel) -> None:
        """Register the prompts on `model`, and the hooks that put them in and take them off."""
        model.add_module("prompts", self)
        encoder = backbones.base(model)
        self._positions = backbones.positions(model)
        self._signature = inspect.signature(encoder.forward)
        encoder.register_forward_pre_hook(self._put_in, with_kwargs=True)
        backbones.stack(model).register_forward_hook(self._take_off)

    def _put_in(self, encoder: PreTrainedModel, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
        inputs = self._signature.bind(*args, **kwargs).arguments
        inputs |= inputs.pop("kwargs", {})
        ids, words = inputs.pop("input_ids", None), inputs.get("inputs_embeds")
        if words is None:
            words = encoder.get_input_embeddings()(ids)  # (B, T, e)
        count, length = len(self.weight), words.shape[1]
        if self._positions is not None and count + length > self._positions:
            raise InputError(
                f"{count} prompts before {length} tokens are more than this encoder's "
                f"{self._positions} positions: max_length can be {self._positions - count} at most"
            )
        prompts = self.weight.to(words.dtype).expand(len(words), -1, -1)
        inputs["inputs_embeds"] = torch.cat((prompts, words), dim=1)
        inputs["attention_mask"] = backbones.widened(inputs.get("attention_mask"), count)
        if inputs.get("token_type_ids") is not None:
            inputs["token_type_ids"] = F.pad(inputs["token_type_ids"], (count, 0))
        return (), inputs

    def _take_off(self, stack: nn.Module, args: tuple, output: BaseModelOutput) -> None:
        count = len(self.weight)
        output.last_hidden_state = output["last_hidden_state"][:, count:]
        if (states := output.get("hidden_states")) is not None:  # where DeBERTa's encoder looks
            output.hidden_states = tuple(hidden[:, count:] for hidden in states)
