"""What is counted on the papers' encoders agrees with what the papers print, or is known not to."""

import pytest

from pasta_lib.methods import METHODS
from pasta_lib.study.runs import counts


def counted(backbone: str, method: str, **fields) -> dict:
    return counts.count(backbone, method, fields, "classification")


def test_every_method_is_counted_on_every_encoder():
    found = {(config["backbone"], config["method"]) for config in counts.configs()}
    assert found == {
        (b, m) for b in ("bert-base", "bert-large", "roberta-large", "mpnet") for m in METHODS
    }


@pytest.mark.parametrize(
    ("backbone", "size"),
    [
        ("bert-base", 109_482_240),
        ("bert-large", 335_141_888),
        ("roberta-large", 354_310_144),
        ("mpnet", 108_895_872),  # its pooler, which the head is without, brings 590,592 more
    ],
)
def test_the_encoders_have_their_known_sizes(backbone, size):
    assert counted(backbone, "classifier")["backbone"] == size


@pytest.mark.parametrize(
    ("method", "fields", "printed"),
    [
        ("pasta", {"special_tokens": 2}, "0.015"),  # PASTA, Table 2
        ("pasta", {"special_tokens": 3}, "0.022"),
        ("bitfit", {}, "0.08"),
        ("p-tuning-v2", {"prefix": 20}, "0.29"),
        ("diff-prune", {}, "0.5"),
        ("full", {}, "100"),
    ],
)
def test_bert_large_has_the_shares_that_pasta_prints(method, fields, printed):
    digits = len(printed.partition(".")[2])
    assert f"{counted('bert-large', method, **fields)['percent']:.{digits}f}" == printed


def test_robertas_printed_share_needs_berts_size():
    four = counted("roberta-large", "pasta", special_tokens=4)
    assert f"{four['percent']:.3f}" == "0.028"  # by its own size
    assert f"{100 * four['method'] / 335_141_888:.3f}" == "0.029"  # PASTA, Table 3
