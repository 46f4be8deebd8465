"""Recordings to evaluate on, and what the commands make of synthetic ones: a run of each kind, and an evaluation."""

from pathlib import Path

import pytest

from ecg.synthetic import synthesize
from tests.training.synthetic import TINY, ds1_of_two, write_wfdb
from training.__main__ import main


@pytest.fixture(scope="package")
def headers(tmp_path_factory):
    """Two synthetic recordings of a little more than five minutes."""
    folder = tmp_path_factory.mktemp("recordings")
    made = {seed: synthesize(320, fs=250.0, ectopic={"V": 0.2, "S": 0.2}, seed=seed) for seed in (1, 2)}
    return [str(write_wfdb(recording, folder, f"made{seed}")) for seed, recording in made.items()]


@pytest.fixture(scope="package")
def trained(beats_file, tmp_path_factory):
    """The checkpoint of a tiny run of single beats."""
    folder = tmp_path_factory.mktemp("trained")
    settings = ["split=inter_patient", "cycles=[{epochs=1, learning_rate=3e-3}]", "batch_size=32"]

    assert main(["train", "odenet", *settings, "--beats", str(beats_file), "--out", str(folder), "--no-dial"]) == 0
    return folder / "checkpoint.safetensors"


@pytest.fixture(scope="package")
def retrained(place) -> Path:
    """The checkpoint of a tiny run of whole recordings, with those that are added."""
    folder = place / "run"
    command = [
        "train",
        "rhythm",
        *TINY,
        "--data",
        str(place / "data"),
        "--examples",
        str(place / "examples"),
        "--add",
        str(place / "reviewed"),
    ]
    with ds1_of_two():
        assert main([*command, "--out", str(folder), "--device", "cpu"]) == 0
    return folder / "checkpoint.safetensors"


@pytest.fixture(scope="package")
def evaluated(place, retrained) -> Path:
    """The folder of its evaluation."""
    folder = place / "evaluation"
    command = [
        "evaluate",
        str(retrained),
        "--data",
        str(place / "data"),
        "--examples",
        str(place / "examples"),
        "--out",
        str(folder),
    ]
    with ds1_of_two():
        assert main([*command, "--recordings", str(place / "new" / "new.hea")]) == 0
    return folder
