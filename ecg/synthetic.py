"""Recordings made by equation: annotated, of any length, rate, noise and mix of beats. No patient is in them.

The model is that of McSharry, Clifford, Tarassenko and Smith, "A dynamical model for generating synthetic
electrocardiogram signals" (2003). A point goes round a circle once a beat; each wave (P, Q, R, S, T) pushes the
signal z up and down again as the point passes the wave's angle:

    dz/dt = -sum_i a_i (theta - theta_i) exp(-(theta - theta_i)^2 / (2 b_i^2)) - z          (equation 1)

Ectopic beats, which the paper does not have, come early and have waves of their own.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float64, Int64
from scipy.signal import lfilter

from ecg.errors import InvalidSynthesis
from ecg.labels import LABELS, Label
from ecg.recording import Annotations, Recording

ANGLES = np.radians([-70.0, -15.0, 0.0, 15.0, 100.0])
"""Where P, Q, R, S and T lie on the circle (the authors' program, ECGSYN; table 1 of the paper rounds them)."""

MV_PER_UNIT = 26.0
"""Scales z so that the R wave of a normal beat at 60 a minute is about 1 mV high."""


@dataclass(frozen=True)
class _Beat:
    """How beats of one class differ: how early they come, how long the pause is after, and their waves."""

    symbol: str
    before: float
    after: float
    heights: tuple[float, float, float, float, float]
    widths: tuple[float, float, float, float, float]


_BEATS: dict[Label, _Beat] = {
    # heights and widths of N are a_i and b_i of the paper's table 1
    "N": _Beat("N", 1.00, 1.00, (1.2, -5.0, 30.0, -7.5, 0.75), (0.25, 0.1, 0.1, 0.1, 0.4)),
    "S": _Beat("A", 0.65, 1.10, (-0.8, -5.0, 28.0, -7.5, 0.75), (0.15, 0.1, 0.1, 0.1, 0.4)),
    "V": _Beat("V", 0.65, 1.35, (0.0, -2.0, 9.0, -2.5, -0.9), (0.25, 0.2, 0.24, 0.28, 0.35)),
    "F": _Beat("F", 0.90, 1.05, (0.6, -4.0, 18.0, -7.0, -0.2), (0.25, 0.13, 0.15, 0.17, 0.42)),
    "Q": _Beat("/", 1.00, 1.00, (0.0, 60.0, 7.0, -9.0, -1.2), (0.25, 0.02, 0.25, 0.25, 0.45)),
}

LEADS: dict[str, tuple[float, float, float, float, float]] = {
    "MLII": (1.0, 1.0, 1.0, 1.0, 1.0),
    "V1": (0.5, 0.2, 0.25, 1.8, -0.4),
}
"""The leads that can be made, as what multiplies the height of each wave."""


def synthesize(
    seconds: float,
    *,
    fs: float = 360.0,
    heart_rate: float = 70.0,
    noise: float = 0.01,
    ectopic: Mapping[Label, float] | None = None,
    leads: tuple[str, ...] = ("MLII",),
    seed: int = 0,
) -> Recording:
    """An annotated recording of so many seconds, `fs` samples a second.

    `heart_rate` is beats a minute, `noise` the standard deviation of white noise in mV, `ectopic` the share of
    beats of each class other than N, for example `{"V": 0.1, "S": 0.05}`. Equal seeds give equal recordings.
    Raises InvalidSynthesis for settings that no recording can have.
    """
    shares = dict(ectopic or {})
    _check(seconds, fs, heart_rate, noise, shares, leads)
    rng = np.random.default_rng(seed)
    # Pauses and early beats move times by less than half, so twice the beats are always enough.
    labels = _draw_labels(int(seconds * heart_rate / 60 * 2) + 4, shares, rng)
    intervals = _intervals(labels, heart_rate, rng)
    peaks = np.cumsum(intervals) - intervals[0] / 2
    time = np.arange(round(seconds * fs)) / fs
    signals = np.stack([_signal(time, peaks, labels, heart_rate, lead) for lead in leads])
    signals += 0.1 * np.sin(2 * np.pi * 0.25 * time)  # breathing moves the baseline, z0 in equation 1
    signals += rng.normal(0.0, noise, signals.shape)
    samples = np.round(peaks * fs).astype(np.int64)
    inside = samples < len(time)
    return Recording(
        name=f"synthetic-{seed}",
        signals=signals.astype(np.float32),
        leads=leads,
        fs=float(fs),
        annotations=Annotations(
            samples=samples[inside],
            symbols=tuple(_BEATS[LABELS[label]].symbol for label in labels[inside]),
        ),
    )


def _check(
    seconds: float, fs: float, heart_rate: float, noise: float, shares: dict[Label, float], leads: tuple[str, ...]
) -> None:
    problems = {
        f"seconds {seconds}, expected more than 0": not 0 < seconds < math.inf,
        f"fs {fs}, expected 50 to 2,000 Hz": not 50 <= fs <= 2000,
        f"heart_rate {heart_rate}, expected 20 to 250 a minute": not 20 <= heart_rate <= 250,
        f"noise {noise} mV, expected 0 or more": not 0 <= noise < math.inf,
        f"ectopic {shares}, expected shares of S, V, F and Q, each 0 or more, 1 or less in all": (
            not set(shares) <= set(LABELS[1:]) or any(not s >= 0 for s in shares.values()) or sum(shares.values()) > 1
        ),
        f"leads {leads}, expected one or more of {', '.join(LEADS)}": not leads or not set(leads) <= set(LEADS),
    }
    for problem, present in problems.items():
        if present:
            raise InvalidSynthesis(f"got {problem}")


def _draw_labels(count: int, shares: dict[Label, float], rng: np.random.Generator) -> Int64[np.ndarray, "peak"]:
    """A class for each beat; the first is normal."""
    share = np.array([shares.get(label, 0.0) for label in LABELS])
    share[0] = max(0.0, 1.0 - share.sum())
    labels = rng.choice(len(LABELS), size=count, p=share / share.sum())
    labels[0] = 0
    return labels


def _intervals(
    labels: Int64[np.ndarray, "peak"], heart_rate: float, rng: np.random.Generator
) -> Float64[np.ndarray, "peak"]:
    """Seconds from each beat's predecessor to it.

    Two rhythms sway it, as in section II-B of the paper: Mayer waves at 0.1 Hz and breathing at 0.25 Hz.
    """
    mean = 60 / heart_rate
    time = np.arange(len(labels)) * mean
    sway = np.zeros(len(labels))
    for frequency, spread in ((0.1, 0.01), (0.25, 0.01)):
        for f, phase in zip(rng.normal(frequency, spread, 8), rng.uniform(0, 2 * np.pi, 8), strict=True):
            sway += np.sin(2 * np.pi * f * time + phase) / 4
    factors = 1 + 0.03 * sway
    factors *= np.array([_BEATS[label].before for label in LABELS])[labels]
    factors[1:] *= np.array([_BEATS[label].after for label in LABELS])[labels[:-1]]
    return mean * factors


def _signal(
    time: Float64[np.ndarray, "sample"],
    peaks: Float64[np.ndarray, "peak"],
    labels: Int64[np.ndarray, "peak"],
    heart_rate: float,
    lead: str,
) -> Float64[np.ndarray, "sample"]:
    """Z of equation 1, in mV, without its baseline."""
    turns = np.interp(time, peaks, np.arange(len(peaks)), left=np.nan)
    before_first = np.isnan(turns)
    turns[before_first] = (time[before_first] - peaks[0]) / (peaks[1] - peaks[0])
    beat = np.clip(np.round(turns).astype(np.int64), 0, len(peaks) - 1)
    theta = 2 * np.pi * (turns - beat)
    widen = np.sqrt(heart_rate / 60)  # ECGSYN's correction: at a high rate waves take more of the circle
    stretch = np.array([np.sqrt(widen), widen, 1.0, widen, np.sqrt(widen)])
    heights = np.array([_BEATS[label].heights for label in LABELS])[labels] * np.array(LEADS[lead])
    widths = np.array([_BEATS[label].widths for label in LABELS])[labels] * widen
    push = np.zeros_like(time)
    for wave in range(len(ANGLES)):
        delta = theta - ANGLES[wave] * stretch[wave]
        height, width = heights[beat, wave], widths[beat, wave]
        push -= height * delta * np.exp(-(delta**2) / (2 * width**2))
    return MV_PER_UNIT * _leaky_integral(push, time[1] - time[0] if len(time) > 1 else 1.0)


def _leaky_integral(push: Float64[np.ndarray, "sample"], step: float) -> Float64[np.ndarray, "sample"]:
    """Z of dz/dt = push - z from z = 0: the decay exactly, the push by the trapezoid rule."""
    decay = np.exp(-step)
    integral: Float64[np.ndarray, sample] = lfilter([step / 2, step / 2 * decay], [1.0, -decay], push)
    return integral
