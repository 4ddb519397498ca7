"""bf16 where the hardware multiplies in it; elsewhere fp32, and one sentence about it."""

from contextlib import nullcontext
from pathlib import Path

import pytest
import torch

from pasta_lib import precision
from pasta_lib.precision import computed_in, has_bf16

CPU, CPUINFO = torch.device("cpu"), Path("/proc/cpuinfo")


@pytest.fixture(autouse=True)
def nothing_said_yet():
    precision._say.cache_clear()


@pytest.mark.parametrize(
    ("can", "has"),
    [
        ({"avx2": True, "avx512_f": False}, False),
        ({"avx2": True, "avx512_f": True, "amx_int8": True, "amx_tile": True}, False),
        ({"avx512_f": True, "avx512_bf16": True, "amx_bf16": False}, True),
        ({"avx512_f": True, "avx512_bf16": False, "amx_bf16": True}, True),
        ({"architecture": "aarch64", "neon": True, "bf16": True}, False),
    ],
)
def test_a_cpu_has_bf16_by_avx512_or_amx(can, has, monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: can)
    assert has_bf16(CPU) is has


@pytest.mark.skipif(not CPUINFO.exists(), reason="only Linux lists a CPU's flags in a file")
def test_this_cpu_has_it_if_the_kernel_lists_its_flag():
    flags = set(CPUINFO.read_text().split())
    assert "fpu" in flags or "Features" in flags
    assert has_bf16(CPU) is bool({"avx512_bf16", "amx_bf16"} & flags)


def test_a_gpu_that_emulates_bf16_does_not_have_it(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device", lambda device: nullcontext())
    for native in (False, True):
        monkeypatch.setattr(
            torch.cuda,
            "is_bf16_supported",
            lambda including_emulation=True, native=native: native or including_emulation,
        )
        assert has_bf16(torch.device("cuda:0")) is native


def test_no_other_device_has_it(monkeypatch):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": True})
    assert not has_bf16(torch.device("mps"))


@pytest.mark.parametrize(
    ("asked", "has", "used"),
    [
        ("bf16", True, "bf16"),
        ("bf16", False, "fp32"),
        ("fp32", True, "fp32"),
        ("fp32", False, "fp32"),
    ],
)
def test_only_what_is_asked_and_there_is_used(asked, has, used, monkeypatch, caplog):
    monkeypatch.setattr(precision, "has_bf16", lambda device: has)
    assert [computed_in(asked, "cpu"), computed_in(asked, CPU)] == [used, used]
    said = "bf16 was asked for, but this CPU has no instructions for it: fp32 is used."
    assert [entry.getMessage() for entry in caplog.records] == ([] if asked == used else [said])
