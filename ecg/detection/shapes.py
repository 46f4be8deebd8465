"""Shapes: what the signals look like around a candidate, and how much that is like others."""

from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float64

BEFORE, AFTER = 0.2, 0.16
"""Seconds around a candidate; of those after it no more than have come when it is judged, in whatever pieces."""

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


def mutual_likeness(shapes: Sequence[Shape]) -> list[float]:
    """The correlation of each with the other that it is most like, in the lead where that is most."""
    others = [[*shapes[:n], *shapes[n + 1 :]] for n in range(len(shapes))]
    return [float(likeness(shape, known).max()) for shape, known in zip(shapes, others, strict=True)]
