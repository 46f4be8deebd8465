"""Gaps: samples that a file left out, as NaN between those that it holds."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float32, Int64

from ecg.source import BLOCK


def spread(
    block: Float32[np.ndarray, "lead sample"], places: Int64[np.ndarray, "sample"], start: int
) -> Iterator[Float32[np.ndarray, "lead other"]]:
    """The samples at their places, which grow, from `start` on, in blocks of bounded size; what is between is NaN."""
    if len(places) and places[-1] - start + 1 == len(places):
        yield block
        return
    stop = int(places[-1]) + 1 if len(places) else start
    for first in range(start, stop, BLOCK):
        length = min(BLOCK, stop - first)
        begin, end = np.searchsorted(places, [first, first + length])
        piece = np.full((len(block), length), np.nan, np.float32)
        piece[:, places[begin:end] - first] = block[:, begin:end]
        yield piece
