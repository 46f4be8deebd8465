"""Electrocardiograms: labels, recordings, beats. Knows nothing of networks."""

from ecg.beats import (
    BEAT_LENGTH,
    Beats,
    check_beats,
    cut_annotated_beats,
    cut_beats,
    unpadded_lengths,
)
from ecg.context.context import CONTEXT_LENGTH, BeatsInContext
from ecg.context.live import LiveContext
from ecg.context.stretch import Stretch
from ecg.detection.beat_stream import BeatStream
from ecg.detection.found_beats import FoundBeats
from ecg.detection.search import FoundPart, choose_leads, find_beats, in_stretches
from ecg.errors import (
    EcgError,
    InvalidBeat,
    InvalidBeats,
    InvalidComparison,
    InvalidSignals,
    InvalidSynthesis,
    LargeRecording,
    MissingAnnotations,
    MissingReader,
    UnknownLead,
    UnreadableRecording,
)
from ecg.labels import LABEL_NAMES, LABELS, Label, label_of
from ecg.leads import find_lead, preferred_lead
from ecg.recording import Annotations, Recording
from ecg.rhythm.events import Event
from ecg.rhythm.summary import Rhythm, summarize
from ecg.signal.quality import QUALITIES, Quality
from ecg.signal.resampling import BEAT_FS
from ecg.source import Source, from_arrays

__all__ = [
    "BEAT_FS",
    "BEAT_LENGTH",
    "LABELS",
    "LABEL_NAMES",
    "Annotations",
    "BeatStream",
    "Beats",
    "BeatsInContext",
    "CONTEXT_LENGTH",
    "EcgError",
    "Event",
    "FoundBeats",
    "FoundPart",
    "InvalidBeat",
    "InvalidBeats",
    "InvalidComparison",
    "InvalidSignals",
    "InvalidSynthesis",
    "Label",
    "LiveContext",
    "LargeRecording",
    "MissingAnnotations",
    "MissingReader",
    "QUALITIES",
    "Quality",
    "Recording",
    "Rhythm",
    "Source",
    "Stretch",
    "UnknownLead",
    "UnreadableRecording",
    "check_beats",
    "choose_leads",
    "cut_annotated_beats",
    "cut_beats",
    "find_beats",
    "find_lead",
    "in_stretches",
    "from_arrays",
    "label_of",
    "preferred_lead",
    "summarize",
    "unpadded_lengths",
]
