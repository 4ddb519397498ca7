"""The products that a step needs, counted by hand, and their share of a step's time."""

from collections import Counter
from dataclasses import replace

import pytest
import torch

from pasta_lib.study import bench, limit, reporting
from pasta_lib.study.bench import Pack, Setting
from pasta_lib.study.store import Store

SMALL = Setting(lanes=1, batch_size=2, length=8, steps=1)
ROWS, D, L = 2 * 8, 384, 6  # MiniLM's size


@pytest.fixture(autouse=True)
def one_round(monkeypatch):
    monkeypatch.setattr(bench, "ROUNDS", 1)


def linear(method, lanes=1):
    """The products by weights of the layers: (k, m, back, weight) and how many of each."""
    found = limit.products(Pack(replace(SMALL, lanes=lanes), method))
    assert all(one.n == ROWS * lanes for one in found if one.frozen and one.n > 2 * lanes)
    return Counter((p.k, p.m, p.back, p.weight) for p in found if p.n > 2 * lanes and p.count == 1)


def test_pasta_needs_each_weight_forward_and_back_and_no_weights_gradient():
    expected = {(D, D, True, False): 4 * L, (D, 4 * D, True, False): L, (4 * D, D, True, False): L}
    assert linear("pasta") == linear("pasta", lanes=3) == expected


def test_the_classifier_needs_them_forward_alone_and_full_three_times():
    for method, back, weight in (("classifier", False, False), ("full", True, True)):
        kinds = {(D, D): 4 * L, (D, 4 * D): L, (4 * D, D): L}
        assert linear(method) == {(*kind, back, weight): n for kind, n in kinds.items()}


def test_loras_first_layer_needs_nothing_back_to_its_input():
    found = linear("lora")
    assert found[D, D, False, False] == 3  # queries, keys and values read what nothing trains
    assert found[D, 8, False, True] == 2 and found[8, D, True, True] == 2 * L


def test_attention_needs_two_products_a_layer_for_each_head_and_row():
    found = Counter((p.count, p.n, p.k, p.m) for p in limit.products(Pack(SMALL, "pasta")))
    assert found[2 * 12, 8, 32, 8] == found[2 * 12, 8, 8, 32] == L


def test_operations_are_two_for_each_factor_pair():
    product = limit.Product(3, 5, 7, 11, back=True, weight=False, frozen=False)
    assert product.operations == 2 * (2 * 3 * 5 * 7 * 11)


def test_a_setting_leaves_a_record_and_a_line_for_each_method(tmp_path, monkeypatch):
    monkeypatch.setattr(limit, "METHODS", ("pasta", "full"))
    store, given = Store(tmp_path), {"backbone": "minilm", "precision": "fp32", "lanes": 1}
    (line, _) = limit.run(given | {"batch_size": 2, "length": 8}, store)
    assert line.startswith("pasta minilm fp32 K=1 share 0.")
    (record,) = store.records()
    for found in record["result"]["methods"].values():
        assert found["shares"][0] > 0 and found["speed"] > 0
        assert 0.9 < sum(found["parts"].values()) < 1.5
        assert found["tokens"] == pytest.approx(16 / found["seconds"])


@pytest.mark.parametrize("bf16", [True, False])
def test_without_a_choice_both_sizes_packs_and_precisions_are_measured(bf16, monkeypatch):
    monkeypatch.setattr(limit, "has_bf16", lambda device: bf16)
    found = [(s.backbone, s.precision, s.lanes) for s in limit.settings({})]
    precisions = ["fp32", "bf16"] if bf16 else ["fp32"]
    assert found == [(b, p, k) for b in ("minilm", "base") for p in precisions for k in (1, 8)]
    assert [s.lanes for s in limit.settings({"lanes": 4, "backbone": "base"})] == [4] * len(
        precisions
    )


def test_the_report_shows_the_share_and_where_the_rest_goes(quick_store, monkeypatch):
    config = {"backbone": "minilm", "precision": "fp32", "batch_size": 16, "length": 64}
    config |= {"lanes": 8, "machine": "some processor"}
    found = {"shares": [0.7, 0.8, 0.75], "tokens": 2900.4, "gflops": 129.6, "speed": 1.1}
    found |= {"parts": {"products": 0.74, "Python": 0.02}}
    quick_store.write(limit.KIND, config, result={"methods": {"pasta": found}}, provenance={})
    cells = reporting.training_limit("quick").cells.set_index("column")["shown"]
    assert cells["products alone, of a step"] == "0.75 [0.70–0.80]"
    assert (cells["tokens a second"], cells["products, %"], cells["Python, %"]) == (
        "2,900",
        "74",
        "2",
    )


def test_the_products_alone_are_packed_on_a_cpu():
    needed = limit.products(Pack(SMALL, "pasta"))
    assert limit.alone(needed, SMALL)() > 0
    assert torch.is_grad_enabled()
