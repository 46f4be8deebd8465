"""Acquisition: whether what the last seconds show can be trusted to be beats, after a silence.

An artefact, a change of gain or a lead that was off leaves levels behind by which nothing is a beat any more. The last
seconds alone give the right ones; but noise, and the P waves of a ventricular standstill, give some too. What is
trusted is like the beats that were there before the silence; else it is sharp, of one form, and stands out.
"""

import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from ecg.detection.candidates import Candidate
from ecg.detection.shapes import Shape, ShapeAt, likeness, mutual_likeness

WINDOW = 3.0
"""Seconds that are looked at."""

TRIED_EVERY = 0.2
"""Seconds."""

REMEMBERED_EVERY, COMPARED, REMEMBERED = 24, 6, 18
"""After so many beats the last few are looked at, and their shapes remembered; so many are."""

ALIKE = 0.85
FIRST_ALIKE = 0.8
ALIKE_OF_NEW = 0.9
"""Medians of correlations: with beats that are remembered, and with each other, before there are any and after."""

FEWEST_OF_NEW = 3

SEPARATE = 0.6
"""Of the lowest beat: how high what lies between them may be."""

AROUND = 0.36
"""Seconds around a beat in which anything may be part of it."""

SHARP = 0.5
"""Of the energy in the broad band: what a beat of a new form has in the QRS band, and a P wave has not."""
AS_SHARP = 0.75
"""Of what remembered beats have at least."""

LOWEST = 0.05
"""Of the lowest that is remembered: no gain falls further."""


@dataclass(frozen=True)
class _Remembered:
    shape: Shape
    sharpness: float
    energy: float


class Acquisition:
    """Remembers what beats look like, and the candidates of the last seconds of silence."""

    def __init__(self, fs: float, shape_at: ShapeAt) -> None:
        self.fs = fs
        self.shape_at = shape_at
        self.candidates: list[Candidate] = []
        self._beats: deque[Candidate] = deque(maxlen=COMPARED)
        self._remembered: deque[_Remembered] = deque(maxlen=REMEMBERED)
        self._count = 0
        self._tried_at = 0.0

    def push(self, candidate: Candidate) -> None:
        """The next candidate in the silence."""
        self.candidates = [c for c in self.candidates if c.at > candidate.at - WINDOW * self.fs] + [candidate]

    def remember(self, beat: Candidate) -> None:
        """A beat: the silence is over. Now and then its shape is remembered, where the last beats are alike."""
        self.candidates = []
        self._beats.append(beat)
        self._count += 1
        if self._count % REMEMBERED_EVERY:
            return
        shapes = [self.shape_at(one.at) for one in self._beats]
        if statistics.median(mutual_likeness(shapes)) > ALIKE:
            latest = list(zip(shapes, self._beats, strict=True))[COMPARED // 2 :]
            self._remembered.extend(_Remembered(shape, one.narrow_share, max(one.narrow)) for shape, one in latest)

    def is_due(self, now: float) -> bool:
        """Whether it is time to look."""
        if now < self._tried_at + TRIED_EVERY * self.fs:
            return False
        self._tried_at = now
        return True

    def trusts(self, beats: Sequence[Candidate]) -> bool:
        """Whether these, found in the silence by what it shows alone, are beats."""
        if not beats or not self._stand_out(beats):
            return False
        shapes = [self.shape_at(beat.at) for beat in beats]
        sharpness = statistics.median(beat.narrow_share for beat in beats)
        if not self._remembered:
            return len(beats) > 1 and statistics.median(mutual_likeness(shapes)) > FIRST_ALIKE
        if max(max(beat.narrow) for beat in beats) < LOWEST * min(one.energy for one in self._remembered):
            return False
        known = [one.shape for one in self._remembered]
        alike = statistics.median(float(likeness(shape, known).max()) for shape in shapes)
        if alike > ALIKE and sharpness > AS_SHARP * min(one.sharpness for one in self._remembered):
            return True
        is_new = len(beats) >= FEWEST_OF_NEW and sharpness > SHARP
        return is_new and statistics.median(mutual_likeness(shapes)) > ALIKE_OF_NEW

    def _stand_out(self, beats: Sequence[Candidate]) -> bool:
        taken = [beat.at for beat in beats]
        between = [c for c in self.candidates if all(abs(c.at - at) > AROUND * self.fs for at in taken)]
        lowest = min(max(beat.energies) for beat in beats)
        return max((max(c.energies) for c in between), default=0.0) <= SEPARATE * lowest
