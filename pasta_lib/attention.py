"""Where attention goes: the maps of every head, and the heads that look at special tokens."""

import pandas as pd
import torch
from torch import Tensor
from transformers import BatchEncoding, PreTrainedModel, PreTrainedTokenizerBase

from . import backbones
from .errors import InputError, Text, require, shown

VERTICAL_SHARE = 0.9


def attention_maps(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str, pair: str | None = None
) -> tuple[list[str], Tensor]:
    """Return the tokens of `text` and every head's attention over them, (L, H, T, T).

    Row i of a map is the distribution of token i's attention; rows sum to one. Raises `InputError`
    for a text that is longer than the model reads, and for one without a word.
    """
    inputs = _inputs(model, tokenizer, text, pair)
    maps = backbones.attention_maps(model, dict(inputs))
    return list(tokenizer.convert_ids_to_tokens(inputs["input_ids"][0])), maps[:, 0]


def vertical_heads(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str, pair: str | None = None
) -> pd.DataFrame:
    """Return one row for each head: the shares of tokens that look most at [CLS], and at a [SEP].

    A head is vertical if at least 90 % of all tokens, the special ones among them, give their
    maximal attention to [CLS] or a [SEP] (PASTA, footnote 3). Columns: layer and head, counted
    from 1; share_cls and share_sep in [0, 1]; vertical. Raises `InputError` for a text that is
    longer than the model reads or has no word, and for a tokenizer without those tokens.
    """
    require({"tokenizer": tokenizer}, {"tokenizer": PreTrainedTokenizerBase}, "vertical_heads")
    ids = backbones.special_ids(tokenizer)
    if missing := [kind for kind in ("cls", "sep") if kind not in ids]:
        raise InputError(
            f"vertical heads look at [CLS] and [SEP], and this {type(tokenizer).__name__} has no "
            + " and no ".join(f"{kind}_token" for kind in missing)
        )
    inputs = _inputs(model, tokenizer, text, pair)
    target = backbones.attention_maps(model, dict(inputs))[:, 0].argmax(-1)  # (L, H, T)
    looked_at = inputs["input_ids"][0][target]
    on_cls, on_sep = ((looked_at == ids[kind]).float().mean(-1) for kind in ("cls", "sep"))
    lines = [
        (layer + 1, head + 1, on_cls[layer, head].item(), on_sep[layer, head].item())
        for layer in range(target.shape[0])
        for head in range(target.shape[1])
    ]
    frame = pd.DataFrame(lines, columns=["layer", "head", "share_cls", "share_sep"])
    hits = (frame["share_cls"] + frame["share_sep"]) * target.shape[-1]
    return frame.assign(vertical=hits.round() >= VERTICAL_SHARE * target.shape[-1])


def _inputs(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, text: str, pair: str | None
) -> BatchEncoding:
    """Tokenise one text or pair, uncut; a special token that it spells is unknown, as in training.

    A WordPiece splits such a token; a Unigram knows it as a word.
    """
    require({"text": text, "pair": pair}, {"text": Text, "pair": Text | None}, "the call")
    backbones.require_weights(model)
    inputs = tokenizer(
        text, pair, return_tensors="pt", verbose=False, return_special_tokens_mask=True
    )
    ids, inside = inputs["input_ids"], inputs.pop("special_tokens_mask") == 0
    if not inside.any():  # every head would be vertical: there is nothing else to look at
        raise InputError(f"the text {shown(text)} holds no word: give it one")
    if tokenizer.unk_token_id is not None:
        special = torch.tensor([*backbones.special_ids(tokenizer).values()])
        ids[inside & torch.isin(ids, special)] = tokenizer.unk_token_id
    backbones.require_fit(model, ids.shape[1], ids.max().item())
    return inputs.to(model.device)
