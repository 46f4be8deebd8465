"""Resemblance: whether what looks like beats could be the beats of one heart, and not noise or some other wave.

Beats of one heart look alike. Each is held against those before it, by the correlation of the band-passed signal around
their peaks; the best one counts, so a beat of another form needs only one like it nearby. And beats are steep for a
moment and flat for the rest, as no even wave is. Once the medians over many beats have shown an ECG, what its beats
look like is known: then one beat alone can be distinguished from noise, whatever was between.
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
BAND_SAMPLES = round(BAND_HALF * BEAT_FS)

REACH = (BEFORE + BAND_HALF, AFTER + BAND_HALF)
"""Seconds around the peak that are looked at."""

COMPARED = 12
"""Beats that each is held against, beside those that are known."""
KNOWN, FOLLOWED = 8, 0.1
"""Forms that are known, and how far each follows a beat like it: noise averages out of them."""

FIRST, FIRST_ALIKE = 16, 0.975
EARLY, EARLY_ALIKE = 8, 0.985
"""Beats whose median shows an ECG for the first time; electrode motion, which repeats itself too, stays below."""

MEDIAN_OF = 8
LOST, GAINED = 0.55, 0.7
"""Of the median of the last beats, once an ECG was seen: where it is lost, and there again."""

LIKE_KNOWN = 0.64
"""Of one beat with those that are known."""

FEW, FEW_ALIKE = 64, 0.88
"""Beats of a short recording, and of the median of the last of them: there is no more to go by."""

STEEP_SHARE = 0.15
"""The steepest part of a beat: about as long as a QRS complex."""
STEEP = 0.42
"""Of the median of how much of the signal's movement is in that part."""


Shape = Float64[np.ndarray, "shape"]


class Resemblance:
    """Follows how much the beats of a signal at 125 Hz look like each other."""

    def __init__(self) -> None:
        self.seen = False
        """Whether there was an ECG."""
        self._there = False
        self._count = 0
        samples = len(_band_pass())
        self._recent = np.zeros((COMPARED, samples))
        """The last beats, the next in place of the oldest."""
        self._known = np.zeros((0, samples))
        """Forms, the one that was met last at the end."""
        self._best: deque[float] = deque(maxlen=FIRST)
        self._steep: deque[float] = deque(maxlen=FIRST)
        self._like_known = 0.0
        """The correlation of the last beat with the form that it is most like."""

    @property
    def alike(self) -> float:
        """The median correlation of the last beats with the one that each is most like."""
        return statistics.median(self._best) if self._best else 0.0

    @property
    def accepts(self) -> bool:
        """Whether the last beat is one of an ECG: like a known one, or among others that are."""
        return self._there or self._like_known >= LIKE_KNOWN

    def push(self, around: Float32[np.ndarray, "sample"]) -> Shape:
        """Look at the next beat, by the signal `REACH` around its peak; its shape, for `accepted`."""
        shape = _unit(_band_pass() @ around)
        like_recent = self._recent @ shape
        like_known = self._known @ shape
        self._like_known = float(like_known.max(initial=0.0))
        if self._count:
            best = max(float(like_recent[: self._count].max()), self._like_known)
            # the first beat is as much like the second as that is like it
            self._best.extend([best] if self._count > 1 else [best, best])
        self._steep.append(_steepness(around))
        self._recent[self._count % COMPARED] = shape
        self._count += 1
        self._follow(shape, like_known)
        return shape

    def finish(self) -> None:
        """Nothing more comes: where there were few beats, less has to do."""
        if not self.seen and self._best and self._count <= FEW and self._shows(FEW_ALIKE, len(self._best)):
            self._see()

    def accepted(self, shapes: Sequence[Shape | None]) -> list[bool]:
        """The same of beats from before the ECG was seen, each of which has others after it too; None is no beat."""
        alike = np.array([0.0 if shape is None else (self._known @ shape).max(initial=0.0) for shape in shapes])
        around = median_filter(alike, MEDIAN_OF + 1, mode="nearest")
        accepted: list[bool] = ((alike >= LIKE_KNOWN) | (around >= LOST)).tolist()
        return accepted

    def _follow(self, shape: Shape, like_known: Float64[np.ndarray, "form"]) -> None:
        if self._shows(EARLY_ALIKE, EARLY) or self._shows(FIRST_ALIKE, FIRST):
            self._see()
        elif self.seen:
            alike = statistics.median([*self._best][-MEDIAN_OF:])
            self._there = alike >= (LOST if self._there else GAINED) and statistics.median(self._steep) >= STEEP
            if self._like_known >= LIKE_KNOWN:
                self._learn(shape, like_known)

    def _see(self) -> None:
        recent = self._recent[: self._count] if not self._there else self._recent[[(self._count - 1) % COMPARED]]
        for shape in recent:
            self._learn(shape, self._known @ shape)
        self.seen = self._there = True

    def _learn(self, shape: Shape, like_known: Float64[np.ndarray, "form"]) -> None:
        """Let the form that a beat is like follow it; where it is like none, it is one."""
        form, others = shape, self._known
        if like_known.max(initial=0.0) >= LIKE_KNOWN:
            nearest = int(like_known.argmax())
            form = _unit(others[nearest] + FOLLOWED * shape)
            others = np.delete(others, nearest, axis=0)
        self._known = np.vstack((others, form))[-KNOWN:]

    def _shows(self, alike: float, beats: int) -> bool:
        latest = [*self._best][-beats:]
        return len(latest) == beats and statistics.median(latest) >= alike and statistics.median(self._steep) >= STEEP


@cache
def _band_pass() -> Float64[np.ndarray, "after before"]:
    """What band-passes the signal around a peak, as a matrix."""
    taps = firwin(2 * BAND_SAMPLES + 1, BAND, pass_zero=False, fs=BEAT_FS)
    samples = round(REACH[0] * BEAT_FS) + round(REACH[1] * BEAT_FS)
    kept = samples - len(taps) + 1
    matrix = np.zeros((kept, samples))
    for row in range(kept):
        matrix[row, row : row + len(taps)] = taps - taps.mean()
    return matrix


def _unit(shape: Shape) -> Shape:
    return np.asarray(shape / max(math.sqrt(float(shape @ shape)), 1e-9))


def _steepness(around: Float32[np.ndarray, "sample"]) -> float:
    """How much of the movement, as squared differences, is in the steepest part."""
    inner = around[BAND_SAMPLES:-BAND_SAMPLES].astype(np.float64)  # whose squares do not overflow
    movement = np.square(inner[1:] - inner[:-1])
    total = float(movement.sum())
    rest = round((1 - STEEP_SHARE) * len(movement))
    movement.partition(rest)
    return float(movement[rest:].sum()) / total if total else 0.0
