"""The derived table: it says what the records say, follows them, and can be deleted."""

import time

import pandas as pd
import pytest
from records import train
from refusing import blocked

from pasta_lib import paths
from pasta_lib.study import cache
from pasta_lib.study import store as records


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")


def kept():
    return paths.CACHE / "records" / "quick.parquet"


def test_it_says_what_the_records_say(quick_store):
    made = [train(quick_store, "rte", "pasta", score) for score in (0.5, 0.25)]
    made.append(train(quick_store, "cola", "full", 0.0, status="failed"))
    for _ in range(2):  # made, then read
        table = cache.frame("quick").set_index("key")
        assert set(table.index) == {record["key"] for record in made}
        for record in made:
            row = table.loc[record["key"]]
            assert row["status"] == record["status"]
            assert row["config.train.lr"] == 1e-3 and row["config.task"] == record["config"]["task"]
    assert table["result.metrics.accuracy"].max() == 0.25


def test_it_follows_new_changed_and_lost_records(quick_store):
    assert cache.frame("quick").empty
    first = train(quick_store, "rte", "pasta", 0.5)
    assert list(cache.frame("quick")["key"]) == [first["key"]]
    train(quick_store, "rte", "pasta", 0.75)
    second = train(quick_store, "rte", "full", 0.5)
    table = cache.frame("quick").set_index("key")
    assert table.loc[first["key"], "result.score"] == 0.75 and len(table) == 2
    quick_store.path(second["key"]).unlink()
    assert list(cache.frame("quick")["key"]) == [first["key"]]


def test_a_hand_edited_record_is_not_in_it(quick_store):
    path = quick_store.path(train(quick_store, "rte", "pasta", 0.5)["key"])
    cache.frame("quick")
    path.write_text(path.read_text().replace("0.5", "0.95"))
    assert cache.frame("quick").empty
    assert path.with_suffix(".damaged").exists()


def test_it_is_free_to_be_deleted(quick_store):
    train(quick_store, "rte", "pasta", 0.5)
    before = cache.frame("quick")
    kept().unlink()
    assert cache.frame("quick").equals(before)


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(file.read_bytes()[:-9]),
        lambda file: file.write_bytes(file.read_bytes()[:100]),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"PAR1" + bytes(100) + b"PAR1"),
        lambda file: pd.DataFrame({"other": [1]}).to_parquet(file),
    ],
)
def test_a_damaged_one_is_made_anew(quick_store, damage):
    train(quick_store, "rte", "pasta", 0.5)
    before = cache.frame("quick")
    sound = kept().read_bytes()
    damage(kept())
    assert cache.frame("quick").equals(before)
    assert kept().read_bytes() == sound


def test_where_it_cannot_be_kept_it_is_read_from_the_records(quick_store, tmp_path, monkeypatch):
    train(quick_store, "rte", "pasta", 0.5)
    before = cache.frame("quick")
    monkeypatch.setattr(paths, "CACHE", blocked(tmp_path / "cache"))
    assert cache.frame("quick").equals(before)


@pytest.mark.slow
def test_eighty_thousand_records_are_read_in_three_seconds(quick_store, monkeypatch):
    monkeypatch.setattr(records.os, "fsync", lambda _: None)  # of the disk, not of the reader
    for seed in range(80_000):
        train(quick_store, "rte", "pasta", 0.5, seed, made={"packages": {}, "hardware": {}})
    assert len(cache.frame("quick")) == 80_000
    started = time.perf_counter()
    assert len(cache.frame("quick")) == 80_000
    assert time.perf_counter() - started < 3
