"""The judge: which candidates are beats, by the rules of Pan and Tompkins (1985) over several bands and leads."""

import math
from collections import deque
import statistics
from dataclasses import dataclass, field

from ecg.detection.candidates import Candidate
from ecg.detection.levels import Levels
from ecg.detection.shapes import ShapeAt, likeness

# In seconds
LEARNING = 3.0
REFRACTORY = 0.25
T_WAVE = 0.36
SILENCE = 2.0
SEARCHED = 4.0
USUAL_RR = 0.8
FLUTTER_RR = 0.45

# As shares of the way from the noise level to the beats' level
BEAT = 0.46
BEAT_SEARCHED_BACK = 0.18

IN_T_WAVE = 0.55
"""Of the score of the beat before: what comes so soon after it and is lower is its T wave."""

LEAST_SHARP = 0.15
"""Of what beats have in the QRS band: what has less is a P wave, a T wave or the baseline."""

SEARCH_BACK = 1.6
"""Usual R-R intervals without a beat after which lower candidates are looked at again."""

STRONG = 0.65
FASTEST_RR, FAST_RR = 0.17, 0.32
UNEVEN = 0.25
FAST_STREAK = 5

ACQUIRED = 3.0
TRIED_EVERY = 0.2
SEPARATE = 0.6
MUTUAL_FIRST = 0.8
MUTUAL = 0.9
AS_SHARP = 0.75
SHARP = 0.5
REMEMBERED_EVERY = 16

KNOWN = 8
ALIKE = 0.85

LEARNT_FROM_BEAT = 0.125
LEARNT_FROM_LOW_BEAT = 0.0625

FLUTTER = 0.32
"""Sharpness under which waves that follow each other fast are no beats but ventricular flutter or fibrillation."""

FALL = 3.0
LEAST_CLEAR = 4.0


@dataclass(frozen=True)
class DetectedBeat:
    """Where it lies, in samples of the energy."""

    at: int
    score: float
    flutter: bool


@dataclass
class Judge:
    """Decides which candidates are beats; `fs` is the rate at which they are counted."""

    levels: Levels
    fs: float
    shape_at: ShapeAt
    beats: list[DetectedBeat] = field(default_factory=list)
    """Those that are not yet handed out, in order of time."""
    refused: list[tuple[float, Candidate]] = field(default_factory=list)
    """Since the last beat, with their scores."""
    last: DetectedBeat | None = None
    anew: bool = True
    fallen_at: float = 0.0

    def __post_init__(self) -> None:
        self.intervals = [USUAL_RR * self.fs] * 8
        self.known = deque(maxlen=KNOWN)
        self.disputed = deque(maxlen=KNOWN)
        self.usual = deque(maxlen=16)
        self.silent: list[Candidate] = []
        self.tried_at = 0.0
        self.taken = 0
        self.last_energies: list[float] = []
        self.strong_at, self.strong_gap, self.streak = 0, 0, 0
        self.refractory = REFRACTORY * self.fs

    def consider(self, candidate: Candidate) -> None:
        """Take the next candidate as a beat, or refuse it."""
        self._search_back(candidate.at)
        self._acquire(candidate)
        self._fall(candidate.at)
        score = self._score(candidate)
        self._follow_pace(candidate.at, score)
        since = candidate.at - self.last.at if self.last else math.inf
        if since < self.refractory:
            self._replace(candidate, score)
        elif score > self._least(candidate, since):
            self._take(candidate, score, LEARNT_FROM_BEAT)
        else:
            if since < SILENCE * self.fs:
                self.levels.learn_noise(candidate)
            if since < SEARCHED * self.fs:
                self.refused.append((0.0 if self._is_t_wave(candidate, since) else score, candidate))

    def certain(self, now: float) -> list[DetectedBeat]:
        """The beats that no later candidate can replace, once."""
        count = len(self.beats)
        if self.last and now - self.last.at < self.refractory:
            count -= 1
        certain, self.beats = self.beats[:count], self.beats[count:]
        return certain

    def _follow_pace(self, at: int, score: float) -> None:
        """Count how many strong candidates follow each other too fast for the usual refractory time, and evenly."""
        if score < STRONG:
            return
        before, self.strong_at = self.strong_at, at
        gap, usual = at - before, self.strong_gap
        self.strong_gap = gap
        even = FASTEST_RR * self.fs <= gap <= FAST_RR * self.fs and abs(gap - usual) < UNEVEN * usual
        self.streak = self.streak + 1 if even else 0
        self.refractory = (FASTEST_RR if self.streak >= FAST_STREAK else REFRACTORY) * self.fs

    def _score(self, candidate: Candidate) -> float:
        score = self.levels.score(candidate)
        if score.clearest < BEAT or (score.mean > BEAT and not score.contradicted):
            return score.clearest if score.mean > BEAT else score.mean
        shape = self.shape_at(candidate.at)
        alike = self._likeness(shape)[score.lead]
        self.disputed.append(shape)
        return score.clearest if alike > ALIKE else min(score.mean, BEAT)

    def _likeness(self, shape):
        known = [*map(self.shape_at, self.known), *self.disputed]
        return likeness(shape, known)

    def _is_t_wave(self, candidate: Candidate, since: float) -> bool:
        if not self.last or since >= T_WAVE * self.fs:
            return False
        leads = len(self.last_energies) // 2
        three = zip(candidate.energies[:leads], self.last_energies[:leads], self.levels.beat[:leads], strict=True)
        return max(e / max(l, b, 1e-9) for e, l, b in three) < IN_T_WAVE

    def _least(self, candidate: Candidate, since: float) -> float:
        if self._is_t_wave(candidate, since):
            return math.inf
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
            later = [pair for pair in self.refused if pair[1].at - best.at > self.refractory]
            self._take(best, score, LEARNT_FROM_LOW_BEAT)
            self.refused = later

    def _acquire(self, candidate: Candidate) -> None:
        """After some silence, look for beats anew by what the last seconds alone show."""
        silent = candidate.at - self.last.at if self.last else math.inf
        self.silent = [c for c in self.silent if c.at > candidate.at - ACQUIRED * self.fs]
        if silent > self.refractory:
            self.silent.append(candidate)
        if silent < SILENCE * self.fs or candidate.at < self.tried_at + TRIED_EVERY * self.fs or not self.anew:
            return
        self.tried_at = candidate.at
        fresh = Judge(Levels.of_candidates(self.silent), self.fs, self.shape_at, anew=False)
        for one in self.silent:
            fresh.consider(one)
        if fresh.beats and self._may_follow(fresh):
            self.levels = fresh.levels
            self.beats += fresh.beats
            self.last, self.last_energies = fresh.last, fresh.last_energies
            self.intervals = [*self.intervals, *fresh.intervals[-(len(fresh.beats) - 1):]][-8:] if len(fresh.beats) > 1 else self.intervals
            self.known.extend(fresh.known)
            self.refused = fresh.refused
            self.silent = []

    def _may_follow(self, fresh: "Judge") -> bool:
        """Whether these could be beats again, and not noise, P waves or the like."""
        shapes = [self.shape_at(beat.at) for beat in fresh.beats]
        taken = {beat.at for beat in fresh.beats}
        lowest = min(max(c.energies) for c in self.silent if c.at in taken)
        others = [max(c.energies) for c in self.silent if all(abs(c.at - at) > T_WAVE * self.fs for at in taken)]
        if others and max(others) > SEPARATE * lowest:
            return False
        leads = len(self.levels.beat) // 2
        sharp = statistics.median(max(c.energies[:leads]) / max(c.energies[leads:]) for c in self.silent if c.at in taken)
        if self.usual:
            known = [shape for shape, _ in self.usual]
            alike = [likeness(shape, known).max() for shape in shapes]
            if statistics.median(alike) > ALIKE and sharp > AS_SHARP * min(s for _, s in self.usual):
                return True
        if len(shapes) < 2:
            return False
        mutual = statistics.median(
            float(likeness(shape, shapes[:n] + shapes[n + 1 :]).max()) for n, shape in enumerate(shapes)
        )
        if not self.usual:
            return mutual > MUTUAL_FIRST
        return len(shapes) > 2 and mutual > MUTUAL and sharp > SHARP

    def _remember(self) -> None:
        """Now and then, the shapes of the last beats, where they are alike."""
        self.taken += 1
        if self.taken % REMEMBERED_EVERY or not self.anew:
            return
        shapes = [self.shape_at(at) for at in self.known]
        mutual = [float(likeness(shape, shapes[:n] + shapes[n + 1 :]).max()) for n, shape in enumerate(shapes)]
        if statistics.median(mutual) > ALIKE:
            leads = len(self.levels.beat) // 2
            sharp = max(self.last_energies[:leads]) / max(self.last_energies[leads:])
            self.usual.extend((shape, sharp) for shape in shapes[-4:])

    def _fall(self, now: int) -> None:
        silent_from = (self.last.at if self.last else 0) + SILENCE * self.fs
        if now > silent_from:
            self.levels.fall((now - max(silent_from, self.fallen_at)) / self.fs, FALL, LEAST_CLEAR)
            self.fallen_at = now

    def _take(self, candidate: Candidate, score: float, learnt: float) -> None:
        self.levels.learn_beat(candidate, learnt)
        if self.last and candidate.at - self.last.at < SILENCE * self.fs:
            self.intervals = [*self.intervals[1:], candidate.at - self.last.at]
        fast = statistics.median(self.intervals[-6:]) < FLUTTER_RR * self.fs
        self.last = DetectedBeat(candidate.at, score, fast and candidate.sharpness < FLUTTER)
        self.beats.append(self.last)
        self.refused = []
        self.last_energies = candidate.energies
        self.known.append(candidate.at)
        self.silent = []
        self._remember()

    def _replace(self, candidate: Candidate, score: float) -> None:
        """A higher one within the refractory time is what the one before it was part of."""
        if self.last and score > self.last.score and self.beats:
            self.last = DetectedBeat(candidate.at, score, self.last.flutter)
            self.beats[-1] = self.last
            self.last_energies = candidate.energies
