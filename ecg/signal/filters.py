"""Filters that remember what they have seen, so that a signal may come in pieces of any length."""

import numpy as np
from jaxtyping import Float64
from scipy.signal import lfilter, sosfilt


class Fir:
    """A filter of finite length."""

    def __init__(self, taps: Float64[np.ndarray, "tap"], leads: int) -> None:
        self.taps = taps
        self.state = np.zeros((leads, len(taps) - 1))

    def push(self, signals: Float64[np.ndarray, "lead sample"]) -> Float64[np.ndarray, "lead sample"]:
        """The next piece, filtered."""
        if not signals.shape[1]:
            return signals
        filtered, self.state = lfilter(self.taps, [1.0], signals, zi=self.state)
        return np.asarray(filtered)


class Sections:
    """A filter of second-order sections."""

    def __init__(self, sections: Float64[np.ndarray, "section 6"], leads: int) -> None:
        self.sections = sections
        self.state = np.zeros((len(sections), leads, 2))

    def push(self, signals: Float64[np.ndarray, "lead sample"]) -> Float64[np.ndarray, "lead sample"]:
        """The next piece, filtered."""
        if not signals.shape[1]:
            return signals
        filtered, self.state = sosfilt(self.sections, signals, zi=self.state)
        return np.asarray(filtered)


class Mean:
    """An average that forgets: of so many samples, as a time constant."""

    def __init__(self, samples: float, leads: int) -> None:
        self.share = 1 / samples
        self.state = np.zeros((leads, 1))

    def push(self, values: Float64[np.ndarray, "lead sample"]) -> Float64[np.ndarray, "lead sample"]:
        """The mean at each sample of the next piece."""
        if not values.shape[1]:
            return values
        mean, self.state = lfilter([self.share], [1.0, self.share - 1.0], values, zi=self.state)
        return np.asarray(mean)

    def start_at(self, mean: Float64[np.ndarray, "lead"]) -> None:
        """Begin as if this had been the mean so far."""
        self.state = (1.0 - self.share) * mean[:, None]
