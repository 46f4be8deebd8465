"""Rhythm events: pauses, and ectopic beats that follow each other as in a Holter report.

A couplet is two ectopic beats in a row, a run three or more; bigeminy is every second beat ectopic, trigeminy every
third, three times or more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from ecg.labels import Label

PAUSE_SECONDS = 2.0
LEAST_REPEATS = 3
"""Ectopic beats, with what is between them, that make bigeminy or trigeminy."""
ECTOPIC: tuple[Label, Label] = ("S", "V")

Kind = Literal["pause", "couplet", "run", "bigeminy", "trigeminy"]


@dataclass(frozen=True)
class Event:
    """Something that a reader of the recording would want to see, from its first beat to its last.

    `label` is the class of its ectopic beats, None for a pause; `beats` counts them.
    """

    kind: Kind
    label: Label | None
    start: float
    end: float
    beats: int


def find_events(
    times: Float64[np.ndarray, "beat"], labels: Sequence[Label | None], intervals: Float64[np.ndarray, "beat"]
) -> tuple[Event, ...]:
    """The events among beats at these `times`, in order of their beginnings.

    `intervals` are those from the beat before, NaN where something between the two was not recorded; `times` and they
    are in seconds.
    """
    events = _pauses(times, intervals)
    for label in ECTOPIC:
        streaks = _streaks(labels, intervals, label)
        events += [_streak_event(times, label, first, last) for first, last in streaks if last > first]
        events += _repeats(times, labels, intervals, label, "bigeminy", 2)
        events += _repeats(times, labels, intervals, label, "trigeminy", 3)
    return tuple(sorted(events, key=lambda event: event.start))


def _pauses(times: Float64[np.ndarray, "beat"], intervals: Float64[np.ndarray, "beat"]) -> list[Event]:
    return [
        Event("pause", None, float(times[beat - 1]), float(times[beat]), 0)
        for beat in np.flatnonzero(intervals >= PAUSE_SECONDS).tolist()
    ]


def _streaks(
    labels: Sequence[Label | None], intervals: Float64[np.ndarray, "beat"], label: Label
) -> list[tuple[int, int]]:
    """The first and the last beat of each unbroken row of beats of a class."""
    found: list[tuple[int, int]] = []
    for beat, own in enumerate(labels):
        if own != label:
            continue
        if found and found[-1][1] == beat - 1 and np.isfinite(intervals[beat]):
            found[-1] = (found[-1][0], beat)
        else:
            found.append((beat, beat))
    return found


def _streak_event(times: Float64[np.ndarray, "beat"], label: Label, first: int, last: int) -> Event:
    count = last - first + 1
    return Event("couplet" if count == 2 else "run", label, float(times[first]), float(times[last]), count)


def _repeats(
    times: Float64[np.ndarray, "beat"],
    labels: Sequence[Label | None],
    intervals: Float64[np.ndarray, "beat"],
    label: Label,
    kind: Literal["bigeminy", "trigeminy"],
    period: int,
) -> list[Event]:
    """Where every `period`-th beat is ectopic and those between are normal."""
    events, beat = [], 0
    while beat < len(labels):
        last = beat
        while labels[beat] == label and _follows(labels, intervals, last, label, period):
            last += period
        count = (last - beat) // period + 1
        if labels[beat] == label and count >= LEAST_REPEATS:
            events.append(Event(kind, label, float(times[beat]), float(times[last]), count))
        beat = last + 1
    return events


def _follows(
    labels: Sequence[Label | None], intervals: Float64[np.ndarray, "beat"], beat: int, label: Label, period: int
) -> bool:
    following = list(labels[beat + 1 : beat + 1 + period])
    unbroken = bool(np.isfinite(intervals[beat + 1 : beat + 1 + period]).all())
    return unbroken and following == ["N"] * (period - 1) + [label]
