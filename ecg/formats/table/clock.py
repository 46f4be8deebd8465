"""The clock: how many rows a second its times mean, and where rows are missing between them.

Times may be rounded to more than a row lasts, or be those of packets of rows: rows of equal times follow each other
evenly. They may also tremble, as those of a computer do: only what they stay behind by is a gap.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64
from scipy.ndimage import maximum_filter1d, minimum_filter1d

from ecg.errors import UnreadableRecording

LONGEST_GAP = 24 * 3600.0
"""Seconds between two rows; more is a lie, not a gap."""

LONGEST_RECORDING = 31 * LONGEST_GAP

TREMBLING = 16
"""Times that one may lie among, and be late or early by itself."""

LAG = 64
"""Times apart, that first give the pace: between neighbours, their rounding is as much as what they differ by."""

EXACT = 1e-5
"""Of a rate: how far from a whole number it may be to be meant as one, where times are as exact as can be."""


@dataclass(frozen=True)
class Pace:
    """`rate` is in rows a unit of the times; so many rows have the same time, `packet` on the whole."""

    rate: float
    packet: float
    astray: float = 0.0
    """Of the rate: how far it may be off, as far as the times show."""
    trembles: bool = False
    """Whether single times may be further off than a gap would be."""

    def a_second(self, unit: float) -> float:
        """Rows a second, where times are in units of so many seconds: a whole number, where it may be meant as one."""
        rate = float(f"{self.rate / unit:.9g}")  # without what a product of floats adds
        return float(round(rate)) if abs(rate - round(rate)) < max(EXACT, 3 * self.astray) * rate else rate

    @property
    def slack(self) -> float:
        """Rows: how far times may be apart beside what the pace says, before a gap is seen."""
        return 0.5 if self.packet < 1.05 else max(0.5 * self.packet, 1.5)


def pace(times: Float64[np.ndarray, "row"]) -> Pace | None:
    """The pace of times that grow, at least for most of them; None of others, or where there are too few."""
    rows, known = np.arange(len(times)), np.isfinite(times)
    times, rows = times[known], rows[known]
    starts = np.concatenate([[0], 1 + np.flatnonzero(np.diff(times))]) if len(times) else np.zeros(0, np.int64)
    if len(starts) < 2:
        return None
    moments, begins = times[starts], rows[starts].astype(np.float64)
    lag = max(1, min(LAG, len(starts) // 4))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        slope = float(np.median((moments[lag:] - moments[:-lag]) / (begins[lag:] - begins[:-lag])))
        if not 0 < slope < np.inf or not np.isfinite(1 / slope):
            return None
        packet = float(np.median(begins[lag:] - begins[:-lag])) / lag
        found = _fine(moments, begins, Pace(1 / slope, packet))
    return found if 0 < found.rate < np.inf else None


def _fine(moments: Float64[np.ndarray, "time"], begins: Float64[np.ndarray, "time"], rough: Pace) -> Pace:
    """By the longest stretch without a gap."""
    gaps = np.flatnonzero(late(moments * rough.rate - begins, max(rough.slack, 1.0)))
    edges = np.concatenate([[0], gaps, [len(moments)]])
    longest = int(np.argmax(np.diff(edges)))
    first, last = int(edges[longest]), int(edges[longest + 1]) - 1
    first += last - first > 2  # of rows with one time the first may not all be there
    if moments[last] <= moments[first]:
        return rough
    moments, begins = moments[first : last + 1], begins[first : last + 1]
    moments, begins = moments - moments[0], begins - begins[0]
    rate = float(begins[-1] / moments[-1])
    off = float(np.abs(begins - rate * moments).max())
    return Pace(rate, rough.packet, off / float(begins[-1]), off > rough.slack)


def late(off: Float64[np.ndarray, "time"], slack: float) -> Bool[np.ndarray, "time"]:
    """Which times are the first of those that are later, by more than `slack`, than all just before them.

    `off` is in rows: where a time puts its row, less where that row would follow the others.
    """
    if not len(off):
        return np.zeros(0, bool)
    return np.concatenate([[False], _after(off)[1:] - _before(off)[:-1] > slack])


def _after(off: Float64[np.ndarray, "time"]) -> Float64[np.ndarray, "time"]:
    """The earliest of each time and those just after it."""
    earliest: Float64[np.ndarray, time] = minimum_filter1d(off, TREMBLING, mode="nearest", origin=-(TREMBLING // 2))
    return earliest


def _before(off: Float64[np.ndarray, "time"]) -> Float64[np.ndarray, "time"]:
    """The latest of each time and those just before it."""
    latest: Float64[np.ndarray, time] = maximum_filter1d(off, TREMBLING, mode="nearest", origin=(TREMBLING - 1) // 2)
    return latest


class Places:
    """Where the rows of a table stand in its recording, chunk by chunk: one after the other, but for gaps.

    `period`, in seconds, is that of a clock that begins anew each day; None where times only grow.
    """

    def __init__(self, name: str, fs: float, steps: Pace, period: float | None = None) -> None:
        self.name = name
        self.fs = fs
        self.slack = steps.slack
        self.period = period
        self._unsettled = TREMBLING if steps.trembles else 0
        self.went_back = False
        self.unknown = 0
        self._rows = self._missing = 0
        self._start: float | None = None
        self._last = self._turns = 0.0
        self._before = np.zeros(0)

    def place(self, times: Float64[np.ndarray, "row"]) -> Int64[np.ndarray, "row"]:
        """The samples of the chunk's rows, whose times in seconds may be unknown (NaN).

        Raises UnreadableRecording for a gap, or a recording, that is too long to be one.
        """
        rows = np.arange(self._rows, self._rows + len(times))
        places = rows + self._missing
        self._rows += len(times)
        known = np.flatnonzero(np.isfinite(times))
        self.unknown += len(times) - len(known)
        if len(known):
            with np.errstate(over="ignore", invalid="ignore"):
                moments = self._growing(times[known])
                starts = np.flatnonzero(np.diff(moments, prepend=np.nan) != 0)
                off = moments[starts] * self.fs - rows[known][starts]
            places = places + self._gaps(off, known[starts], len(times))
        return places

    def _growing(self, times: Float64[np.ndarray, "row"]) -> Float64[np.ndarray, "row"]:
        """Seconds since the first row, over midnight too."""
        self._start = times[0] if self._start is None else self._start
        times = times - self._start
        if self.period:
            turned = np.diff(times, prepend=self._last) < -self.period / 2
            turns = self.period * np.cumsum(turned) + self._turns
            self._last, self._turns = float(times[-1]), float(turns[-1])
            return times + turns
        return times

    def _gaps(
        self, off: Float64[np.ndarray, "time"], begins: Int64[np.ndarray, "time"], rows: int
    ) -> Int64[np.ndarray, "row"]:
        """Samples that are missing before each row of a chunk, in which times begin at these rows."""
        joined = np.concatenate([self._before, off])
        settled = len(joined) - self._unsettled  # what follows the last ones is not known yet, and may be early again
        with np.errstate(invalid="ignore", over="ignore"):
            if np.ptp(joined) <= self.slack:  # as most chunks are
                self._before = joined[: max(settled, 0)][-TREMBLING:]
                return np.zeros(rows, np.int64)
            new = np.arange(len(self._before), len(joined))
            sure = (new >= self._unsettled) & (new < settled)
            found = late(joined, self.slack)[new] & sure
            back = late(-joined, self.slack + 1)[new] & sure
            lost = np.concatenate([[0.0], _after(joined)[1:] - _before(joined)[:-1]])[new][found]
        self.went_back = self.went_back or bool(back.any())
        self._before = joined[: max(settled, 0)][-TREMBLING:]
        self._check(lost)
        gaps = np.zeros(rows, np.int64)
        gaps[begins[found]] = np.maximum(np.rint(lost), 1)
        gaps = np.cumsum(gaps)
        self._missing += int(gaps[-1])
        return gaps

    def _check(self, lost: Float64[np.ndarray, "gap"]) -> None:
        if not lost.max(initial=0.0) <= LONGEST_GAP * self.fs:
            raise UnreadableRecording(f"{self.name}: its times jump by {lost.max():,.0f} samples, which is no gap")
        if self._missing + lost.sum() > LONGEST_RECORDING * self.fs:
            raise UnreadableRecording(f"{self.name}: its times span more than a month, which is no recording")
