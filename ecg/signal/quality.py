"""Signal quality: whether a beat can be judged by what was recorded of it.

Each beat is looked at as it was cut, in mV at 125 Hz, and gets the first of these that holds:

    gap         part of it was not recorded, or the lead was off
    cut_off     the recording ends within it
    flutter     it is one of the waves of what looks like ventricular flutter or fibrillation
    flat        nothing moves
    saturated   the amplifier stood at its limit
    baseline    the line under it moves more than the beat
    noisy       too much of it is noise, or the beats around it do not look alike (`ecg.detection.resemblance`)
    good        none of these: the only beats that are classified
"""

import math
from typing import Literal, get_args

import numpy as np
from jaxtyping import Float

Quality = Literal["good", "gap", "cut_off", "flutter", "flat", "saturated", "baseline", "noisy"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)

FAILING: frozenset[Quality] = frozenset(("gap", "flat", "saturated", "baseline", "noisy"))
"""Those of which the lead is at fault, not the heart or the end of the recording."""

FLAT_MV = 0.05
"""Less from lowest to highest is no beat, whatever the lead."""

RAIL_SECONDS = 0.06
"""So long at the very highest or lowest value no wave stays by itself."""
RAIL_SHARE = 0.002
"""Of the whole range: what counts as the same value, after resampling."""

BASELINE_RATIO = 2.0
"""Of the drift from one end to the other to what is left without it."""

NOISE_SHARE = 0.08
"""Of the range: the standard deviation of noise beyond which waves can no longer be distinguished."""


def judge_signal(crop: Float[np.ndarray, "sample"], fs: float) -> Quality:
    """What the signal of one beat, in mV, is good for: flat, saturated, baseline, noisy or good."""
    height = float(np.ptp(crop)) if crop.size else 0.0
    if height < FLAT_MV:
        return "flat"
    if _stays(crop, height, RAIL_SECONDS * fs):
        return "saturated"
    if _drifts(crop, height):
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
    trembling = np.abs(crop[2:] - 2 * crop[1:-1] + crop[:-2])
    middle = len(trembling) // 2
    return float(np.partition(trembling, middle)[middle]) / 0.6745 / math.sqrt(6)


def _stays(crop: Float[np.ndarray, "sample"], height: float, longest: float) -> bool:
    """Whether the signal stays next to its lowest or highest value for more than so many samples."""
    for distance in (crop - crop.min(), crop.max() - crop):
        near = distance <= RAIL_SHARE * height
        if np.count_nonzero(near) > longest:
            edges = np.diff(near.astype(np.int8), prepend=0, append=0)
            if (np.flatnonzero(edges < 0) - np.flatnonzero(edges > 0)).max() > longest:
                return True
    return False


def _drifts(crop: Float[np.ndarray, "sample"], height: float) -> bool:
    drift = abs(float(crop[-1] - crop[0]))
    if drift * (1 + 1 / BASELINE_RATIO) <= height:
        return False  # what is left without the drift cannot be so little
    return drift > BASELINE_RATIO * float(np.ptp(crop - np.linspace(crop[0], crop[-1], len(crop))))
