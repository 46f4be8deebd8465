"""Beats to train on in seconds."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

from ecg import LABELS, cut_annotated_beats
from ecg.scoring.intervals import interval
from ecg.synthetic import synthesize
from training.data.dataset import Dataset, Split
from training.evaluation import evaluation
from training.posthoc import dial
from training.reports import patients_figures
from training.reports import scores as score_report


def made(seed: int) -> Dataset:
    shares = {"S": 0.2, "V": 0.2, "F": 0.2, "Q": 0.2}
    beats = cut_annotated_beats(synthesize(120, ectopic=shares, seed=seed))
    return Dataset(beats.values, beats.labels, np.full(len(beats), f"synthetic-{seed}"))


@pytest.fixture(scope="package", autouse=True)
def _grids_of_a_few_beats() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dial, "GRID_BEATS", 3)
        patch.setattr(evaluation, "GRID_BEATS", 3)
        yield


@pytest.fixture(scope="package", autouse=True)
def _bounds_of_a_few_resamples() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for module in (patients_figures, score_report):
            patch.setattr(module, "interval", partial(interval, resamples=40))
        yield


@pytest.fixture(scope="session")
def small() -> Split:
    """A hundred synthetic beats for each part."""
    split = Split(train=made(1), validation=made(2), test=made(3))
    assert set(split.train.labels) == set(range(len(LABELS)))
    return split
