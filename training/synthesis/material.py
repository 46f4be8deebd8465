"""Material: what recordings are composed of: segments of one that was, and the waves of its beats.

Waves are single beats cut out of their recording, from before the P wave to after the T wave, and can be changed. One
`[lead, 114]` at 125 Hz has its R peak at sample 34, lies on a line at 0 and ends in it, so waves can be added up to a
signal at any distance from each other; where they overlap, a P wave lies on the T wave before it, as it does.
"""

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from jaxtyping import Float64, Int64
from scipy.signal import resample

from ecg import LABELS, Annotations, Recording, choose_leads
from ecg.signal.resampling import BEAT_FS

LONGEST_SECONDS = 2700.0
"""A longer one is taken apart, as an answer is given half an hour at once."""
SHORTEST_SECONDS = 60.0
"""A shorter one shows too little of a patient's rhythm to be written anew."""

N, V = LABELS.index("N"), LABELS.index("V")

SHORTEST, LONGEST = 32, 375
"""Samples of an interval: 0.26 s and 3 s."""

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
RESHAPED_SPREAD, TURNED_OVER = 0.2, 0.3
"""Of ventricular waves that are reshaped: the logarithm of their width varies so, and so many of their leads are turned
over."""
P_MOVES = 6
"""Samples by which a changed P wave may come earlier or later."""


def segment_of(recording: Recording, first: int, last: int) -> Recording:
    """The annotated recording from one sample up to another."""
    annotations = recording.beat_annotations()
    inside = (annotations.samples >= first) & (annotations.samples < last)
    symbols = [symbol for symbol, kept in zip(annotations.symbols, inside.tolist(), strict=True) if kept]
    return replace(
        recording,
        signals=recording.signals[:, first:last],
        annotations=Annotations(annotations.samples[inside] - first, symbols),
    )


def segments_without_gaps(recording: Recording) -> list[Recording]:
    """What lies between the gaps of the leads that are looked at, those leads alone; none where all is too short."""
    leads = list(choose_leads(recording))
    looked_at = replace(
        recording, signals=recording.signals[leads], leads=tuple(recording.leads[lead] for lead in leads)
    )
    there = np.isfinite(looked_at.signals).all(axis=0)
    edges = np.flatnonzero(np.diff(there.astype(np.int8), prepend=0, append=0)).reshape(-1, 2)
    segments = []
    for start, stop in edges.tolist():
        number = math.ceil((stop - start) / recording.fs / LONGEST_SECONDS)
        bounds = np.linspace(start, stop, number + 1).round().astype(np.int64).tolist()
        segments += [segment_of(looked_at, *bounds[place : place + 2]) for place in range(number)]
    return [segment for segment in segments if segment.seconds >= SHORTEST_SECONDS]


@dataclass(frozen=True)
class Material:
    """The beats of one recording as waves, with their labels (indices of `LABELS`), and the intervals after them.

    All at 125 Hz; intervals are in samples.
    """

    name: str
    leads: tuple[str, ...]
    waves: Float64[np.ndarray, "beat lead 114"]
    labels: Int64[np.ndarray, "beat"]
    intervals: Float64[np.ndarray, "beat"]

    @classmethod
    def of(
        cls,
        name: str,
        leads: tuple[str, ...],
        signals: Float64[np.ndarray, "lead sample"],
        peaks: Int64[np.ndarray, "beat"],
        labels: Int64[np.ndarray, "beat"],
    ) -> "Material":
        """That of signals and R peaks at 125 Hz."""
        intervals = np.clip(np.diff(peaks), SHORTEST, LONGEST).astype(np.float64)
        return cls(name, leads, cut_waves(signals, peaks), labels, np.append(intervals, np.median(intervals)))

    @property
    def heights(self) -> Float64[np.ndarray, "lead 1"]:
        """How high normal QRS complexes are, or all where none is normal."""
        normal = self.waves[self.labels == N]
        return heights_of(normal if len(normal) else self.waves)

    @property
    def usual_interval(self) -> float:
        """The median between normal beats, in samples, or between all."""
        between = (self.labels == N) & (np.append(self.labels[1:], V) == N)
        return float(np.median(self.intervals[between] if between.sum() > 10 else self.intervals))

    def ventricular(self, most: int, rng: np.random.Generator) -> list[Float64[np.ndarray, "lead 114"]]:
        """Ventricular ectopic waves, in heights of a normal QRS complex: what others may be given."""
        places = rng.permutation(np.flatnonzero(self.labels == V))[:most]
        return [self.waves[place] / self.heights for place in places]


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
    length, line = P_WAVE.stop - P_WAVE.start, _line_of_p_wave(wave)
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


def with_scaled_p_wave(wave: Float64[np.ndarray, "lead 114"], scale: float) -> Float64[np.ndarray, "lead 114"]:
    """The wave with its P wave so many times as high, turned over where that is negative."""
    line = _line_of_p_wave(wave)
    changed = wave.copy()
    changed[:, P_WAVE] = line + scale * (wave[:, P_WAVE] - line)
    return changed


def p_wave_alone(wave: Float64[np.ndarray, "lead 114"]) -> Float64[np.ndarray, "lead 114"]:
    """The P wave of a beat that is not conducted."""
    alone = np.zeros_like(wave)
    alone[:, P_WAVE] = wave[:, P_WAVE] - _line_of_p_wave(wave)
    return alone


def _line_of_p_wave(wave: Float64[np.ndarray, "lead 114"]) -> Float64[np.ndarray, "lead sample"]:
    """What the wave would be there without its P wave."""
    first, last = wave[:, [P_WAVE.start]], wave[:, [P_WAVE.stop]]
    return np.asarray(first + (last - first) * np.linspace(0, 1, P_WAVE.stop - P_WAVE.start))


def with_wider_qrs(
    wave: Float64[np.ndarray, "lead 114"], height: float, share: float
) -> Float64[np.ndarray, "lead 114"]:
    """The wave with a share of its QRS complex a fifth wider, and so much higher: conducted another way."""
    wider = wave.copy()
    stretched = resample(wave[:, QRS], WIDER_QRS.stop - WIDER_QRS.start, axis=1) * height
    wider[:, WIDER_QRS] = (1 - share) * wave[:, WIDER_QRS] + share * stretched
    return wider


def reshaped(wave: Float64[np.ndarray, "lead 114"], rng: np.random.Generator) -> Float64[np.ndarray, "lead 114"]:
    """The wave narrower or wider around its R peak, and perhaps turned over in a lead: as if begun elsewhere."""
    places = (np.arange(WAVE_LENGTH) - BEFORE) / math.exp(rng.normal(0, RESHAPED_SPREAD)) + BEFORE
    signs = np.where(rng.random(len(wave)) < TURNED_OVER, -1.0, 1.0)
    fading = np.clip(np.minimum(np.arange(WAVE_LENGTH), np.arange(WAVE_LENGTH)[::-1]) / FADED, 0, 1)
    stretched = np.stack([np.interp(places, np.arange(WAVE_LENGTH), lead, 0.0, 0.0) for lead in wave])
    return np.asarray(stretched * fading * signs[:, None])


def add_up(
    waves: Float64[np.ndarray, "beat lead 114"], peaks: Int64[np.ndarray, "beat"], length: int
) -> Float64[np.ndarray, "lead sample"]:
    """The signal of waves whose R peaks are there; all of them must lie within its length."""
    signals = np.zeros((waves.shape[1], length))
    for wave, peak in zip(waves, peaks.tolist(), strict=True):
        signals[:, peak - BEFORE : peak + AFTER] += wave
    return signals
