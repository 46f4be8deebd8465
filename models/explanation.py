"""Explanation: how much each part of a beat counted for its label, found by taking it away.

Occlusion (Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014): a window of the signal is
replaced by a straight line, and the classifier is asked again. What its label loses by that is reported as weight of
evidence (Robnik-Sikonja and Kononenko, "Explaining classifications for individual instances", 2008): the natural
logarithm of the odds that the label had, less that of those it has left. The classifier is asked as anybody asks it, by
the solver that decided, so what is explained is what answers, and nothing of its network has to be known.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32, Float64

from ecg import BEAT_LENGTH, LABELS, BeatsInContext, Label
from ecg.context.context import LEADS, RHYTHM_LENGTH, compressed, expanded
from ecg.context.usual_beat import BEFORE, VIEW_LENGTH
from models.annotation.recording import AnnotatedRecording, Decide, beat_in_context
from models.decisions import Decisions
from models.plan import Plan

WINDOW = 12
"""Samples that are taken away at once: 96 ms, as long as a QRS complex. A single one would hardly be missed."""

STRIDE = 4
"""Samples from the beginning of a window to that of the next."""

OF_LEAD = 2 * VIEW_LENGTH
"""Numbers of a beat in its context that are one lead's: as it is, and less the usual beat."""


@dataclass(frozen=True)
class Parts:
    """The evidence that a beat in its context loses, in nats, where nothing is known of a part of it."""

    first_lead: float
    second_lead: float
    rhythm: float


@dataclass(frozen=True)
class Explanation:
    """How much each part of a beat counted for its label, in nats: above 0 it spoke for the label, below 0 against it.

    `relevance` is of each sample at 125 Hz: the mean of the windows that it lies in. `before` of the samples come
    before the R peak. For a beat in its context they are those of the first lead; for any other, `parts` is None.
    """

    relevance: Float64[np.ndarray, "sample"]
    before: int
    parts: Parts | None = None


def explain(
    plan: Plan,
    beats: Float[np.ndarray, "beat 187"] | BeatsInContext,
    labels: Sequence[Label | None],
    decide: Decide = Plan.decide,
) -> list[Explanation | None]:
    """Why each beat got the label that was decided by this plan; each is explained by itself.

    None for a beat without a label, and where a solve on the way failed. A beat of 187 samples costs as much as
    classifying 50, one in its context as much as 38.
    """
    if isinstance(beats, BeatsInContext):
        return [
            label and _in_context(plan, row, label, decide) for row, label in zip(beats.values, labels, strict=True)
        ]
    return [label and _alone(plan, row, label, decide) for row, label in zip(beats, labels, strict=True)]


def explain_recorded(whole: AnnotatedRecording, beat: int, decide: Decide = Plan.decide) -> Explanation | None:
    """Why a beat of a recording got the label that its plan decided on; None for one without a label."""
    label = whole.beats.decision(beat).label
    if label is None:
        return None
    beats = beat_in_context(whole, beat) if whole.plan.in_context else whole.beats.found.values[beat : beat + 1]
    return explain(whole.plan, beats, [label], decide)[0]


def _alone(plan: Plan, beat: Float[np.ndarray, "187"], label: Label, decide: Decide) -> Explanation | None:
    windows = windows_of(BEAT_LENGTH)
    rows = np.stack([beat, *(bridged(beat, window) for window in windows)]).astype(np.float32)
    lost = _lost(decide(plan, rows), label)
    return None if lost is None else Explanation(_of_samples(lost, windows), before=0)


def _in_context(plan: Plan, beat: Float32[np.ndarray, "587"], label: Label, decide: Decide) -> Explanation | None:
    windows = windows_of(VIEW_LENGTH)
    changed = [without_samples(beat, window) for window in windows]
    rows = np.stack([beat, *changed, *_without_parts(beat)]).astype(np.float32)
    lost = _lost(decide(plan, BeatsInContext(rows)), label)
    if lost is None:
        return None
    of_windows, of_parts = lost[: len(windows)], lost[len(windows) :]
    return Explanation(_of_samples(of_windows, windows), BEFORE, Parts(*of_parts.tolist()))


def windows_of(length: int) -> Bool[np.ndarray, "window sample"]:
    """Which samples each window takes away: each is taken away as often as the others."""
    starts = np.arange(STRIDE - WINDOW, length, STRIDE)[:, None]
    samples = np.arange(length)
    return (starts <= samples) & (samples < starts + WINDOW)


def bridged(signal: Float[np.ndarray, "sample"], removed: Bool[np.ndarray, "sample"]) -> Float64[np.ndarray, "sample"]:
    """The signal with straight lines over what is removed, level where there is nothing left on one side."""
    samples = np.arange(len(signal))
    return np.asarray(np.interp(samples, samples[~removed], signal[~removed]))


def without_samples(beat: Float32[np.ndarray, "587"], removed: Bool[np.ndarray, "125"]) -> Float64[np.ndarray, "587"]:
    """A beat in its context with some samples of the first lead bridged, as it is and as it differs from the usual."""
    changed = beat.astype(np.float64)
    heights, difference = expanded(changed[:VIEW_LENGTH]), expanded(changed[VIEW_LENGTH:OF_LEAD])
    line = bridged(heights, removed)
    changed[:VIEW_LENGTH] = compressed(line)
    changed[VIEW_LENGTH:OF_LEAD] = compressed(line - (heights - difference))
    return changed


def _without_parts(beat: Float32[np.ndarray, "587"]) -> Float32[np.ndarray, "part 587"]:
    """Without the first lead, the second, and the rhythm: 0 stands for what is not known."""
    changed = np.tile(beat, (LEADS + 1, 1))
    for lead in range(LEADS):
        changed[lead, lead * OF_LEAD : (lead + 1) * OF_LEAD] = 0
    changed[LEADS, -RHYTHM_LENGTH:] = 0
    return changed


def _lost(decisions: Decisions, label: Label) -> Float64[np.ndarray, "change"] | None:
    """The evidence for the label that each row has less than the first; None where a solve failed."""
    if not decisions.solved.all():
        return None
    evidence = _log_odds(decisions.probabilities, LABELS.index(label))
    return np.asarray(evidence[0] - evidence[1:])


def _log_odds(probabilities: Float32[np.ndarray, "row class"], label: int) -> Float64[np.ndarray, "row"]:
    """Of one class against all others, whose sum has more digits than 1 less its own probability."""
    held = np.maximum(probabilities.astype(np.float64), np.finfo(np.float32).tiny)
    return np.asarray(np.log(held[:, label]) - np.log(np.delete(held, label, axis=1).sum(axis=1)))


def _of_samples(
    lost: Float64[np.ndarray, "window"], windows: Bool[np.ndarray, "window sample"]
) -> Float64[np.ndarray, "sample"]:
    return np.asarray(lost @ windows / windows.sum(axis=0))
