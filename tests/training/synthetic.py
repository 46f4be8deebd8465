"""Recordings that are made, and a classifier that tells their beats apart without having learnt."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import wfdb
from torch import nn

from ecg import Annotations, Recording
from ecg.scoring import Comparison
from models import Classifier, Output
from training.commands import arguments
from training.data.databases import DATABASES, MITDB, NOISES, RECORDINGS
from training.evaluation.patients import VIEWS, Patients
from training.release import sources
from training.release.run import reference_beats

TINY = [
    "cycles=[{epochs=1, learning_rate=3e-3}]",
    "batch_size=32",
    'databases=["mitdb/ds1"]',
    "folds=2",
    "architecture={kind='rhythm_odenet', solver={method='heun_euler', rtol=0.1, atol=0.1, first_step=1.0}}",
    "members=[]",
    "examples={disturbed=1, composed=1}",
    "mixture={beats=64, classes={N=0.6, V=0.4}}",
]
"""A recipe of whole recordings, by one network, that is learnt in seconds."""


def write_wfdb(recording: Recording, folder: Path, name: str) -> Path:
    """Write the recording and its annotations; the path of its header."""
    wfdb.wrsamp(
        name,
        fs=recording.fs,
        units=["mV"] * len(recording.leads),
        sig_name=list(recording.leads),
        p_signal=recording.signals.T.astype(np.float64),
        fmt=["16"] * len(recording.leads),
        write_dir=str(folder),
    )
    marks = recording.beat_annotations()
    wfdb.wrann(name, "atr", marks.samples, list(marks.symbols), fs=recording.fs, write_dir=str(folder))
    return folder / f"{name}.hea"


class Nearest(nn.Module):
    """The class of the synthetic beat that is nearest."""

    in_context = False

    def __init__(self) -> None:
        super().__init__()
        self.beats = nn.Parameter(torch.from_numpy(reference_beats()))

    def forward(self, beats: torch.Tensor, solver: object = None, _: object = None) -> Output:
        assert solver is None
        return Output(logits=-torch.cdist(beats, self.beats), features=beats)


def nearest() -> Classifier:
    return Classifier(Nearest(), solver=None)


def write_mitdb(data: Path, recordings: dict[str, Recording]) -> Path:
    """A folder with noise, and with recordings in place of some of mitdb; of the others there are but the names."""
    for name in ("mitdb", "nstdb"):
        (data / name).mkdir()
    for name in RECORDINGS:
        for kind in ("hea", "dat", "atr"):
            (data / "mitdb" / f"{name}.{kind}").touch()
    for name, recording in recordings.items():
        write_wfdb(recording, data / "mitdb", name)
    for seed, name in enumerate(NOISES):
        signals = np.random.default_rng(seed).normal(0, 0.3, (2, 20 * 360)).astype(np.float32)
        nothing = Annotations(np.zeros(1, np.int64), ("+",))
        write_wfdb(Recording(name, signals, ("a", "b"), 360.0, nothing), data / "nstdb", name)
    return data


def patients_of_matrices(seed=0, recordings=3, name="made", confidence=None):
    """Patients whose recordings have any matrices."""
    rng = np.random.default_rng(seed)
    views = {
        view: [
            Comparison(f"r{number}", rng.integers(0, 100, (7, 7)), 1.5 if number else None, 7)
            for number in range(recordings)
        ]
        for view in VIEWS
    }
    return Patients(name, "0123456789abcdef", views, confidence)


@contextmanager
def ds1_of_two() -> Iterator[None]:
    """With 101 and 106 for all patients of DS1."""
    small = replace(MITDB, parts={"ds1": ("101", "106")}, donors=(("101",), ("106",)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DATABASES, MITDB.name, small)
        patch.setattr(sources, "CORES", 1)
        patch.setattr(arguments, "CORES", 1)
        yield
