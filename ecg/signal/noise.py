"""Noise at a stated signal-to-noise ratio, as PhysioNet's `nst` adds it (Moody, Muldrow and Mark 1984; nst(1)).

The signal's power is that of a sine as high as the QRS complexes are from peak to peak, the noise's the mean square of
its samples, second by second; of both the lowest and highest 5 % are left out, so that a few odd beats do not count.
"""

import numpy as np
from jaxtyping import Float, Float64, Int64

TRIMMED = 0.05
QRS_SECONDS = 0.05
"""To either side of the R peak: where a complex is measured."""


def noisy(
    signals: Float[np.ndarray, "lead sample"],
    peaks: Int64[np.ndarray, "beat"],
    noise: Float[np.ndarray, "lead sample"],
    fs: float,
    decibels: float,
) -> Float64[np.ndarray, "lead sample"]:
    """The signals with noise, scaled in each lead to this signal-to-noise ratio; `fs` is the rate of both."""
    gain = gains(signal_power(signals, peaks, fs), noise_power(noise, fs), decibels)
    return np.asarray(signals + gain[:, None] * noise)


def gains(
    signal: Float64[np.ndarray, "lead"], noise: Float64[np.ndarray, "lead"], decibels: float
) -> Float64[np.ndarray, "lead"]:
    """What noise of one power is multiplied by to be at this ratio to a signal of another."""
    return np.asarray(np.sqrt(signal / noise / 10 ** (decibels / 10)))


def signal_power(
    signals: Float[np.ndarray, "lead sample"], peaks: Int64[np.ndarray, "beat"], fs: float
) -> Float64[np.ndarray, "lead"]:
    """The power of a sine as high as the complexes at these R peaks: an eighth of their height squared."""
    half = max(round(QRS_SECONDS * fs), 1)
    places = np.clip(peaks[:, None] + np.arange(-half, half + 1), 0, signals.shape[1] - 1)
    return _trimmed_mean(np.ptp(signals[:, places], axis=2)) ** 2 / 8


def noise_power(noise: Float[np.ndarray, "lead sample"], fs: float) -> Float64[np.ndarray, "lead"]:
    """The mean square about the mean of each second."""
    second = min(round(fs), noise.shape[1])
    seconds = noise[:, : noise.shape[1] // second * second].reshape(len(noise), -1, second)
    return _trimmed_mean(seconds.std(axis=2)) ** 2


def _trimmed_mean(values: Float[np.ndarray, "lead value"]) -> Float64[np.ndarray, "lead"]:
    ordered = np.sort(values, axis=1)
    left_out = int(TRIMMED * ordered.shape[1])
    return np.asarray(ordered[:, left_out : ordered.shape[1] - left_out].mean(axis=1, dtype=np.float64))
