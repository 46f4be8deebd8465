"""Signal quality: whether a beat can be judged by what was recorded of it.

Each beat is looked at as it was cut, in mV at 125 Hz, and gets the first of these that holds:

    gap         part of it was not recorded
    cut_off     the recording ends within it
    flutter     it is one of the waves of what looks like ventricular flutter or fibrillation
    flat        nothing moves
    saturated   the amplifier stood at its limit
    baseline    the line under it moves more than the beat
    noisy       too much of it is noise
    good        none of these: the only beats that are classified
"""

from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

Quality = Literal["good", "gap", "cut_off", "flutter", "flat", "saturated", "baseline", "noisy"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)

FLAT_MV = 0.05
"""Less from lowest to highest is no beat, whatever the lead."""

RAIL_SECONDS = 0.06
"""So long at the very highest or lowest value no wave stays by itself."""
RAIL_SHARE = 0.002
"""Of the whole range: what counts as the same value, after resampling."""

BASELINE_RATIO = 2.0
"""Of the drift from one end to the other to what is left without it."""

NOISE_SHARE = 0.05
"""Of the range: the standard deviation of noise beyond which waves can no longer be told."""


def judge_signal(crop: Float[np.ndarray, "sample"], fs: float) -> Quality:
    """What the signal of one beat, in mV, is good for: flat, saturated, baseline, noisy or good."""
    height = float(np.ptp(crop)) if crop.size else 0.0
    if height < FLAT_MV:
        return "flat"
    if max(_stay(crop - crop.min(), height), _stay(crop.max() - crop, height)) > RAIL_SECONDS * fs:
        return "saturated"
    drift = np.linspace(crop[0], crop[-1], len(crop))
    if abs(crop[-1] - crop[0]) > BASELINE_RATIO * np.ptp(crop - drift):
        return "baseline"
    if noise(crop) > NOISE_SHARE * height:
        return "noisy"
    return "good"


def noise(crop: Float[np.ndarray, "sample"]) -> float:
    """The standard deviation of white noise that explains how the signal trembles, beside its few steep parts.

    By the median of second differences, whose standard deviation is that of the noise times the root of 6.
    """
    if len(crop) < 3:
        return 0.0
    return float(np.median(np.abs(np.diff(crop, 2))) / 0.6745 / np.sqrt(6))


def _stay(distance: Float[np.ndarray, "sample"], height: float) -> int:
    """The longest stay, in samples, next to an extreme value."""
    edges = np.diff((distance <= RAIL_SHARE * height).astype(np.int8), prepend=0, append=0)
    stays = np.flatnonzero(edges < 0) - np.flatnonzero(edges > 0)
    return int(stays.max(initial=0))
