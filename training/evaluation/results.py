"""The results of a checkpoint: on beats of patients that it may know, and on recordings of patients who are new to it.

Both are kept as files beside its card, which is written from them.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from models import Checkpoint, Classifier
from training.errors import UnexpectedData
from training.evaluation.evaluation import Evaluation, checkpoint_of
from training.evaluation.folder import FolderResults
from training.evaluation.patients import Patients

BEATS_FILE = "evaluation.json"
PATIENTS_FILE = "patients.json"
HOSPITALS = "hospital_*.json"


@dataclass(frozen=True)
class Results:
    """`beats` are those of its test part; of a network of whole recordings, what was reached out of fold.

    `patients` are of the inter-patient split: by itself, or by its sibling that has learnt from DS1 alone; None where
    that was not evaluated. `hospitals` are databases left out whole, each decided on by a sibling that learnt from the
    others.
    """

    beats: Evaluation | None = None
    patients: Patients | None = None
    hospitals: tuple[FolderResults, ...] = ()

    @property
    def own(self) -> Evaluation:
        """Those of its own beats. Raises UnexpectedData where there are none."""
        if self.beats is None:
            raise UnexpectedData("the beats of its own test part were not evaluated; run `cardiode evaluate`")
        return self.beats

    def save(self, folder: Path) -> None:
        """Write a file for each that there is; that of the other is deleted, since it is of another evaluation."""
        beats, patients = folder / BEATS_FILE, folder / PATIENTS_FILE
        for file in (beats, patients, *folder.glob(HOSPITALS)):
            file.unlink(missing_ok=True)
        for one in self.hospitals:
            one.save(folder / HOSPITALS.replace("*", one.folder))
        if self.beats:
            beats.write_text(json.dumps(asdict(self.beats), indent=1) + "\n")
        if self.patients:
            self.patients.save(patients)

    @classmethod
    def load(cls, folder: Path) -> "Results":
        """Read those that there are. Raises UnexpectedData for a file that holds something else."""
        beats, patients = folder / BEATS_FILE, folder / PATIENTS_FILE
        return cls(
            _evaluation(beats) if beats.exists() else None,
            Patients.load(patients) if patients.exists() else None,
            tuple(map(FolderResults.load, sorted(folder.glob(HOSPITALS)))),
        )


@dataclass(frozen=True)
class Model:
    """A classifier, and the folder with its card and figures, which need not be there."""

    classifier: Classifier
    folder: Path

    @property
    def checkpoint(self) -> Checkpoint:
        """What it was loaded from."""
        return checkpoint_of(self.classifier)

    @property
    def results(self) -> Results:
        """The figures beside its card."""
        return Results.load(self.folder)


def _evaluation(file: Path) -> Evaluation:
    try:
        return TypeAdapter(Evaluation).validate_json(file.read_bytes())
    except (OSError, ValueError) as error:
        raise UnexpectedData(
            f"{file} does not hold an evaluation ({error}); create it again: `cardiode evaluate`"
        ) from error
