"""The rhythm summary: what the beats of a recording say together.

R-R variability is that of the Task Force of the European Society of Cardiology and the North American Society of Pacing
and Electrophysiology, "Heart rate variability: standards of measurement" (1996), table 1: of intervals between two
normal beats (NN) alone.
"""

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float64

from ecg.labels import Label
from ecg.rhythm.events import ECTOPIC, Event, find_events

RATE_INTERVALS = 8
"""Intervals that the lowest and the highest heart rate are means of."""
SEGMENT_SECONDS = 300.0
"""The five minutes of SDANN."""


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
    events = find_events(times, labels, intervals)
    runs = [event for event in events if event.kind == "run"]
    return Rhythm(
        seconds=seconds,
        heart_rate=_heart_rate(intervals),
        burden={label: _burden(labels, label, seconds) for label in ECTOPIC},
        variability=_variability(times, labels, intervals),
        events=events,
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
