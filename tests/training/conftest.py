"""Beats to train on in seconds."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import pytest

from ecg import LABELS, cut_annotated_beats
from ecg.scoring.intervals import interval
from ecg.synthetic import synthesize
from tests.training.synthetic import write_mitdb, write_wfdb
from training.data import dataset
from training.data.dataset import Dataset, Split
from training.measures import scores
from training.reports import patients_figures
from training.reports import scores as score_report

LEADS = ("MLII", "V1")


def made(seed: int) -> Dataset:
    shares = {"S": 0.2, "V": 0.2, "F": 0.2, "Q": 0.2}
    beats = cut_annotated_beats(synthesize(120, ectopic=shares, seed=seed))
    return Dataset(beats.values, beats.labels, np.full(len(beats), f"synthetic-{seed}"))


@pytest.fixture(scope="package", autouse=True)
def _grids_of_a_few_beats() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scores, "GRID_BEATS", 3)
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


@pytest.fixture(scope="package")
def beats_file(small, tmp_path_factory):
    """A file of prepared beats, of a patient of DS1 and of one of DS2."""
    file = tmp_path_factory.mktemp("beats") / "beats.npz"
    parts = [
        Dataset(part.values, part.labels, np.full(len(part), name))
        for part, name in ((small.train, "101"), (small.test, "100"))
    ]
    dataset.save(Dataset.joined(parts), file)
    return file


@pytest.fixture(scope="package")
def place(tmp_path_factory):
    """Two patients in place of those of DS1, and two recordings that are added, of other rates and leads."""
    place = tmp_path_factory.mktemp("place")
    (place / "data").mkdir()
    made = {name: synthesize(70, ectopic={"V": 0.2}, leads=LEADS, seed=int(name)) for name in ("101", "106")}
    write_mitdb(place / "data", made)
    (place / "reviewed").mkdir()
    write_wfdb(synthesize(62, fs=200.0, ectopic={"V": 0.2}, leads=LEADS, seed=3), place / "reviewed", "ward1")
    write_wfdb(synthesize(40, fs=500.0, ectopic={"S": 0.2}, seed=4), place / "reviewed", "ward2")
    (place / "new").mkdir()
    write_wfdb(synthesize(310, fs=250.0, ectopic={"V": 0.2}, leads=LEADS, seed=5), place / "new", "new")
    return place
