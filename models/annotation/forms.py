"""Forms: what an annotated recording can be written as."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.annotation.annotations import ANNOTATOR, annotation_file
from models.annotation.csv import csv_pieces, segments_csv
from models.annotation.json import json_pieces, ndjson_pieces
from models.annotation.recording import AnnotatedRecording


@dataclass(frozen=True)
class Form:
    """One of them. `pieces` are its bytes, of a recording and of the id under which a service keeps it."""

    name: str
    media_type: str
    extension: str
    pieces: Callable[[AnnotatedRecording, str | None], Iterator[bytes]]
    beside: Mapping[str, Callable[[AnnotatedRecording], bytes]] = field(default_factory=dict)
    """Files that are written beside it, by their extensions."""

    def files(self, file: Path) -> list[Path]:
        """All that `write` writes."""
        return [file, *(file.with_suffix(f".{extension}") for extension in self.beside)]

    def write(self, whole: AnnotatedRecording, file: Path) -> None:
        """Write the file, and those beside it. Raises OSError."""
        with file.open("wb") as opened:
            for piece in self.pieces(whole, None):
                opened.write(piece)
        for other, content in zip(self.files(file)[1:], self.beside.values(), strict=True):
            other.write_bytes(content(whole))


JSON = Form("json", "application/json", "json", json_pieces)
CSV = Form(
    "csv",
    "text/csv",
    "csv",
    lambda whole, _: csv_pieces(whole),
    {"segments.csv": segments_csv},
)
NDJSON = Form("ndjson", "application/x-ndjson", "ndjson", ndjson_pieces)
WFDB = Form("wfdb", "application/x-wfdb", ANNOTATOR, lambda whole, _: iter([annotation_file(whole)]))

FORMS = (JSON, CSV, NDJSON, WFDB)
"""In the order in which they are preferred where nothing else decides."""
