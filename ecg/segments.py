"""Segments: the parts of a recording, by which lead each was judged, or why it could not be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Literal, get_args

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


def segments_of(
    times: Sequence[float], quality: Sequence[Quality], second: Sequence[bool], seconds: float, leads: Sequence[str]
) -> tuple[Segment, ...]:
    """Those of a recording that is so long, by its beats: when each is, what it is good for, and by which lead.

    `leads` are the names of the first lead and of the second, if there is one. Segments follow each other without a gap
    from 0 to the end, and neighbours differ.
    """
    parts = groupby(_parts(times, quality, second, seconds), key=lambda part: (part.lead, part.judged, part.reason))
    merged = [list(alike) for _, alike in parts]
    named = {0: leads[0] if leads else None, 1: leads[-1] if leads else None, None: None}
    return tuple(Segment(p[0].start, p[-1].end, named[p[0].lead], p[0].judged, p[0].reason) for p in merged)


@dataclass(frozen=True)
class _Part:
    start: float
    end: float
    lead: int | None = None
    judged: bool = False
    reason: SegmentReason | None = "no_beats"


def _parts(
    times: Sequence[float], quality: Sequence[Quality], second: Sequence[bool], seconds: float
) -> Iterator[_Part]:
    """One for each beat, to halfway to its neighbours, and one between beats that are far apart."""
    at = 0.0
    for number, (time, good_for, by_second) in enumerate(zip(times, quality, second, strict=True)):
        if time - at > LONGEST_PAUSE:
            yield _Part(at, time - AROUND)
            at = time - AROUND
        following = times[number + 1] if number + 1 < len(times) else seconds
        far = following - time > LONGEST_PAUSE
        end = time + AROUND if far else seconds if number + 1 == len(times) else (time + following) / 2
        if good_for == "good":
            yield _Part(at, end, int(by_second), judged=True, reason=None)
        else:
            yield _Part(at, end, reason=good_for)
        at = end
    if at < seconds:
        yield _Part(at, seconds)
