"""Foreign signals: what is no heartbeat, cut and scaled as if it were one.

A classifier should say of each that it is unlike what it was trained on. There are noise and shapes, beats whose
samples are in another order, and simulations of what else a monitor records. But for the reordered beats no patient is
in them.
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from jaxtyping import Float32, Float64
from scipy.signal import lfilter

from ecg import BEAT_FS, BEAT_LENGTH
from ecg.beats import RR_SHARE, scale

Rng = np.random.Generator
Signal = Float64[np.ndarray, "sample"]
Maker = Callable[[Rng, int], Signal]
"""So many samples of a signal, at the rate of beats, in any unit."""

SPECTRUM_SAMPLES = 1024


def foreign_beats(
    beats: Float32[np.ndarray, "beat 187"], count: int, seed: int = 0
) -> dict[str, Float32[np.ndarray, "foreign 187"]]:
    """So many of each kind, by its name. Each is as long as a beat drawn at random, and padded like it."""
    rng = np.random.default_rng(seed)
    drawn = beats[rng.integers(len(beats), size=count)]
    lengths = [_length(beat) for beat in drawn]

    def padded(crops: Sequence[np.ndarray]) -> Float32[np.ndarray, "foreign 187"]:
        return np.stack([np.pad(crop, (0, BEAT_LENGTH - len(crop))) for crop in crops]).astype(np.float32)

    made = {
        name: padded([scale(make(rng, length).astype(np.float32)) for length in lengths])
        for name, make in (SHAPES | PHYSIOLOGICAL).items()
    }
    made["flat line"] = padded([_flat_line(rng, length) for length in lengths])
    crops = [beat[:length].astype(np.float64) for beat, length in zip(drawn, lengths, strict=True)]
    made["shuffled beat"] = padded([rng.permutation(crop) for crop in crops])
    made["reversed beat"] = padded([crop[::-1] for crop in crops])
    return made


def _length(beat: Float32[np.ndarray, "187"]) -> int:
    """Samples of a beat before its padding."""
    return int(np.flatnonzero(beat).max(initial=0)) + 1


def _seconds(samples: int) -> Signal:
    return np.arange(samples) / BEAT_FS


def _coloured(power: Callable[[Signal], Signal], rng: Rng, samples: int) -> Signal:
    """Gaussian noise whose power at a frequency, in Hz, is as given; none at 0."""
    frequencies = np.fft.rfftfreq(SPECTRUM_SAMPLES, 1 / BEAT_FS)[1:]
    parts = rng.normal(size=(2, len(frequencies)))
    spectrum = np.sqrt(power(frequencies)) * (parts[0] + 1j * parts[1])
    return np.fft.irfft(np.concatenate(([0], spectrum)))[:samples]


def _noise(exponent: float) -> Maker:
    """Noise whose power falls as a power of frequency."""
    return lambda rng, samples: _coloured(lambda f: f**-exponent, rng, samples)


def _flat_line(rng: Rng, samples: int) -> Signal:
    """A level, and a little noise about it; it is not scaled, or it would be noise alone."""
    spread = 10 ** rng.uniform(-4, -2)
    return np.clip(rng.uniform(0, 1) + rng.normal(0, spread, samples), 0, 1)


def _sine(rng: Rng, samples: int) -> Signal:
    return np.sin(2 * np.pi * (rng.uniform(0.5, 30) * _seconds(samples) + rng.uniform()))


def _square_wave(rng: Rng, samples: int) -> Signal:
    return np.sign(np.sin(2 * np.pi * (rng.uniform(0.5, 20) * _seconds(samples) + rng.uniform())))


PULSES = (
    ((1.0, 0.1999), (-1.5161, 0.8186), (0.6303, 1.0225)),
    ((0.7303, 0.5291), (-1.5510, -0.2553), (0.7283, 1.2271)),
)
"""Heights, angles and widths of the two waves of a pulse whose waves are salient, and of one whose waves are not."""


def photoplethysmogram(rng: Rng, samples: int) -> Signal:
    """A pulse and the beginning of the next, from a systolic peak on; R-R intervals are as long as the beat's.

    Two Gaussians round a circle (Tang et al., "Synthetic photoplethysmogram generation using two Gaussian functions",
    2020, table 1), each number varied by a tenth.
    """
    heights, angles, widths = (np.array(numbers) * rng.normal(1, 0.1, 2) for numbers in PULSES[rng.integers(2)])
    angle = angles[0] + 2 * np.pi * np.arange(samples) * RR_SHARE / samples
    away = (angle[:, None] - angles + np.pi) % (2 * np.pi) - np.pi
    waves: Signal = (heights * np.exp(-(away**2) / (2 * widths**2))).sum(axis=1)
    return waves + rng.normal(0, 0.005, samples)


def arterial_pressure(rng: Rng, samples: int) -> Signal:
    """Pressure in mmHg from a systolic peak on; intervals are as long as the beat's.

    Three-element windkessel (Westerhof et al., "The arterial windkessel", 2009): C dp/dt = q - p / R, and to p is added
    Z q, with the flow q of each heartbeat half a sine of about 0.3 s.
    """
    interval = max(round(samples / RR_SHARE), 2)
    resistance, compliance, impedance = rng.uniform(0.7, 1.5), rng.uniform(0.8, 2.0), rng.uniform(0.03, 0.1)
    ejection = rng.uniform(0.25, 0.35)
    within = np.tile(_seconds(interval), 12)
    flow = np.where(within < ejection, 400 * np.sin(np.pi * within / ejection), 0.0)
    decay = math.exp(-1 / (BEAT_FS * resistance * compliance))
    pressure = lfilter([resistance * (1 - decay)], [1, -decay], flow) + impedance * flow
    start = 9 * interval + int(pressure[9 * interval : 10 * interval].argmax())
    return pressure[start : start + samples] + rng.normal(0, 0.3, samples)


def respiration(rng: Rng, samples: int) -> Signal:
    """The volume of a chest that breathes 12 to 20 times a minute, from any moment on.

    v = -cos^(2n)(pi t / T), which lingers at the end of expiration (Lujan et al. 1999, equation 1).
    """
    turns = _seconds(samples) / rng.uniform(3, 5) + rng.uniform()
    return -(np.cos(np.pi * turns) ** (2 * rng.integers(1, 4))) + rng.normal(0, 0.005, samples)


def electroencephalogram(rng: Rng, samples: int) -> Signal:
    """A background whose power falls as f^-1 to f^-2, and alpha waves of 8 to 13 Hz (Donoghue et al. 2020)."""
    background = _noise(rng.uniform(1, 2))(rng, samples)
    alpha = np.sin(2 * np.pi * (rng.uniform(8, 13) * _seconds(samples) + rng.uniform()))
    waves: Signal = background / background.std() + rng.uniform(0, 1.5) * alpha
    return waves


def electromyogram(rng: Rng, samples: int) -> Signal:
    """A muscle that contracts and relaxes: Gaussian noise of the surface EMG's spectrum under a slow envelope.

    The spectrum, of which 125 Hz show the lower part, and the envelope are those of Shwedyk, Balasubramanian and Scott,
    "A nonstationary model for the electromyogram" (1977).
    """
    low, high = rng.uniform(30, 60), rng.uniform(60, 120)
    noise = _coloured(lambda f: (f * high**2) ** 2 / ((f**2 + low**2) * (f**2 + high**2) ** 2), rng, samples)
    burst = (_seconds(samples) - rng.uniform(0, 1.5)) / rng.uniform(0.1, 0.5)
    return noise * (0.3 + np.exp(-(burst**2) / 2))


SHAPES: dict[str, Maker] = {
    "white noise": _noise(0),
    "pink noise": _noise(1),
    "brown noise": _noise(2),
    "sine": _sine,
    "square wave": _square_wave,
}

PHYSIOLOGICAL: dict[str, Maker] = {
    "photoplethysmogram": photoplethysmogram,
    "arterial pressure": arterial_pressure,
    "respiration": respiration,
    "EEG": electroencephalogram,
    "EMG": electromyogram,
}
