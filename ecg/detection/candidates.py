"""Candidates: the local maxima of QRS energy, one of which every beat is."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d

from ecg.detection.qrs_energy import Energy
from ecg.signal.filters import Mean
from ecg.signal.tail import Tail

# In seconds
LEARNING = 3.0
HALF = 0.025
"""On either side of a maximum: a live beat cannot be told sooner than that after the next."""
BACKGROUND = 10.0

LEAST = 0.5
"""Of the background, over all leads: lower maxima are not worth a look."""

TINY = 1e-6


@dataclass(frozen=True)
class Candidate:
    """A local maximum: the sample of the energy that it lies at, how much each lead has there, and its sharpness."""

    at: int
    energies: list[float]
    sharpness: float


class CandidateFinder:
    """Finds candidates in the energy of some leads, at `fs` samples a second, as it comes.

    The first seconds are held back until they have shown what is usual.
    """

    def __init__(self, leads: int, fs: float) -> None:
        self.half = round(HALF * fs)
        self.learning = round(LEARNING * fs)
        self.seen = 0
        """Samples of energy in which all candidates are found."""
        self.first_seconds: Energy | None = None
        self._energy = Tail(np.zeros((leads + 1, 0)))
        """Of each lead, and below them the sharpness."""
        self._background = Mean(BACKGROUND * fs, leads)
        self._height = Tail(np.zeros(0))

    def push(self, energy: Energy, *, last: bool = False) -> list[Candidate]:
        """The candidates that the next piece made certain; with the last piece, all that are left."""
        self._energy = self._energy.followed_by(np.vstack((energy.qrs, energy.sharpness)))
        if self.first_seconds is None:
            if (self._energy.stop < self.learning and not last) or not self._energy.stop:
                return []
            first = self._energy.between(0, self.learning)
            self.first_seconds = Energy(first[:-1], first[-1])
            self._background.start_at(self.first_seconds.qrs.mean(axis=1))
        return self._look(last)

    def _look(self, last: bool) -> list[Candidate]:
        new = self._energy.between(self._height.stop, self._energy.stop)[:-1]
        self._height = self._height.followed_by((new / (self._background.push(new) + TINY)).sum(axis=0))
        height, qrs, sharpness = self._height.values, self._energy.values[:-1], self._energy.values[-1]
        begin = self._height.start
        stop = self._height.stop if last else max(self._height.stop - self.half, begin)
        highest = maximum_filter1d(height, 2 * self.half + 1)
        found = np.flatnonzero((height == highest) & (height > LEAST * len(qrs)))
        found = found[(found >= self.seen - begin) & (found < stop - begin)]
        energies = maximum_filter1d(qrs, 2 * self.half + 1, axis=1)[:, found].T.tolist()
        sharp = sharpness[np.minimum(found + self.half, len(height) - 1)].tolist()
        self.seen = max(stop, self.seen)
        self._energy, self._height = (tail.since(self.seen - 2 * self.half) for tail in (self._energy, self._height))
        places = (found + begin).tolist()
        return [Candidate(at, *what) for at, *what in zip(places, energies, sharp, strict=True)]
