"""Electrocardiograms: labels, recordings, beats. Knows nothing of networks."""

from ecg.beat_stream import BeatStream, FoundBeats
from ecg.beats import BEAT_LENGTH, Beats, beats_from_lists, check_beats, cut_annotated_beats, cut_beats
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
from ecg.quality import QUALITIES, Quality
from ecg.recording import Annotations, Recording
from ecg.resampling import BEAT_FS

__all__ = [
    "BEAT_FS",
    "BEAT_LENGTH",
    "LABELS",
    "LABEL_NAMES",
    "Annotations",
    "BeatStream",
    "Beats",
    "EcgError",
    "FoundBeats",
    "InvalidBeat",
    "InvalidBeats",
    "InvalidSynthesis",
    "Label",
    "MissingAnnotations",
    "QUALITIES",
    "Quality",
    "Recording",
    "UnknownLead",
    "UnreadableRecording",
    "beats_from_lists",
    "check_beats",
    "cut_annotated_beats",
    "cut_beats",
    "label_of",
]
