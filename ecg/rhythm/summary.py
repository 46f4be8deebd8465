"""Rhythm: what the beats of a recording say together.

Ectopic beats are told as in a Holter report: a couplet is two in a row, a run three or more; bigeminy is every second
beat ectopic, trigeminy every third, three times or more. R-R variability is that of the Task Force of the European
Society of Cardiology and the North American Society of Pacing and Electrophysiology, "Heart rate variability: standards
of measurement" (1996), table 1: of intervals between two normal beats (NN) alone.
"""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float64

from ecg.labels import Label

PAUSE_SECONDS = 2.0
RATE_INTERVALS = 8
"""Intervals that the lowest and the highest heart rate are means of."""
SEGMENT_SECONDS = 300.0
"""The five minutes of SDANN."""
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


@dataclass(frozen=True)
class Variability:
    """In milliseconds, but `pnn50`, a share. None where there were not intervals enough."""

    sdnn: float | None
    sdann: float | None
    rmssd: float | None
    pnn50: float | None


@dataclass(frozen=True)
class Burden:
    """How many beats of one ectopic class there are: in all, as a share of the beats with a label, and an hour."""

    beats: int
    share: float
    per_hour: float


@dataclass(frozen=True)
class HeartRate:
    """Beats a minute: over all intervals, and the lowest and highest over eight in a row."""

    mean: float
    lowest: float
    highest: float


@dataclass(frozen=True)
class Hour:
    """One hour of the recording, counted from 0: its beats, those of them without a label, and what is in it."""

    hour: int
    beats: int
    unjudged: int
    heart_rate: float | None
    ectopic: dict[Label, int]
    pauses: int


@dataclass(frozen=True)
class Rhythm:
    """The summary. `seconds` are those between beats that follow each other: what it was found in."""

    seconds: float
    heart_rate: HeartRate | None
    burden: dict[Label, Burden]
    variability: Variability
    events: tuple[Event, ...]
    longest_run: Event | None
    hours: tuple[Hour, ...]


def summarize(
    times: Float64[np.ndarray, "beat"], labels: Sequence[Label | None], broken: Bool[np.ndarray, "beat"]
) -> Rhythm:
    """The rhythm of beats at these `times`, in seconds, in order.

    A label is None where a beat could not be judged. Where `broken`, something between the beat before and this one was
    not recorded, so the time between them is no R-R interval.
    """
    intervals = np.where(broken, np.nan, np.diff(times, prepend=np.nan))
    seconds = float(np.nansum(intervals))
    events = _pauses(times, intervals)
    for label in ECTOPIC:
        streaks = _streaks(labels, intervals, label)
        events += [_streak_event(times, label, first, last) for first, last in streaks if last > first]
        events += _repeats(times, labels, intervals, label, "bigeminy", 2)
        events += _repeats(times, labels, intervals, label, "trigeminy", 3)
    events.sort(key=lambda event: event.start)
    runs = [event for event in events if event.kind == "run"]
    return Rhythm(
        seconds=seconds,
        heart_rate=_heart_rate(intervals),
        burden={label: _burden(labels, label, seconds) for label in ECTOPIC},
        variability=_variability(times, labels, intervals),
        events=tuple(events),
        longest_run=max(runs, key=lambda run: run.beats, default=None),
        hours=_hours(times, labels, intervals, events),
    )


def _hours(
    times: Float64[np.ndarray, "beat"],
    labels: Sequence[Label | None],
    intervals: Float64[np.ndarray, "beat"],
    events: Sequence[Event],
) -> tuple[Hour, ...]:
    bounds = np.searchsorted(times, 3600.0 * np.arange(int(times[-1] // 3600) + 2)) if len(times) else [0]
    pauses = Counter(int(event.start // 3600) for event in events if event.kind == "pause")
    found = []
    for hour, (first, last) in enumerate(itertools.pairwise(bounds)):
        within, known = Counter(labels[first:last]), intervals[first:last]
        known = known[np.isfinite(known)]
        rate = 60 / float(known.mean()) if len(known) else None
        ectopic = {label: within[label] for label in ECTOPIC}
        found.append(Hour(hour, int(last - first), within[None], rate, ectopic, pauses[hour]))
    return tuple(found)


def _pauses(times: Float64[np.ndarray, "beat"], intervals: Float64[np.ndarray, "beat"]) -> list[Event]:
    return [
        Event("pause", None, float(times[beat - 1]), float(times[beat]), 0)
        for beat in np.flatnonzero(intervals >= PAUSE_SECONDS).tolist()
    ]


def _heart_rate(intervals: Float64[np.ndarray, "beat"]) -> HeartRate | None:
    known = intervals[np.isfinite(intervals)]
    if not len(known):
        return None
    width = min(RATE_INTERVALS, len(known))
    means = np.convolve(known, np.full(width, 1 / width), mode="valid")
    return HeartRate(60 / float(known.mean()), 60 / float(means.max()), 60 / float(means.min()))


def _burden(labels: Sequence[Label | None], label: Label, seconds: float) -> Burden:
    judged = sum(own is not None for own in labels)
    count = sum(own == label for own in labels)
    return Burden(count, count / judged if judged else 0.0, 3600 * count / seconds if seconds else 0.0)


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


def _variability(
    times: Float64[np.ndarray, "beat"], labels: Sequence[Label | None], intervals: Float64[np.ndarray, "beat"]
) -> Variability:
    normal = np.array([label == "N" for label in labels], dtype=bool)
    usable = normal & np.concatenate(([False], normal[:-1])) & np.isfinite(intervals)
    nn = 1000 * intervals[usable]
    successive = np.diff(1000 * intervals)[usable[1:] & usable[:-1]]
    segments = ((times - intervals)[usable] // SEGMENT_SECONDS).astype(np.int64)
    means = np.array([nn[segments == segment].mean() for segment in np.unique(segments)])
    return Variability(
        sdnn=_deviation(nn),
        sdann=_deviation(means),
        rmssd=float(np.sqrt(np.mean(successive**2))) if len(successive) else None,
        pnn50=float(np.mean(np.abs(successive) > 50)) if len(successive) else None,
    )


def _deviation(values: Float64[np.ndarray, "value"]) -> float | None:
    return float(values.std(ddof=1)) if len(values) > 1 else None
