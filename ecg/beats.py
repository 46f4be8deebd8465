"""Beats: what a classifier is given, cut from a recording.

The rule is that of Kachuee, Fazeli and Sarrafzadeh, "ECG heartbeat classification: a deep transferable
representation" (2018), section III-A, as their published files (`mitbih_train.csv`, `mitbih_test.csv`) apply it.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, Int64

from ecg.errors import InvalidBeat, InvalidBeats, UnreadableRecording
from ecg.labels import LABELS, label_of
from ecg.leads import preferred_lead
from ecg.recording import Recording
from ecg.signal.resampling import BEAT_FS, resample

BEAT_LENGTH = 187
"""Samples of a beat: 1.496 s."""

RR_SHARE = 1.2
"""How many R-R intervals a beat is long, before it is padded or cut off."""


@dataclass(frozen=True)
class Beats:
    """The beats of one recording, in order of time.

    `values` lie in 0..1. `peaks` are the R peaks, in samples at the recording's own rate. `labels` index `LABELS`.
    """

    values: Float32[np.ndarray, "beat 187"]
    peaks: Int64[np.ndarray, "beat"]
    labels: Int64[np.ndarray, "beat"]

    def __len__(self) -> int:
        return len(self.values)


def choose_lead(recording: Recording) -> str:
    """The one that classifiers learn from: by name (II, else V5), else the first."""
    return preferred_lead(recording.leads) or recording.leads[0]


def cut_annotated_beats(recording: Recording) -> Beats:
    """Every beat that AAMI maps, except the last: no interval follows that one.

    Raises MissingAnnotations where the recording has none, UnreadableRecording where its lead has gaps.
    """
    annotations = recording.beat_annotations()
    marked = [
        (sample, label_of(symbol)) for sample, symbol in zip(annotations.samples, annotations.symbols, strict=True)
    ]
    peaks = np.array([sample for sample, label in marked if label], dtype=np.int64)
    labels = np.array([LABELS.index(label) for _, label in marked if label], dtype=np.int64)
    return Beats(values=cut_beats(recording, peaks), peaks=peaks[:-1], labels=labels[:-1])


def cut_beats(recording: Recording, peaks: Int64[np.ndarray, "peak"]) -> Float32[np.ndarray, "beat 187"]:
    """One beat from each R peak but the last, 1.2 intervals long to the next peak.

    `peaks` are samples at the recording's own rate, in order. Raises UnreadableRecording where the lead has gaps.
    """
    signal = resample(recording.lead(choose_lead(recording)), recording.fs)
    if not np.isfinite(signal).all():
        raise UnreadableRecording(
            f"{recording.name}: the lead {choose_lead(recording)} has samples that are no numbers, "
            "expected none: beats cannot be cut across a gap"
        )
    positions = np.round(peaks * (BEAT_FS / recording.fs)).astype(np.int64)
    lengths = np.minimum(np.round(np.diff(positions) * RR_SHARE).astype(np.int64), BEAT_LENGTH)
    values = np.zeros((len(lengths), BEAT_LENGTH), dtype=np.float32)
    for beat, (start, length) in enumerate(zip(positions[:-1], lengths, strict=True)):
        crop = signal[start : start + length]
        values[beat, : len(crop)] = scale(crop)
    return values


def scale(crop: Float32[np.ndarray, "sample"]) -> Float32[np.ndarray, "sample"]:
    """The crop in 0..1 by its own minimum and maximum; a flat or empty one gives zeros."""
    if crop.size == 0 or crop.max() == crop.min():
        return np.zeros_like(crop)
    low, high = crop.min(), crop.max()
    scaled: Float32[np.ndarray, sample] = np.clip((crop - low) / (high - low), 0.0, 1.0)
    return scaled


def unpadded_lengths(values: Float32[np.ndarray, "beat 187"]) -> Int64[np.ndarray, "beat"]:
    """Samples of each beat up to the last that is not 0: how long it was before zeros were added, but for a few."""
    nonzero = values != 0
    return np.where(nonzero.any(axis=1), BEAT_LENGTH - nonzero[:, ::-1].argmax(axis=1), 0)


def check_beats(values: Float[np.ndarray, "..."]) -> Float32[np.ndarray, "beat 187"]:
    """The same values as float32, once it is certain that they are beats.

    Raises InvalidBeats for another shape or no beats, InvalidBeat for the first beat that holds NaN, infinity or a
    value outside 0..1.
    """
    if values.ndim != 2 or values.shape[1] != BEAT_LENGTH or not len(values):
        raise InvalidBeats(f"got an array of shape {list(values.shape)}, expected [1 or more, {BEAT_LENGTH}]")
    if not (values.min() >= 0.0 and values.max() <= 1.0):  # so it is with NaN, too
        beat, sample = np.argwhere(~((values >= 0.0) & (values <= 1.0)))[0]
        raise InvalidBeat(
            int(beat),
            f"got {values[beat, sample]:g} at sample {sample}, expected {BEAT_LENGTH} finite numbers in 0..1",
        )
    return values.astype(np.float32, copy=False)
