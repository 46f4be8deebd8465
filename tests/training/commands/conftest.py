"""Recordings to evaluate on."""

import pytest

from ecg.synthetic import synthesize
from tests.training.synthetic import write_wfdb


@pytest.fixture(scope="package")
def headers(tmp_path_factory):
    """Two synthetic recordings of a little more than five minutes."""
    folder = tmp_path_factory.mktemp("recordings")
    made = {seed: synthesize(320, fs=250.0, ectopic={"V": 0.2, "S": 0.2}, seed=seed) for seed in (1, 2)}
    return [str(write_wfdb(recording, folder, f"made{seed}")) for seed, recording in made.items()]
