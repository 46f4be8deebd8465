"""Memory: what the C library does with what a solve has freed."""

import ctypes

MMAP_THRESHOLD, TRIM_THRESHOLD, ARENA_MAX = -3, -1, -8
"""The options' numbers in glibc's malloc.h."""

LARGEST_KEPT = 32 * 2**20
MOST_KEPT = 512 * 2**20
ARENAS = 1
"""One heap for all threads. By default there are eight a core, and each would keep what its threads have freed."""


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
