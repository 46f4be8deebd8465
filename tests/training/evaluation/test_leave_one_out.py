import numpy as np
import torch

from ecg.synthetic import synthesize
from tests.training.synthetic import write_mitdb
from training.data.databases import DS1, DS2, PATIENTS
from training.data.dataset import Dataset
from training.evaluation.leave_one_out import SHARING, leave_one_out
from training.learning.recipe import read_recipe

RECORDINGS = {
    name: synthesize(60, fs=125.0, ectopic={"V": 0.2}, seed=seed) for seed, name in enumerate(("100", "101", "103"))
}


def test_the_43_patients_have_the_44_recordings_and_those_of_one_man_are_left_out_together():
    names = [name for patient in PATIENTS for name in patient]
    assert len(PATIENTS) == 43 and sorted(names) == sorted(DS1 + DS2)
    assert ("201", "202") in PATIENTS


def test_every_recording_shares_beats_within_one_group():
    names = [name for group in SHARING for name in group]
    assert sorted(names) == sorted(DS1 + DS2)


def test_each_recording_is_decided_on_by_a_network_of_its_own(tmp_path):
    rng = np.random.default_rng(0)
    examples = Dataset(rng.random((60, 187), dtype=np.float32), rng.integers(0, 5, 60), np.repeat(list(RECORDINGS), 20))
    recipe = read_recipe("resnet", ["cycles=[{epochs=1, learning_rate=1e-3}]", "shares={}"])
    patients = [(name,) for name in RECORDINGS]
    (tmp_path / "data").mkdir()
    data, folder = write_mitdb(tmp_path / "data", RECORDINGS), tmp_path / "run"
    predictions = leave_one_out(recipe, lambda _: examples, data, folder, patients=patients, device=torch.device("cpu"))
    assert predictions.names == list(RECORDINGS)
    assert {path.name for path in folder.iterdir()} == {"fold1", "fold2", "fold3", "out_of_fold.npz"}
