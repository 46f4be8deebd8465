"""A comparison: how a test annotator's beats answer those of a reference, in one recording."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ecg.errors import InvalidComparison
from ecg.recording import Annotations
from ecg.scoring.classes import CLASS_OF, CLASSES, ClassOf
from ecg.scoring.confusion import Confusion
from ecg.scoring.pairing import Pair, pair_beats
from ecg.scoring.statistics import QRS, SVEB, VEB, Performance
from ecg.scoring.track import read_track

LEARNING = 300.0
"""Seconds at the start of a recording that the standard lets an annotator learn from, and does not compare."""

WINDOW = 0.15
"""Seconds by which the standard lets two annotations of one beat differ."""


@dataclass(frozen=True)
class Comparison:
    """The beats of a recording that were paired, counted in a confusion matrix.

    `interval_error` is the root mean square by which R-R intervals differ, in ms, None where none could be compared.
    `shutdown` is how long the test annotator declared the signals unreadable, in seconds.
    """

    name: str
    confusion: Confusion
    interval_error: float | None
    shutdown: int

    @property
    def qrs(self) -> Performance:
        """How well beats were found."""
        return QRS.of(self.confusion)

    @property
    def veb(self) -> Performance:
        """How well ventricular ectopic beats were found and distinguished."""
        return VEB.of(self.confusion)

    @property
    def sveb(self) -> Performance:
        """How well supraventricular ectopic beats were found and distinguished."""
        return SVEB.of(self.confusion)


def compare(
    reference: Annotations,
    test: Annotations,
    fs: float,
    *,
    name: str = "",
    start: float = LEARNING,
    end: float | None = None,
    window: float = WINDOW,
    class_of: ClassOf = CLASS_OF,
) -> Comparison:
    """Compare a test annotator's beats with the reference's, beat by beat, by ANSI/AAMI EC57:2012.

    What comes out equals that of PhysioNet's bxb 10.7 on the same annotations: it decides what the standard leaves
    open. Both annotators count samples at `fs` Hz. `start`, `end` and `window`, in seconds, are bxb's -f, -t and -w.
    Without an `end` the comparison ends with the reference's last beat, and what the test annotator has after it does
    not count; bxb does so where a header gives no length, and otherwise takes that for the end.

    Raises InvalidComparison for a rate or times that make no sense.
    """
    check_times(fs, start, end, window=window)
    first, apart = samples_of(start, fs), samples_of(window, fs)
    last = None if end is None else samples_of(end, fs)
    reference_track = read_track(reference, class_of, apart, open_shutdown_lasts=True)
    test_track = read_track(test, class_of, apart, open_shutdown_lasts=False)
    pairing = pair_beats(reference_track, test_track, start=first, end=last, window=apart)
    half_second, second = samples_of(0.5, fs), samples_of(1.0, fs)
    return Comparison(
        name=name,
        confusion=_confusion(pairing.pairs),
        interval_error=_interval_error(pairing.pairs, second),
        shutdown=int((test_track.shutdowns.samples(pairing.test_read, last) + half_second) / second),
    )


def check_times(fs: float, start: float, end: float | None, **others: float) -> None:
    """Raise InvalidComparison unless a rate in Hz and times in seconds make sense; `others` have their names."""
    if not (math.isfinite(fs) and fs >= 1):
        raise InvalidComparison(f"got a rate of {fs} Hz, expected 1 or more")
    for what, seconds in {"start": start, **others}.items():
        if not (math.isfinite(seconds) and seconds >= 0):
            raise InvalidComparison(f"got a {what} of {seconds} s, expected 0 or more")
    if end is not None and not (math.isfinite(end) and end > 0 and end >= start):
        raise InvalidComparison(
            f"got an end of {end} s for a comparison that starts at {start} s, expected a later one"
        )


def samples_of(seconds: float, fs: float) -> int:
    """Seconds as samples, as PhysioNet's programs round them."""
    return int(seconds * fs + 0.5)


def _confusion(pairs: Iterable[Pair]) -> Confusion:
    confusion = np.zeros((len(CLASSES), len(CLASSES)), dtype=np.int64)
    for pair in pairs:
        if pair.reference and pair.test:
            confusion[CLASSES.index(pair.reference), CLASSES.index(pair.test)] += 1
    none_there = [CLASSES.index("O"), CLASSES.index("X")]
    confusion[np.ix_(none_there, none_there)] = 0
    return confusion


def _interval_error(pairs: Iterable[Pair], second: int) -> float | None:
    errors = [pair.interval_error for pair in pairs if pair.interval_error is not None]
    return math.sqrt(sum(error**2 for error in errors) / len(errors)) * 1000 / second if errors else None
