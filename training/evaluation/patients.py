"""Patients: what a classifier says of whole recordings of people it has not learnt from.

Beats of one patient are alike, so beats that were split at random show how well a classifier knows its patients, and
recordings of others how well it will know the next one (de Chazal et al. 2004). Each recording is annotated at the R
peaks that are found, as the service does it, and at those of the reference, as most papers do; then it is compared with
the reference by ANSI/AAMI EC57:2012, without and with its first five minutes.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import TypeAdapter
from tqdm import tqdm

from ecg import LABELS, Annotations, FoundBeats, FoundPart, Quality, Recording, choose_leads, cut_beats, find_beats
from ecg.formats.wfdb import UNJUDGED
from ecg.scoring import CLASS_OF_IN_LITERATURE, CLASSES, LEARNING, Comparison, compare
from models import AnnotatedBeats, Classifier, Plan, annotate_parts
from models.checkpoint.abstention import ALL
from models.decisions import Decisions
from training.data.databases import DS1
from training.errors import UnexpectedData
from training.measures.scores import Confidence, measure_confidence

PeakSource = Literal["found", "given"]

CLASS_OF = CLASS_OF_IN_LITERATURE
"""Escape beats are normal ones, as in what our classifiers learn, and in the papers that theirs are held against."""

FLUTTER = ("[", "]")
"""Symbols that begin and end one: no R-R interval spans it."""

AT_ONCE = 256
"""Given beats of a part: about as many as are found in one."""


@dataclass(frozen=True)
class View:
    """One way of looking: at R peaks that are `found`, or `given` by the reference, from `start` (in seconds) on."""

    peaks: PeakSource
    start: float


AS_SERVED = View("found", LEARNING)
"""As the service answers, and as the standard compares."""

AS_PAPERS = View("given", 0.0)
"""As most papers report it, which classify beats that others have found."""

VIEWS = (AS_SERVED, View("found", 0.0), View("given", LEARNING), AS_PAPERS)


@dataclass(frozen=True)
class Patients:
    """What a classifier reached on the recordings of some patients, in each view. `sha256` is its checkpoint's.

    `confidence` is of all beats at given R peaks.
    """

    name: str
    sha256: str
    views: Mapping[View, Sequence[Comparison]]
    confidence: Confidence | None = None

    def save(self, file: Path) -> None:
        """Write the matrices of all recordings, in each view; rates and bounds follow from them."""
        views = [
            {"peaks": view.peaks, "start": view.start, "recordings": [_written(one) for one in comparisons]}
            for view, comparisons in self.views.items()
        ]
        content = {
            "name": self.name,
            "sha256": self.sha256,
            "classes": "".join(CLASSES),
            "views": views,
            "confidence": self.confidence and asdict(self.confidence),
        }
        file.write_text(json.dumps(content) + "\n")

    @classmethod
    def load(cls, file: Path) -> "Patients":
        """Read what `save` wrote. Raises UnexpectedData where the file is something else."""
        try:
            content = json.loads(file.read_text())
            views = {
                View(view["peaks"], float(view["start"])): [_read(one) for one in view["recordings"]]
                for view in content["views"]
            }
            confidence = TypeAdapter(Confidence | None).validate_python(content.get("confidence"))
            patients = cls(str(content["name"]), str(content["sha256"]), views, confidence)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UnexpectedData(
                f"{file} does not hold the results on patients ({error}); create it again: `cardiode evaluate`"
            ) from error
        if set(views) != set(VIEWS) or content.get("classes") != "".join(CLASSES):
            raise UnexpectedData(
                f"{file} has other views or classes than this version; create it again: `cardiode evaluate`"
            )
        return patients

    @property
    def recordings(self) -> list[str]:
        return [comparison.name for comparison in self.views[AS_SERVED]]

    @property
    def known(self) -> list[str]:
        """Those that a classifier of the inter-patient split has learnt from: on them it is not tested."""
        return [name for name in self.recordings if name in DS1]


def _written(comparison: Comparison) -> dict[str, Any]:
    return {
        "name": comparison.name,
        "confusion": comparison.confusion.tolist(),
        "interval_error": comparison.interval_error,
        "shutdown": comparison.shutdown,
    }


def _read(written: dict[str, Any]) -> Comparison:
    return Comparison(
        name=written["name"],
        confusion=np.array(written["confusion"], dtype=np.int64).reshape(len(CLASSES), len(CLASSES)),
        interval_error=written["interval_error"],
        shutdown=written["shutdown"],
    )


def evaluate_patients(
    classifier: Classifier, recordings: Iterable[Recording], *, name: str = "", sha256: str = ""
) -> Patients:
    """Annotate and compare each recording in each view.

    Raises MissingAnnotations, UnreadableRecording where beats are cut across a gap, and InvalidComparison for a
    recording that is shorter than the time that the standard leaves out.
    """
    views: dict[View, list[Comparison]] = {view: [] for view in VIEWS}
    decided: list[Decisions] = []
    truth: list[int] = []
    for recording in tqdm(recordings, desc="annotating", unit="recording", disable=None):
        said = {peaks: annotated_by(classifier, recording, peaks) for peaks in ("found", "given")}
        for view, comparisons in views.items():
            comparisons.append(compare_with_reference(recording, annotations_of(said[view.peaks]), view.start))
        if (decisions := said["given"].decisions) is not None:
            decided.append(decisions)
            truth += given_labels(recording)[: len(decisions)]
    confidence = (
        measure_confidence(Decisions.joined(decided), np.array(truth), classifier.abstention) if decided else None
    )
    return Patients(name, sha256, views, confidence)


def compare_with_reference(recording: Recording, test: Annotations, start: float) -> Comparison:
    """Hold annotations against those that the recording has, from `start` (in seconds) on to its end."""
    return compare(
        recording.beat_annotations(),
        test,
        recording.fs,
        name=recording.name,
        start=start,
        end=recording.seconds,
        class_of=CLASS_OF,
    )


def annotated_by(
    classifier: Classifier, recording: Recording, peaks: PeakSource, coverage: float = ALL
) -> AnnotatedBeats:
    """What a classifier says of a recording."""
    leads = choose_leads(recording)
    parts = find_beats(recording, leads) if peaks == "found" else given_beats(recording)
    annotated = annotate_parts(Plan.of(classifier, "recording", coverage=coverage), recording, leads, parts)
    return AnnotatedBeats.joined([part.beats for part in annotated])


def annotations_of(beats: AnnotatedBeats) -> Annotations:
    """The same as `cardiode annotate --format wfdb` writes it."""
    return Annotations(beats.found.peaks, tuple(label or UNJUDGED for label in beats.labels))


def given_labels(recording: Recording) -> list[int]:
    """The labels of the beats that the reference marks, as indices into `LABELS`."""
    classes = [CLASS_OF.get(symbol, "") for symbol in recording.beat_annotations().symbols]
    return [LABELS.index(name) for name in classes if name in LABELS]


def given_beats(recording: Recording) -> Iterator[FoundPart]:
    """The beats that the reference marks, as if they had been found and were all of good quality.

    The last, which no peak follows, is cut as long as the one before; a single one is not cut at all. Raises
    MissingAnnotations where nothing is annotated, and UnreadableRecording where the lead has gaps.
    """
    annotations = recording.beat_annotations()
    peaks = annotations.samples[[CLASS_OF.get(symbol) in LABELS for symbol in annotations.symbols]]
    edges = annotations.samples[[symbol in FLUTTER for symbol in annotations.symbols]]
    broken = np.diff(np.searchsorted(edges, peaks), prepend=-1) != 0  # the first always is
    following = [] if len(peaks) < 2 else [2 * peaks[-1] - peaks[-2]]
    values = cut_beats(recording, np.append(peaks, following).astype(np.int64))
    good: Quality = "good"
    found = FoundBeats(
        values, peaks[: len(values)], (good,) * len(values), broken[: len(values)], np.zeros(len(values), np.bool_)
    )
    for piece in found.pieces(AT_ONCE):
        yield FoundPart(piece, recording.seconds)
