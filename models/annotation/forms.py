"""Forms: what an annotated recording can be written as."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ecg.formats.wfdb import ANNOTATOR, UNJUDGED, annotation_bytes
from models.annotation.csv import csv_pieces
from models.annotation.json import json_pieces, ndjson_pieces
from models.annotation.recording import AnnotatedRecording


@dataclass(frozen=True)
class Form:
    """One of them. `pieces` are its bytes, of a recording and of the id under which a service keeps it."""

    name: str
    media_type: str
    extension: str
    pieces: Callable[[AnnotatedRecording, str | None], Iterator[bytes]]

    def write(self, whole: AnnotatedRecording, file: Path) -> None:
        """Write the file. Raises OSError."""
        with file.open("wb") as opened:
            for piece in self.pieces(whole, None):
                opened.write(piece)


def annotation_file(whole: AnnotatedRecording) -> bytes:
    """A WFDB annotation file: N, S, V, F and Q as they are, ? for a beat without a label."""
    symbols = [label or UNJUDGED for label in whole.beats.labels]
    return annotation_bytes(whole.beats.found.peaks, symbols, whole.recording.fs, whole.lead or 0)


JSON = Form("json", "application/json", "json", json_pieces)
CSV = Form("csv", "text/csv", "csv", lambda whole, _: csv_pieces(whole))
NDJSON = Form("ndjson", "application/x-ndjson", "ndjson", ndjson_pieces)
WFDB = Form("wfdb", "application/x-wfdb", ANNOTATOR, lambda whole, _: iter([annotation_file(whole)]))

FORMS = (JSON, CSV, NDJSON, WFDB)
"""In the order in which they are preferred where nothing else decides."""
