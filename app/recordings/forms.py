"""Answers about a recording, as JSON, CSV, NDJSON or a WFDB annotation file: whichever Accept asks for."""

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from starlette.exceptions import HTTPException

from app.recordings.schemas import RecordingResponse, beat_object, rhythm_response
from ecg import LABELS
from ecg.formats.wfdb import ANNOTATOR, UNJUDGED, annotation_bytes
from ecg.messages import shortened
from models import AnnotatedBeats, AnnotatedRecording

JSON, CSV, NDJSON, WFDB = "application/json", "text/csv", "application/x-ndjson", "application/x-wfdb"
MEDIA_TYPES = (JSON, CSV, NDJSON, WFDB)
EXTENSIONS = {JSON: "json", CSV: "csv", NDJSON: "ndjson", WFDB: ANNOTATOR}

ANY = "*/*"
WEIGHT = re.compile(r"q=(0(\.[0-9]{0,3})?|1(\.0{0,3})?)")
"""RFC 9110, 12.4.2."""

CSV_COLUMNS = ("sample", "time", "label", *LABELS, "quality", "abstained", "reason", "evaluations", "status")
AT_ONCE = 500
"""Beats that are written at once."""


@dataclass(frozen=True)
class Answer:
    """All that is said of a recording."""

    head: RecordingResponse
    whole: AnnotatedRecording

    def written(self, media_type: str) -> Iterator[bytes]:
        """The answer in this form, piece by piece."""
        match media_type:
            case "text/csv":
                return csv_pieces(self.whole)
            case "application/x-wfdb":
                return iter([annotation_file(self.whole)])
            case "application/x-ndjson":
                return self._lines()
            case _:
                return self._json()

    def _json(self) -> Iterator[bytes]:
        yield b'{"recording":' + self.head.model_dump_json().encode() + b',"beats":['
        separator = b""
        for piece in _pieces(self.whole.beats, self.whole.recording.fs):
            yield separator + ",".join(piece).encode()
            separator = b","
        yield b'],"rhythm":' + rhythm_json(self.whole) + b"}"

    def _lines(self) -> Iterator[bytes]:
        yield line("recording", self.head.model_dump_json())
        yield from beat_lines(self.whole.beats, self.whole.recording.fs)
        yield line("rhythm", rhythm_json(self.whole).decode())


def choose(accept: str) -> str:
    """The media type that an Accept header prefers of those there are; JSON for none. Raises HTTPException (406).

    Of several that it likes as well the one that it names first.
    """
    ranges = [_range(part) for part in accept.lower().split(",") if part.strip()] or [(ANY, 1.0)]
    wishes = {kind: _wish(kind, ranges) for kind in MEDIA_TYPES}
    best = max(MEDIA_TYPES, key=lambda kind: wishes[kind])
    if not wishes[best][0]:
        there = ", ".join(MEDIA_TYPES)
        raise HTTPException(406, f"got Accept: {shortened(accept)!r}, expected one of: {there}, with a weight above 0")
    return best


def _range(part: str) -> tuple[str, float]:
    """A media range and its weight; what is no weight, such as q=nan, says no more than none does."""
    name, *parameters = (word.strip() for word in part.split(";"))
    weights = [parameter[2:] for parameter in parameters if WEIGHT.fullmatch(parameter)]
    return name, float(weights[0]) if weights else 1.0


def _wish(kind: str, ranges: Sequence[tuple[str, float]]) -> tuple[float, int]:
    """The weight that the closest range gives a media type (RFC 9110, 12.5.1), 0 for none, and how early it comes."""
    fitting = [(-name.count("*"), weight, -place) for place, (name, weight) in enumerate(ranges) if _fits(kind, name)]
    _, weight, place = max(fitting, default=(0, 0.0, 0))
    return weight, place


def _fits(kind: str, name: str) -> bool:
    return name in (ANY, kind) or (name.endswith("/*") and kind.startswith(name[:-1]))


def line(name: str, content: str) -> bytes:
    """A line of NDJSON: an object with one field, which says what the line is."""
    return f'{{"{name}":{content}}}\n'.encode()


def beat_lines(beats: AnnotatedBeats, fs: float) -> Iterator[bytes]:
    """A line a beat."""
    for piece in _pieces(beats, fs):
        yield b"".join(line("beat", beat) for beat in piece)


def rhythm_json(whole: AnnotatedRecording) -> bytes:
    """The rhythm as JSON."""
    return rhythm_response(whole.beats.labels, whole.rhythm).model_dump_json().encode()


def _pieces(beats: AnnotatedBeats, fs: float) -> Iterator[list[str]]:
    """The JSON of each beat, so many at once."""
    rows = zip(beats.found.peaks.tolist(), beats.found.quality, beats, strict=True)
    piece: list[str] = []
    for sample, quality, decision in rows:
        piece.append(json.dumps(beat_object(sample, fs, quality, decision), separators=(",", ":")))
        if len(piece) == AT_ONCE:
            yield piece
            piece = []
    if piece:
        yield piece


def csv_pieces(whole: AnnotatedRecording) -> Iterator[bytes]:
    """A row a beat, below the names of the columns."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(CSV_COLUMNS)
    found, fs = whole.beats.found, whole.recording.fs
    for number, (sample, quality, decision) in enumerate(
        zip(found.peaks.tolist(), found.quality, whole.beats, strict=True), 1
    ):
        known, receipt = decision.probabilities, decision.receipt
        probabilities = [f"{known[label]:.6f}" if known else "" for label in LABELS]
        cost = [receipt.evaluations, receipt.status] if receipt else ["", ""]
        said = [decision.label or "", *probabilities, quality, decision.abstained, decision.reason or ""]
        writer.writerow([sample, f"{sample / fs:.4f}", *said, *cost])
        if number % AT_ONCE == 0:
            yield _taken(text)
    yield _taken(text)


def _taken(text: io.StringIO) -> bytes:
    content = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return content


def annotation_file(whole: AnnotatedRecording) -> bytes:
    """A WFDB annotation file: N, S, V, F and Q as they are, ? for a beat without a label."""
    symbols = [label or UNJUDGED for label in whole.beats.labels]
    return annotation_bytes(whole.beats.found.peaks, symbols, whole.recording.fs, whole.lead or 0)
