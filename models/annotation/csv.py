"""An annotated recording as CSV: a row a beat, and in a table of its own a row a segment."""

import csv
import io
from collections.abc import Iterator

from ecg import LABELS
from models.annotation.recording import AnnotatedRecording

COLUMNS = ("sample", "time", "label", *LABELS, "quality", "abstained", "reason", "evaluations", "status")

SEGMENT_COLUMNS = ("start", "end", "lead", "judged", "reason")

AT_ONCE = 500
"""Rows that are written at once."""


def csv_pieces(whole: AnnotatedRecording) -> Iterator[bytes]:
    """The rows, below the names of the columns."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
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


def segments_csv(whole: AnnotatedRecording) -> bytes:
    """A row a segment, by which lead each was judged or why it could not be; seconds."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(SEGMENT_COLUMNS)
    for one in whole.segments:
        writer.writerow([f"{one.start:.4f}", f"{one.end:.4f}", one.lead or "", one.judged, one.reason or ""])
    return _taken(text)


def _taken(text: io.StringIO) -> bytes:
    content = text.getvalue().encode()
    text.seek(0)
    text.truncate()
    return content
