"""Annotation: what a classifier says of the beats that were found in a recording."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ecg import (
    LABELS,
    BeatsInContext,
    FoundBeats,
    FoundPart,
    Label,
    Recording,
    Rhythm,
    Stretch,
    choose_leads,
    find_beats,
    in_stretches,
    summarize,
)
from models.checkpoint.abstention import ALL, Reason
from models.classifying import Classifying
from models.decisions import Decision, Decisions
from models.networks.network import Solver


@dataclass(frozen=True)
class AnnotatedBeats:
    """Beats of a recording, in order of time. `decisions` are those on the beats of `good` quality, None for none."""

    found: FoundBeats
    decisions: Decisions | None

    def __len__(self) -> int:
        return len(self.found)

    @classmethod
    def joined(cls, parts: Sequence["AnnotatedBeats"]) -> "AnnotatedBeats":
        """The beats of all parts, in their order."""
        decisions = [part.decisions for part in parts if part.decisions is not None]
        return cls(
            FoundBeats.joined([part.found for part in parts]), Decisions.joined(decisions) if decisions else None
        )

    def decision(self, beat: int) -> Decision:
        """That on one of them."""
        if self.decisions is None or self.found.quality[beat] != "good":
            return NOT_JUDGED
        return self.decisions[int(np.count_nonzero(self.found.good[:beat]))]

    def __iter__(self) -> Iterator[Decision]:
        """A decision on each beat; those that cannot be judged have no label, and the classifier abstains."""
        decided = iter(self.decisions or ())
        return (next(decided) if good else NOT_JUDGED for good in self.found.good.tolist())

    @property
    def reasons(self) -> list[Reason | None]:
        """Why the classifier abstains on each beat; None where it does not."""
        decided = iter(self.decisions.reasons if self.decisions else ())
        return [next(decided) if good else "poor_signal" for good in self.found.good.tolist()]

    @property
    def labels(self) -> list[Label | None]:
        """The label of each beat; None for one that cannot be judged, and one whose solve failed."""
        labels = np.full(len(self), -1)
        if self.decisions is not None:
            labels[self.found.good] = self.decisions.labels
        names: list[Label | None] = [*LABELS, None]
        return [names[label] for label in labels.tolist()]

    def rhythm(self, fs: float) -> Rhythm:
        """What they say together; `fs` is the rate that their peaks are counted at."""
        return summarize(self.found.peaks / fs, self.labels, self.found.broken)


NOT_JUDGED = Decision(label=None, probabilities=None, reason="poor_signal", receipt=None)


Context = Callable[[FoundBeats], BeatsInContext]


def annotate(
    classifier: Classifying,
    found: FoundBeats,
    solver: Solver | None = None,
    context: Context | None = None,
    *,
    coverage: float = ALL,
) -> AnnotatedBeats:
    """Decide on the beats that can be judged; `context` tells that of beats, for a classifier that takes them in it.

    Raises what `Classifier.classify` raises for a solver and a coverage, and NeedsRecording.
    """
    # Asked of all beats, good or not: each is part of the others' context.
    beats = context(found).values if context else found.values
    good = beats[found.good]
    if not len(good):
        return AnnotatedBeats(found, None)
    return AnnotatedBeats(found, classifier.classify(BeatsInContext(good) if context else good, solver, coverage))


def context_in(recording: Recording, leads: Sequence[int]) -> Context:
    """Beats of a recording are in the context of each other."""

    def context(found: FoundBeats) -> BeatsInContext:
        if not len(found):
            return BeatsInContext.joined([])
        return Stretch.cut(recording, leads, found.peaks, found.broken).in_context()

    return context


@dataclass(frozen=True)
class AnnotatedPart:
    """The beats that a part of a recording made certain, and the seconds of it that are done."""

    beats: AnnotatedBeats
    seconds: float
    reason: str | None
    """Why there are no beats at all, with the last part of a recording that has none."""


@dataclass(frozen=True)
class AnnotatedRecording:
    """A recording, and all that is said of it. `lead` is the one its beats were cut from, by number; None for none."""

    recording: Recording
    lead: int | None
    beats: AnnotatedBeats
    reason: str | None

    @classmethod
    def of(cls, recording: Recording, leads: tuple[int, ...], parts: Sequence[AnnotatedPart]) -> "AnnotatedRecording":
        """The whole of all parts."""
        beats = AnnotatedBeats.joined([part.beats for part in parts])
        return cls(recording, leads[0] if leads else None, beats, parts[-1].reason if parts else None)

    @property
    def rhythm(self) -> Rhythm:
        """What its beats say together."""
        return self.beats.rhythm(self.recording.fs)


def beat_in_context(whole: AnnotatedRecording, beat: int) -> BeatsInContext:
    """One beat of a recording, by number, in the context that `annotate_parts` gives it."""
    recording = whole.recording
    leads = () if whole.lead is None else choose_leads(recording, recording.leads[whole.lead])
    context = context_in(recording, leads)
    found = FoundPart(whole.beats.found, recording.seconds)
    stretches = [part.beats for part in in_stretches([found], recording.fs)]
    ends = np.cumsum([len(stretch) for stretch in stretches])
    stretch = int(np.searchsorted(ends, beat, side="right"))
    place = beat - int(ends[stretch]) + len(stretches[stretch])
    return context(stretches[stretch]).select(np.array([place]))


def annotate_recording(
    classifier: Classifying,
    recording: Recording,
    leads: tuple[int, ...],
    solver: Solver | None = None,
    *,
    coverage: float = ALL,
) -> Iterator[AnnotatedPart]:
    """Find, cut and classify the beats of a recording, part by part; `leads` are those of `ecg.choose_leads`.

    A classifier that takes beats in their context gets half an hour of them at once. Raises what `Classifier.classify`
    raises for a solver and a coverage.
    """
    yield from annotate_parts(classifier, recording, leads, find_beats(recording, leads), solver, coverage=coverage)


def annotate_parts(
    classifier: Classifying,
    recording: Recording,
    leads: tuple[int, ...],
    parts: Iterable[FoundPart],
    solver: Solver | None = None,
    *,
    coverage: float = ALL,
) -> Iterator[AnnotatedPart]:
    """Classify beats that were found in a recording, part by part; otherwise as `annotate_recording`."""
    context = context_in(recording, leads) if classifier.in_context else None
    for part in in_stretches(parts, recording.fs) if context else parts:
        beats = annotate(classifier, part.beats, solver, context, coverage=coverage)
        yield AnnotatedPart(beats, part.seconds, part.reason)
