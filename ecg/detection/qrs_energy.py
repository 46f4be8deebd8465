"""QRS energy: how much of what a QRS complex is made of each lead holds, sample by sample, as the signal comes.

A band-pass (8 to 24 Hz, where a QRS complex is strong and P waves, T waves, breathing and muscle are weak), squared and
averaged over the width of a complex: the idea of Pan and Tompkins, "A real-time QRS detection algorithm" (1985). All
filters keep their state, so what comes out does not depend on how the signal was divided.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64
from scipy.signal import butter, firwin

from ecg.signal.filters import Fir, Mean, Sections

RATE = 120
"""The energy has at least this many samples a second, where the signal does."""

QRS_BAND = (8.0, 24.0)
BROAD_BAND = (5.0, 15.0)
"""Where a wide, ventricular complex has more of its energy, and T waves some of theirs."""

BAND_PASS_HALF = 0.1
"""Half the length of the band-pass, in seconds: also how long it delays."""

QRS_WIDTH = 0.09
"""Seconds that the energy is averaged over."""

WAVE_BAND = (1.5, 7.0)
"""Hz where ventricular flutter and fibrillation have their power."""

WAVE_WINDOW = 1.0
"""Time constant, in seconds, of the powers that are compared."""

TINY = 1e-9


@dataclass(frozen=True)
class Energy:
    """What a piece of the signals gave."""

    bands: Float64[np.ndarray, "band sample"]
    """Root mean square in the QRS band of each lead, then in the broad band of each, in units of the signal."""
    sharpness: Float64[np.ndarray, "sample"]
    """Root of power in the QRS band over power in the band of slow waves, of the lead where it is highest."""


class QrsEnergy:
    """Turns the signals of some leads, piece by piece, into their energy at a lower rate."""

    def __init__(self, leads: int, fs: float) -> None:
        self.every = max(1, int(fs // RATE))
        """Samples of the signal that one of the energy stands for."""
        self.fs = fs / self.every
        half = round(BAND_PASS_HALF * self.fs)
        width = round(QRS_WIDTH * self.fs) | 1
        self.delay = (half + width // 2) * self.every + self.every - 1
        """Samples of the signal by which the energy comes late."""
        self._first: Float64[np.ndarray, "lead 1"] | None = None
        """Taken from all that follows, lest the filters answer a step at the beginning."""
        smallest = np.ones(self.every) / self.every
        self._thin = Fir(np.convolve(smallest, smallest), leads)
        self._bands = [Fir(self._taps(half, band), leads) for band in (QRS_BAND, BROAD_BAND)]
        self._width = Fir(np.full(width, 1 / width), 2 * leads)
        self._sharp_power, self._wave_power = (Mean(WAVE_WINDOW * self.fs, leads) for _ in range(2))
        self._waves = Sections(butter(2, WAVE_BAND, "bandpass", fs=self.fs, output="sos"), leads)
        self._skip = 0

    def push(self, signals: Float64[np.ndarray, "lead sample"]) -> Energy:
        """The energy of the next piece, which must hold no NaN."""
        if self._first is None and signals.shape[1]:
            self._first = signals[:, :1]
        thin = self._thin.push(signals if self._first is None else signals - self._first)
        kept = thin[:, self._skip :: self.every]
        self._skip = (self._skip - thin.shape[1]) % self.every
        square = np.vstack([band.push(kept) for band in self._bands]) ** 2
        sharp = self._sharp_power.push(square[: len(kept)]) / (
            self._wave_power.push(self._waves.push(kept) ** 2) + TINY
        )
        return Energy(np.sqrt(np.maximum(self._width.push(square), 0)), np.sqrt(np.maximum(sharp, 0)).max(axis=0))

    def _taps(self, half: int, band: tuple[float, float]) -> Float64[np.ndarray, "tap"]:
        taps = firwin(2 * half + 1, (band[0], min(band[1], 0.45 * self.fs)), pass_zero=False, fs=self.fs)
        return np.asarray(taps - taps.mean())  # so that a constant gives nothing at all
