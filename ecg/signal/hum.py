"""Hum: what the mains leave in a signal, at 50 or 60 Hz, and the signal without it."""

from functools import cache

import numpy as np
from jaxtyping import Float, Float32, Float64
from scipy.signal import iirnotch, sosfilt, sosfilt_zi, tf2sos

from ecg.signal.resampling import BEAT_FS

MAINS = (50.0, 60.0)

SHARPNESS = 80.0
"""Of the notches, in their frequency over their width: a QRS complex rings by a hundredth of its height."""


class HumFilter:
    """Takes 50 and 60 Hz out of a signal at 125 Hz, piece by piece; hum that begins is gone after a second."""

    def __init__(self) -> None:
        self._state: Float64[np.ndarray, "section 2"] | None = None

    def push(self, signal: Float32[np.ndarray, "sample"]) -> Float32[np.ndarray, "sample"]:
        """The next piece, without hum."""
        filtered, self._state = self._filtered(signal)
        return filtered

    def peek(self, signal: Float32[np.ndarray, "sample"]) -> Float32[np.ndarray, "sample"]:
        """The same, where it is only what may come next."""
        return self._filtered(signal)[0]

    def _filtered(
        self, signal: Float32[np.ndarray, "sample"]
    ) -> tuple[Float32[np.ndarray, "sample"], Float64[np.ndarray, "section 2"] | None]:
        if not len(signal):
            return signal, self._state
        state = _still() * signal[0] if self._state is None else self._state
        filtered, state = sosfilt(_notches(), signal, zi=state)
        return filtered.astype(np.float32), state


def without_hum(signal: Float[np.ndarray, "sample"]) -> Float32[np.ndarray, "sample"]:
    """The whole of a signal at 125 Hz, without hum."""
    return HumFilter().push(signal.astype(np.float32))


@cache
def _notches() -> Float64[np.ndarray, "section 6"]:
    return np.vstack([tf2sos(*iirnotch(mains, SHARPNESS, fs=BEAT_FS)) for mains in MAINS])


@cache
def _still() -> Float64[np.ndarray, "section 2"]:
    """The state in which a signal that stays at 1 has left the filter."""
    return np.asarray(sosfilt_zi(_notches()))
