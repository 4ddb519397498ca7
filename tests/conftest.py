"""Fixtures that several test files share."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # two test processes share the cores

import pytest
from hypothesis import HealthCheck, settings
from tiny import FAMILIES, tiny_model, tiny_tokenizer

from pasta_lib import paths
from pasta_lib.backbones import load_backbone
from pasta_lib.study.store import Store

FAST, SLOW = ("bert", "deberta-v2"), pytest.mark.slow

# How many cases a property test draws: a few in the fast suite, the same each time; and in the
# slow one, where each such test runs again, a thousand that are new each time.
_COMMON = {
    "deadline": None,
    "database": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}
settings.register_profile("few", max_examples=15, derandomize=True, **_COMMON)
settings.register_profile("many", max_examples=1000, print_blob=True, **_COMMON)


def pytest_configure(config):
    settings.load_profile("many" if config.option.markexpr == "slow" else "few")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    if config.option.markexpr == "slow":
        for item in items:
            if getattr(item.obj, "is_hypothesis_test", False) or item.get_closest_marker("drawn"):
                item.add_marker("slow")


@pytest.fixture(
    params=[pytest.param(name, marks=() if name in FAST else SLOW) for name in FAMILIES]
)
def family(request) -> str:
    """One of the four families: the fast suite takes the two whose attention differs most."""
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


@pytest.fixture(scope="session")
def tiny_reader(tmp_path_factory) -> str:
    """A folder with a tiny encoder that reads English: its tokenizer is MiniLM's."""
    folder, (_, tokenizer) = tmp_path_factory.mktemp("tiny") / "reader", load_backbone("minilm")
    model = tiny_model("bert", dropout=0.1)
    model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture
def quick_store(tmp_path, monkeypatch) -> Store:
    """An empty store of the profile "quick", with its figures beside it, in a temporary folder."""
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")
    monkeypatch.setattr(paths, "FIGURES", tmp_path / "figures")
    return Store(paths.runs("quick"))
