"""The beats of all recordings in one table, and the file that keeps it."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from jaxtyping import Float, Int64

from ecg import CONTEXT_LENGTH, LABELS, BeatsInContext, Label, cut_annotated_beats
from training.errors import UnexpectedData
from training.data.mitdb import read_recordings

EXPECTED_COUNTS: dict[Label, int] = {"N": 90_589, "S": 2_779, "V": 7_236, "F": 803, "Q": 8_039}
"""The beats of each class that the literature counts (Kachuee et al. 2018; 109,446 in all)."""


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
            + "); delete the folder mitdb and run `python -m training data` to download version 1.0.0 anew"
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
            f"{file} does not hold prepared beats ({error}); make it anew with `python -m training data`"
        ) from error


def load_or_build(file: Path, data: Path) -> Dataset:
    """The prepared beats, made from the recordings first where the file is missing."""
    if not file.exists():
        save(build(data), file)
    return load(file)
