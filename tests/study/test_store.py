"""Records are whole or absent, found by what was asked for, and set aside when touched."""

import json
import os
import socket

import pytest

from pasta_lib.study import store as records
from pasta_lib.study.store import Store

CONFIG = {"method": "pasta", "train": {"lr": 1e-3, "seed": 1}}


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path)


def test_a_record_is_read_back_as_written(store):
    written = store.write("train", CONFIG, result={"score": 0.5, "norms": [(1.0, 2.0)]})
    assert store.get(records.key("train", CONFIG)) == written
    assert written["result"]["norms"] == [[1.0, 2.0]]
    assert store.records("train") == [written]
    assert store.records("speed") == []


def test_the_key_follows_content_not_order():
    shuffled = {"train": {"seed": 1, "lr": 0.001}, "method": "pasta"}
    assert records.key("train", CONFIG) == records.key("train", shuffled)
    other = CONFIG | {"method": "full"}
    keys = {records.key("train", CONFIG), records.key("speed", CONFIG), records.key("train", other)}
    assert len(keys) == 3


def test_a_later_record_takes_the_place_of_the_earlier(store):
    store.write("train", CONFIG, status="failed", error="Traceback …")
    store.write("train", CONFIG, result={"score": 1.0})
    assert [record["status"] for record in store.records()] == ["done"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace("0.5", "0.9"),
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: json.dumps({"checksum": "x"}),
    ],
)
def test_a_damaged_record_is_set_aside_neither_used_nor_deleted(store, damage, caplog):
    path = store.path(store.write("train", CONFIG, result={"score": 0.5})["key"])
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert store.records() == []
    assert not path.exists() and path.with_suffix(".damaged").exists()
    assert str(path) in caplog.text


def test_files_are_listed_in_the_order_of_their_keys_and_tell_a_change(store):
    made = [store.write("train", {"seed": seed}) for seed in range(20)]
    before = store.files()
    assert [key for key, _, _ in before] == sorted(record["key"] for record in made)
    path = store.path(made[7]["key"])
    path.write_text(path.read_text() + " ")
    changed = set(store.files()) - set(before)
    assert [key for key, _, _ in changed] == [made[7]["key"]]


def test_only_dead_writers_leftovers_are_removed(store):
    folder = store.path("ab").parent
    folder.mkdir()
    dead, host = 2**22 + 1, socket.gethostname()  # over the largest process id of Linux
    names = {f"k.{host}.{dead}.tmp": False, f"k.{host}.{os.getpid()}.tmp": True}
    names[f"k.elsewhere.{dead}.tmp"] = True
    for name in names:
        (folder / name).touch()
    assert store.clear_dead_writers() == 1
    assert {path.name for path in folder.iterdir()} == {n for n, kept in names.items() if kept}
