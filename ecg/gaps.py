"""Gaps: where a recording has no finite numbers."""

import itertools

import numpy as np
from jaxtyping import Bool, Float, Float64


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


class GapList:
    """Remembers where the gaps of one signal are, in samples since its beginning."""

    def __init__(self) -> None:
        self.gaps: list[tuple[int, int]] = []
        """First sample of each gap, and the first after it."""
        self._seen = 0

    def push(self, missing: Bool[np.ndarray, "sample"]) -> None:
        """Which samples of the next piece are missing."""
        edges = np.flatnonzero(np.diff(missing.astype(np.int8), prepend=0, append=0)) + self._seen
        for start, stop in edges.reshape(-1, 2).tolist():
            if self.gaps and self.gaps[-1][1] == start:
                start = self.gaps.pop()[0]
            self.gaps.append((start, stop))
        self._seen += len(missing)

    def touch(self, start: float, stop: float) -> bool:
        """Whether any gap lies between two samples."""
        return any(gap[0] < stop and gap[1] > start for gap in self.gaps)

    def forget(self, before: float) -> None:
        """Drop the gaps that ended before a sample."""
        self.gaps = [gap for gap in self.gaps if gap[1] > before]
