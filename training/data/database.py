"""A database: recordings of one origin, and what has to be known to learn from them."""

from collections.abc import Mapping, Sequence
from csv import Error, reader
from dataclasses import dataclass, field
from pathlib import Path

from ecg import Label, Recording
from ecg.formats import wfdb
from ecg.formats.wfdb.header import SUFFIX
from training.errors import MissingData

ODC_BY = "Open Data Commons Attribution License 1.0"

GROUPS = 10
"""Groups that the patients of a database are dealt into, where it names none."""

REFERENCE = "REFERENCE.csv"
"""The file of a database whose recordings are labelled as a whole: a name and a label a line."""


def labels_of_recordings(folder: Path) -> dict[str, str]:
    """The label of each recording in a folder whose recordings are labelled as a whole. Raises MissingData."""
    file = folder / REFERENCE
    try:
        with file.open(newline="") as lines:
            return {row[0]: row[1] for row in reader(lines) if len(row) == 2}
    except (OSError, UnicodeDecodeError, Error) as error:
        raise MissingData(f"cannot read {file}, which labels the recordings in its folder: {error}") from error


@dataclass(frozen=True)
class Database:
    """Recordings that lie in a folder of the database's name, as their publisher names them.

    `patient` gives the patient of a recording where it is not the only one of his; where nobody is named, recordings
    stand for patients (`patients_named`). `parts` are subsets that the literature names. `donors` are groups of
    patients that lend beats to each other when recordings are made of theirs, so that a group can be left out whole.

    Beats are labelled by annotations with PhysioNet's symbols (`ecg.labels`). Where recordings are labelled as a whole,
    `weak` gives the class of nearly all beats of a recording with such a label; from one with another nothing is
    learnt.

    `paths`, without an extension, are where recordings lie that are elsewhere; those of a folder that is added all are.
    """

    name: str
    title: str
    citation: str
    recordings: tuple[str, ...]
    fs: float | None = None
    leads: str = ""
    licence: str = ODC_BY
    patients_named: bool = False
    patient: Mapping[str, str] = field(default_factory=dict)
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    donors: tuple[tuple[str, ...], ...] = ()
    weak: Mapping[str, Label] = field(default_factory=dict)
    annotator: str = "atr"
    paths: Mapping[str, Path] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where it is published."""
        return f"https://physionet.org/content/{self.name}/"

    def folder(self, data: Path) -> Path:
        """Where its files lie, in the folder of the databases."""
        return data / self.name

    def path(self, data: Path, name: str) -> Path:
        """The files of a recording, without their extensions."""
        return self.paths.get(name, self.folder(data) / name)

    def there(self, data: Path) -> tuple[str, ...]:
        """Those of its recordings that are there with all that they are learnt from, in order.

        Raises MissingData for none.
        """
        folder, needed = self.folder(data), SUFFIX if self.weak else f".{self.annotator}"
        labelled = self.weak_labels(data) if self.weak else self.recordings
        found = {file.stem for file in folder.glob(f"*{needed}")}
        names = tuple(name for name in self.recordings if name in self.paths or (name in found and name in labelled))
        if not names:
            raise MissingData(
                f"no recording of {self.name} is in {folder}; get them from {self.url} and say where they lie with "
                f"--data FOLDER or CARDIODE_DATA=FOLDER (the folder that holds {self.name}/)"
            )
        return names

    def read(self, data: Path, name: str) -> Recording:
        """One of its recordings, with annotations where its beats have them. Raises UnreadableRecording."""
        return wfdb.read(self.path(data, name), annotator=None if self.weak else self.annotator)

    def patient_of(self, name: str) -> str:
        """The patient of a recording, by the name of one of his."""
        return self.patient.get(name, name)

    def weak_labels(self, data: Path) -> dict[str, Label]:
        """The class of nearly all beats of each recording that is labelled as a whole. Raises MissingData."""
        labels = labels_of_recordings(self.folder(data))
        return {name: self.weak[label] for name, label in labels.items() if label in self.weak}

    def groups(self, names: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """These recordings in the groups that are left out together; no patient's are parted by dealing."""
        if self.donors:
            own = (tuple(name for name in group if name in names) for group in self.donors)
            return tuple(group for group in own if group)
        patients = list(dict.fromkeys(map(self.patient_of, names)))
        dealt = (set(patients[start::GROUPS]) for start in range(min(GROUPS, len(patients))))
        return tuple(tuple(name for name in names if self.patient_of(name) in group) for group in dealt)
