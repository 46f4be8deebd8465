"""Candidates: the local maxima of QRS energy, one of which every beat is."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d

from ecg.filters import Mean
from ecg.qrs_energy import Energy

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
        self._kept = Energy(np.zeros((leads, 0)), np.zeros(0))
        self._kept_from = 0
        self._background = Mean(BACKGROUND * fs, leads)
        self._height = np.zeros(0)

    def push(self, energy: Energy, *, last: bool = False) -> list[Candidate]:
        """The candidates that the next piece made certain; with the last piece, all that are left."""
        qrs = np.concatenate((self._kept.qrs, energy.qrs), axis=1)
        self._kept = Energy(qrs, np.concatenate((self._kept.sharpness, energy.sharpness)))
        if self.first_seconds is None:
            if (qrs.shape[1] < self.learning and not last) or not qrs.shape[1]:
                return []
            self.first_seconds = Energy(qrs[:, : self.learning], self._kept.sharpness[: self.learning])
            self._background.start_at(self.first_seconds.qrs.mean(axis=1))
        return self._look(last)

    def _look(self, last: bool) -> list[Candidate]:
        qrs = self._kept.qrs
        new = qrs[:, len(self._height) :]
        self._height = np.concatenate((self._height, (new / (self._background.push(new) + TINY)).sum(axis=0)))
        stop = len(self._height) if last else max(len(self._height) - self.half, 0)
        highest = maximum_filter1d(self._height, 2 * self.half + 1)
        found = np.flatnonzero((self._height == highest) & (self._height > LEAST * len(qrs)))
        found = found[(found >= self.seen - self._kept_from) & (found < stop)]
        energies = maximum_filter1d(qrs, 2 * self.half + 1, axis=1)[:, found].T.tolist()
        later = np.minimum(found + self.half, len(self._height) - 1)
        sharpness = self._kept.sharpness[later].tolist()
        candidates = [
            Candidate(at, *what)
            for at, *what in zip((found + self._kept_from).tolist(), energies, sharpness, strict=True)
        ]
        self.seen = max(self._kept_from + stop, self.seen)
        self._forget(self.seen - self._kept_from - 2 * self.half)
        return candidates

    def _forget(self, samples: int) -> None:
        if samples > 0:
            self._kept = Energy(self._kept.qrs[:, samples:], self._kept.sharpness[samples:])
            self._height = self._height[samples:]
            self._kept_from += samples
