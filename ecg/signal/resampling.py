"""Resampling: any rate to the 125 Hz of a beat, or to another."""

from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Float64
from scipy.signal import firwin, resample_poly

BEAT_FS = 125
"""Samples a second of a beat."""

FILTER_HALF = 10
"""Half the length of the filter, in samples of the lower rate."""

FILTERS = 32
"""That are kept: recordings come at few rates, but a stranger may name any."""


def resample(signal: Float[np.ndarray, "sample"], fs: float, to: float = BEAT_FS) -> Float32[np.ndarray, "resampled"]:
    """The signal at 125 Hz, or at the rate asked for, by polyphase filtering."""
    ratio = _ratio(fs, to)
    return _resampled(signal, ratio.numerator, ratio.denominator).astype(np.float32, copy=False)


class Resampler:
    """Brings one signal to 125 Hz, or to another rate, piece by piece: joined they are what `resample` makes of it."""

    def __init__(self, fs: float, to: float = BEAT_FS) -> None:
        self.up, self.down = _ratio(fs, to).as_integer_ratio()
        reach = FILTER_HALF * max(self.up, self.down) / self.up
        self._margin = int(-(-reach // self.down)) * self.down
        """Samples before and after that an output depends on, in whole turns of the filter."""
        self._kept = np.zeros(0)
        self._before = 0
        """Samples that are kept only because what comes depends on them."""

    def push(self, signal: Float[np.ndarray, "sample"]) -> Float32[np.ndarray, "resampled"]:
        """What the next piece made certain."""
        self._kept = np.concatenate((self._kept, signal))
        ready = len(self._kept) - self._before - self._margin
        ready -= ready % self.down
        if ready <= 0:
            return np.zeros(0, np.float32)
        resampled = _resampled(self._kept[: self._before + ready + self._margin], self.up, self.down)
        start = self._before * self.up // self.down
        done = self._before + ready
        self._before = min(done, self._margin)
        self._kept = self._kept[done - self._before :]
        return resampled[start : start + ready * self.up // self.down].astype(np.float32)

    def peek(self) -> Float32[np.ndarray, "resampled"]:
        """What would come next if the signal stayed at its last value: close to what will."""
        if len(self._kept) == self._before:
            return np.zeros(0, np.float32)
        longer = np.concatenate((self._kept, np.full(self._margin, self._kept[-1])))
        resampled = _resampled(longer, self.up, self.down)
        start, stop = (place * self.up // self.down for place in (self._before, len(self._kept)))
        return resampled[start:stop].astype(np.float32)

    def finish(self) -> Float32[np.ndarray, "resampled"]:
        """The rest, now that nothing more comes."""
        if len(self._kept) == self._before:
            return np.zeros(0, np.float32)
        resampled = _resampled(self._kept, self.up, self.down)
        return resampled[self._before * self.up // self.down :].astype(np.float32)


def _ratio(fs: float, to: float = BEAT_FS) -> Fraction:
    return Fraction(to / fs).limit_denominator(1000)


def _resampled(signal: Float[np.ndarray, "sample"], up: int, down: int) -> Float[np.ndarray, "resampled"]:
    if up == down:
        return signal.copy()  # as scipy does: whoever changes it does not change the recording
    # By itself scipy would design the filter anew for each piece.
    coefficients: Any = _filter(up, down).astype(signal.dtype)
    return np.asarray(resample_poly(signal, up, down, window=coefficients))


@lru_cache(maxsize=FILTERS)
def _filter(up: int, down: int) -> Float64[np.ndarray, "coefficient"]:
    """The one that `scipy.signal.resample_poly` designs where it is given none."""
    rate = max(up, down)
    designed: np.ndarray = firwin(2 * FILTER_HALF * rate + 1, 1 / rate, window=("kaiser", 5.0))
    return designed
