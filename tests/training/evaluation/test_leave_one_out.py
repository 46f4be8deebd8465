from dataclasses import replace

import numpy as np
import torch

from ecg import LABELS
from ecg.synthetic import synthesize
from training.data.databases import DS1, DS2, PATIENTS
from training.data.dataset import Dataset
from training.evaluation.leave_one_out import SHARING, labels_by_others, leave_one_out
from training.learning.crossvalidation import OutOfFold
from training.learning.recipe import read_recipe

RECORDINGS = {
    name: replace(synthesize(320, fs=125.0, ectopic={"V": 0.2}, seed=seed), name=name)
    for seed, name in enumerate(("100", "101", "103"))
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
    predictions = leave_one_out(
        recipe, examples, RECORDINGS.__getitem__, tmp_path, patients=patients, device=torch.device("cpu")
    )
    assert predictions.names == list(RECORDINGS)
    assert {path.name for path in tmp_path.iterdir()} == {"fold1", "fold2", "fold3", "out_of_fold.npz"}


def test_a_patients_operating_point_is_not_moved_by_his_own_beats():
    rng = np.random.default_rng(0)
    count = 3000
    labels = rng.choice(5, count, p=[0.85, 0.05, 0.08, 0.01, 0.01])
    logits = rng.normal(0, 1.0, (count, 5))
    logits[np.arange(count), labels] += 3.0
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    recordings = np.repeat(["a", "b", "c"], count // 3)
    own = recordings == "a"
    mislabelled = np.where(own, LABELS.index("V"), labels)
    told, otherwise = (
        labels_by_others(OutOfFold(probabilities, truth, recordings, np.arange(count)))
        for truth in (labels, mislabelled)
    )
    np.testing.assert_array_equal(told[own], otherwise[own])
    assert (told[~own] != otherwise[~own]).any()
