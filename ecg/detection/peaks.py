"""R peaks, found as the signal comes.

Every local maximum of QRS energy (`ecg.detection.qrs_energy`) is a candidate. It is a beat if it is high enough between
what noise and what earlier beats reached, in the leads that can be trusted: the rules of Pan and Tompkins, "A real-time
QRS detection algorithm" (1985), for levels, refractory time, T waves and searching back, here over several leads.
What is found does not depend on how the signals were divided into pieces.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ecg.detection.candidates import Candidate, CandidateFinder
from ecg.detection.judge import DetectedBeat, Judge
from ecg.detection.qrs_energy import QrsEnergy
from ecg.detection.shapes import AFTER, BEFORE, Shape, normalized
from ecg.signal.tail import Tail

PLACING_HALF = 0.05
HISTORY = 15.0
"""Seconds, of the signal around a maximum, and before the last one."""

LEARNING = 3.0
"""Seconds of signal that have to show what is usual before anything is a beat."""


@dataclass(frozen=True)
class Peaks:
    """R peaks, in samples since the beginning of the signal.

    Where `flutter`, it is one of the waves of what looks like ventricular flutter or fibrillation, not a beat.
    """

    samples: Int64[np.ndarray, "peak"]
    flutter: Bool[np.ndarray, "peak"]


class PeakDetector:
    """Finds the R peaks of one recording, whose signals it is given piece by piece.

    `lead` is the one in which the peaks are placed.
    """

    def __init__(self, leads: int, fs: float, lead: int = 0) -> None:
        self.fs = fs
        self.lead = lead
        self._energy = QrsEnergy(leads, fs)
        self._finder = CandidateFinder(leads, self._energy.fs)
        self._judge: Judge | None = None
        self._held: list[Candidate] = []
        """Candidates before the judge knows what is usual."""
        self._last = np.zeros((leads, 1))
        self._signal = Tail(np.zeros((leads, 0)))
        """As far back as peaks may still be placed in it."""

    def push(self, signals: Float64[np.ndarray, "lead sample"]) -> Peaks:
        """The peaks that this piece, which must hold no NaN, made certain."""
        self._last = signals[:, -1:] if signals.shape[1] else self._last
        self._signal = self._signal.followed_by(signals)
        peaks = self._judged(self._finder.push(self._energy.push(signals)), self._finder.seen)
        self._signal = self._signal.since(self._signal.stop - round(HISTORY * self.fs))
        return peaks

    @property
    def next_sample(self) -> int | None:
        """Where the next peak seems to be, while a later one may still replace it; None for no sign of one."""
        beat = self._judge.beats[-1] if self._judge and self._judge.beats else None
        return None if beat is None else self._place(beat.at)

    def finish(self) -> Peaks:
        """The peaks that were uncertain, now that nothing more comes."""
        rest = self._energy.push(np.repeat(self._last, self._energy.delay, axis=1))
        return self._judged(self._finder.push(rest, last=True), math.inf)

    def _judged(self, candidates: list[Candidate], now: float) -> Peaks:
        if self._judge is None:
            candidates = self._learn(candidates, now)
        certain: list[DetectedBeat] = []
        if self._judge is not None:
            for candidate in candidates:
                self._judge.consider(candidate)
            certain = self._judge.certain(now)
        return Peaks(
            np.array([self._place(beat.at) for beat in certain], dtype=np.int64),
            np.array([beat.flutter for beat in certain], dtype=bool),
        )

    def _learn(self, candidates: list[Candidate], now: float) -> list[Candidate]:
        """Hold candidates back until some seconds of them have shown what is usual: then all that were held."""
        self._held += candidates
        if not self._held or now - self._held[0].at < LEARNING * self._energy.fs:
            return []
        first = [c for c in self._held if c.at - self._held[0].at < LEARNING * self._energy.fs]
        self._judge = Judge(first, self._energy.fs, self._shape_at)
        held, self._held = self._held, []
        return held

    def _place(self, at: int) -> int:
        """The R peak: the extremum of the signal around the maximum of its energy, upward unless that is a dwarf."""
        signal, half = self._signal, round(PLACING_HALF * self.fs)
        middle = self._middle(at)
        start, stop = max(middle - half, signal.start), middle + half + 1
        around = signal.between(start - half, stop + half)[self.lead]
        wave = signal.between(start, stop)[self.lead] - np.median(around)
        if not wave.any():
            return middle
        upward = wave.max() > -wave.min() / 2
        return start + int(wave.argmax() if upward else wave.argmin())

    def _middle(self, at: int) -> int:
        """The sample of the signal that one of the energy is of, within what is still there."""
        middle = at * self._energy.every - self._energy.delay
        return min(max(middle, self._signal.start), self._signal.stop - 1)

    def _shape_at(self, at: int) -> Shape:
        middle = self._middle(at)
        places = np.arange(middle - round(BEFORE * self.fs), middle + round(AFTER * self.fs), self._energy.every)
        inside = np.clip(places, self._signal.start, self._signal.stop - 1) - self._signal.start
        return normalized(self._signal.values[:, inside])
