"""Threads: how many cores the libraries below take for one solve."""

import torch
from threadpoolctl import threadpool_limits


def use_one_core() -> None:
    """Let torch and the linear algebra of numpy and scipy work in the thread that calls them, in all of this process.

    Solves are small: two on a core each are done sooner than two on both cores, one after the other, where threads wait
    for each other longer than they work.
    """
    torch.set_num_threads(1)
    threadpool_limits(1)
