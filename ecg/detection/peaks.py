"""R peaks, found as the signal comes.

Every local maximum of QRS energy (`ecg.detection.qrs_energy`) is a candidate. It is a beat if it is high enough between
what noise and what earlier beats reached, in the leads that can be trusted: the rules of Pan and Tompkins, "A real-time
QRS detection algorithm" (1985), for levels, refractory time, T waves and searching back, here over several leads.
What is found does not depend on how the signals were divided into pieces.
"""

import math
import statistics
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float64, Int64

from ecg.detection.candidates import Candidate, CandidateFinder
from ecg.detection.qrs_energy import Energy, QrsEnergy
from ecg.signal.tail import Tail

# In seconds
REFRACTORY = 0.25
T_WAVE = 0.36
SILENCE = 2.0
SEARCHED = 4.0
USUAL_RR = 0.8
FLUTTER_RR = 0.45
PLACING_HALF = 0.05
HISTORY = 15.0

# As shares of the way from the noise level to the beats' level
BEAT = 0.46
BEAT_SEARCHED_BACK = 0.18
HIGHEST = 1.6

IN_T_WAVE = 0.55
"""Of the score of the beat before: what comes so soon after it and is lower is its T wave."""

SEARCH_BACK = 1.6
"""Usual R-R intervals without a beat after which lower candidates are looked at again."""

FIRST_LEVEL = 0.8
"""Of the highest energy of the first seconds: where the beats' level begins."""

LEARNT_FROM_BEAT = 0.125
LEARNT_FROM_LOW_BEAT = 0.0625
LEARNT_FROM_NOISE = 0.1

FLUTTER = 0.32
"""Sharpness under which waves that follow each other fast are no beats but ventricular flutter or fibrillation."""

FALL = 3.0
"""Time constant, in seconds, by which the beats' level falls while there is silence: the gain may have changed."""

LEAST_CLEAR = 4.0
"""Times the noise level: further the beats' level does not fall, or noise would become beats."""

DEAD = 1e-6
"""Of the beats' level: a lead with less is not connected; it says nothing, and nothing is learnt from it."""


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
        self._judge: _Judge | None = None
        self._last = np.zeros((leads, 1))
        self._signal = Tail(np.zeros(0))
        """The lead that peaks are placed in, as far back as that may be."""

    def push(self, signals: Float64[np.ndarray, "lead sample"]) -> Peaks:
        """The peaks that this piece, which must hold no NaN, made certain."""
        self._last = signals[:, -1:] if signals.shape[1] else self._last
        self._signal = self._signal.followed_by(signals[self.lead])
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
        if self._judge is None and self._finder.first_seconds is not None:
            self._judge = _Judge(_Levels.of(self._finder.first_seconds), self._energy.fs)
        certain: list[_Beat] = []
        if self._judge is not None:
            for candidate in candidates:
                self._judge.consider(candidate)
            certain = self._judge.certain(now)
        return Peaks(
            np.array([self._place(beat.at) for beat in certain], dtype=np.int64),
            np.array([beat.flutter for beat in certain], dtype=bool),
        )

    def _place(self, at: int) -> int:
        """The R peak: the extremum of the signal around the maximum of its energy, upward unless that is a dwarf."""
        signal, half = self._signal, round(PLACING_HALF * self.fs)
        middle = min(max(at * self._energy.every - self._energy.delay, signal.start), signal.stop - 1)
        start, stop = max(middle - half, signal.start), middle + half + 1
        wave = signal.between(start, stop) - np.median(signal.between(start - half, stop + half))
        if not wave.any():
            return middle
        upward = wave.max() > -wave.min() / 2
        return start + int(wave.argmax() if upward else wave.argmin())


@dataclass
class _Levels:
    """What beats, and what noise, reach in each lead."""

    beat: list[float]
    noise: list[float]

    @classmethod
    def of(cls, first_seconds: Energy) -> "_Levels":
        beat = FIRST_LEVEL * first_seconds.qrs.max(axis=1) + DEAD
        return cls(beat.tolist(), np.maximum(np.median(first_seconds.qrs, axis=1), DEAD).tolist())

    def score(self, energies: list[float]) -> float:
        """How far a candidate is on the way from noise (0) to a beat (1), over the leads, as far as each is clear."""
        total = weights = 0.0
        for beat, noise, energy in zip(self.beat, self.noise, energies, strict=True):
            if energy < DEAD * beat:
                continue
            weight = max(beat / noise - 1, 0.05)
            total += weight * min(max((energy - noise) / max(beat - noise, DEAD), 0.0), HIGHEST)
            weights += weight
        return total / weights if weights else 0.0

    def learn_beat(self, energies: list[float], share: float) -> None:
        pairs = zip(self.beat, energies, strict=True)
        self.beat = [b if e < DEAD * b else b + share * (min(e, 2 * b) - b) for b, e in pairs]

    def fall(self, seconds: float) -> None:
        share = math.exp(-seconds / FALL)
        self.beat = [max(b * share, min(b, LEAST_CLEAR * n)) for b, n in zip(self.beat, self.noise, strict=True)]

    def learn_noise(self, energies: list[float]) -> None:
        pairs = zip(self.beat, self.noise, energies, strict=True)
        self.noise = [n if e < DEAD * b else n + LEARNT_FROM_NOISE * (min(e, b / 2) - n) for b, n, e in pairs]


@dataclass(frozen=True)
class _Beat:
    at: int
    score: float
    flutter: bool


@dataclass
class _Judge:
    """Decides which candidates are beats; `fs` is the rate at which they are counted."""

    levels: _Levels
    fs: float
    beats: list[_Beat] = field(default_factory=list)
    """Those that are not yet handed out, in order of time."""
    refused: list[tuple[float, Candidate]] = field(default_factory=list)
    """Since the last beat, with their scores."""
    last: _Beat | None = None
    fallen_at: float = 0.0
    """When, in the silence that lasts, the beats' level fell last."""

    def __post_init__(self) -> None:
        self.intervals = [USUAL_RR * self.fs] * 8

    def consider(self, candidate: Candidate) -> None:
        """Take the next candidate as a beat, or refuse it."""
        self._search_back(candidate.at)
        self._fall(candidate.at)
        score = self.levels.score(candidate.energies)
        since = candidate.at - self.last.at if self.last else math.inf
        if since < REFRACTORY * self.fs:
            self._replace(candidate, score)
        elif score > self._least(since):
            self._take(candidate, score, LEARNT_FROM_BEAT)
        else:
            if since < SILENCE * self.fs:
                self.levels.learn_noise(candidate.energies)
            if since < SEARCHED * self.fs:
                self.refused.append((score, candidate))

    def certain(self, now: float) -> list[_Beat]:
        """The beats that no later candidate can replace, once."""
        count = len(self.beats)
        if self.last and now - self.last.at < REFRACTORY * self.fs:
            count -= 1
        certain, self.beats = self.beats[:count], self.beats[count:]
        return certain

    def _least(self, since: float) -> float:
        if self.last and since < T_WAVE * self.fs:
            return max(BEAT, IN_T_WAVE * self.last.score)
        return BEAT

    def _search_back(self, now: int) -> None:
        if self.last and now - self.last.at > SEARCHED * self.fs:
            return  # what was refused was measured by a level that has fallen since
        while self.last and self.refused and now - self.last.at > SEARCH_BACK * statistics.median(self.intervals):
            score, best = max(self.refused, key=lambda pair: pair[0])
            if score <= BEAT_SEARCHED_BACK:
                return
            later = [pair for pair in self.refused if pair[1].at - best.at > REFRACTORY * self.fs]
            self._take(best, score, LEARNT_FROM_LOW_BEAT)
            self.refused = later

    def _fall(self, now: int) -> None:
        silent_from = (self.last.at if self.last else 0) + SILENCE * self.fs
        if now > silent_from:
            self.levels.fall((now - max(silent_from, self.fallen_at)) / self.fs)
            self.fallen_at = now

    def _take(self, candidate: Candidate, score: float, learnt: float) -> None:
        self.levels.learn_beat(candidate.energies, learnt)
        if self.last and candidate.at - self.last.at < SILENCE * self.fs:
            self.intervals = [*self.intervals[1:], candidate.at - self.last.at]
        fast = statistics.median(self.intervals[-6:]) < FLUTTER_RR * self.fs
        self.last = _Beat(candidate.at, score, fast and candidate.sharpness < FLUTTER)
        self.beats.append(self.last)
        self.refused = []

    def _replace(self, candidate: Candidate, score: float) -> None:
        """A higher one within the refractory time is what the one before it was part of."""
        if self.last and score > self.last.score and self.beats:
            self.last = _Beat(candidate.at, score, self.last.flutter)
            self.beats[-1] = self.last
