"""Reliability: whether so many answers are right as their confidence says."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int64

BINS = 15
"""Of equal width, as in the literature."""


@dataclass(frozen=True)
class Bin:
    """Beats of about the same confidence: its mean, the share of them whose label is right, and their number."""

    confidence: float
    accuracy: float
    beats: int


def measure_reliability(
    probabilities: Float[np.ndarray, "beat class"], truth: Int64[np.ndarray, "beat"]
) -> tuple[Bin, ...]:
    """The bins of a reliability diagram that have beats, the least confident first.

    Confidence is the probability of the likeliest class; bin k of K holds those in (k / K, (k + 1) / K].
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == truth
    places = np.ceil(confidence * BINS)
    members = [places == place for place in np.unique(places)]
    return tuple(Bin(float(confidence[own].mean()), float(right[own].mean()), int(own.sum())) for own in members)


def expected_calibration_error(bins: tuple[Bin, ...]) -> float:
    """The mean distance of accuracy from confidence over all beats, 0 for none (Naeini et al. 2015, equation 3)."""
    beats = sum(own.beats for own in bins)
    return sum(own.beats * abs(own.accuracy - own.confidence) for own in bins) / beats if beats else 0.0
