"""Waves: single beats cut out of their recording, from before the P wave to after the T wave, and ways to change them.

A wave `[lead, 114]` at 125 Hz has its R peak at sample 34, lies on a line at 0 and ends in it, so waves can be added up
to a signal at any distance from each other; where they overlap, a P wave lies on the T wave before it, as it does.
"""

from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64
from scipy.signal import resample

from ecg.signal.resampling import BEAT_FS

BEFORE, AFTER = 34, 80
"""Samples of a wave before the R peak, and from it on."""
WAVE_LENGTH = BEFORE + AFTER

BEFORE_SHARE = 0.42
"""Of the interval before a beat: further back there is the T wave of the beat before."""
SHORTEST_BEFORE, SHORTEST_AFTER = 12, 25
FADED = 6
"""Samples at either end that fade to 0."""

P_WAVE = slice(BEFORE - 30, BEFORE - 7)
QRS = slice(BEFORE - 9, BEFORE + 11)
WIDER_QRS = slice(BEFORE - 11, BEFORE + 13)
HEIGHT = slice(BEFORE - 8, BEFORE + 10)

PChange = Literal["same", "small", "inverted", "big", "none"]
P_SCALES: dict[PChange, tuple[float, float]] = {
    "same": (0.8, 1.2),
    "small": (0.0, 0.5),
    "inverted": (-1.3, -0.4),
    "big": (1.3, 2.0),
    "none": (0.0, 0.0),
}
P_MOVES = 6
"""Samples by which a changed P wave may come earlier or later."""


def cut_waves(
    signals: Float64[np.ndarray, "lead sample"], peaks: Int64[np.ndarray, "beat"]
) -> Float64[np.ndarray, "beat lead 114"]:
    """The wave of each beat; signals and R peaks at 125 Hz."""
    places = np.clip(peaks[:, None] + np.arange(-BEFORE, AFTER), 0, signals.shape[1] - 1)
    intervals = np.diff(peaks)
    before = np.append(BEAT_FS, intervals)
    after = np.append(intervals, BEAT_FS)
    starts = BEFORE - np.clip(BEFORE_SHARE * before, SHORTEST_BEFORE, BEFORE).astype(np.int64)
    stops = BEFORE + np.clip(after - np.minimum(BEFORE, BEFORE_SHARE * after), SHORTEST_AFTER, AFTER).astype(np.int64)
    waves = np.zeros((len(peaks), len(signals), WAVE_LENGTH))
    for wave, place, start, stop in zip(waves, places, starts, stops, strict=True):
        wave[:, start:stop] = _on_a_line(signals[:, place[start:stop]])
    return waves


def _on_a_line(part: Float64[np.ndarray, "lead sample"]) -> Float64[np.ndarray, "lead sample"]:
    """The part less the line between its ends, fading to 0 there."""
    length = part.shape[1]
    first, last = part[:, :3].mean(axis=1, keepdims=True), part[:, -3:].mean(axis=1, keepdims=True)
    fading = np.minimum(np.arange(length), np.arange(length)[::-1]) / FADED
    return np.asarray((part - (first + (last - first) * np.linspace(0, 1, length))) * np.minimum(fading, 1))


def heights_of(waves: Float64[np.ndarray, "beat lead 114"]) -> Float64[np.ndarray, "lead 1"]:
    """How high QRS complexes are in each lead: the median."""
    return np.asarray(np.median(np.ptp(waves[:, :, HEIGHT], axis=2), axis=0)[:, None])


def with_other_p_wave(
    wave: Float64[np.ndarray, "lead 114"], change: PChange, rng: np.random.Generator
) -> Float64[np.ndarray, "lead 114"]:
    """The wave with its P wave taken out and put back as another: of other height, width and place, or not at all."""
    length = P_WAVE.stop - P_WAVE.start
    ends = wave[:, [P_WAVE.start]], wave[:, [P_WAVE.stop]]
    line = ends[0] + (ends[1] - ends[0]) * np.linspace(0, 1, length)
    p_wave = wave[:, P_WAVE] - line
    changed = wave.copy()
    changed[:, P_WAVE] = line
    if change == "none":
        return changed
    width = max(8, int(length * rng.uniform(0.7, 1.2)))
    other = resample(p_wave, width, axis=1) * np.hanning(width) ** 0.3 * rng.uniform(*P_SCALES[change])
    most = P_MOVES if change != "same" else 2
    start = P_WAVE.start + (length - width) // 2 + int(rng.integers(-most, most + 1))
    kept = slice(max(start, 0), min(start + width, BEFORE))
    changed[:, kept] += other[:, kept.start - start : kept.stop - start]
    return changed


def with_wider_qrs(
    wave: Float64[np.ndarray, "lead 114"], height: float, share: float
) -> Float64[np.ndarray, "lead 114"]:
    """The wave with a share of its QRS complex a fifth wider, and so much higher: conducted another way."""
    wider = wave.copy()
    stretched = resample(wave[:, QRS], WIDER_QRS.stop - WIDER_QRS.start, axis=1) * height
    wider[:, WIDER_QRS] = (1 - share) * wave[:, WIDER_QRS] + share * stretched
    return wider


def add_up(
    waves: Float64[np.ndarray, "beat lead 114"], peaks: Int64[np.ndarray, "beat"], length: int
) -> Float64[np.ndarray, "lead sample"]:
    """The signal of waves whose R peaks are there; all of them must lie within its length."""
    signals = np.zeros((waves.shape[1], length))
    for wave, peak in zip(waves, peaks.tolist(), strict=True):
        signals[:, peak - BEFORE : peak + AFTER] += wave
    return signals
