"""The process: how the libraries below, and Python itself, use its cores and its memory."""

import ctypes
import gc
import os
import sys

import torch
from threadpoolctl import threadpool_limits

MMAP_THRESHOLD, TRIM_THRESHOLD, ARENA_MAX = -3, -1, -8
"""The options' numbers in glibc's malloc.h."""

LARGEST_KEPT = 32 * 2**20
MOST_KEPT = 512 * 2**20
ARENAS = 1
"""One heap for all threads. By default there are eight a core, and each would keep what its threads have freed."""

KERNELS = {"ONEDNN_PRIMITIVE_CACHE_CAPACITY": "256"}
"""How many of its kernels oneDNN keeps, which convolves for torch. It makes some for each size of a batch, and would
keep 1,024; a worker meets every size, and would grow bit by bit. Whoever sets the variable has the last word
(https://uxlfoundation.github.io/oneDNN/dev_guide_primitive_cache.html)."""

SWITCH_SECONDS = 0.0003

NEW_OBJECTS = 10_000
"""So many more than went there must be before Python looks among them for garbage, which most requests leave none of:
by its own threshold (700 in 3.11) it would look again after each few of them."""


def use_one_core() -> None:
    """Let torch and the linear algebra of numpy and scipy work in the thread that calls them, in all of this process.

    Solves are small: two on a core each are done sooner than two on both cores, one after the other, where threads wait
    for each other longer than they work.
    """
    torch.set_num_threads(1)
    threadpool_limits(1)


def keep_freed_memory() -> None:
    """Let this process keep up to 512 MiB that it has freed, for what it allocates next.

    A solve makes hundreds of arrays of a few MiB each. By default glibc hands each back to the system, and every new
    one costs a page fault a 4 KiB page. Where the C library is another one, nothing is changed.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    mallopt(MMAP_THRESHOLD, LARGEST_KEPT)
    mallopt(TRIM_THRESHOLD, MOST_KEPT)
    mallopt(ARENA_MAX, ARENAS)


def keep_few_kernels() -> None:
    """Bound the kernels that oneDNN keeps in processes that begin after this: it reads them when torch is loaded."""
    for name, value in KERNELS.items():
        os.environ.setdefault(name, value)


def collect_rarely() -> None:
    """Keep what is there now out of the search for garbage: to look through all of it again and again stops answers."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS)


def switch_soon() -> None:
    """Let an event loop have its turn soon where threads beside it work on recordings: workers wait for it."""
    sys.setswitchinterval(SWITCH_SECONDS)
