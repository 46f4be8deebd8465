import os
import subprocess
import sys

import pytest

PROGRAM = """
import numpy as np
import torch
from threadpoolctl import threadpool_info
from models.process import use_one_core
if {limited}:
    use_one_core()
print(torch.get_num_threads(), max(pool["num_threads"] for pool in threadpool_info()))
"""


def told(limited):
    program = PROGRAM.format(limited=limited)
    environment = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment)
    return done.stdout.split()


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="there is one core alone")
def test_torch_and_numpy_take_one_core_where_they_would_take_more():
    assert told(limited=False) == ["2", "2"]
    assert told(limited=True) == ["1", "1"]
