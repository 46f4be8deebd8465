"""A track: the beats that an annotator marked, one after the other, and the periods without beats between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool

from ecg.recording import Annotations
from ecg.scoring.classes import BeatClass, ClassOf
from ecg.scoring.periods import Period, Periods

NEVER = 2**63 - 1
"""Later than all samples: where the entry after the last beat lies."""

NOISE, FLUTTER_ON, FLUTTER_OFF = "~[]"

UNREADABLE = 0x30
"""Bits of a noise annotation's subtype that are both set where no signal can be read."""


@dataclass(frozen=True)
class Track:
    """The beats of one annotator, between an entry at sample 0 and one at `NEVER`, neither of which is a beat.

    `intervals` are the samples since the beat before, 0 where that is no R-R interval.
    """

    times: tuple[int, ...]
    classes: tuple[BeatClass | None, ...]
    intervals: tuple[int, ...]
    flutters: Periods
    shutdowns: Periods

    def after(self, entry: int) -> int:
        """The entry that follows; after the last comes the last."""
        return min(entry + 1, len(self.times) - 1)

    def first_from(self, sample: int) -> int:
        """The first entry that is not before the sample."""
        return next(entry for entry, time in enumerate(self.times) if time >= sample)


def read_track(annotations: Annotations, class_of: ClassOf, window: int, *, open_shutdown_lasts: bool) -> Track:
    """The track of an annotator; `window` is the match window, in samples.

    Shutdown begins with a noise annotation whose subtype calls every signal unreadable, and ends with another one whose
    subtype does not. Where that is not what follows, as in the AHA database, it lasts from a match window after what is
    before it to a match window before what comes next. Flutter lasts from `[` to `]`; what lies between is ignored.

    A period that is still open when the annotations end is taken to last where it is the first of its kind, or a
    shutdown and `open_shutdown_lasts`. There is no deeper reason for this rule: it is how bxb keeps its books.
    """
    reader = _Reader(annotations, class_of, window, open_shutdown_lasts)
    place = 0
    while place < len(annotations.samples):
        place = reader.read(place)
    return reader.track()


class _Reader:
    def __init__(self, annotations: Annotations, class_of: ClassOf, window: int, open_shutdown_lasts: bool) -> None:
        self.samples = annotations.samples.tolist()
        self.symbols = annotations.symbols
        self.all_unreadable = _all_unreadable(annotations)
        self.class_of = class_of
        self.window = window
        self.open_shutdown_lasts = open_shutdown_lasts
        self.times = [0]
        self.classes: list[BeatClass | None] = [None]
        self.flutters = _Marked()
        self.shutdowns = _Marked()

    def read(self, place: int) -> int:
        """Read the annotation at a place; the place of the next to be read."""
        symbol = self.symbols[place]
        if symbol in self.class_of:
            self._enter(self.samples[place], self.class_of[symbol])
        elif symbol == NOISE and self.all_unreadable[place]:
            return self._read_shutdown(place)
        elif symbol == FLUTTER_ON:
            return self._read_flutter(place)
        return place + 1

    def track(self) -> Track:
        """What was read."""
        self._enter(NEVER, None)
        flutters, shutdowns = self.flutters.periods(), self.shutdowns.periods()
        return Track(
            tuple(self.times), tuple(self.classes), _intervals(self.times, flutters, shutdowns), flutters, shutdowns
        )

    def _enter(self, time: int, beat_class: BeatClass | None) -> None:
        self.times.append(time)
        self.classes.append(beat_class)
        self.flutters.reach_entry()
        self.shutdowns.reach_entry()

    def _read_shutdown(self, place: int) -> int:
        start, following = self.samples[place], place + 1
        if following == len(self.samples):
            self.shutdowns.leave_open(start, lasts=self.open_shutdown_lasts)
            return following
        if self.symbols[following] == NOISE and not self.all_unreadable[following]:
            self.shutdowns.mark(start, self.samples[following])
            return following + 1
        stop = self.samples[following] - self.window
        self.shutdowns.mark(min(max(self.times[-1], self.flutters.last_stop) + self.window, stop), stop)
        return following

    def _read_flutter(self, place: int) -> int:
        try:
            stop = self.symbols.index(FLUTTER_OFF, place + 1)
        except ValueError:
            self.flutters.leave_open(self.samples[place], lasts=False)
            return len(self.samples)
        self.flutters.mark(self.samples[place], self.samples[stop])
        return stop + 1


class _Marked:
    """Periods of one kind, as they are read."""

    def __init__(self) -> None:
        self.all: list[Period] = []
        self.read = [0]

    @property
    def last_stop(self) -> int:
        return self.all[-1].stop if self.all else 0

    def mark(self, start: int, stop: int) -> None:
        self.all.append(Period(start, stop))

    def leave_open(self, start: int, *, lasts: bool) -> None:
        self.all.append(Period(start, NEVER if lasts or not self.all else self.last_stop, open=True))

    def reach_entry(self) -> None:
        self.read.append(len(self.all))

    def periods(self) -> Periods:
        return Periods(tuple(self.all), tuple(self.read))


def _all_unreadable(annotations: Annotations) -> Bool[np.ndarray, "annotation"]:
    unreadable: Bool[np.ndarray, annotation] = annotations.all_subtypes & UNREADABLE == UNREADABLE
    return unreadable


def _intervals(times: Sequence[int], flutters: Periods, shutdowns: Periods) -> tuple[int, ...]:
    """None is an interval where the beat before is at sample 0, nor over the beginning of a period."""
    intervals = [0]
    for entry in range(1, len(times)):
        before, time = times[entry - 1], times[entry]
        broken = any(periods.begin_between(before, time, entry) for periods in (flutters, shutdowns))
        intervals.append(0 if before == 0 or time == NEVER or broken else time - before)
    return tuple(intervals)
