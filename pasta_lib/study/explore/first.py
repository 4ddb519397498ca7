"""A first look: a trained adapter answers a sentence, and shows what it adds at each token."""

from html import escape

import torch

from ...errors import InputError
from ...tasks import TASKS
from ..reporting import legend
from .trained import adapter, adapters, description

MOST = 128  # tokens


def classifiers() -> list[str]:
    """Return the adapters that answer a single sentence."""
    return [name for name in adapters() if TASKS[description(name)["task"]].head != "choice"]


def answer(text: str, name: str) -> str:
    """Return the share of each label and, of PASTA and AoT, the norms that are added, as HTML.

    Raises `InputError` for an empty text, one of more than 128 tokens, and an unknown adapter.
    """
    model, tokenizer, task = adapter(name)
    inputs = tokenizer(text, return_tensors="pt")
    tokens = tokenizer.convert_ids_to_tokens(inputs["input_ids"][0].tolist())
    if not text.strip() or len(tokens) > MOST:
        raise InputError(f"the text has {len(tokens)} tokens: type one of 3 to {MOST}.")
    with torch.inference_mode():
        shares = model(**inputs).logits[0].softmax(-1).tolist()
    bars = "".join(
        f"<tr><th scope=row>{escape(label)}<td>{100 * share:.0f} %"
        f'<td><span class=bar style="width:{10 * share:.2f}rem"></span>'
        for label, share in zip(task.labels, shares, strict=True)
    )
    about = description(name)
    (metric, score), method = *about["score"].items(), about["method"]
    return (
        f"<table><tbody>{bars}</tbody></table>"
        f"<p>{escape(legend.method(method))}, {100 * score:.1f} {legend.metric(metric)} on "
        f"validation of {legend.task(task.name)}.</p>{added(name, text)}"
    )


def added(name: str, text: str) -> str:
    """Return the norm of what an adapter adds before each layer to each token, as a heat map.

    "" for a method that adds nothing there.
    """
    model, tokenizer, _ = adapter(name)
    bias = getattr(model, "layer_bias", None)
    if bias is None:
        return ""
    ids = tokenizer(text, return_tensors="pt")["input_ids"]
    layers, size = model.config.num_hidden_layers, model.config.hidden_size
    with torch.inference_mode():
        bias.prepare(ids)
        empty = torch.zeros(1, ids.shape[1], size)
        norms = [bias.add(empty.clone(), layer).norm(dim=-1)[0].tolist() for layer in range(layers)]
    most = max(map(max, norms)) or 1.0
    head = "".join(f"<th>{escape(t)}" for t in tokenizer.convert_ids_to_tokens(ids[0].tolist()))
    colour = legend.colour(description(name)["method"])
    lines = "".join(
        f"<tr><th scope=row>layer {layer}"
        + "".join(
            f'<td style="background:{colour}{round(200 * norm / most):02x}">{norm:.1f}'
            for norm in line
        )
        for layer, line in enumerate(norms, 1)
    )
    return (
        "<p>Norm of the vector that is added before each layer, token by token:</p>"
        f"<div class=scroll><table><thead><tr><td>{head}</thead>"
        f"<tbody>{lines}</tbody></table></div>"
    )
