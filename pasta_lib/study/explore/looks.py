"""What an encoder looks at in a text and in the text's beginnings, kept for the next question."""

from functools import lru_cache

import pandas as pd
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ...attention import attention_maps, vertical_heads
from ...backbones import load_backbone
from ...errors import InputError

MOST = 128  # tokens
_LENGTHS = 6  # beginnings of the text whose heads are counted


def beginnings(text: str) -> list[str]:
    """Return the text's beginnings of a few lengths, by words; the last is all of it."""
    words = text.split()
    ends = {max(1, round(len(words) * part / _LENGTHS)) for part in range(1, _LENGTHS + 1)}
    return [" ".join(words[:end]) for end in sorted(ends)]


@lru_cache(maxsize=64)
def looked_at(backbone: str, text: str, pair: str) -> tuple[list[str], Tensor, pd.DataFrame]:
    """Return the tokens, every head's map (L, H, T, T), and its shares that look at specials."""
    model, tokenizer = _encoder(backbone)
    if len(tokenizer(text, pair or None)["input_ids"]) > MOST:
        raise InputError(f"the text has more than {MOST} tokens: type a shorter one.")
    tokens, maps = attention_maps(model, tokenizer, text, pair or None)
    return tokens, maps, vertical_heads(model, tokenizer, text, pair or None)


@lru_cache(maxsize=2)
def _encoder(backbone: str) -> tuple[PreTrainedModel, PreTrainedTokenizerBase]:
    return load_backbone(backbone)
