"""What each method trains on the papers' encoders and MPNet, counted without their weights."""

from dataclasses import asdict
from types import SimpleNamespace

from ... import backbones
from ...adapters import count_parameters
from ...methods import METHODS, build
from ..shapes import SHAPES

_TASK = SimpleNamespace(head="classification", labels=("no", "yes"), num_outputs=2)

# Special tokens of a single sentence and of a pair: BERT's two and three, RoBERTa's two and four,
# which MPNet shares.
_SPECIALS = {"bert": (2, 3), "roberta": (2, 4), "mpnet": (2, 4), "deberta": (2, 3)}
_PRINTED = {  # the hyper-parameters at which the papers print a size
    "aot-kron": [{"a": 256, "b": 200, "rank": 20}],
    "aot-fc": [{"rank": 32}, {"rank": 512}],
    "p-tuning-v2": [{"prefix": 20}, {"prefix": 100}],
    "lora": [{"rank": 8}],
}
_COUNTED = ("bert-base", "bert-large", "roberta-large", "mpnet")


def count(backbone: str, method: str, fields: dict, head: str) -> dict:
    """Return the trained parameters of a method on an encoder of the papers' shape."""
    model = backbones.build_untrained(SHAPES[backbone](), _TASK, meta=True)
    counted = count_parameters(build(method, **fields).apply(model))
    return asdict(counted) | {"percent": counted.percent}


def configs() -> list[dict]:
    """Return what is counted: every method at its defaults or where a paper prints its size."""
    return [
        {"backbone": backbone, "method": method, "fields": fields, "head": "classification"}
        for backbone in _COUNTED
        for method in METHODS
        for fields in _fields(backbone, method)
    ]


def _fields(backbone: str, method: str) -> list[dict]:
    both = _SPECIALS[SHAPES[backbone]().model_type]
    if method in ("pasta", "pasta-random"):
        return [{"special_tokens": count} for count in both]
    if method == "pasta-no-cls":
        return [{"special_tokens": count - 1} for count in both]
    if method == "pasta-no-sep":
        return [{"special_tokens": 1}]
    if method == "pasta-shared":
        return [{"special_tokens": both[-1]}]
    return _PRINTED.get(method, [{}])
