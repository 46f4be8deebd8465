"""A stretch of a recording, whose beats are each other's context: half an hour shows a patient's habits well."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from jaxtyping import Bool, Float, Float64, Int64

from ecg.context.context import LATER, LEADS, BeatsInContext, in_context
from ecg.context.pace import IN_TIME, Pace, deviations, intervals_before
from ecg.context.usual_beat import UsualBeat, views_of
from ecg.recording import Recording
from ecg.signal.baseline import without_baseline
from ecg.signal.gaps import GapFiller
from ecg.signal.hum import without_hum
from ecg.signal.resampling import BEAT_FS, resample

USUAL_SECONDS = 150.0
"""The usual beat is that of so long, and as long before and after."""

MARGIN_SECONDS = 2.0
"""Of signal before the first R peak and after the last."""


@dataclass(frozen=True)
class Stretch:
    """The beats of a stretch of a recording: their views in each lead, in mV, their R peaks, and intervals in seconds.

    Context is of one stretch; half an hour shows a patient's habits well.
    """

    views: Float64[np.ndarray, "lead beat 125"]
    peaks: Int64[np.ndarray, "beat"]
    intervals: Float64[np.ndarray, "beat"]

    @classmethod
    def of(
        cls,
        signals: Float[np.ndarray, "lead sample"],
        peaks: Int64[np.ndarray, "beat"],
        broken: Bool[np.ndarray, "beat"],
    ) -> "Stretch":
        """Of signals at 125 Hz without gaps, of which the first two are looked at; `peaks` count at the same rate.

        Where `broken`, the time since the beat before is no R-R interval.
        """
        views = [views_of(without_baseline(signal), peaks) for signal in signals[:LEADS]]
        return cls(np.stack(views), peaks, intervals_before(peaks, broken))

    @classmethod
    def cut(
        cls,
        recording: Recording,
        leads: Sequence[int],
        peaks: Int64[np.ndarray, "beat"],
        broken: Bool[np.ndarray, "beat"],
    ) -> "Stretch":
        """That of one or more R peaks in some leads of a recording, in samples at its own rate; gaps are filled."""
        margin = round(MARGIN_SECONDS * recording.fs)
        first = max(int(peaks[0]) - margin, 0)
        signals = np.array(recording.signals[list(leads[:LEADS]), first : int(peaks[-1]) + margin])
        filled = GapFiller(len(signals)).fill(signals)
        at_beat_rate = np.stack([without_hum(resample(signal, recording.fs)) for signal in filled])
        return cls.of(at_beat_rate, np.round((peaks - first) * (BEAT_FS / recording.fs)).astype(np.int64), broken)

    def followed_by(
        self,
        views: Float64[np.ndarray, "lead more 125"],
        peaks: Int64[np.ndarray, "more"],
        broken: Bool[np.ndarray, "more"],
    ) -> "Stretch":
        """With the next beats."""
        together = np.concatenate((self.peaks[-1:], peaks))
        intervals = intervals_before(together, np.concatenate((np.ones(len(together) - len(peaks), np.bool_), broken)))
        return Stretch(
            np.concatenate((self.views, views), axis=1),
            np.concatenate((self.peaks, peaks)),
            np.concatenate((self.intervals, intervals[len(together) - len(peaks) :])),
        )

    @property
    def swapped(self) -> "Stretch":
        """With its leads in the other order."""
        return Stretch(self.views[::-1], self.peaks, self.intervals)

    def since(self, peak: int) -> "Stretch":
        """Without the beats before a sample."""
        first = int(np.searchsorted(self.peaks, peak))
        return Stretch(self.views[:, first:], self.peaks[first:], self.intervals[first:]) if first else self

    def __len__(self) -> int:
        return len(self.peaks)

    def in_context(self) -> BeatsInContext:
        """Each beat, in the context of all others."""
        pace, parts = Pace.of(self.intervals), []
        usual = self.usual(slice(None)) if len(self) else []
        for which, around in self._parts():
            usual = self.usual(around, usual)
            parts.append(in_context(self.views, self.intervals, which, around, usual, pace))
        return BeatsInContext.joined(parts)

    def so_far(self, which: slice, around: slice, usual: Sequence[UsualBeat], pace: Pace) -> BeatsInContext:
        """Some beats, in the context of those before them and of the one after: all that a live signal has."""
        return in_context(self.views, self.intervals, which, around, usual, pace, later=1)

    def usual(self, which: slice, before: Sequence[UsualBeat] = ()) -> list[UsualBeat]:
        """The usual beat of some of them, in each lead; `before` are those of the minutes before."""
        in_time = np.abs(deviations(self.intervals[which], LATER)) < IN_TIME
        if before:
            return [usual.followed(views[which], in_time) for usual, views in zip(before, self.views, strict=True)]
        return [UsualBeat.of(views[which], in_time) for views in self.views]

    def _parts(self) -> Iterator[tuple[slice, slice]]:
        """The beats of some minutes each, and those whose usual beat is theirs."""
        if not len(self):
            return
        wider = USUAL_SECONDS * BEAT_FS
        first, last = int(self.peaks[0]), int(self.peaks[-1])
        edges = np.linspace(first, last + 1, max(round((last - first) / wider), 1) + 1).tolist()
        for start, stop in pairwise(edges):
            which = self._between(start, stop)
            if which.start < which.stop:
                yield which, self._between(start - wider, stop + wider)

    def _between(self, start: float, stop: float) -> slice:
        first, last = np.searchsorted(self.peaks, (start, stop)).tolist()
        return slice(first, last)
