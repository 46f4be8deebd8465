"""Pairing: which beat of the test annotator answers which beat of the reference, and which have no partner.

The beat-by-beat comparison of ANSI/AAMI EC57:2012, as PhysioNet's bxb 10.7 reads it: both tracks are gone along
together, and the earlier of their two current beats is paired with the other, or found to have no partner.
"""

from dataclasses import dataclass

from ecg.scoring.classes import BeatClass
from ecg.scoring.track import NEVER, Track


@dataclass(frozen=True)
class Pair:
    """A beat of each side. O, or X in a shutdown of the other side, stands for one that is not there.

    `reference` is None for a test beat in a flutter of the reference, which counts for nothing. Either is None for the
    start of the recording, which bxb takes for a beat of no class.
    """

    reference: BeatClass | None
    test: BeatClass | None
    interval_error: int | None
    """Samples by which the R-R intervals before both sides' current beats differ, where both have one."""


@dataclass(frozen=True)
class Pairing:
    """All pairs in order, and the last entry of the test track that was read on the way."""

    pairs: tuple[Pair, ...]
    test_read: int


def pair_beats(reference: Track, test: Track, *, start: int, end: int | None, window: int) -> Pairing:
    """Pair the beats from sample `start` to sample `end` that are at most `window` samples apart.

    Without an `end`, what the test track has after the last reference beat is not looked at.
    """
    last_before_start = max(test.first_from(start), 1) - 1
    walk = _Walk(_Current(reference, reference.first_from(start)), _Current(test, last_before_start), window)
    walk.begin(start)
    while walk.goes_on(end):
        walk.step()
    return Pairing(tuple(walk.pairs), walk.test.following)


class _Current:
    """The current beat of a track."""

    def __init__(self, track: Track, entry: int) -> None:
        self.track = track
        self._go_to(entry)

    def advance(self) -> None:
        self._go_to(self.following)

    def _go_to(self, entry: int) -> None:
        self.following = self.track.after(entry)
        self.time = self.track.times[entry]
        self.next_time = self.track.times[self.following]
        self.beat_class = self.track.classes[entry]
        self.interval = self.track.intervals[entry]

    def in_flutter(self, sample: int) -> bool:
        """Whether a sample is in a flutter of this track, as far as it has been read: to the next beat."""
        return self.track.flutters.cover(sample, self.following)

    def in_shutdown(self, sample: int) -> bool:
        """The same of a shutdown."""
        return self.track.shutdowns.cover(sample, self.following)


class _Walk:
    def __init__(self, reference: _Current, test: _Current, window: int) -> None:
        self.reference = reference
        self.test = test
        self.window = window
        self.pairs: list[Pair] = []

    def begin(self, start: int) -> None:
        """Settle the border of the test period.

        The last test beat before it may answer the first reference beat in it. Else the first test beat in it may
        answer a reference beat before it: it is left out where the next one lies nearer to the first reference beat.
        """
        first, test = self.reference.time, self.test
        apart = first - test.time
        if apart <= self.window and apart < abs(first - test.next_time):
            self._pair_both()
            return
        test.advance()
        if test.time - start <= self.window and abs(first - test.next_time) < abs(first - test.time):
            test.advance()

    def goes_on(self, end: int | None) -> bool:
        if end is None:
            return self.reference.time != NEVER
        return self.reference.time <= end or self.test.time <= end

    def step(self) -> None:
        """Settle the earlier of the two current beats.

        It is paired with the later one where that lies in the window, and nearer to it than to the beat that follows
        the earlier one, or where that next beat has a better partner of its own.
        """
        test_is_earlier = self.test.time < self.reference.time
        earlier, later = (self.test, self.reference) if test_is_earlier else (self.reference, self.test)
        apart = later.time - earlier.time
        from_next = abs(later.time - earlier.next_time)
        next_has_better = abs(later.next_time - earlier.next_time) < from_next
        if apart <= self.window and (apart < from_next or next_has_better):
            self._pair_both()
        elif test_is_earlier:
            self._leave_test_alone()
        else:
            self._leave_reference_alone()

    def _pair_both(self) -> None:
        self._pair(self.reference.beat_class, self.test.beat_class)
        self.reference.advance()
        self.test.advance()

    def _leave_test_alone(self) -> None:
        sample = self.test.time
        if self.reference.in_flutter(sample):
            missing: BeatClass | None = None
        else:
            missing = "X" if self.reference.in_shutdown(sample) else "O"
        self._pair(missing, self.test.beat_class)
        self.test.advance()

    def _leave_reference_alone(self) -> None:
        self._pair(self.reference.beat_class, "X" if self.test.in_shutdown(self.reference.time) else "O")
        self.reference.advance()

    def _pair(self, reference: BeatClass | None, test: BeatClass | None) -> None:
        intervals = self.reference.interval, self.test.interval
        self.pairs.append(Pair(reference, test, intervals[0] - intervals[1] if min(intervals) > 0 else None))
