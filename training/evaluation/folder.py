"""A folder of recordings: what a classifier says of each, against what is annotated there, from any database.

Recordings are annotated as the service does it, at R peaks that are found, and compared by ANSI/AAMI EC57:2012 from the
fifth minute on. Where a folder labels its recordings as a whole (`REFERENCE.csv`), beats are counted by what they were
called in the recordings of each label.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter
from tqdm import tqdm

from ecg.formats import wfdb
from ecg.formats.wfdb.header import SUFFIX
from ecg.matching import labels_at
from ecg.scoring import CLASS_OF_IN_LITERATURE, CLASSES, LEARNING, QRS, SVEB_OF_MANY, VEB, Comparison, compare
from ecg.scoring.f1 import f1
from ecg.scoring.five_classes import ACCURACY, FIVE_CLASSES
from ecg.scoring.intervals import Measure, gross, interval
from models import CheckpointInfo, Classifier
from models.decisions import Decisions
from training.data.database import REFERENCE, labels_of_recordings
from training.data.databases import DS1, RECORDINGS, find_part
from training.data.recordings import headers_in
from training.errors import MissingData, UnexpectedData
from training.evaluation.evaluation import checkpoint_of, recipe_of
from training.evaluation.patients import annotated_by, annotations_of
from training.measures.scores import Confidence, measure_confidence

NOT_JUDGED = "not judged"

MEASURES: Mapping[str, Measure] = {
    "QRS sensitivity": gross(QRS.sensitivity),
    "QRS positive predictivity": gross(QRS.positive_predictivity),
    "VEB sensitivity": gross(VEB.sensitivity),
    "VEB positive predictivity": gross(VEB.positive_predictivity),
    "SVEB sensitivity": gross(SVEB_OF_MANY.sensitivity),
    "SVEB positive predictivity": gross(SVEB_OF_MANY.positive_predictivity),
    "accuracy, five classes": gross(ACCURACY),
    **{f"F1 of {name}": f1(statistics) for name, statistics in FIVE_CLASSES.items()},
}
"""What is reported of a folder, of all beats together."""


@dataclass(frozen=True)
class FolderResults:
    """What a classifier of this name and hash reached on a folder's recordings, and those that it has learnt from.

    `comparisons` are of recordings whose beats are annotated, and `confidence` of their beats that are judged and
    marked; `called` counts, of recordings with one label each, what their beats were called.
    """

    model: str
    sha256: str
    folder: str
    learnt_from: tuple[str, ...]
    comparisons: Sequence[Comparison]
    called: Mapping[str, Mapping[str, int]]
    confidence: Confidence | None = None

    @cached_property
    def measures(self) -> dict[str, dict[str, float | None]]:
        """Each measure of all recordings together, with its bounds by recordings."""
        found = {name: interval(self.comparisons, measure) for name, measure in MEASURES.items()}
        return {name: {"value": one.value, "low": one.low, "high": one.high} for name, one in found.items()}

    def json(self) -> dict[str, Any]:
        """All of it, for other programs."""
        return {
            "model": {"name": self.model, "sha256": self.sha256},
            "folder": self.folder,
            "start": LEARNING,
            "learnt_from": list(self.learnt_from),
            "measures": self.measures if self.comparisons else {},
            "recordings": [{"name": one.name, "confusion": one.confusion.tolist()} for one in self.comparisons],
            "called": {label: dict(counts) for label, counts in self.called.items()},
            "confidence": self.confidence and asdict(self.confidence),
        }

    def save(self, file: Path) -> None:
        """Write it as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(self.json(), indent=1) + "\n")

    @classmethod
    def load(cls, file: Path) -> "FolderResults":
        """Read what `save` wrote. Raises UnexpectedData where the file is something else."""
        try:
            content = json.loads(file.read_text())
            return cls(
                str(content["model"]["name"]),
                str(content["model"]["sha256"]),
                str(content["folder"]),
                tuple(content["learnt_from"]),
                [comparison_of(one["name"], one["confusion"]) for one in content["recordings"]],
                content["called"],
                TypeAdapter(Confidence | None).validate_python(content["confidence"]),
            )
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnexpectedData(
                f"{file} does not hold the results on a folder ({error}); create it with "
                "`cardiode evaluate CHECKPOINT --on FOLDER --json FILE`"
            ) from error


def evaluate_folder(classifier: Classifier, folder: Path, annotator: str = "atr") -> FolderResults:
    """Annotate every recording in a folder that is labelled, and compare.

    Raises MissingData where none is, UnreadableRecording, and InvalidComparison for a recording that is shorter than
    the time that the standard leaves out.
    """
    checkpoint = checkpoint_of(classifier)
    labels = labels_of_recordings(folder) if (folder / REFERENCE).exists() else {}
    headers = [
        header for header in headers_in(folder) if header.stem in labels or _annotations(header, annotator).exists()
    ]
    if not headers:
        raise MissingData(
            f"no recording in {folder} is labelled; expected annotations (*.{annotator}; another extension is given by "
            f"--annotator) beside their headers (*{SUFFIX}), or {REFERENCE}"
        )
    comparisons, called = [], {label: dict[str, int]() for label in sorted(set(labels.values()))}
    decided, truth = [], []
    for header in tqdm(headers, desc="annotating", unit="recording", disable=None):
        recording = wfdb.open_record(header).read()
        beats = annotated_by(classifier, recording, "found")
        if header.stem in labels:
            counts = called[labels[header.stem]]
            for label in beats.labels:
                counts[label or NOT_JUDGED] = counts.get(label or NOT_JUDGED, 0) + 1
            continue
        reference = wfdb.read_annotations(header.with_suffix(""), annotator, recording.fs)
        comparisons.append(
            compare(
                reference,
                annotations_of(beats),
                recording.fs,
                name=header.stem,
                start=LEARNING,
                end=recording.seconds,
                class_of=CLASS_OF_IN_LITERATURE,
            )
        )
        if beats.decisions is not None:
            marks = labels_at(beats.found.peaks[beats.found.good], reference, recording.fs)
            marked = beats.decisions.solved & (marks >= 0)
            unlike = beats.decisions.unlike_training
            decided.append(
                Decisions(
                    beats.decisions.probabilities[marked], unlike_training=None if unlike is None else unlike[marked]
                )
            )
            truth.append(marks[marked])
    confidence = None
    if decided:
        confidence = measure_confidence(Decisions.joined(decided), np.concatenate(truth), classifier.abstention)
    known = known_of(checkpoint.info, [header.stem for header in headers])
    return FolderResults(
        checkpoint.info.name, checkpoint.sha256, folder.resolve().name, known, comparisons, called, confidence
    )


def comparison_of(name: str, confusion: Sequence[Sequence[int]]) -> Comparison:
    """A comparison of which nothing but the matrix was kept. Raises ValueError for one of another shape."""
    counts = np.array(confusion, dtype=np.int64).reshape(len(CLASSES), len(CLASSES))
    return Comparison(name=name, confusion=counts, interval_error=None, shutdown=0)


def known_of(info: CheckpointInfo, names: Sequence[str]) -> tuple[str, ...]:
    """Those of some recordings that a network has learnt from: on them it is not tested."""
    learnt = _learnt_from(info)
    return tuple(name for name in names if name in learnt)


def _learnt_from(info: CheckpointInfo) -> set[str]:
    """The names of the recordings; of databases labelled as a whole, which a checkpoint only counts, all that exist."""
    added = set(info.added.names) if info.added else set()
    if not info.recipe:
        return added
    recipe = recipe_of(info)
    if not recipe.architecture.in_context:
        return added | set(DS1 if recipe.split == "inter_patient" else RECORDINGS)
    named = set(info.figures.get("out_of_fold_recordings", recipe.recordings))
    weak = (find_part(name) for name in recipe.databases)
    return added | named | {name for database, names in weak if database.weak for name in names}


def _annotations(header: Path, annotator: str) -> Path:
    return header.with_name(f"{header.stem}.{annotator}")
