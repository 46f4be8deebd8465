"""Likeness: how common a beat's shape is nearby, and whether beats of that shape come early.

A patient may have two kinds of normal beats, as in intermittent pre-excitation: both are common and come in time.
Ventricular ectopic beats look like others that came early, and so do the P waves of supraventricular ones.
"""

import numpy as np
from jaxtyping import Float64

from ecg.usual_beat import BEFORE, QRS, normalized

P_WAVE = slice(BEFORE - 30, BEFORE - 6)
"""The part of a view where the P wave is."""

PARTS = ((QRS, 0.9), (P_WAVE, 0.8))
"""Parts of a view that are compared, and the correlation from which two are alike."""

EARLIEST = 0.5
"""How far, as a logarithm, an interval may count as early or late."""


def likeness(
    views: Float64[np.ndarray, "beat 125"],
    around: Float64[np.ndarray, "other 125"],
    deviations: Float64[np.ndarray, "other"],
) -> Float64[np.ndarray, "beat 4"]:
    """Of the QRS complex and of the P wave: the share of the beats `around` that are like it, and how early those are.

    `deviations` tell how far the interval before each of those is from the intervals around it, as a logarithm; the
    mean is taken, 0 where none is alike. A beat counts as like itself only if it is among those `around`.
    """
    early = np.clip(deviations, -EARLIEST, EARLIEST)
    columns = []
    for part, alike_from in PARTS:
        alike = normalized(views[:, part]) @ normalized(around[:, part]).T > alike_from
        counts = alike.sum(axis=1)
        columns += [counts / len(around), (alike @ early) / np.maximum(counts, 1)]
    return np.stack(columns, axis=1)
