"""An annotated recording as a WFDB annotation file: its beats, and how good the signals are."""

import numpy as np
from jaxtyping import Int64

from ecg import Annotations
from ecg.formats.wfdb import ANNOTATOR, UNJUDGED, annotation_bytes
from ecg.segments import Segment
from ecg.signal.quality import FAILING
from models.annotation.recording import AnnotatedRecording

__all__ = ["ANNOTATOR", "annotation_file"]

SIGNAL_QUALITY = "~"
"""Its subtype has a bit for each signal that is noisy from there on."""

MOST_SIGNALS = 4
"""That have such a bit."""


def annotation_file(whole: AnnotatedRecording) -> bytes:
    """N, S, V, F and Q as they are, ? for a beat without a label, ~ where another segment begins."""
    noisy = _noisy(whole)
    changes = np.flatnonzero(np.diff(noisy, prepend=0))
    starts = np.array([segment.start for segment in whole.segments])[changes] * whole.recording.fs
    beats = whole.beats.found
    samples = np.concatenate((np.round(starts).astype(np.int64), beats.peaks))
    symbols = np.array([*[SIGNAL_QUALITY] * len(changes), *[label or UNJUDGED for label in whole.beats.labels]])
    subtypes = np.concatenate((noisy[changes], np.zeros(len(beats), np.int64)))
    first, *others = whole.leads or (0,)
    leads = np.concatenate((np.full(len(changes), first), np.where(beats.second, [*others, first][0], first)))
    order = np.argsort(samples, kind="stable")
    annotations = Annotations(samples[order], symbols[order].tolist(), subtypes[order])
    return annotation_bytes(annotations, whole.recording.fs, leads[order])


def _noisy(whole: AnnotatedRecording) -> Int64[np.ndarray, "segment"]:
    """Which of the leads that beats were looked for in are noisy in each segment, as bits."""
    return np.array([_noisy_leads(segment, whole) for segment in whole.segments], dtype=np.int64)


def _noisy_leads(segment: Segment, whole: AnnotatedRecording) -> int:
    if segment.judged:
        bad = [lead for lead in whole.leads[:1] if segment.lead != whole.recording.leads[lead]]
    else:
        bad = list(whole.leads) if segment.reason in FAILING else []
    return sum(1 << lead for lead in bad if lead < MOST_SIGNALS)
