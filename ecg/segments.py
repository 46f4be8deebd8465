"""Segments: the parts of a recording, by which lead each was judged, or why it could not be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, get_args

import numpy as np

from ecg.detection.found_beats import FoundBeats
from ecg.signal.quality import Quality

SegmentReason = Literal[Quality, "no_beats"]
SEGMENT_REASONS: tuple[SegmentReason, ...] = (*get_args(Quality), "no_beats")

LONGEST_PAUSE = 3.0
"""Seconds between two beats after which what lies between them is a segment of its own."""

AROUND = 1.0
"""Seconds of such a stretch, at either end, that are the beats'."""


@dataclass(frozen=True)
class Segment:
    """From `start` to `end`, in seconds: beats of it that are judged are cut from `lead`; else `reason` says why not.

    The reason is a quality of the beats in it, or `no_beats`: a pause, or beats that cannot be seen.
    """

    start: float
    end: float
    lead: str | None
    judged: bool
    reason: SegmentReason | None


def segments_of(found: FoundBeats, fs: float, seconds: float, leads: Sequence[str]) -> tuple[Segment, ...]:
    """Those of a recording that is so long; `leads` are the names of the first lead and of the second, if there is one.

    They follow each other without a gap; neighbours differ.
    """
    if not seconds:
        return ()
    kinds = _kinds(found, fs, seconds, leads)
    merged = [(kind, list(parts)) for kind, parts in groupby(kinds, key=lambda part: part[2:])]
    return tuple(Segment(parts[0][0], parts[-1][1], *kind) for kind, parts in merged)


_Part = tuple[float, float, str | None, bool, SegmentReason | None]


def _kinds(found: FoundBeats, fs: float, seconds: float, leads: Sequence[str]) -> Iterator[_Part]:
    """A part a beat, to halfway to its neighbours, and one between beats that are far apart."""
    times = (found.peaks / fs).tolist()
    ends = [0.0, *times, seconds]
    at = 0.0
    for number, (quality, second) in enumerate(zip(found.quality, found.second.tolist(), strict=True), 1):
        start, stop = _border(ends[number - 1], ends[number], number == 1), _border(ends[number], ends[number + 1], False)
        if start[1] > at:
            yield at, start[1], None, False, "no_beats"
        good = quality == "good"
        yield max(at, start[1]), stop[0], leads[int(second)] if good else None, good, None if good else quality
        at = stop[0]
    if at < seconds:
        yield at, seconds, None, False, "no_beats"


def _border(before: float, after: float, first: bool) -> tuple[float, float]:
    """Where the part of what is before ends, and that of what is after begins."""
    if after - before > LONGEST_PAUSE:
        return (before if first else before + AROUND), after - AROUND
    middle = before if first else (before + after) / 2
    return middle, middle
