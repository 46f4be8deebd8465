"""Candidates: the local maxima of QRS energy, one of which every beat is."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.ndimage import maximum_filter1d

from ecg.detection.qrs_energy import Energy
from ecg.signal.tail import Tail

HALF = 0.025
"""Seconds on either side of a maximum: a live beat cannot be known sooner than that after the next."""

BACKGROUND_BLOCK, BACKGROUND_BLOCKS = 1.0, 3
"""Seconds of a block, and blocks: the background is the mean of the quietest, lest an artefact hides what follows."""

LEAST = 0.5
"""Of the background, over all leads: lower maxima are not worth a look."""

LEAST_MV = 0.004
"""What 50 uV from lowest to highest, in the form of a complex, have in the QRS band: less is no beat in any lead."""

TINY = 1e-6


@dataclass(frozen=True)
class Candidate:
    """A local maximum: the sample of the energy that it lies at, how much each band has there, and its sharpness.

    Of `energies`, the first half is the QRS band of each lead, the other half the broad band.
    """

    at: int
    energies: list[float]
    sharpness: float

    @property
    def narrow(self) -> list[float]:
        """What the QRS band of each lead has."""
        return self.energies[: len(self.energies) // 2]

    @property
    def narrow_share(self) -> float:
        """Of the broad band, each in the lead where it has most."""
        return max(self.narrow) / max(self.energies[len(self.energies) // 2 :])


class CandidateFinder:
    """Finds candidates in the energy of some leads, at `fs` samples a second, as it comes."""

    def __init__(self, leads: int, fs: float) -> None:
        self.half = round(HALF * fs)
        self.seen = 0
        """Samples of energy in which all candidates are found."""
        self._leads = leads
        self._energy = Tail(np.zeros((2 * leads + 1, 0)))
        """Of each band, and below them the sharpness."""
        self._background = _Background(2 * leads, round(BACKGROUND_BLOCK * fs))
        self._height = Tail(np.zeros(0))

    def push(self, energy: Energy, *, last: bool = False) -> list[Candidate]:
        """The candidates that the next piece made certain; with the last piece, all that are left."""
        self._energy = self._energy.followed_by(np.vstack((energy.bands, energy.sharpness)))
        new = self._energy.between(self._height.stop, self._energy.stop)[:-1]
        self._height = self._height.followed_by((new / (self._background.push(new) + TINY)).sum(axis=0))
        height, bands, sharpness = self._height.values, self._energy.values[:-1], self._energy.values[-1]
        begin = self._height.start
        stop = self._height.stop if last else max(self._height.stop - self.half, begin)
        highest = maximum_filter1d(height, 2 * self.half + 1)
        found = np.flatnonzero((height == highest) & (height > LEAST * len(bands)))
        found = found[(found >= self.seen - begin) & (found < stop - begin)]
        reached = maximum_filter1d(bands, 2 * self.half + 1, axis=1)[:, found]
        loud = reached[: self._leads].max(axis=0, initial=0.0) > LEAST_MV
        found, energies = found[loud], reached[:, loud].T.tolist()
        sharp = sharpness[np.minimum(found + self.half, len(height) - 1)].tolist()
        self.seen = max(stop, self.seen)
        self._energy, self._height = (tail.since(self.seen - 2 * self.half) for tail in (self._energy, self._height))
        places = (found + begin).tolist()
        return [Candidate(at, *what) for at, *what in zip(places, energies, sharp, strict=True)]


class _Background:
    """The mean of the quietest of the last blocks, of each band."""

    def __init__(self, bands: int, block: int) -> None:
        self._block = block
        self._sum = np.zeros(bands)
        self._count = 0
        self._means = np.full((BACKGROUND_BLOCKS, bands), np.inf)

    def push(self, energy: Float64[np.ndarray, "band sample"]) -> Float64[np.ndarray, "band sample"]:
        """That of each sample of the next piece."""
        background = np.empty_like(energy)
        start = 0
        while start < energy.shape[1]:
            stop = min(start + self._block - self._count, energy.shape[1])
            background[:, start:stop] = np.where(np.isinf(self._means), 0.0, self._means).min(axis=0)[:, None]
            self._sum += energy[:, start:stop].sum(axis=1)
            self._count += stop - start
            if self._count == self._block:
                self._means = np.vstack((self._means[1:], self._sum / self._block))
                self._sum, self._count = np.zeros(len(self._sum)), 0
            start = stop
        return background
