"""Pace: which R-R intervals are usual for one patient, in half an hour of a recording."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from numpy.lib.stride_tricks import sliding_window_view

from ecg.signal.resampling import BEAT_FS

LOCAL = 12
"""Intervals to either side that are those around one."""

IN_TIME = 0.15
"""How far, as a logarithm, an interval may be from those around it, or from the one before."""

USUAL_RR = 0.8
RR_LIMITS = (0.2, 4.0)
"""In seconds: an interval outside them is taken for the nearest."""

QUANTILES = (0.1, 0.75, 0.9)


@dataclass(frozen=True)
class Pace:
    """The usual interval and `QUANTILES` of them, in seconds.

    `change` is the median of how much an interval differs from the one before, as a logarithm; `irregular` is the share
    of those that differ by more than 15 %.
    """

    interval: float
    quantiles: tuple[float, float, float]
    change: float
    irregular: float

    @classmethod
    def of(cls, intervals: Float64[np.ndarray, "beat"]) -> "Pace":
        """Of intervals in seconds, NaN for what is none; where none is known, of one of 0.8 s."""
        if not np.isfinite(intervals).any():
            intervals = np.array([USUAL_RR])
        known = intervals[np.isfinite(intervals)]
        low, high, highest = np.quantile(known, QUANTILES).tolist()
        change = changes(intervals, LOCAL)
        return cls(
            float(np.median(known)), (low, high, highest), float(np.median(change)), float(np.mean(change > IN_TIME))
        )


def intervals_before(peaks: Int64[np.ndarray, "beat"], broken: Bool[np.ndarray, "beat"]) -> Float64[np.ndarray, "beat"]:
    """The R-R interval before each beat, in seconds; `peaks` are at 125 Hz. NaN for the first, and where `broken`."""
    intervals = np.clip(np.diff(peaks, prepend=0) / BEAT_FS, *RR_LIMITS)
    unknown = broken.copy()
    unknown[:1] = True
    return np.where(unknown, np.nan, intervals)


def deviations(intervals: Float64[np.ndarray, "beat"], later: int) -> Float64[np.ndarray, "beat"]:
    """How far each interval is from those around it, `later` of them after it, as a logarithm; 0 where unknown."""
    return np.asarray(np.nan_to_num(np.log(intervals / local_median(intervals, LOCAL, min(LOCAL, later)))))


def changes(intervals: Float64[np.ndarray, "beat"], later: int) -> Float64[np.ndarray, "beat"]:
    """How much each deviation differs from the one before, either way."""
    return np.asarray(np.abs(np.diff(deviations(intervals, later), prepend=0.0)))


def local_median(values: Float64[np.ndarray, "beat"], before: int, after: int) -> Float64[np.ndarray, "beat"]:
    """The median of the known values around each of one or more, itself included; NaN where there are none."""
    windows = sliding_window_view(np.pad(values, (before, after), constant_values=np.nan), before + after + 1)
    some = np.isfinite(windows).any(axis=1)
    medians = np.full(len(values), np.nan)
    medians[some] = np.nanmedian(windows[some], axis=1)
    return medians
