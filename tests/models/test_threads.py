import os
import subprocess
import sys

import pytest

PROGRAM = """
import numpy as np
import torch
from threadpoolctl import threadpool_info
from models.threads import use_one_core

def threads():
    return torch.get_num_threads(), max(pool["num_threads"] for pool in threadpool_info())

before = threads()
use_one_core()
print(*before, *threads())
"""


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one core alone")
def test_torch_and_numpy_take_one_core_where_they_would_take_more():
    environment = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.split() == ["2", "2", "1", "1"]
