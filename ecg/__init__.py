"""Electrocardiograms: labels, recordings, beats. Knows nothing of networks."""

from ecg.beats import BEAT_FS, BEAT_LENGTH, Beats, beats_from_lists, check_beats, cut_annotated_beats, cut_beats
from ecg.errors import (
    EcgError,
    InvalidBeat,
    InvalidBeats,
    InvalidSynthesis,
    MissingAnnotations,
    UnknownLead,
    UnreadableRecording,
)
from ecg.labels import LABEL_NAMES, LABELS, Label, label_of
from ecg.recording import Annotations, Recording

__all__ = [
    "BEAT_FS",
    "BEAT_LENGTH",
    "LABELS",
    "LABEL_NAMES",
    "Annotations",
    "Beats",
    "EcgError",
    "InvalidBeat",
    "InvalidBeats",
    "InvalidSynthesis",
    "Label",
    "MissingAnnotations",
    "Recording",
    "UnknownLead",
    "UnreadableRecording",
    "beats_from_lists",
    "check_beats",
    "cut_annotated_beats",
    "cut_beats",
    "label_of",
]
