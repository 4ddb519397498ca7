"""Records are whole or absent, found by what was asked for, and set aside when touched."""

import json
import os
import shutil
import socket
import threading

import pytest
from fuzzing import drawn, holds
from hypothesis import strategies as st
from refusing import full_disk

from pasta_lib import disk, paths
from pasta_lib.errors import DiskError, InputError
from pasta_lib.study import store as records
from pasta_lib.study.store import Store

DEAD = 2**22 + 1  # over the largest process id of Linux
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


def seal(store, **parts):
    """Write a record whose `parts` are changed, under a sound checksum; ... takes one away."""
    record = store.write("train", CONFIG, result={"score": 0.5}) | parts
    body = {n: v for n, v in record.items() if v is not ... and n != "checksum"}
    path = store.path(record["key"])
    path.write_text(json.dumps(body | {"checksum": records._sha256(body)}), encoding="utf-8")
    return path


@pytest.mark.parametrize("part", ["kind", "config", "status", "result", "provenance", "seconds"])
@pytest.mark.parametrize("value", [..., ["odd"]], ids=["missing", "a list"])
def test_a_record_that_lacks_a_part_is_set_aside(store, part, value, caplog):
    path = seal(store, **{part: value})
    assert store.records("train") == []
    assert path.with_suffix(".damaged").exists()
    assert f"its {part} is missing, or not what a record says there" in caplog.text


def test_an_unknown_status_is_set_aside(store, caplog):
    seal(store, status="fine")
    assert store.records() == [] and "its status is missing" in caplog.text


@pytest.mark.parametrize("schema", [2, "1", ...])
def test_a_record_of_another_format_is_passed_over_and_left(store, schema, caplog):
    path = seal(store, schema=schema)
    assert store.records() == [] and path.exists()
    assert "is passed over: its format is " in caplog.text


def test_a_record_in_a_folder_of_another_key_does_not_count_again(store, caplog):
    path = store.path(store.write("train", CONFIG)["key"])
    (store.folder / "zz").mkdir()
    shutil.copy(path, store.folder / "zz")
    assert len(store.records()) == 1
    assert f"it belongs into the folder {path.parent.name}" in caplog.text


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
    host = socket.gethostname()
    names = {f"k.{host}.{DEAD}.tmp": False, f"k.{host}.{os.getpid()}.tmp": True}
    names[f"k.elsewhere.{DEAD}.tmp"] = True
    names |= {"k.tmp": True, f"k.{host}.tmp": True, f"k.{host}.x.tmp": True}  # none of ours
    for name in names:
        (folder / name).touch()
    assert store.clear_dead_writers() == 1
    assert {path.name for path in folder.iterdir()} == {n for n, kept in names.items() if kept}


@pytest.mark.parametrize("host", ["n1.cluster.local", "127.0.0.1", "n1.5", "x" * 255])
def test_a_host_may_have_any_name(store, monkeypatch, host):
    monkeypatch.setattr(socket, "gethostname", lambda: host)
    monkeypatch.setattr(os, "getpid", lambda: DEAD)
    with store.running(["ab12"]):
        (mark,) = store.folder.rglob("*.running")
        left = mark.rename(mark.with_suffix(".left"))
    left.rename(mark)
    assert store.at_work() == set() and store.clear_dead_writers() == 1
    monkeypatch.setattr(os, "getpid", os.getppid)
    with store.running(["ab12"]):
        assert store.at_work() == {"ab12"} and store.clear_dead_writers() == 0
    for kind in ("tmp", "running"):  # as they were named before
        (store.folder / "ab" / f"ab12.{host[:100]}.{DEAD}.{kind}").touch()
    assert store.clear_dead_writers() == 2


def test_another_hosts_marks_are_left_alone_though_its_name_ends_alike(store, monkeypatch):
    monkeypatch.setattr(socket, "gethostname", lambda: "local")
    (store.folder / "ab").mkdir()
    (store.folder / "ab" / f"ab12.n1.cluster.local.{DEAD}.running").touch()
    assert store.at_work() == {"ab12"} and store.clear_dead_writers() == 0


def test_a_record_that_is_refused_is_kept_elsewhere(store, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    path = store.path(records.key("train", CONFIG))
    path.parent.touch()
    with pytest.raises(
        DiskError, match=f"^cannot write {path}: .*; it is kept as .*/{path.name}.$"
    ):
        store.write("train", CONFIG, result={"score": 0.5})
    path.parent.unlink()
    path.parent.mkdir()
    (kept,) = (tmp_path / "cache").rglob("*.json")
    kept.rename(path)
    assert store.get(path.stem)["result"] == {"score": 0.5}


def test_a_full_disk_is_met_before_the_work(store):
    with (
        full_disk(),
        pytest.raises(DiskError, match="cannot write .*: file too large."),
        store.running(["ab12"]),
    ):
        pytest.fail("went to work")
    assert not list(store.folder.rglob("*.running"))


def test_a_file_in_the_stores_place_is_bad_input(tmp_path):
    (tmp_path / "runs").touch()
    with (
        pytest.raises(InputError, match="/runs cannot be made: file exists."),
        Store(tmp_path / "runs").running(["ab12"]),
    ):
        pytest.fail("went to work")


def test_a_damaged_record_that_cannot_be_set_aside_counts_as_none(store, caplog):
    path = store.path(store.write("train", CONFIG)["key"])
    path.write_text("{")
    (path.with_suffix(".damaged") / "x").mkdir(parents=True)  # in the way, also of root
    assert store.get(path.stem) is None and store.records() == []
    assert "left there: " in caplog.text and path.exists()


def test_half_a_character_stops_no_record(store):
    written = store.write("train", CONFIG, status="failed", error="no file a\udcff")
    assert store.get(written["key"]) == written
    assert written["error"] == "no file a?"
    assert records.key("train", {"backbone": "a\udcff"})


@pytest.fixture
def quick_disk(monkeypatch):
    """Files that are not waited for: no test of this can pull the plug."""
    monkeypatch.setattr(disk.os, "fsync", lambda _: None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
RESULTS = st.dictionaries(st.text(), JSON, max_size=3)


@drawn
def test_any_part_of_a_record_is_none_and_any_change_in_it_is_seen(store, quick_disk, monkeypatch):
    monkeypatch.setattr(records._log, "warning", lambda *_: None)

    def check(result, cut, place, byte):
        written = store.write("train", CONFIG, result=result)
        path = store.path(written["key"])
        whole = path.read_bytes()
        path.write_bytes(whole[: cut % len(whole)])
        assert store.get(path.stem) is None and not path.exists()
        changed = bytearray(whole)
        changed[place % len(whole)] = byte
        path.write_bytes(changed)
        assert store.get(path.stem) in (None, written)
        assert store.write("train", CONFIG, result=result) == written == store.get(path.stem)

    byte, place = st.integers(0, 255), st.integers(0, 10**6)
    holds(check, result=RESULTS, cut=place, place=place, byte=byte)


HOSTS = st.text("ab.-1", min_size=1, max_size=12)
STEPS = st.lists(
    st.tuples(st.booleans(), st.sampled_from(["write", "die", "run and die"]), RESULTS), max_size=6
)


@drawn
def test_any_two_writers_leave_the_last_whole_record_and_clear_up_after_themselves(
    store, quick_disk, monkeypatch
):
    def check(hosts, dead, steps):
        shutil.rmtree(store.folder)
        store.folder.mkdir()
        key, last, left = records.key("train", CONFIG), None, {"tmp": [], "running": []}

        def become(second):
            monkeypatch.setattr(socket, "gethostname", lambda: hosts[second])
            monkeypatch.setattr(records.os, "getpid", lambda: DEAD if dead[second] else 1)

        for second, step, result in steps:
            become(second)
            if step == "write":
                last = store.write("train", CONFIG, result=result)
            else:  # by kill -9: no clean-up
                kind = "tmp" if step == "die" else "running"
                file = records._own(store.path(key), kind)
                file.parent.mkdir(exist_ok=True)
                file.write_bytes(json.dumps(result).encode()[: len(result)])
                left[kind].append((hosts[second], dead[second]))
            assert store.get(key) == last
            assert store.records() == ([last] if last else [])
        become(False)
        mine = {kind: [gone for host, gone in of if host == hosts[0]] for kind, of in left.items()}
        running = len(left["running"]) - sum(mine["running"])
        assert store.at_work() == ({key} if running else set())
        assert store.clear_dead_writers() == sum(map(sum, mine.values()))
        assert len(list(store.folder.rglob("*.running"))) == running
        assert store.get(key) == last

    pairs = st.tuples(HOSTS, HOSTS), st.tuples(st.booleans(), st.booleans())
    holds(check, hosts=pairs[0], dead=pairs[1], steps=STEPS)


def test_writers_and_readers_at_once_never_meet_half_a_record(store, quick_disk):
    key, seen = records.key("train", CONFIG), []

    def write(name):
        for number in range(50):
            with store.running([key]):
                store.write("train", CONFIG, result={"name": name, "number": number})
            seen.append(store.get(key))

    threads = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 100 and all(record["result"]["name"] in "ab" for record in seen)
    assert [file.name for file in store.path(key).parent.iterdir()] == [f"{key}.json"]


def test_labels_are_kept_once_and_named_by_their_content(store):
    name = store.keep_gold({"labels": "0 1 1"})
    assert store.keep_gold({"labels": "0 1 1"}) == name != store.keep_gold({"labels": "0 1 0"})
    assert store.gold(name) == {"labels": "0 1 1"}
    assert store.records() == [] and len([*store.folder.glob("gold/*")]) == 2
    (store.folder / "gold" / f"{name}.json").write_text('{"labels": "1 1 1"}', encoding="utf-8")
    assert store.gold(name) is None and store.gold("elsewhere") is None
