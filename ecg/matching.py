"""Matching: which annotated beat an R peak that was found is."""

import numpy as np
from jaxtyping import Int64

from ecg.labels import LABELS, label_of
from ecg.recording import Annotations

MATCH_SECONDS = 0.15
"""How far a found R peak may be from the annotation of its beat (ANSI/AAMI EC57)."""


def labels_at(peaks: Int64[np.ndarray, "beat"], annotations: Annotations, fs: float) -> Int64[np.ndarray, "beat"]:
    """The label of the nearest annotated beat within 150 ms, as an index of `LABELS`; -1 where there is none."""
    marked = [(s, label_of(c)) for s, c in zip(annotations.samples.tolist(), annotations.symbols, strict=True)]
    samples = np.array([sample for sample, label in marked if label], dtype=np.int64)
    labels = np.array([LABELS.index(label) for _, label in marked if label], dtype=np.int64)
    if not len(samples):
        return np.full(len(peaks), -1)
    after = np.clip(np.searchsorted(samples, peaks), 1, max(len(samples) - 1, 1))
    before = after - 1
    after = np.minimum(after, len(samples) - 1)
    nearest = np.where(np.abs(peaks - samples[before]) <= np.abs(samples[after] - peaks), before, after)
    near = np.abs(peaks - samples[nearest]) <= MATCH_SECONDS * fs
    return np.where(near, labels[nearest], -1)
