"""PASTA's trained vectors turned up and down, or switched off, while an adapter answers a text."""

from collections.abc import Sequence
from html import escape

import torch
from torch import Tensor

from ...errors import InputError
from ..reporting import legend
from ..reporting.chart import Series, chart
from .first import MOST, classifiers
from .trained import adapter, description
from .vectors import specials, times


def turned() -> list[str]:
    """Return the adapters of PASTA that answer a text."""
    return [name for name in classifiers() if description(name)["method"].startswith("pasta")]


def dial(text: str, name: str, scale: float, layers: Sequence[int], tokens: Sequence[str]) -> str:
    """Return what an adapter answers with its vectors at `scale`, on `layers` and `tokens` alone.

    As HTML, beside scale 0 (none of them) and 1 (as trained); and what each layer is worth. Raises
    `InputError` for an empty text, or one of more than 128 tokens.
    """
    model, tokenizer, task = adapter(name)
    inputs = tokenizer(text, return_tensors="pt")
    if not text.strip() or inputs["input_ids"].shape[1] > MOST:
        raise InputError(f"type a text of 1 to {MOST - 2} tokens.")
    vectors = model.layer_bias.vectors
    keep = torch.zeros(vectors.shape[:2])
    for layer in layers:
        for token in tokens:
            keep[layer - 1, specials(name).index(token)] = scale

    def shares(factors: Tensor) -> list[float]:
        with times(vectors, factors), torch.inference_mode():
            return model(**inputs).logits[0].softmax(-1).tolist()

    states = {"scale 0": keep * 0, "as you set it": keep, "as trained": torch.ones_like(keep)}
    answers = {state: shares(factors) for state, factors in states.items()}
    lines = "".join(
        f"<tr><th scope=row>{state}" + "".join(f"<td>{100 * share:.1f} %" for share in found)
        for state, found in answers.items()
    )
    mine = answers["as you set it"]
    label = max(range(len(mine)), key=mine.__getitem__)
    without = []
    for layer in range(1, len(keep) + 1):
        factors = keep.clone()
        factors[layer - 1] = 0
        share = 100 * shares(factors)[label]
        without.append((layer, share, f"without layer {layer}: {share:.1f} %"))
    colour = legend.colour("pasta")
    norms = vectors.detach().norm(dim=-1).mean(1).tolist()
    by_layer = [(at, norm, f"layer {at}: {norm:.2f}") for at, norm in enumerate(norms, 1)]
    head = "".join(f"<th>{escape(name)}" for name in task.labels)
    title = f"% of “{task.labels[label]}”, that layer off"
    return (
        f"<table><thead><tr><td>{head}</thead><tbody>{lines}</tbody></table><div class=charts>"
        + chart(title, [Series(without, colour, line=True)], "layer")
        + chart("mean norm, as trained", [Series(by_layer, colour, line=True)], "layer")
        + "</div>"
    )
