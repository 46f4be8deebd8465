"""Shapes: what the signal looks like around a peak, and which shapes were seen before."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float64

BEFORE, AFTER = 0.1, 0.3
"""Seconds around a peak."""

Shape = Float64[np.ndarray, "lead sample"]
ShapeAt = Callable[[int], Shape]


def normalized(around: Float64[np.ndarray, "lead sample"]) -> Shape:
    """Each lead less its mean, and of length 1, so that a product of two is their correlation."""
    shape = around - around.mean(axis=1, keepdims=True)
    return np.asarray(shape / np.maximum(np.linalg.norm(shape, axis=1, keepdims=True), 1e-9))


def likeness(shape: Shape, known: Sequence[Shape]) -> Float64[np.ndarray, "lead"]:
    """The correlation, in each lead, with the one that it is most like; 0 where none is known."""
    if not known:
        return np.zeros(len(shape))
    return np.asarray(np.einsum("slt,lt->sl", np.array(known), shape).max(axis=0))
