"""Resemblance: whether what looks like beats could be the beats of one heart, and not noise or some other wave.

Beats of one heart look alike. Each is held against those before it, by the correlation of the band-passed signal around
their peaks; the best one counts, so a beat of another form needs only one like it nearby. And beats are steep for a
moment and flat for the rest, as no even wave is. Once the medians over many beats have shown an ECG, what its beats
look like is known: then one beat alone can be told from noise, whatever was between.
"""

import math
import statistics
from collections import deque
from collections.abc import Sequence
from functools import cache

import numpy as np
from jaxtyping import Float32, Float64
from scipy.ndimage import median_filter
from scipy.signal import firwin

from ecg.signal.resampling import BEAT_FS

BEFORE, AFTER = 0.15, 0.25
"""Seconds around the peak that are compared."""

BAND = (5.0, 30.0)
BAND_HALF = 0.12
"""Half the length of the band-pass, in seconds."""

REACH = (BEFORE + BAND_HALF, AFTER + BAND_HALF)
"""Seconds around the peak that are looked at."""

COMPARED = 12
"""Beats that each is held against, beside those that are known."""
KNOWN, FOLLOWED = 8, 0.1
"""Forms that are known, and how far each follows a beat like it: noise averages out of them."""

FIRST, FIRST_ALIKE = 16, 0.975
"""Beats whose median shows an ECG for the first time; electrode motion, which repeats itself too, stays below."""

MEDIAN_OF = 8
LOST, GAINED = 0.58, 0.72
"""Of the median of the last beats, once an ECG was seen: where it is lost, and there again."""

LIKE_KNOWN = 0.68
"""Of one beat with those that are known."""

FEW, FEW_ALIKE = 64, 0.88
"""Beats of a short recording, and of the median of the last of them: there is no more to go by."""

STEEP_SHARE = 0.15
"""The steepest part of a beat: about as long as a QRS complex."""
STEEP = 0.42
"""Of the median of how much of the signal's movement is in that part."""


Shape = Float64[np.ndarray, "sample"]


class Resemblance:
    """Follows how much the beats of a signal at 125 Hz look like each other."""

    def __init__(self) -> None:
        self.seen = False
        """Whether there was an ECG."""
        self._there = False
        self._count = 0
        self._known: list[Shape] = []
        """Forms, the one that was met last at the end."""
        self._recent: deque[Float64[np.ndarray, "sample"]] = deque(maxlen=COMPARED)
        self._best: deque[float] = deque(maxlen=FIRST)
        self._steep: deque[float] = deque(maxlen=FIRST)

    def push(self, around: Float32[np.ndarray, "sample"]) -> Shape:
        """Look at the next beat, by the signal `REACH` around its peak; its shape, for `is_like_known`."""
        shape = _shape(around)
        best = _most_like(shape, [*self._recent, *self._known])
        if len(self._recent) == 1:
            self._best.append(best)  # the first beat is as much like the second as that is like it
        if self._recent:
            self._best.append(best)
        self._steep.append(_steepness(around))
        self._recent.append(shape)
        self._count += 1
        self._follow(shape)
        return shape

    @property
    def alike(self) -> float:
        """The median correlation of the last beats with the one that each is most like."""
        return statistics.median(self._best) if self._best else 0.0

    def finish(self) -> None:
        """Nothing more comes: where there were few beats, less has to do."""
        if not self.seen and self._best and self._count <= FEW and self._shows(FEW_ALIKE):
            self._see()

    def accepts(self, shape: Shape) -> bool:
        """Whether the beat that was looked at last is one of an ECG: like a known one, or among others that are."""
        return self._there or self.is_like_known(shape)

    def accepted(self, shapes: Sequence[Shape | None]) -> list[bool]:
        """The same of beats from before the ECG was seen, each of which has others after it too; None is no beat."""
        alike = np.array([0.0 if shape is None else _most_like(shape, self._known) for shape in shapes])
        around = median_filter(alike, MEDIAN_OF + 1, mode="nearest")
        accepted: list[bool] = ((alike >= LIKE_KNOWN) | (around >= LOST)).tolist()
        return accepted

    def is_like_known(self, shape: Shape) -> bool:
        """Whether a beat looks like those of the ECG that was seen."""
        return _most_like(shape, self._known) >= LIKE_KNOWN

    def _follow(self, shape: Shape) -> None:
        if len(self._best) == FIRST and self._shows(FIRST_ALIKE):
            self._see()
        elif self.seen:
            alike = statistics.median([*self._best][-MEDIAN_OF:])
            self._there = alike >= (LOST if self._there else GAINED) and statistics.median(self._steep) >= STEEP
            if self.is_like_known(shape):
                self._learn(shape)

    def _see(self) -> None:
        for shape in [self._recent[-1]] if self._there else self._recent:
            self._learn(shape)
        self.seen = self._there = True

    def _learn(self, shape: Shape) -> None:
        """Let the form that a beat is like follow it; where it is like none, it is one."""
        alike = np.array(self._known) @ shape if self._known else np.zeros(1)
        form = shape
        if alike.max() >= LIKE_KNOWN:
            form = _unit(self._known.pop(int(alike.argmax())) + FOLLOWED * shape)
        self._known = [*self._known, form][-KNOWN:]

    def _shows(self, alike: float) -> bool:
        return self.alike >= alike and statistics.median(self._steep) >= STEEP


def _most_like(shape, others) -> float:
    return float((np.array(others) @ shape).max()) if others else 0.0


@cache
def _band_pass() -> Float64[np.ndarray, "after before"]:
    """What band-passes the signal around a peak, as a matrix."""
    taps = firwin(2 * round(BAND_HALF * BEAT_FS) + 1, BAND, pass_zero=False, fs=BEAT_FS)
    samples = round(REACH[0] * BEAT_FS) + round(REACH[1] * BEAT_FS)
    kept = samples - len(taps) + 1
    matrix = np.zeros((kept, samples))
    for row in range(kept):
        matrix[row, row : row + len(taps)] = taps - taps.mean()
    return matrix


def _shape(around: Float32[np.ndarray, "sample"]) -> Shape:
    band = _band_pass() @ around.astype(np.float64)  # whose squares do not overflow, whatever the signal is
    return _unit(band)


def _unit(shape: Shape) -> Shape:
    return np.asarray(shape / max(math.sqrt(float(shape @ shape)), 1e-9))


def _steepness(around: Float32[np.ndarray, "sample"]) -> float:
    """How much of the movement, as squared differences, is in the steepest part."""
    inner = around[round(BAND_HALF * BEAT_FS) : -round(BAND_HALF * BEAT_FS)].astype(np.float64)
    movement = np.diff(inner) ** 2
    total = float(movement.sum())
    rest = round((1 - STEEP_SHARE) * len(movement))
    return float(np.partition(movement, rest)[rest:].sum()) / total if total else 0.0
