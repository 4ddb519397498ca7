"""Files are whole or absent, and what the operating system refuses is one sentence."""

import errno
from pathlib import Path

import pytest
import torch
from refusing import blocked, full_disk
from safetensors.torch import save_file

from pasta_lib import disk, paths
from pasta_lib.errors import DiskError, InputError, refusal

LONG = "x" * 5000


@pytest.fixture
def path(tmp_path):
    """A file that is there already, alone in its folder."""
    path = tmp_path / "folder" / "file.txt"
    disk.replace_text(path, "before")
    return path


def alone(path) -> bool:
    return [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_file_takes_the_place_of_the_earlier(path):
    disk.replace_text(path, "ä")
    assert path.read_bytes() == "ä".encode() and alone(path)


def tensors(size: int):
    """Write by safetensors, whose errors are not the system's."""
    return lambda partial: save_file({"a": torch.zeros(size)}, partial)


@pytest.mark.parametrize("write", [lambda file: file.write_text(LONG), tensors(5000)])
def test_on_a_full_disk_the_earlier_file_stays(path, write):
    with full_disk(), pytest.raises(DiskError) as error:
        disk.replace(path, write)
    assert str(error.value) == f"cannot write {path}: file too large."
    assert path.read_text() == "before" and alone(path)


def test_other_errors_stay_what_they_are(path):
    with pytest.raises(ZeroDivisionError):
        disk.replace(path, lambda _: 1 / 0)
    assert alone(path)


@pytest.mark.parametrize("name, reason", [("x" * 300, "file name too long"), (None, "not a dir")])
def test_what_has_no_place_is_one_sentence(tmp_path, name, reason):
    folder = tmp_path / name if name else blocked(tmp_path / "out")
    with pytest.raises(DiskError, match=f"^cannot write .*: {reason}[^\n]*[.]$"):
        disk.replace_text(folder / "file.txt", "text")


def test_what_is_refused_is_kept_where_it_can_be(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    path = blocked(tmp_path / "out") / "file.txt"
    kept = []
    for text in ("first", "second"):
        with pytest.raises(DiskError, match="not a directory; it is kept as ") as error:
            disk.replace(path, lambda file, text=text: file.write_text(text), rescue=True)
        kept.append(str(error.value).partition(" kept as ")[2][:-1])
        assert Path(kept[-1]).read_text() == text
        assert kept[-1].startswith(str(tmp_path / "cache"))


def test_where_the_cache_takes_nothing_either_it_is_kept_among_temporary_files(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(paths, "CACHE", blocked(tmp_path / "cache"))
    monkeypatch.setattr(disk.tempfile, "tempdir", str(tmp_path))
    with pytest.raises(DiskError, match=rf"kept as {tmp_path}/rescued-\w+/file.txt\.$"):
        disk.replace(
            blocked(tmp_path / "out") / "file.txt",
            lambda file: file.write_text("text"),
            rescue=True,
        )
    (kept,) = tmp_path.glob("rescued-*/file.txt")
    assert kept.read_text() == "text"
    with full_disk(3), pytest.raises(DiskError, match="/file.txt: not a directory.$"):
        disk.replace(
            blocked(tmp_path / "out") / "file.txt",
            lambda file: file.write_text("text"),
            rescue=True,
        )


def test_a_folder_is_tried_with_its_room(tmp_path):
    disk.try_out(tmp_path / "a" / "b", 5000)
    assert not any((tmp_path / "a" / "b").iterdir())
    with full_disk():
        disk.try_out(tmp_path / "a" / "b", 1000)
        with pytest.raises(DiskError, match="/a/b: file too large.$"):
            disk.try_out(tmp_path / "a" / "b", 1001)
    with pytest.raises(DiskError, match="file name too long.$"):
        disk.try_out(tmp_path / ("x" * 300))
    with pytest.raises(InputError, match="/out cannot be made: not a directory.$"):
        disk.try_out(blocked(tmp_path / "out"))


@pytest.mark.parametrize("call", ["missing", "refused"])
def test_a_system_without_the_call_is_asked_by_writing(tmp_path, monkeypatch, call):
    def refuse(*_):
        raise OSError(errno.EOPNOTSUPP, "not supported")

    if call == "missing":
        monkeypatch.delattr(disk.os, "posix_fallocate")
    else:
        monkeypatch.setattr(disk.os, "posix_fallocate", refuse)
    monkeypatch.setattr(disk, "_CHUNK", 700)
    with (tmp_path / "file").open("wb") as file:
        disk.allot(file, 1500)
    assert (tmp_path / "file").stat().st_size == 1500
    with full_disk(), pytest.raises(DiskError):
        disk.try_out(tmp_path, 1500)


def test_a_folder_is_filled_with_all_of_its_files_or_none(path):
    folder = path.parent
    with (
        full_disk(),
        pytest.raises(DiskError, match=f"cannot write {folder}: file too large."),
        disk.filled(folder, last="file.txt") as own,
    ):
        (own / "file.txt").write_text("after")
        (own / "large").write_text(LONG)
    assert path.read_text() == "before" and alone(path)
    with disk.filled(folder, last="file.txt") as own:
        (own / "file.txt").write_text("after")
        (own / "sub").mkdir()
        (own / "sub" / "large").write_text(LONG)
    assert path.read_text() == "after"
    assert sorted(str(file.relative_to(folder)) for file in folder.rglob("*")) == [
        "file.txt",
        "sub",
        "sub/large",
    ]


def test_a_cache_goes_without_what_is_refused(path):
    with full_disk():
        disk.keep(path, lambda file: file.write_text(LONG))
    assert path.read_text() == "before" and alone(path)
    path.with_name("file.1.tmp").touch()  # of a writer that was killed
    disk.keep(path, lambda file: file.write_text("after"))
    assert path.read_text() == "after" and alone(path)


def test_only_the_system_refuses():
    assert refusal(OSError(errno.EROFS, "what a library says")) == "read-only file system"
    assert refusal(Exception("No space left on device (os error 28)")) == "no space left on device"
    assert refusal(OSError("no such model")) is None
    assert refusal(ValueError("28")) is None
