"""Runs: how a test annotator's runs of ectopic beats answer those of a reference.

A run is of one beat or more; the lengths from six on are one. Ventricular flutter counts as the longest run of
ventricular beats, fusion beats as ventricular. Within atrial fibrillation or flutter normal beats are supraventricular
ones. What the standard leaves open is decided as PhysioNet's rxr 10.7 does.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

import numpy as np
from jaxtyping import Int64

from ecg.recording import Annotations
from ecg.scoring.classes import CLASS_OF
from ecg.scoring.comparison import LEARNING, WINDOW, check_times, samples_of
from ecg.scoring.rhythm.episodes import RHYTHM_CHANGE
from ecg.scoring.statistics import Ratio
from ecg.scoring.track import FLUTTER_OFF, FLUTTER_ON, NOISE, UNREADABLE

Ectopy = Literal["VE", "SVE"]
ECTOPIES: tuple[Ectopy, ...] = get_args(Ectopy)

LONG = 6
"""Beats; longer runs are counted as so long."""

KINDS = {"Couplet": (2, 3), "Short run": (3, LONG), "Long run": (LONG, LONG + 1)}
"""The lengths that a kind of run has, from and to."""

Mark = Literal["N", "S", "V", "Q", "VF on", "VF off", "AF on", "AF off", "unreadable"]

STARTS: dict[Ectopy, Mark] = {"VE": "VF on", "SVE": "AF on"}
STOPS: dict[Ectopy, Mark] = {"VE": "VF off", "SVE": "AF off"}
BEATS: dict[Ectopy, Mark] = {"VE": "V", "SVE": "S"}


class Marked(NamedTuple):
    """An annotation that matters to runs, at a sample."""

    time: int
    mark: Mark | None


@dataclass(frozen=True)
class RunComparison:
    """The runs of one recording in two matrices: a row for each length in the reference, a column for each in the test.

    `found` counts the reference's runs, each by the longest run that the test annotator has in it, `called` the test
    annotator's, each by the longest that the reference has.
    """

    name: str
    ectopy: Ectopy
    found: Int64[np.ndarray, "7 7"]
    called: Int64[np.ndarray, "7 7"]

    def sensitivity(self, kind: str) -> Ratio:
        """Of the reference's runs of a kind, those in which one as long, or longer, was found."""
        low, high = KINDS[kind]
        return Ratio(int(self.found[low:high, low:].sum()), int(self.found[low:high].sum()))

    def positive_predictivity(self, kind: str) -> Ratio:
        """Of the test annotator's runs of a kind, those in which the reference has one as long, or longer."""
        low, high = KINDS[kind]
        return Ratio(int(self.called[low:, low:high].sum()), int(self.called[:, low:high].sum()))


def compare_runs(
    reference: Annotations,
    test: Annotations,
    fs: float,
    ectopy: Ectopy,
    *,
    name: str = "",
    start: float = LEARNING,
    end: float | None = None,
    window: float = WINDOW,
) -> RunComparison:
    """Compare a test annotator's runs with the reference's, as PhysioNet's rxr 10.7 does.

    Both annotators count samples at `fs` Hz. `start`, `end` and `window`, in seconds, are its -f, -t and -w. A run that
    lasts when a time `end` has come is not counted; one that lasts to the annotator's last annotation is.

    Raises InvalidComparison for a rate or times that make no sense.
    """
    check_times(fs, start, end, window=window)
    first, last, apart = samples_of(start, fs), None if end is None else samples_of(end, fs), samples_of(window, fs)
    ours, theirs = (list(_read(annotations)) for annotations in (reference, test))
    found, called = np.zeros((2, LONG + 1, LONG + 1), np.int64)
    for length, other in _pairs(ours, theirs, ectopy, first, last, apart):
        found[length, other] += 1
    for length, other in _pairs(theirs, ours, ectopy, first, last, apart):
        called[other, length] += 1
    return RunComparison(name, ectopy, found, called)


def _pairs(
    own: list[Marked], others: list[Marked], ectopy: Ectopy, start: int, end: int | None, apart: int
) -> Iterator[tuple[int, int]]:
    """The length of each run of one annotator, and of the longest that the other has there."""
    follower = _Follower(others, ectopy)
    for length, begun, ended in _runs(own, ectopy, start, end, apart):
        yield length, follower.longest(begun, ended)


def _runs(
    marked: list[Marked], ectopy: Ectopy, start: int, end: int | None, apart: int
) -> Iterator[tuple[int, int, int]]:
    """The length of each run, and from which sample to which the other annotator's runs are looked for."""
    begun = ended = 0
    place = next((place for place, one in enumerate(marked) if one.time >= start), len(marked))
    length = LONG * _lasts([one.mark for one in marked[:place]], ectopy)
    if length:
        begun, ended = start - apart, start + apart
    for number, (time, mark) in enumerate(marked[place:]):
        if number and end is not None and time > end:
            return
        if length and mark in _ENDS[ectopy]:
            yield length, begun, ended
            length = 0
        elif mark == BEATS[ectopy]:
            begun = begun if length else time - apart
            length, ended = min(length + 1, LONG), time + apart
        elif length and mark == STOPS[ectopy]:
            ended = time + apart
        elif not length and mark == STARTS[ectopy]:
            length, begun = LONG, time - apart
    if length and (end is None or marked[-1].time <= end):
        yield length, begun, ended


def _lasts(before: list[Mark | None], ectopy: Ectopy) -> bool:
    """Whether fibrillation that began before the comparison has not ended then."""
    lasts = False
    for mark in before:
        if mark == STARTS[ectopy]:
            lasts = True
        elif mark in STOPS.values():
            lasts = False
    return lasts


_ENDS: dict[Ectopy, tuple[Mark, ...]] = {
    "VE": ("N", "S", "Q", "unreadable"),
    "SVE": ("N", "V", "Q", "unreadable"),
}
"""What ends a run."""

_BREAKS: dict[Ectopy, tuple[Mark, ...]] = {
    "VE": (*_ENDS["VE"], "AF on"),
    "SVE": (*_ENDS["SVE"], "VF on"),
}
"""What ends a run of the other annotator's, where the longest is looked for."""


class _Follower:
    """Goes forward through one annotator's marks, while windows are asked for in the order of time."""

    def __init__(self, marked: list[Marked], ectopy: Ectopy) -> None:
        self.marked = marked
        self.ectopy: Ectopy = ectopy
        self.place = 0
        self.fibrillates_to: float = 0

    def longest(self, start: int, stop: int) -> int:
        """The longest run between two samples."""
        if self.fibrillates_to > start:
            return LONG
        while self._before(start):
            if self._begins() and self._skip() > start:
                return LONG
            self.place += 1
        longest = length = 0
        while self._before(stop + 1):
            mark = self.marked[self.place].mark
            if self._begins():
                self._skip()
                return LONG
            if mark == BEATS[self.ectopy]:
                length += 1
            elif mark in _BREAKS[self.ectopy]:
                length = 0
            longest = max(longest, length)
            self.place += 1
        return min(longest, LONG)

    def _before(self, sample: int) -> bool:
        return self.place < len(self.marked) and self.marked[self.place].time < sample

    def _begins(self) -> bool:
        return self.place < len(self.marked) and self.marked[self.place].mark == STARTS[self.ectopy]

    def _skip(self) -> float:
        """Go to where the fibrillation ends that begins here: the sample, or infinity where it does not."""
        ends = (STOPS[self.ectopy], *(set(STARTS.values()) - {STARTS[self.ectopy]}), "unreadable")
        following = range(self.place + 1, len(self.marked))
        self.place = next((place for place in following if self.marked[place].mark in ends), len(self.marked))
        self.fibrillates_to = self.marked[self.place].time if self.place < len(self.marked) else float("inf")
        return self.fibrillates_to


def _read(annotations: Annotations) -> Iterator[Marked]:
    """What each annotation means to runs. A state that lasts already does not begin again."""
    rhythm: Literal["AF", "VF"] | None = None
    unreadable = False
    columns = (annotations.samples.tolist(), annotations.symbols, annotations.all_subtypes.tolist())
    for time, symbol, subtype, note in zip(*columns, annotations.all_notes, strict=True):
        mark: Mark | None = None
        if symbol == NOISE:
            begins = subtype & UNREADABLE == UNREADABLE
            mark, unreadable = "unreadable" if begins and not unreadable else None, begins
        elif symbol == FLUTTER_OFF:
            mark, rhythm = ("VF off", None) if rhythm == "VF" else (None, rhythm)
        elif asked := _rhythm_of(symbol, note):
            mark, rhythm = _changed(rhythm, asked)
        else:
            mark = _beat(symbol, fibrillating=rhythm == "AF")
        yield Marked(time, mark)


def _rhythm_of(symbol: str, note: str) -> Literal["AF", "VF", "other"] | None:
    """The rhythm that an annotation begins: any that is called (AF…, or (VF… or `[`, or another."""
    if symbol == FLUTTER_ON:
        return "VF"
    if symbol != RHYTHM_CHANGE or not note:
        return None
    return "AF" if note.startswith("(AF") else "VF" if note.startswith("(VF") else "other"


def _changed(
    rhythm: Literal["AF", "VF"] | None, asked: Literal["AF", "VF", "other"]
) -> tuple[Mark | None, Literal["AF", "VF"] | None]:
    """What a change of rhythm means, and the rhythm after it."""
    if asked == rhythm:
        return None, rhythm
    if asked == "AF":
        return "AF on", "AF"
    if asked == "VF":
        return "VF on", "VF"
    ended: dict[str | None, Mark | None] = {"AF": "AF off", "VF": "VF off", None: None}
    return ended[rhythm], None


def _beat(symbol: str, *, fibrillating: bool) -> Mark | None:
    marks: dict[str, Mark] = {"N": "S" if fibrillating else "N", "S": "S", "V": "V", "F": "V", "Q": "Q"}
    return marks.get(CLASS_OF.get(symbol, "O"))
