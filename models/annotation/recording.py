"""Annotation of a recording: its beats are found, cut and decided on, part by part."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ecg import (
    BeatsInContext,
    FoundBeats,
    FoundPart,
    Recording,
    Rhythm,
    Stretch,
    find_beats,
    in_stretches,
)
from ecg.segments import Segment, segments_of
from models.annotation.beats import AnnotatedBeats
from models.decisions import Decisions
from models.plan import Beats, Plan

Context = Callable[[FoundBeats], BeatsInContext]

Decide = Callable[[Plan, Beats], Decisions]
"""Who decides by a plan: `Plan.decide` in this process, or another that asks one elsewhere."""

AT_ONCE = 512
"""Beats that are decided on anew before the progress is reported."""


def annotate(
    plan: Plan, found: FoundBeats, context: Context | None = None, decide: Decide = Plan.decide
) -> AnnotatedBeats:
    """Decide on the beats that can be judged; `context` gives that of beats, for a model that takes them in it."""
    # Asked of all beats, good or not: each is part of the others' context.
    beats = context(found).values if context else found.values
    good = beats[found.good]
    if not len(good):
        return AnnotatedBeats(found, None)
    return AnnotatedBeats(found, decide(plan, BeatsInContext(good) if context else good))


def context_in(recording: Recording, leads: Sequence[int]) -> Context:
    """Beats of a recording are in the context of each other."""

    def context(found: FoundBeats) -> BeatsInContext:
        if not len(found):
            return BeatsInContext.joined([])
        beats = Stretch.cut(recording, leads, found.peaks, found.broken).in_context()
        if not found.second.any():
            return beats
        swapped = Stretch.cut(recording, leads[::-1], found.peaks, found.broken).in_context()
        return beats.replaced(found.second, swapped)

    return context


@dataclass(frozen=True)
class AnnotatedPart:
    """The beats that a part of a recording made certain, and the seconds of it that are done."""

    beats: AnnotatedBeats
    seconds: float
    reason: str | None
    """Why there are no beats at all, with the last part of a recording that has none."""

    def share_of(self, recording: Recording) -> float:
        """How much of the recording is done with this part, 0 to 1: one without samples is done at once."""
        return self.seconds / recording.seconds if recording.seconds else 1.0


@dataclass(frozen=True)
class AnnotatedRecording:
    """A recording, the plan that decided on it, and all that was decided.

    `leads` are those that its beats were found in, by number. `reason` says why there are no beats.
    """

    recording: Recording
    plan: Plan
    leads: tuple[int, ...]
    beats: AnnotatedBeats
    reason: str | None

    @classmethod
    def of(
        cls, recording: Recording, plan: Plan, leads: tuple[int, ...], parts: Sequence[AnnotatedPart]
    ) -> "AnnotatedRecording":
        """The whole of all parts."""
        beats = AnnotatedBeats.joined([part.beats for part in parts])
        return cls(recording, plan, leads, beats, parts[-1].reason if parts else None)

    @property
    def lead(self) -> int | None:
        """The one that its beats were cut from, but for segments in which it fails; None for none."""
        return self.leads[0] if self.leads else None

    @property
    def segments(self) -> tuple[Segment, ...]:
        """By which lead each part was judged, or why it could not be."""
        names = [self.recording.leads[lead] for lead in self.leads]
        found = self.beats.found
        times = (found.peaks / self.recording.fs).tolist()
        return segments_of(times, found.quality, found.second.tolist(), self.recording.seconds, names)

    @property
    def rhythm(self) -> Rhythm:
        """What its beats say together."""
        return self.beats.rhythm(self.recording.fs)

    def decided_by(self, plan: Plan, parts: Sequence[AnnotatedPart]) -> "AnnotatedRecording":
        """The same beats, decided on anew in these parts."""
        return replace(self, plan=plan, beats=AnnotatedBeats.joined([part.beats for part in parts]))


def annotate_recording(
    plan: Plan, recording: Recording, leads: tuple[int, ...], decide: Decide = Plan.decide
) -> Iterator[AnnotatedPart]:
    """Find, cut and classify the beats of a recording, part by part; `leads` are those of `ecg.choose_leads`.

    A model that takes beats in their context gets half an hour of them at once.
    """
    yield from annotate_parts(plan, recording, leads, find_beats(recording, leads), decide)


def annotate_again(plan: Plan, whole: AnnotatedRecording, decide: Decide = Plan.decide) -> Iterator[AnnotatedPart]:
    """Decide anew, part by part, on the beats that were found in a recording."""
    recording, pieces = whole.recording, whole.beats.found.pieces(AT_ONCE)
    found = (FoundPart(piece, recording.seconds * n / len(pieces)) for n, piece in enumerate(pieces, 1))
    yield from annotate_parts(plan, recording, whole.leads, found, decide)


def annotate_parts(
    plan: Plan,
    recording: Recording,
    leads: tuple[int, ...],
    parts: Iterable[FoundPart],
    decide: Decide = Plan.decide,
) -> Iterator[AnnotatedPart]:
    """Classify beats that were found in a recording, part by part."""
    context = context_in(recording, leads) if plan.in_context else None
    for part in in_stretches(parts, recording.fs) if context else parts:
        yield AnnotatedPart(annotate(plan, part.beats, context, decide), part.seconds, part.reason)


def beat_in_context(whole: AnnotatedRecording, beat: int) -> BeatsInContext:
    """One beat of a recording, by number, in the context that `annotate_parts` gives it."""
    recording = whole.recording
    context = context_in(recording, whole.leads)
    found = FoundPart(whole.beats.found, recording.seconds)
    stretches = [part.beats for part in in_stretches([found], recording.fs)]
    ends = np.cumsum([len(stretch) for stretch in stretches])
    stretch = int(np.searchsorted(ends, beat, side="right"))
    place = beat - int(ends[stretch]) + len(stretches[stretch])
    return context(stretches[stretch]).select(np.array([place]))
