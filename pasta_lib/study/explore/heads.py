"""An encoder's heads on a text of one's own: which look at special tokens, and how surely."""

from functools import lru_cache
from html import escape

import pandas as pd
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from ...attention import attention_maps, vertical_heads
from ...backbones import load_backbone
from ...errors import InputError
from ..reporting.chart import Series, chart

MOST = 128  # tokens
TARGETS = {
    "[CLS] or [SEP]": ["share_cls", "share_sep"],
    "[CLS]": ["share_cls"],
    "[SEP]": ["share_sep"],
}
_LENGTHS = 6  # beginnings of the text whose heads are counted


def heads(
    text: str, pair: str, backbone: str, target: str, percent: int, layer: int, head: int
) -> str:
    """Return every head's share of tokens that look most at `target`, and one head's map, as HTML.

    `percent` of the tokens make a head vertical; the paper takes 90. Raises `InputError` for a text
    without a word or of more than 128 tokens, and for a layer or head that there is not.
    """
    tokens, maps, frame = looked_at(backbone, text, pair)
    layers, count = maps.shape[:2]
    if not (1 <= layer <= layers and 1 <= head <= count):
        raise InputError(f"{backbone} has layers 1 to {layers} with heads 1 to {count} each.")
    shares = frame[TARGETS[target]].sum(axis=1)
    limits = range(50, 101, 5)
    by_limit = [(p, vertical(shares, p), f"{vertical(shares, p)} at {p} %") for p in limits]
    by_length = []
    for part in beginnings(text):
        some, _, other = looked_at(backbone, part, pair)
        found = vertical(other[TARGETS[target]].sum(axis=1), percent)
        by_length.append((len(some), found, f"{found} of {len(some)} tokens: {part}"))
    grid = [[shares[at * count + h] for h in range(count)] for at in range(layers)]
    named = [f"layer {at}" for at in range(1, layers + 1)]
    return (
        f"<p><b>{vertical(shares, percent)} of {len(shares)} heads</b> are vertical: at least "
        f"{percent} % of the {len(tokens)} tokens look most at {escape(target)}. The share of "
        "tokens, head by head, in %; what is vertical stands in bold:</p>"
        f"{heat(grid, named, [f'head {h + 1}' for h in range(count)], percent / 100)}"
        "<div class=charts>"
        + chart("vertical heads", [Series(by_limit, "#000000", line=True)], "% of the tokens")
        + chart("vertical heads", [Series(by_length, "#000000", line=True)], "tokens of the text")
        + f"</div><p>Layer {layer}, head {head}: where each token (row) looks, in %.</p>"
        + heat(maps[layer - 1, head - 1].tolist(), tokens, tokens, 2)
    )


def vertical(shares: pd.Series, percent: int) -> int:
    """Return how many heads have at least that share of tokens, as footnote 3 counts them."""
    return int((shares >= percent / 100 - 1e-6).sum())


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


def heat(values: list[list[float]], rows: list[str], columns: list[str], bold: float) -> str:
    """Return shares as a table in %, the darker the larger, in bold from `bold` on."""
    lines = "".join(
        f"<tr><th scope=row>{escape(row)}"
        + "".join(
            f'<td style="background:#e07b0a{round(180 * value):02x}">'
            + (f"<b>{100 * value:.0f}</b>" if value >= bold - 1e-6 else f"{100 * value:.0f}")
            for value in line
        )
        for row, line in zip(rows, values, strict=True)
    )
    head = "".join(f"<th>{escape(column)}" for column in columns)
    table = f"<table><thead><tr><td>{head}</thead><tbody>{lines}</tbody></table>"
    return f"<div class=scroll>{table}</div>"
