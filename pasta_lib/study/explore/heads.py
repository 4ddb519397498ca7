"""An encoder's heads on a text of one's own: which look at special tokens, and how surely."""

from html import escape

import pandas as pd

from ...errors import InputError
from ..reporting.chart import Series, chart
from .heat import heat
from .looks import beginnings, looked_at

TARGETS = {
    "[CLS] or [SEP]": ["share_cls", "share_sep"],
    "[CLS]": ["share_cls"],
    "[SEP]": ["share_sep"],
}


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
