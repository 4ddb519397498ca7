"""Memory stays with a process that trains: looked at from outside, in processes of their own."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource, sys, torch
from pasta_lib.study import heap
if sys.argv[1] == "kept":
    heap.keep()
for _ in range(3):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(25_000_000)  # 100 MB
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(how):
    done = subprocess.run(
        [sys.executable, "-c", FAULTS, how], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc can be told")
def test_a_tensor_of_the_size_of_one_before_finds_its_pages():
    assert faults("kept") < 500
    assert faults("by itself") > 1_000  # else there is nothing to gain here
