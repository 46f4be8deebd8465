"""Likeness: how common a beat's shape is nearby, and whether beats of that shape come early.

A patient may have two kinds of normal beats, as in intermittent pre-excitation: both are common and come in time.
Ventricular ectopic beats look like others that came early, and so do the P waves of supraventricular ones. Where a run
of these lasts for minutes they come in time with each other, but faster than beats with another P wave, and the first
and the last of them have a neighbour whose P wave is not theirs.
"""

import numpy as np
from jaxtyping import Bool, Float64

from ecg.context.usual_beat import BEFORE, QRS, normalized

P_WAVE = slice(BEFORE - 30, BEFORE - 6)
"""The part of a view where the P wave is."""

PARTS = ((QRS, 0.9), (P_WAVE, 0.8))
"""Parts of a view that are compared, and the correlation from which two are alike."""

EARLIEST = 0.5
"""How far, as a logarithm, an interval may count as early or late."""

MEASURES = 3
"""The numbers of each part."""

TO_EITHER_SIDE = 2
"""Neighbours that a P wave is held against."""


def likeness(
    views: Float64[np.ndarray, "beat 125"],
    around: Float64[np.ndarray, "other 125"],
    deviations: Float64[np.ndarray, "other"],
    intervals: Float64[np.ndarray, "other"],
) -> Float64[np.ndarray, "beat 6"]:
    """Of the QRS complex and of the P wave: the share of the beats `around` that are like it, how early and how fast.

    `deviations` are how far the interval before each of those is from the intervals around it, as a logarithm; the
    mean is taken. How fast they are is the mean logarithm of their `intervals`, in seconds, NaN where unknown, less
    that of the others. Both are 0 where there are none. A beat counts as like itself only if it is among those
    `around`.
    """
    early = np.clip(deviations, -EARLIEST, EARLIEST)
    known = np.isfinite(intervals)
    pace = np.where(known, np.log(np.where(known, intervals, 1.0)), 0.0)
    columns = []
    for part, alike_from in PARTS:
        alike = normalized(views[:, part]) @ normalized(around[:, part]).T > alike_from
        counts = alike.sum(axis=1)
        columns += [counts / len(around), (alike @ early) / np.maximum(counts, 1), _difference(alike, known, pace)]
    return np.stack(columns, axis=1)


def _difference(
    alike: Bool[np.ndarray, "beat other"], known: Bool[np.ndarray, "other"], values: Float64[np.ndarray, "other"]
) -> Float64[np.ndarray, "beat"]:
    """The mean of the known values of those that are alike, less that of those that are not; 0 without either."""
    counts, sums = alike @ known.astype(np.float64), alike @ values
    others, of_others = known.sum() - counts, values.sum() - sums
    both = (counts > 0) & (others > 0)
    return np.where(both, sums / np.maximum(counts, 1) - of_others / np.maximum(others, 1), 0.0)


def p_waves_beside(views: Float64[np.ndarray, "beat 125"], later: int) -> Float64[np.ndarray, "beat 4"]:
    """How unlike a beat's P wave those of its neighbours are: 1 less the correlation, of two before and two after.

    NaN beyond the ends, of all but `later` beats after it, and where a lead is flat.
    """
    shapes = normalized(views[:, P_WAVE])
    shapes[np.ptp(views[:, P_WAVE], axis=1) == 0] = np.nan
    unlike = np.full((len(views), 2 * TO_EITHER_SIDE), np.nan)
    for away in range(1, TO_EITHER_SIDE + 1):
        apart = 1 - (shapes[away:] * shapes[:-away]).sum(axis=1)
        unlike[away:, TO_EITHER_SIDE - away] = apart
        if away <= later:
            unlike[:-away, TO_EITHER_SIDE + away - 1] = apart
    return unlike
