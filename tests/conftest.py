"""Fixtures that several test files share."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two test processes share the cores

import pytest
from tiny import FAMILIES, tiny_model, tiny_tokenizer

from pasta_lib import paths
from pasta_lib.study.store import Store


@pytest.fixture(params=FAMILIES)
def family(request) -> str:
    return request.param


@pytest.fixture
def model(family):
    return tiny_model(family)


@pytest.fixture
def tokenizer(family):
    return tiny_tokenizer(family)


@pytest.fixture
def pairs(tokenizer) -> dict:
    """Three pairs of different lengths, padded."""
    first, second = ["w5 w6 w7", "w8", "w9 w10"], ["w11 w12", "w13 w14 w15 w16", "w17"]
    return dict(tokenizer(first, second, padding=True, return_tensors="pt"))


@pytest.fixture(scope="session")
def tiny_backbone(tmp_path_factory) -> str:
    """A folder with a tiny encoder and its tokenizer: what MiniLM takes seconds for takes none."""
    folder = tmp_path_factory.mktemp("tiny") / "backbone"
    tiny_model("bert", dropout=0.1).save_pretrained(folder)
    tiny_tokenizer("bert").save_pretrained(folder)
    return str(folder)


@pytest.fixture
def quick_store(tmp_path, monkeypatch) -> Store:
    """An empty store of the profile "quick", with its figures beside it, in a temporary folder."""
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")
    monkeypatch.setattr(paths, "FIGURES", tmp_path / "figures")
    return Store(paths.runs("quick"))
