"""Confidence intervals by bootstrap over recordings.

Beats of one patient are alike: a program that fails on a patient fails on hundreds of beats at once. What was drawn at
random are recordings, so recordings are drawn again, and not beats. The bounds are expanded percentiles (Hesterberg,
"What teachers should know about the bootstrap", 2015), since plain ones are too narrow where recordings are few.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy.special import ndtr, stdtrit

from ecg.errors import InvalidComparison
from ecg.scoring.comparison import Comparison
from ecg.scoring.statistics import Statistic, quotients

Confusions = Int64[np.ndarray, "*draws recording 7 7"]

Measure = Callable[[Confusions], Float64[np.ndarray, "*draws"]]
"""Any number that is taken from the confusion matrices of some recordings, of many such; NaN where it is undefined."""

LEVEL = 0.95
RESAMPLES = 2000

AT_ONCE = 500
"""Resamples that are counted together: a few MB of them."""


@dataclass(frozen=True)
class Interval:
    """A measure, and the bounds that it lies between with a confidence of `level`.

    It has no bounds where it is undefined, or there are less than two recordings.
    """

    value: float | None
    low: float | None
    high: float | None
    level: float


def gross(statistic: Statistic) -> Measure:
    """A statistic of the beats of all recordings."""
    return lambda confusions: statistic.shares(confusions.sum(axis=-3))


def average(statistic: Statistic) -> Measure:
    """The mean of a statistic over the recordings where it is defined."""

    def measure(confusions: Confusions) -> Float64[np.ndarray, "*draws"]:
        shares = statistic.shares(confusions)
        return quotients(np.nansum(shares, axis=-1), np.isfinite(shares).sum(axis=-1))

    return measure


def interval(
    comparisons: Sequence[Comparison],
    measure: Measure,
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """The confidence interval of a measure, for recordings such as these. The same seed gives the same bounds.

    Resamples in which the measure is undefined say nothing, and are left out. Raises InvalidComparison for a level or
    a number of resamples that makes no sense.
    """
    if not 0 < level < 1 or resamples < 1:
        raise InvalidComparison(f"got a level of {level} and {resamples} resamples, expected 0 to 1, and 1 or more")
    confusions = np.array([comparison.confusion for comparison in comparisons], dtype=np.int64).reshape(-1, 7, 7)
    value, number = defined(measure(confusions)), len(confusions)
    if value is None or number < 2:
        return Interval(value, None, None, level)
    draws = np.random.default_rng(seed).integers(number, size=(resamples, number))
    parts = [measure(confusions[draws[start : start + AT_ONCE]]) for start in range(0, resamples, AT_ONCE)]
    drawn = np.concatenate(parts)
    drawn = drawn[~np.isnan(drawn)]
    if not len(drawn):
        return Interval(value, None, None, level)
    outside = share_outside(level, number)
    low, high = np.quantile(drawn, [outside, 1 - outside])
    return Interval(value, float(low), float(high), level)


def share_outside(level: float, recordings: int) -> float:
    """Which share of the resamples lies beyond each bound.

    It is less than half of what the level leaves, by as much as an interval of Student's t for a mean is wider than one
    of the normal distribution with the spread of resamples.
    """
    width = float(stdtrit(recordings - 1, (1 + level) / 2)) * math.sqrt(recordings / (recordings - 1))
    return float(ndtr(-width))


def defined(value: Float64[np.ndarray, ""] | float) -> float | None:
    """A number, or None where it is undefined."""
    return None if np.isnan(value) else float(value)
