"""Which beats are trained on, which are for choosing, and which are for the final score alone."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Int64

from ecg import LABELS, Label
from training.data.dataset import Dataset
from training.data.mitdb import DS1, DS2

SplitName = Literal["random", "inter_patient"]

RANDOM_TEST_COUNTS: dict[Label, int] = {"N": 18_118, "S": 556, "V": 1_448, "F": 162, "Q": 1_608}
"""The test beats of each class in the published files, 21,892 in all: about a fifth."""

RANDOM_SEED = 2018
"""Seed of the random split. It is part of the benchmark: a run's own seed does not move test beats."""

VALIDATION_SEED = 0
"""Nor does it move validation beats: a teacher of another seed must not have learnt from its pupil's."""

VALIDATION_SHARE = 0.1


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
