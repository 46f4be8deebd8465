"""The judge: which candidates are beats.

The rules of Pan and Tompkins, "A real-time QRS detection algorithm" (1985), for levels, refractory time, T waves and
searching back, here over several bands and leads; and a way back after whatever disturbed the levels
(`ecg.detection.acquisition`).
"""

import math
import statistics
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from ecg.detection.acquisition import Acquisition
from ecg.detection.candidates import Candidate
from ecg.detection.levels import Levels
from ecg.detection.pace import FastPace
from ecg.detection.shapes import Shape, ShapeAt, likeness

# In seconds
T_WAVE = 0.36
SILENCE = 2.0
SEARCHED = 4.0
USUAL_RR = 0.8
FLUTTER_RR = 0.45

# As shares of the way from the noise level to the beats' level
BEAT = 0.5
BEAT_SEARCHED_BACK = 0.2

IN_T_WAVE = 0.55
"""Of the beat before, and of the beats' level: what comes so soon after it and is lower is its T wave."""

SEARCH_BACK = 1.6
"""Usual R-R intervals without a beat after which lower candidates are looked at again."""

LEARNT_FROM_BEAT = 0.125
LEARNT_FROM_LOW_BEAT = 0.0625

FLUTTER = 0.32
"""Sharpness under which waves that follow each other fast are no beats but ventricular flutter or fibrillation."""

FALL = 3.0
"""Time constant, in seconds, by which the beats' level falls while there is silence."""

LEAST_CLEAR = 4.0
"""Times the noise level: further the beats' level does not fall, or noise would become beats."""

KNOWN, ALIKE = 8, 0.93
"""Beats, and as many disputed candidates, that a disputed one may resemble, and the correlation from which it does."""


@dataclass(frozen=True)
class DetectedBeat:
    """A candidate that is one, how far it was on the way from noise to a beat, and whether it is a wave of flutter."""

    candidate: Candidate
    score: float
    flutter: bool

    @property
    def at(self) -> int:
        """Where it lies, in samples of the energy."""
        return self.candidate.at


class Judge:
    """Decides which candidates are beats.

    It begins with what the candidates of the `first` seconds show together. `fs` is the rate at which they are counted;
    `shape_at` gives the shape of the signal around one of some seconds ago.
    """

    def __init__(self, first: Sequence[Candidate], fs: float, shape_at: ShapeAt) -> None:
        self.levels = Levels.of(first)
        self.fs = fs
        self.shape_at = shape_at
        self.beats: list[DetectedBeat] = []
        """Those that are not yet handed out, in order of time."""
        self.last: DetectedBeat | None = None
        self.refused: list[tuple[float, Candidate]] = []
        """Since the last beat, with their scores."""
        self.intervals = [USUAL_RR * fs] * 8
        self._pace = FastPace(fs, fast=self._begins_fast(first))
        self._known: deque[int] = deque(maxlen=KNOWN)
        self._disputed: deque[Shape] = deque(maxlen=KNOWN)
        self._acquisition: Acquisition | None = Acquisition(fs, shape_at)
        self._fallen_at = 0.0
        """When, in the silence that lasts, the beats' level fell last."""

    @classmethod
    def of_some_seconds(cls, candidates: list[Candidate], fs: float, shape_at: ShapeAt) -> "Judge":
        """One that knows nothing but these candidates, and has judged them."""
        judge = cls(candidates, fs, shape_at)
        judge._acquisition = None
        for candidate in candidates:
            judge.consider(candidate)
        return judge

    def consider(self, candidate: Candidate) -> None:
        """Take the next candidate as a beat, or refuse it."""
        self._search_back(candidate.at)
        self._acquire(candidate)
        self._fall(candidate.at)
        score = self._score(candidate)
        self._pace.follow(candidate.at, score)
        since = self._since(candidate.at)
        if since < self._pace.refractory:
            self._replace(candidate, score)
        elif score > self._least(candidate, since):
            self._take(candidate, score, LEARNT_FROM_BEAT)
        else:
            self._refuse(candidate, score, since)

    def certain(self, now: float) -> list[DetectedBeat]:
        """The beats that no later candidate can replace, once."""
        count = len(self.beats)
        if self.last and now - self.last.at < self._pace.refractory:
            count -= 1
        certain, self.beats = self.beats[:count], self.beats[count:]
        return certain

    def _begins_fast(self, first: Sequence[Candidate]) -> bool:
        pace = FastPace(self.fs)
        for candidate in first:
            pace.follow(candidate.at, self.levels.score(candidate).mean)
        return pace.is_fast

    def _since(self, now: int) -> float:
        return now - self.last.at if self.last else math.inf

    def _score(self, candidate: Candidate) -> float:
        """Where leads disagree, one that shows a beat is right if that looks like others that were seen."""
        score = self.levels.score(candidate)
        if score.mean > BEAT and not score.contradicted:
            return score.clearest
        if score.clearest < BEAT:
            return score.mean
        shape = self.shape_at(candidate.at)
        alike = likeness(shape, [*map(self.shape_at, self._known), *self._disputed])[score.lead]
        self._disputed.append(shape)
        return score.clearest if alike > ALIKE else min(score.mean, BEAT)

    def _least(self, candidate: Candidate, since: float) -> float:
        if not self.last or since >= T_WAVE * self.fs:
            return BEAT
        return math.inf if self._is_t_wave(candidate, since) else max(BEAT, IN_T_WAVE * self.last.score)

    def _is_t_wave(self, candidate: Candidate, since: float) -> bool:
        if not self.last or since >= T_WAVE * self.fs:
            return False
        before = zip(candidate.narrow, self.last.candidate.narrow, self.levels.narrow, strict=True)
        return max(energy / max(last, level) for energy, last, level in before) < IN_T_WAVE

    def _refuse(self, candidate: Candidate, score: float, since: float) -> None:
        if since < SILENCE * self.fs:
            self.levels.learn_noise(candidate)
        if since < SEARCHED * self.fs:
            self.refused.append((0.0 if self._is_t_wave(candidate, since) else score, candidate))

    def _search_back(self, now: int) -> None:
        if self._since(now) > SEARCHED * self.fs:
            return  # what was refused was measured by a level that has fallen since
        while self.refused and self._since(now) > SEARCH_BACK * statistics.median(self.intervals):
            score, best = max(self.refused, key=lambda pair: pair[0])
            if score <= BEAT_SEARCHED_BACK:
                return
            later = [pair for pair in self.refused if pair[1].at - best.at > self._pace.refractory]
            self._take(best, score, LEARNT_FROM_LOW_BEAT)
            self.refused = later

    def _acquire(self, candidate: Candidate) -> None:
        """After some silence, go on from what the last seconds alone show, where that can be trusted."""
        if self._acquisition is None:
            return
        since = self._since(candidate.at)
        if since > self._pace.refractory:
            self._acquisition.push(candidate)
        if since < SILENCE * self.fs or not self._acquisition.is_due(candidate.at):
            return
        if self.levels.score(candidate).mean > BEAT:
            return  # the levels are right
        fresh = Judge.of_some_seconds(self._acquisition.candidates, self.fs, self.shape_at)
        if self._acquisition.trusts([beat.candidate for beat in fresh.beats]):
            self._go_on_from(fresh)

    def _go_on_from(self, fresh: "Judge") -> None:
        self.levels = fresh.levels
        self.last = fresh.last
        self.refused = fresh.refused
        self.beats += fresh.beats
        self._known.extend(beat.at for beat in fresh.beats)
        gaps = [beat.at - before.at for before, beat in zip(fresh.beats, fresh.beats[1:], strict=False)]
        self.intervals = [*self.intervals, *gaps][-len(self.intervals) :]
        self._forget_candidates()

    def _forget_candidates(self) -> None:
        if self._acquisition is not None:
            self._acquisition.candidates = []

    def _fall(self, now: int) -> None:
        silent_from = (self.last.at if self.last else 0) + SILENCE * self.fs
        if now > silent_from:
            share = math.exp(-(now - max(silent_from, self._fallen_at)) / self.fs / FALL)
            self.levels.fall(share, LEAST_CLEAR)
            self._fallen_at = now

    def _take(self, candidate: Candidate, score: float, learnt: float) -> None:
        self.levels.learn_beat(candidate, learnt)
        if self._since(candidate.at) < SILENCE * self.fs:
            self.intervals = [*self.intervals[1:], self._since(candidate.at)]
        fast = statistics.median(self.intervals[-6:]) < FLUTTER_RR * self.fs
        self.last = DetectedBeat(candidate, score, fast and candidate.sharpness < FLUTTER)
        self.beats.append(self.last)
        self.refused = []
        self._known.append(candidate.at)
        if self._acquisition is not None:
            self._acquisition.remember(candidate)

    def _replace(self, candidate: Candidate, score: float) -> None:
        """A higher one within the refractory time is what the one before it was part of."""
        if self.last and score > self.last.score and self.beats:
            self.last = DetectedBeat(candidate, score, self.last.flutter)
            self.beats[-1] = self.last
