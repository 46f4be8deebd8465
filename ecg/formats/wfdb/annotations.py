"""Annotation files of WFDB (.atr, and .cde of cardiode): one symbol at one sample."""

import tempfile
from pathlib import Path

import numpy as np
import wfdb
from jaxtyping import Int64

from ecg.errors import UnreadableRecording
from ecg.messages import reason
from ecg.recording import Annotations

ANNOTATOR = "cde"
"""The extension of the annotation files that cardiode writes."""

UNJUDGED = "?"
"""The symbol for a beat that was found and not classified."""


def read_annotations(path: Path, annotator: str, fs: float | None = None) -> Annotations:
    """The annotations in `path` with the annotator's extension. Raises UnreadableRecording.

    Where `fs` is given, their samples are counted at it, whatever the file counts at.
    """
    try:
        annotation = wfdb.rdann(str(path), annotator)
    except Exception as error:  # a parser of strangers' files may raise anything
        raise UnreadableRecording(
            f"cannot read the annotations {path.name}.{annotator}: {reason(error, path)}"
        ) from error
    samples = np.asarray(annotation.sample, dtype=np.int64)
    if fs is not None and annotation.fs not in (None, fs):
        samples = np.floor(samples * (fs / annotation.fs) + 0.5).astype(np.int64)
    subtypes = np.asarray(annotation.subtype, dtype=np.int64)
    notes = tuple(note.rstrip("\0") for note in annotation.aux_note)
    return Annotations(samples, tuple(annotation.symbol), subtypes, notes)


def annotation_bytes(annotations: Annotations, fs: float, leads: Int64[np.ndarray, "annotation"]) -> bytes:
    """An annotation file, each annotation on a lead, as `wfdb.rdann` and PhysioNet's programs read it."""
    if not len(annotations.samples):
        return b"\0\0"  # the mark of the end alone
    with tempfile.TemporaryDirectory() as folder:
        wfdb.wrann(
            "recording",
            ANNOTATOR,
            annotations.samples,
            list(annotations.symbols),
            subtype=annotations.subtypes,
            chan=leads,
            fs=fs,
            write_dir=folder,
        )
        return Path(folder, f"recording.{ANNOTATOR}").read_bytes()
