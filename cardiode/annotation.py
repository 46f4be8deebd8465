"""Annotation of a recording in a file, for those who work in Python."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import models
from ecg import Recording, Rhythm
from ecg.reading import ReadOptions
from ecg.segments import Segment
from models import AnnotatedBeats, Classifier, Plan, annotate_file
from models.annotation.csv import csv_pieces
from models.annotation.forms import FORMS

DEFAULT_MODEL = "rhythm"
"""What the command and the service take for recordings by default, too."""

_FORMS = {form.name: form for form in FORMS}


class RecordingWarning(UserWarning):
    """A file was read, but not as it stands: something in it had to be guessed, mended or left out."""


@dataclass(frozen=True)
class AnnotatedRecording:
    """What was found in a file."""

    file: Path
    whole: models.AnnotatedRecording

    @property
    def recording(self) -> Recording:
        """The signals that were read, with `read_as` and `warnings`, which say how."""
        return self.whole.recording

    @property
    def beats(self) -> AnnotatedBeats:
        """One decision a beat, in order of time; `beats.labels` are their classes, None where there is none."""
        return self.whole.beats

    @property
    def rhythm(self) -> Rhythm:
        """Heart rate, ectopic burden, events and variability."""
        return self.whole.rhythm

    @property
    def segments(self) -> tuple[Segment, ...]:
        """By which lead each part was judged, or why it could not be."""
        return self.whole.segments

    @property
    def reason(self) -> str | None:
        """Why there are no beats; None where there are."""
        return self.whole.reason

    def to_dataframe(self) -> pd.DataFrame:
        """A row a beat, with the columns of the CSV; `label` and `reason` are missing where there is none."""
        return pd.read_csv(io.BytesIO(b"".join(csv_pieces(self.whole))))

    def save(self, folder: Path | str, format: str = "csv") -> Path:  # noqa: A002, the command's word for it
        """Write it into the folder, which is made where it is missing, and return the file.

        Raises ValueError for another format than csv, json, ndjson or wfdb, FileExistsError rather than write over the
        recording itself, and OSError.
        """
        if format not in _FORMS:
            raise ValueError(f"got the format {format!r}, expected one of {', '.join(_FORMS)}")
        form, folder = _FORMS[format], Path(folder)
        target = folder / f"{self.file.stem}.{form.extension}"
        folder.mkdir(parents=True, exist_ok=True)
        for file in form.files(target):
            if file.exists() and self.file.exists() and file.samefile(self.file):
                raise FileExistsError(f"{file} is the recording itself; give another folder")
        form.write(self.whole, target)
        return target


def annotate(
    path: Path | str,
    *,
    model: Classifier | Path | str | None = None,
    lead: str | None = None,
    fs: float | None = None,
    unit: str | None = None,
) -> AnnotatedRecording:
    """Find and classify the beats of a recording.

    `path` is that of a file in any format that is read; `model` a name in the zoo, a checkpoint, or a classifier that
    was loaded before, and `rhythm` where it is left out. `lead`, `fs` (samples a second) and `unit` stand in place of
    what the file says. Whoever annotates many files loads the classifier once. Whatever is odd about a file is a
    RecordingWarning. Raises EcgError for a file that cannot be read, and ModelError for a model that there is not.
    """
    classifier = model if isinstance(model, Classifier) else Classifier.load(model or DEFAULT_MODEL)
    file = Path(path)
    whole = annotate_file(file, Plan.of(classifier, "recording"), options=ReadOptions(fs, unit, lead))
    for warning in whole.recording.warnings:
        warnings.warn(f"{file}: {warning.message} ({warning.kind})", RecordingWarning, stacklevel=2)
    return AnnotatedRecording(file, whole)
