"""Two worlds: what a checkpoint reaches on beats of patients it may know, and on recordings of patients it cannot know.

Both are kept as files beside its card, which is written from them.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter

from training.evaluation import patients_file
from training.evaluation.evaluation import Evaluation
from training.evaluation.patients import Patients

BEATS_FILE = "evaluation.json"


@dataclass(frozen=True)
class Worlds:
    """`beats` are those of its test part; of a network that takes beats in context, what it reached out of fold.

    `patients` are of the inter-patient split: by itself, or by its sibling that has learnt from DS1 alone; None where
    that was not evaluated.
    """

    beats: Evaluation | None = None
    patients: Patients | None = None


def write(worlds: Worlds, folder: Path) -> None:
    """Write a file for each world that there is; that of another is deleted, since it is of another evaluation."""
    beats, patients = folder / BEATS_FILE, folder / patients_file.FILE_NAME
    for file in (beats, patients):
        file.unlink(missing_ok=True)
    if worlds.beats:
        beats.write_text(json.dumps(asdict(worlds.beats), indent=1) + "\n")
    if worlds.patients:
        patients_file.write(worlds.patients, patients)


def read(folder: Path) -> Worlds:
    """Read those that there are. Raises UnexpectedData for a file that holds something else."""
    beats, patients = folder / BEATS_FILE, folder / patients_file.FILE_NAME
    return Worlds(
        TypeAdapter(Evaluation).validate_json(beats.read_bytes()) if beats.exists() else None,
        patients_file.read(patients) if patients.exists() else None,
    )
