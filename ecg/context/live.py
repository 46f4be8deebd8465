"""Live context: the context of a live signal's beats, of which nothing later is known than the next R peak."""

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from ecg.context.context import LEADS, BeatsInContext
from ecg.context.pace import Pace
from ecg.context.stretch import Stretch
from ecg.context.usual_beat import VIEW_LENGTH, UsualBeat, views_of
from ecg.detection.found_beats import FoundBeats
from ecg.signal.baseline import without_baseline
from ecg.signal.gaps import GapFiller
from ecg.signal.hum import HumFilter
from ecg.signal.resampling import BEAT_FS, Resampler
from ecg.signal.tail import Tail

KEPT_SECONDS = 60.0
"""Of the signal: beats come later than their R peaks, the first ones by most."""

USUAL_SECONDS = 300.0
"""The usual beat is that of so long before."""

RENEWED_SECONDS = 60.0
"""How old the usual beat and pace may be; in the first minute they are new with each beat."""

PACE_SECONDS = 1800.0


class LiveContext:
    """Follows the signals of some leads, the one that beats are cut from first, and remembers half an hour of beats."""

    def __init__(self, leads: int, fs: float) -> None:
        self.fs = fs
        self.leads = min(leads, LEADS)
        self._gaps = GapFiller(self.leads)
        self._resamplers = [Resampler(fs) for _ in range(self.leads)]
        self._hum = [HumFilter() for _ in range(self.leads)]
        self._signals = Tail(np.zeros((self.leads, 0)))
        self._stretch = Stretch(np.zeros((self.leads, 0, VIEW_LENGTH)), np.zeros(0, np.int64), np.zeros(0))
        self._usual: list[UsualBeat] = []
        self._pace = Pace.of(np.zeros(0))
        self._renewed = 0

    def push(self, signals: Float[np.ndarray, "lead sample"]) -> None:
        """The next piece, in mV; NaN and infinity are gaps."""
        filled = self._gaps.fill(signals[: self.leads])
        resampled = [resampler.push(signal) for resampler, signal in zip(self._resamplers, filled, strict=True)]
        pieces = [hum.push(signal) for hum, signal in zip(self._hum, resampled, strict=True)]
        self._signals = self._signals.followed_by(np.stack(pieces))
        self._signals = self._signals.since(self._signals.stop - round(KEPT_SECONDS * BEAT_FS))

    def of(self, found: FoundBeats, next_peak: int | None) -> BeatsInContext:
        """The next beats in their context; `next_peak` is where the one after them seems to be."""
        if not len(found):
            return BeatsInContext.joined([])
        peaks = self._positions(found.peaks)
        self._remember(peaks, found.broken)
        which = slice(len(self._stretch) - len(found), len(self._stretch))
        last = int(peaks[-1])
        if not self._usual or last - self._renewed > RENEWED_SECONDS * BEAT_FS or last < RENEWED_SECONDS * BEAT_FS:
            self._renew(last)
        around = slice(self._usual_from(last), len(self._stretch))
        known = self._stretch if next_peak is None else self._with(self._positions(np.array([next_peak])))
        beats = known.so_far(which, around, self._usual, self._pace)
        if not found.second.any():
            return beats
        return beats.replaced(found.second, known.swapped.so_far(which, around, self._usual[::-1], self._pace))

    def _positions(self, peaks: Int64[np.ndarray, "beat"]) -> Int64[np.ndarray, "beat"]:
        return np.round(peaks * (BEAT_FS / self.fs)).astype(np.int64)

    def _remember(self, peaks: Int64[np.ndarray, "beat"], broken: Bool[np.ndarray, "beat"]) -> None:
        upcoming = [hum.peek(resampler.peek()) for hum, resampler in zip(self._hum, self._resamplers, strict=True)]
        signals = self._signals.followed_by(np.stack(upcoming))
        views = [views_of(without_baseline(signal), peaks - signals.start) for signal in signals.values]
        self._stretch = self._stretch.followed_by(np.stack(views), peaks, broken)
        self._stretch = self._stretch.since(int(peaks[-1]) - round(PACE_SECONDS * BEAT_FS))

    def _renew(self, now: int) -> None:
        """Look anew at what is usual."""
        self._usual = self._stretch.usual(slice(self._usual_from(now), None), self._usual)
        self._pace = Pace.of(self._stretch.intervals)
        self._renewed = now

    def _usual_from(self, now: int) -> int:
        """The first beat of those whose usual beat it is."""
        return int(np.searchsorted(self._stretch.peaks, now - USUAL_SECONDS * BEAT_FS))

    def _with(self, next_peak: Int64[np.ndarray, "1"]) -> Stretch:
        """What is remembered, with a beat of which nothing is known but where it is."""
        unseen: Float64[np.ndarray, "lead 1 125"] = np.zeros((self.leads, 1, VIEW_LENGTH))
        return self._stretch.followed_by(unseen, next_peak, np.zeros(1, np.bool_))
