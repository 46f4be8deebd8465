"""The baseline: the slow line under the beats, of breathing and electrodes, and the signal without it."""

import numpy as np
from jaxtyping import Float, Float64
from scipy.ndimage import median_filter

from ecg.signal.resampling import BEAT_FS

EVERY = 5
"""Samples that one of the baseline stands for: at 25 Hz there is nothing of it that is missed."""

QRS_AND_P, T_WAVE = 0.2, 0.6
"""Seconds of two running medians: the first takes P waves and QRS complexes away, the second T waves."""


def without_baseline(signal: Float[np.ndarray, "sample"]) -> Float64[np.ndarray, "sample"]:
    """The signal, at 125 Hz, less its baseline: two running medians (de Chazal et al. 2004, section II-B)."""
    blocks = len(signal) // EVERY
    if not blocks:
        return np.zeros(len(signal))
    slow = np.asarray(signal[: blocks * EVERY], dtype=np.float64).reshape(blocks, EVERY).mean(axis=1)
    for seconds in (QRS_AND_P, T_WAVE):
        slow = median_filter(slow, round(seconds * BEAT_FS / EVERY), mode="nearest")
    places = np.arange(blocks) * EVERY + EVERY // 2
    return np.asarray(signal - np.interp(np.arange(len(signal)), places, slow))
