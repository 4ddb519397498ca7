"""Where nobody names a device, a GPU that PyTorch cannot use is named, with the way out."""

import re
import sys
from types import SimpleNamespace

import pytest
import torch
from tqdm.auto import tqdm

from pasta_lib.errors import InputError
from pasta_lib.study.device import chosen_device, default_device
from pasta_lib.study.runs.workers import execute
from pasta_lib.study.store import Store

H100 = "echo 'GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-5c89)'"
BROKEN = "echo 'NVIDIA-SMI has failed because it could not reach the driver.'; exit 9"


class Job:
    key = "0"

    def run(self, store, place) -> list[dict]:
        return [{"device": place.device}]


WORK = (Job(), Job())


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Return what puts an `nvidia-smi` of these lines on a machine whose PyTorch sees no GPU."""
    asked = tmp_path / "asked"
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    default_device.cache_clear()

    def make(lines: str):
        (tmp_path / "nvidia-smi").write_text(f'#!/bin/sh\necho "$@" >>{asked}\n{lines}\n')
        (tmp_path / "nvidia-smi").chmod(0o755)
        return lambda: asked.read_text().splitlines() if asked.exists() else []

    yield make
    default_device.cache_clear()


def start(tmp_path, device=None, jobs=WORK) -> list[str]:
    """Return the devices that the jobs of one start ran on."""
    made = execute(jobs, Store(tmp_path / "runs"), data=None, device=device, workers=1)
    return [record["device"] for records in made for record in records]


def test_an_idle_gpu_is_named_once_with_the_way_out(machine, tmp_path, capsys):
    asked = machine(H100)
    assert start(tmp_path) == start(tmp_path) == ["cpu", "cpu"]
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "NVIDIA H100 80GB HBM3" in said and torch.__version__ in said
    way_out = "-m uv pip install --torch-backend=auto --reinstall-package torch torch==2."
    assert f"{sys.executable} {way_out}" in said and "--device cpu" in said
    assert asked() == ["-L"]


@pytest.mark.parametrize("lines", [BROKEN, "exit 0"])
def test_without_a_gpu_nothing_is_said(machine, lines, capsys):
    machine(lines)
    assert default_device() == "cpu"
    assert capsys.readouterr().err == ""


def test_without_a_driver_nothing_is_said(machine, capsys):
    assert default_device() == "cpu"
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_hidden_gpus_are_not_missed(machine, hidden, monkeypatch, capsys):
    machine(H100)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert default_device() == "cpu"
    assert capsys.readouterr().err == ""


def test_a_named_device_or_no_work_asks_nothing(machine, tmp_path, capsys):
    asked = machine(H100)
    assert start(tmp_path, device="cpu") == ["cpu", "cpu"]
    assert start(tmp_path, jobs=()) == []
    assert capsys.readouterr().err == "" and not asked()


def test_a_gpu_that_works_is_taken_silently(machine, tmp_path, monkeypatch, capsys):
    asked = machine(H100)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert start(tmp_path) == ["cuda", "cuda"]
    assert capsys.readouterr().err == "" and not asked()


@pytest.mark.parametrize("device, notes", [(None, 1), ("cpu", 0)])
def test_workers_are_offered_no_gpu_that_pytorch_cannot_use(
    machine, tmp_path, device, notes, monkeypatch, capsys
):
    machine(H100)

    class Offered(BaseException):  # no start of Ray's that failed: nobody tries again
        pass

    def init(*_, **resources):
        raise Offered(resources["num_gpus"])

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(init=init))
    with pytest.raises(Offered, match="^0$"):
        list(execute(WORK, Store(tmp_path), data=None, device=device, workers=2))
    assert capsys.readouterr().err.count("note:") == notes


def test_the_note_has_a_line_of_its_own_beside_a_progress_bar(machine, capsys):
    machine(H100)
    with tqdm(total=1):
        default_device()
    (line,) = (line for line in re.split("[\r\n]", capsys.readouterr().err) if "H100" in line)
    assert line.startswith("note: ") and line.endswith("ends this note.")


@pytest.mark.parametrize("gpus, device", [(0, "cuda"), (0, "cuda:0"), (1, "cuda:1"), (1, "tpu")])
def test_a_device_that_is_not_there_is_refused(gpus, device, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    found = "cpu, cuda, cuda:0$" if gpus else "cpu$"
    with pytest.raises(InputError, match=f"no device '{device}' here: PyTorch .* finds {found}"):
        chosen_device(device)
    assert chosen_device("cpu") == "cpu" and (not gpus or chosen_device("cuda:0") == "cuda:0")
