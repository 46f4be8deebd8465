import os
import platform
import subprocess
import sys

import pytest

MEMORY = """
import resource
import torch
from models.process import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        arrays = [torch.zeros(2**20) for _ in range(10)]
        del arrays
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
before = faults()
keep_freed_memory()
faults()
print(before, faults())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is a setting of glibc")
def test_what_was_freed_is_used_again_without_page_faults():
    done = subprocess.run([sys.executable, "-c", MEMORY], capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    before, kept = map(int, done.stdout.split())
    assert kept < max(0.05 * before, 1)


CORES = """
import numpy as np
import torch
from threadpoolctl import threadpool_info
from models.process import use_one_core

def threads():
    return torch.get_num_threads(), max(pool["num_threads"] for pool in threadpool_info())

before = threads()
use_one_core()
print(*before, *threads())
"""


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one core alone")
def test_torch_and_numpy_take_one_core_where_they_would_take_more():
    environment = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", CORES], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == ["2", "2", "1", "1"]
