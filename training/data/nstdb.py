"""The MIT-BIH Noise Stress Test Database: half an hour of each kind of noise, two leads, 360 Hz (Moody et al. 1984)."""

from collections.abc import Sequence
from pathlib import Path

from ecg import Recording
from ecg.formats import wfdb as wfdb_format
from training.errors import MissingData

NOISES = ("bw", "em", "ma")
"""Baseline wander, electrode motion, muscle."""


def read_noises(data: Path, names: Sequence[str]) -> list[Recording]:
    """The noise recordings of these names in `data/nstdb`, uncalibrated. Raises MissingData."""
    folder = data / "nstdb"
    missing = [name for name in names if not (folder / f"{name}.hea").exists()]
    if missing:
        raise MissingData(
            f"the noise recordings {', '.join(missing)} are not in {folder}; get them from "
            "https://physionet.org/content/nstdb/ and say where they lie with --data FOLDER or CARDIODE_DATA=FOLDER"
        )
    return [wfdb_format.read(folder / name, annotator=None) for name in names]
