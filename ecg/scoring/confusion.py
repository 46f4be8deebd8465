"""The confusion matrix: how often a reference class was paired with a class of the test annotator."""

from functools import cache

import numpy as np
from jaxtyping import Int64

from ecg.scoring.classes import CLASSES

Confusion = Int64[np.ndarray, "7 7"]
"""A row for each class of the reference, a column for each of the test annotator, both in the order of `CLASSES`."""

Cells = tuple[str, str]
"""Some cells: the classes of their rows, and those of their columns in small letters, as the standard writes them."""


def places(classes: str) -> list[int]:
    """Where classes have their rows and columns."""
    return ["".join(CLASSES).index(name) for name in classes.upper()]


def count(confusion: Confusion, cells: Cells) -> int:
    """The pairs in some cells: `("V", "nsfq")` are the ventricular beats that were found and called something else."""
    return int(counts(confusion, cells))


def counts(confusions: Int64[np.ndarray, "*recordings 7 7"], cells: Cells) -> Int64[np.ndarray, "*recordings"]:
    """The same of many matrices."""
    return np.asarray(confusions.reshape(*confusions.shape[:-2], len(CLASSES) ** 2) @ _chosen(cells))


@cache  # intervals count the same cells thousands of times
def _chosen(cells: Cells) -> Int64[np.ndarray, "49"]:
    """1 for each of the cells, 0 for all others."""
    chosen = np.zeros((len(CLASSES), len(CLASSES)), dtype=np.int64)
    chosen[np.ix_(places(cells[0]), places(cells[1]))] = 1
    return chosen.ravel()


def with_sveb_as_normal(confusion: Confusion) -> Confusion:
    """The same pairs, for a comparison that does not distinguish supraventricular ectopic beats from normal ones."""
    merged = confusion.copy()
    normal, ectopic = places("NS")
    for matrix in (merged, merged.T):
        matrix[normal] += matrix[ectopic]
        matrix[ectopic] = 0
    return merged
