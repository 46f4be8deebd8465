"""Gaps: where a recording has no finite numbers, or a lead that is off stands still."""

import itertools

import numpy as np
from jaxtyping import Float, Float64

STILL_SECONDS = 1.0
"""So long at exactly one value no connected lead stays: even in asystole its noise moves it."""


class GapFiller:
    """Fills gaps with the last value, and shifts what follows to go on from there: the filters see no step."""

    def __init__(self, leads: int) -> None:
        self.last = np.zeros(leads)
        self.shift = np.zeros(leads)
        self.in_gap = np.ones(leads, dtype=bool)

    def fill(self, signals: Float[np.ndarray, "lead sample"]) -> Float64[np.ndarray, "lead sample"]:
        """The next piece without gaps; each lead then begins at 0."""
        filled = signals.astype(np.float64)
        if filled.shape[1]:
            for lead, signal in enumerate(filled):
                self._fill(lead, signal)
        return filled

    def _fill(self, lead: int, signal: Float64[np.ndarray, "sample"]) -> None:
        missing = ~np.isfinite(signal)
        bounds = [0, *(np.flatnonzero(np.diff(missing)) + 1), len(signal)]
        for start, stop in itertools.pairwise(bounds):
            if missing[start]:
                signal[start:stop] = self.last[lead]
                self.in_gap[lead] = True
                continue
            if self.in_gap[lead]:
                self.shift[lead] = self.last[lead] - signal[start]
                self.in_gap[lead] = False
            signal[start:stop] += self.shift[lead]
            self.last[lead] = signal[stop - 1]


class Gaps:
    """Remembers where the gaps of one signal are, in samples since its beginning."""

    def __init__(self, fs: float) -> None:
        self.gaps: list[tuple[int, int]] = []
        """First sample of each gap, and the first after it."""
        self.samples = 0
        """Of all gaps since the beginning."""
        self._still = max(round(STILL_SECONDS * fs), 2)
        self._seen = 0
        self._value = np.nan
        self._value_from = 0
        """The last value, and since when the signal has stood there."""

    def push(self, signal: Float[np.ndarray, "sample"]) -> None:
        """The next piece of the signal."""
        if not len(signal):
            return
        missing = ~np.isfinite(signal)
        runs = self._still_runs(np.where(missing, np.nan, signal))
        if missing.any():
            edges = np.flatnonzero(np.diff(missing.astype(np.int8), prepend=0, append=0)) + self._seen
            runs += [(start, stop) for start, stop in edges.reshape(-1, 2).tolist()]
        for start, stop in sorted(runs):
            self._add(start, stop)
        self._seen += len(signal)

    def touch(self, start: float, stop: float) -> bool:
        """Whether any gap lies between two samples."""
        return any(gap[0] < stop and gap[1] > start for gap in self.gaps)

    def forget(self, before: float) -> None:
        """Drop the gaps that ended before a sample."""
        self.gaps = [gap for gap in self.gaps if gap[1] > before]

    def _still_runs(self, signal: Float[np.ndarray, "sample"]) -> list[tuple[int, int]]:
        """Where it stands still, as far as this piece goes; a run may have begun before."""
        changes = np.flatnonzero(np.diff(signal, prepend=self._value) != 0) + self._seen
        bounds = np.concatenate(([self._value_from], changes, [self._seen + len(signal)]))
        long = np.flatnonzero(np.diff(bounds) >= self._still).tolist()
        self._value, self._value_from = float(signal[-1]), int(bounds[-2])
        return [
            (int(bounds[run]), int(bounds[run + 1]))
            for run in long
            if np.isfinite(signal[max(bounds[run] - self._seen, 0)])
        ]

    def _add(self, start: int, stop: int) -> None:
        """A gap, joined with the one before where they meet; pieces report a long one again and again."""
        if self.gaps and self.gaps[-1][1] >= start:
            before = self.gaps.pop()
            self.samples -= before[1] - before[0]
            start, stop = min(start, before[0]), max(stop, before[1])
        self.gaps.append((start, stop))
        self.samples += stop - start
