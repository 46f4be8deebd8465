"""The beats of all recordings in one table, the file that keeps it, and its training, validation and test parts."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float, Int64

from ecg import CONTEXT_LENGTH, LABELS, BeatsInContext, Label, cut_annotated_beats
from training.data.databases import DS1, DS2, read_recordings
from training.errors import UnexpectedData

BEATS_FILE = Path("runs/beats.npz")
"""Where the prepared beats are, if nothing else is said."""

EXPECTED_COUNTS: dict[Label, int] = {"N": 90_589, "S": 2_779, "V": 7_236, "F": 803, "Q": 8_039}
"""The beats of each class that the literature counts (Kachuee et al. 2018; 109,446 in all)."""

SplitName = Literal["random", "inter_patient"]

RANDOM_TEST_COUNTS: dict[Label, int] = {"N": 18_118, "S": 556, "V": 1_448, "F": 162, "Q": 1_608}
"""The test beats of each class in the published files, 21,892 in all: about a fifth."""

RANDOM_SEED = 2018
"""Seed of the random split. It is part of the benchmark: a run's own seed does not move test beats."""

VALIDATION_SEED = 0
"""Nor does it move validation beats: a teacher of another seed must not have learnt from its pupil's."""

VALIDATION_SHARE = 0.1

MADE = "+"
"""What the name of a recording ends in that was made of the one of that name, or that is looked at as a live one."""

WEAK = "~"
"""What the name of a recording ends in, before that, whose beats are labelled as a whole."""


@dataclass(frozen=True)
class Dataset:
    """Beats as a network takes them, their labels (indices into `LABELS`), and the name of the recording of each."""

    values: Float[np.ndarray, "beat length"]
    labels: Int64[np.ndarray, "beat"]
    recordings: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def select(self, index: Int64[np.ndarray, "selected"]) -> "Dataset":
        """The beats at these places, in this order."""
        return Dataset(self.values[index], self.labels[index], self.recordings[index])

    @property
    def beats(self) -> np.ndarray | BeatsInContext:
        """What a classifier takes."""
        values = self.values.astype(np.float32, copy=False)
        return BeatsInContext(values) if values.shape[1] == CONTEXT_LENGTH else values

    @classmethod
    def joined(cls, parts: Sequence["Dataset"]) -> "Dataset":
        """The beats of all parts, in their order; there must be one or more."""
        return cls(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.labels for part in parts]),
            np.concatenate([part.recordings for part in parts]),
        )

    def counts(self) -> dict[Label, int]:
        """How many beats each class has."""
        return {label: int((self.labels == place).sum()) for place, label in enumerate(LABELS)}

    @property
    def as_they_are(self) -> "Dataset":
        """The beats of recordings that were not made of others."""
        names, recording = np.unique(self.recordings, return_inverse=True)
        return self.select(np.flatnonzero(~np.char.endswith(names.astype(np.str_), MADE)[recording]))

    @cached_property
    def sha256(self) -> str:
        """The hash of all beats and labels, which a checkpoint keeps to say what it was trained on."""
        digest = hashlib.sha256(self.values.tobytes())
        digest.update(self.labels.tobytes())
        return digest.hexdigest()


def build(data: Path) -> Dataset:
    """Cut every beat of the 48 recordings in `data/mitdb`.

    Raises MissingData, and UnexpectedData where a class has another number of beats than the literature counts.
    """
    parts = [(recording.name, cut_annotated_beats(recording)) for recording in read_recordings(data)]
    dataset = Dataset.joined([Dataset(beats.values, beats.labels, np.full(len(beats), name)) for name, beats in parts])
    check_counts(dataset.counts())
    return dataset


def check_counts(counts: dict[Label, int]) -> None:
    """Raise UnexpectedData unless each class has the number of beats that the literature counts."""
    wrong = [
        f"{label}: got {counts[label]:,}, expected {EXPECTED_COUNTS[label]:,}"
        for label in LABELS
        if counts[label] != EXPECTED_COUNTS[label]
    ]
    if wrong:
        raise UnexpectedData(
            "the recordings do not give the benchmark's beats ("
            + "; ".join(wrong)
            + "); delete the folder mitdb and run `cardiode data` to download version 1.0.0 again"
        )


def save(dataset: Dataset, file: Path) -> None:
    """Write the beats; a file of that name is replaced in one step."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial.npz")
    np.savez(partial, values=dataset.values, labels=dataset.labels, recordings=dataset.recordings)
    partial.replace(file)


def load(file: Path) -> Dataset:
    """Read what `save` wrote. Raises UnexpectedData where the file is something else, or damaged."""
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as arrays:
            return Dataset(
                values=arrays["values"],
                labels=arrays["labels"],
                recordings=arrays["recordings"],
            )
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise UnexpectedData(
            f"{file} does not hold prepared beats ({error}); create it again with `cardiode data`"
        ) from error


def load_or_build(file: Path, data: Path) -> Dataset:
    """The prepared beats, made from the recordings first where the file is missing."""
    if not file.exists():
        save(build(data), file)
    return load(file)


@dataclass(frozen=True)
class Split:
    """The three parts. The test part is scored once, at the end of a run; every choice uses the validation part."""

    train: Dataset
    validation: Dataset
    test: Dataset


def split(dataset: Dataset, name: SplitName) -> Split:
    """Split by name. The validation part is drawn out of the training part, a tenth of each class."""
    train, test = random_split(dataset) if name == "random" else inter_patient_split(dataset)
    validation_counts = {label: round(count * VALIDATION_SHARE) for label, count in train.counts().items()}
    validation, rest = _draw(train.labels, validation_counts, VALIDATION_SEED)
    return Split(train=train.select(rest), validation=train.select(validation), test=test)


def random_split(dataset: Dataset) -> tuple[Dataset, Dataset]:
    """Training and test part with the counts of the published files, drawn from each class.

    Beats of one patient are in both parts, so its scores say little of new patients.
    """
    test, train = _draw(dataset.labels, RANDOM_TEST_COUNTS, RANDOM_SEED)
    return dataset.select(train), dataset.select(test)


def inter_patient_split(dataset: Dataset) -> tuple[Dataset, Dataset]:
    """DS1 to train, DS2 to test; paced recordings are left out (de Chazal et al. 2004).

    No patient is in both, but for one: recordings 201 (DS1) and 202 (DS2) are of the same man.
    """
    in_train, in_test = (np.isin(dataset.recordings, names) for names in (DS1, DS2))
    return dataset.select(np.flatnonzero(in_train)), dataset.select(np.flatnonzero(in_test))


def _draw(
    labels: Int64[np.ndarray, "beat"], counts: dict[Label, int], seed: int
) -> tuple[Int64[np.ndarray, "drawn"], Int64[np.ndarray, "rest"]]:
    """Places of the beats drawn at random, so many of each class, and of all others; both in order."""
    rng = np.random.default_rng(seed)
    drawn = np.concatenate(
        [rng.permutation(np.flatnonzero(labels == place))[: counts[label]] for place, label in enumerate(LABELS)]
    )
    rest = np.setdiff1d(np.arange(len(labels)), drawn)
    return np.sort(drawn), rest
