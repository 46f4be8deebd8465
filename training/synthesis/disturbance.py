"""Disturbance: a recording otherwise filtered, amplified, turned over and with noise, as another device gives it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float64
from scipy.signal import butter, sosfiltfilt

from ecg import Recording, label_of
from ecg.signal.noise import noisy
from ecg.signal.resampling import BEAT_FS, resample
from training.data.databases import NOISES, read_noises

NOISE_SHARES = (0.4, 0.25, 0.35)
"""Of `NOISES`, in their order."""

NOISY, WHITE = 0.6, 0.2
"""How many recordings get recorded noise, and white noise."""
DECIBELS = (6.0, 24.0)
WHITE_MV = (0.005, 0.03)

SMOOTHED, SMOOTHED_HZ = 0.3, (20.0, 50.0)
STEADIED, STEADIED_HZ = 0.4, (0.05, 0.8)
INVERTED = 0.15
GAIN_SPREAD = 0.3


@dataclass(frozen=True)
class Disturber:
    """Changes recordings at 125 Hz at random; `noises` are recorded ones, `[lead, sample]` at the same rate."""

    noises: Sequence[Float64[np.ndarray, "lead sample"]]

    @classmethod
    def read(cls, data: Path) -> "Disturber":
        """With the noise of `data/nstdb`. Raises MissingData."""
        recordings = read_noises(data, NOISES)
        return cls([np.stack([resample(signal, r.fs) for signal in r.signals]).astype(float) for r in recordings])

    def disturb(self, recording: Recording, rng: np.random.Generator) -> Recording:
        """The recording otherwise filtered, amplified, turned over and with noise."""
        signals = recording.signals.astype(np.float64)
        if rng.random() < SMOOTHED:
            signals = _filtered(signals, rng.uniform(*SMOOTHED_HZ), "lowpass")
        if rng.random() < STEADIED:
            signals = _filtered(signals, rng.uniform(*STEADIED_HZ), "highpass")
        if rng.random() < INVERTED:
            signals[rng.integers(len(signals))] *= -1
        signals *= np.exp(rng.normal(0, GAIN_SPREAD, (len(signals), 1)))
        kind = rng.random()
        if kind < NOISY:
            signals = self._with_noise(replace(recording, signals=signals.astype(np.float32)), rng)
        elif kind < NOISY + WHITE:
            signals += rng.normal(0, rng.uniform(*WHITE_MV), signals.shape)
        return replace(recording, signals=signals.astype(np.float32))

    def _with_noise(self, recording: Recording, rng: np.random.Generator) -> Float64[np.ndarray, "lead sample"]:
        """With a segment of recorded noise, all the time or now and then."""
        leads, length = recording.signals.shape
        noise = self.noises[int(rng.choice(len(NOISES), p=NOISE_SHARES))]
        start = int(rng.integers(noise.shape[1]))
        places = np.arange(start, start + length) % noise.shape[1]
        segment = noise[:: int(rng.choice([1, -1]))][:leads, places]
        annotations = recording.beat_annotations()
        peaks = annotations.samples[[label_of(symbol) is not None for symbol in annotations.symbols]]
        with_noise = noisy(recording.signals, peaks, segment, BEAT_FS, rng.uniform(*DECIBELS))
        if rng.random() < 0.5:
            return with_noise
        seconds = np.arange(length) / BEAT_FS
        on = np.sin(2 * np.pi * seconds / rng.uniform(60, 300) + rng.uniform(0, 2 * np.pi)) > 0
        return np.where(on, with_noise, recording.signals)


def _filtered(
    signals: Float64[np.ndarray, "lead sample"], hertz: float, kind: Literal["lowpass", "highpass"]
) -> Float64[np.ndarray, "lead sample"]:
    return np.asarray(sosfiltfilt(butter(2, hertz, kind, fs=BEAT_FS, output="sos"), signals, axis=1))
