"""A word in AoT's table: how large its rows are, by layer, and which rows lie near them."""

from html import escape

from ...errors import InputError
from .first import MOST, added, classifiers
from .rows import nearest, norms, ranks
from .trained import adapter, description

_FORMS = {"aot-fc": "FC", "aot-kron": "Kronecker"}


def tables() -> list[str]:
    """Return the adapters of AoT that answer a single sentence."""
    return [name for name in classifiers() if description(name)["method"] in _FORMS]


def absent() -> str:
    """Return a sentence on the forms of AoT's table of which no adapter is there, or ""."""
    have = {description(name)["method"] for name in tables()}
    missing = [form for method, form in _FORMS.items() if method not in have]
    if not missing:
        return ""
    return (
        f"<p><small>No adapter of the {' and '.join(missing)} form is in data/adapters: train one "
        "by <code>pl.fit</code>, and keep it there by <code>pl.save_adapter</code>.</small></p>"
    )


def word(text: str, name: str, layer: int) -> str:
    """Return the norms of the rows of a text's tokens, their ranks, and the rows nearest to them.

    Rank 1 is the vocabulary's largest row of a layer. Nearness is the cosine at `layer`. As HTML.
    Raises `InputError` for an empty text, one of more than 128 tokens, and a layer that there is
    not.
    """
    model, tokenizer, _ = adapter(name)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    tokens = tokenizer.convert_ids_to_tokens(ids)
    sizes = norms(name)
    if not 1 <= len(ids) <= MOST - 2:
        raise InputError(f"type a text of 1 to {MOST - 2} tokens.")
    if not 1 <= layer <= len(sizes):
        raise InputError(f"the encoder of {name} has layers 1 to {len(sizes)}.")
    unlike = list(dict.fromkeys(zip(tokens, ids, strict=True)))
    lines = "".join(
        f"<tr><th scope=row>{escape(token)}"
        + "".join(f"<td>{rank:,}" for rank in ranks(sizes, token_id))
        + f"<td>{escape(', '.join(nearest(name, token_id, layer)))}"
        for token, token_id in unlike
    )
    head = "".join(f"<th>layer {at}" for at in range(1, len(sizes) + 1))
    return (
        f"{added(name, text)}<p>Rank of each row among the {sizes.shape[1]:,} of its layer (1 is "
        f"the largest), and the rows nearest in direction at layer {layer}:</p><div class=scroll>"
        f"<table><thead><tr><td>{head}<th>nearest</thead><tbody>{lines}</tbody></table></div>"
        f"{absent()}"
    )
