"""An annotated recording as JSON: one object, or an object a line (NDJSON)."""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from pydantic_core import to_json

from ecg import LABELS, Label, Quality, Recording, Rhythm
from ecg.segments import Segment
from models.annotation.beats import AnnotatedBeats
from models.annotation.recording import AnnotatedRecording
from models.decisions import Decision
from models.plan import Plan

AT_ONCE = 500
"""Beats that are written at once."""


def json_pieces(whole: AnnotatedRecording, kept_as: str | None = None) -> Iterator[bytes]:
    """The object, piece by piece; `kept_as` is the id under which a service keeps the recording."""
    yield b'{"recording":' + _dumped(recording_object(whole, kept_as)) + b',"beats":['
    separator = b""
    for piece in _pieces(whole.beats, whole.recording.fs):
        yield separator + b",".join(piece)
        separator = b","
    yield b'],"rhythm":' + _dumped(rhythm_object(whole.beats.labels, whole.rhythm)) + b"}"


def ndjson_pieces(whole: AnnotatedRecording, kept_as: str | None = None) -> Iterator[bytes]:
    """The recording, its beats and its rhythm, a line each."""
    yield line("recording", recording_object(whole, kept_as))
    yield from beat_lines(whole.beats, whole.recording.fs)
    yield line("rhythm", rhythm_object(whole.beats.labels, whole.rhythm))


def line(name: str, content: object) -> bytes:
    """A line of NDJSON: an object with one field, which says what the line is."""
    return b'{"' + name.encode() + b'":' + _dumped(content) + b"}\n"


def beat_lines(beats: AnnotatedBeats, fs: float) -> Iterator[bytes]:
    for piece in _pieces(beats, fs):
        yield b"".join(b'{"beat":' + beat + b"}\n" for beat in piece)


def recording_object(whole: AnnotatedRecording, kept_as: str | None = None) -> dict[str, Any]:
    """What was read, how beats were found in it, and how many."""
    begun = begun_object(whole.recording, whole.plan, whole.lead, kept_as)
    segments = [segment_object(segment) for segment in whole.segments]
    return begun | {"beats": len(whole.beats), "reason": whole.reason, "segments": segments}


def begun_object(recording: Recording, plan: Plan, lead: int | None, kept_as: str | None = None) -> dict[str, Any]:
    """The same before the beats are known."""
    return {
        "id": kept_as,
        "name": recording.name,
        "fs": recording.fs,
        "samples": recording.signals.shape[1],
        "seconds": recording.seconds,
        "leads": list(recording.leads),
        "lead": None if lead is None else recording.leads[lead],
        "left_out": list(recording.left_out),
        "read_as": recording.read_as and asdict(recording.read_as),
        "warnings": [asdict(warning) for warning in recording.warnings],
        "begun": recording.begun and recording.begun.isoformat(),
        "model": vars(plan.classifier.identity),
        "beats": None,
        "reason": None,
        "segments": None,
    }


def segment_object(segment: Segment) -> dict[str, Any]:
    """A part of a recording, in seconds."""
    return asdict(segment) | {"start": round(segment.start, 4), "end": round(segment.end, 4)}


def beat_object(sample: int, fs: float, quality: Quality, decision: Decision) -> dict[str, Any]:
    """One beat of a recording."""
    beat = {"sample": sample, "time": round(sample / fs, 4), "quality": quality} | decision_object(decision)
    if decision.probabilities:
        beat["probabilities"] = {label: round(p, 6) for label, p in decision.probabilities.items()}
    return beat


def decision_object(decision: Decision) -> dict[str, Any]:
    """A decision; made by hand, for a day has a hundred thousand."""
    receipt = decision.receipt and vars(decision.receipt)
    if receipt and not math.isfinite(receipt["error"] or 0.0):
        receipt = receipt | {"error": None}  # JSON knows no infinity
    return {
        "label": decision.label,
        "probabilities": decision.probabilities,
        "abstained": decision.abstained,
        "reason": decision.reason,
        "receipt": receipt,
    }


def rhythm_object(labels: Sequence[Label | None], rhythm: Rhythm) -> dict[str, Any]:
    """The rhythm, with how many beats of each label there are."""
    counts: dict[str, int] = {label: labels.count(label) for label in LABELS}
    counts["none"] = labels.count(None)
    return asdict(rhythm) | {"counts": counts}


def _pieces(beats: AnnotatedBeats, fs: float) -> Iterator[list[bytes]]:
    """The JSON of each beat, so many at once."""
    rows = zip(beats.found.peaks.tolist(), beats.found.quality, beats, strict=True)
    piece: list[bytes] = []
    for sample, quality, decision in rows:
        piece.append(json.dumps(beat_object(sample, fs, quality, decision), separators=(",", ":")).encode())
        if len(piece) == AT_ONCE:
            yield piece
            piece = []
    if piece:
        yield piece


def _dumped(content: object) -> bytes:
    return to_json(content, inf_nan_mode="null")
