import numpy as np
import pytest
import torch

from ecg import LABELS
from training.crossvalidation import OutOfFold, choose_operating_point, crossvalidate, fold, whole
from training.dataset import Dataset
from training.recipe import read_recipe

GROUPS = (("a", "b"), ("c",))


def examples(count=40, seed=0):
    rng = np.random.default_rng(seed)
    names = np.array(["a", "a+", "b", "c", "c+"] * (count // 5))
    return Dataset(rng.random((count, 187), dtype=np.float32), rng.integers(0, 5, count), names)


def test_a_fold_leaves_a_groups_patients_out_whole():
    split = fold(examples(), GROUPS[0])
    assert set(split.train.recordings) == {"c", "c+"}
    assert set(split.validation.recordings) == {"a", "b"}


def test_the_final_run_trains_on_all_and_looks_at_recordings_as_they_are():
    split = whole(examples())
    assert set(split.train.recordings) == {"a", "a+", "b", "c", "c+"}
    assert set(split.validation.recordings) == {"a", "b", "c"}


def test_every_recorded_beat_is_decided_on_once_by_a_network_that_has_not_seen_its_patient(tmp_path):
    cycles = "cycles=[{epochs=1, learning_rate=1e-3}]"
    recipe = read_recipe("resnet", [cycles, "batch_size=16", "shares={}"])
    data = examples()
    out = crossvalidate(recipe, data, GROUPS, tmp_path, torch.device("cpu"))
    kept = ~np.char.endswith(data.recordings, "+")
    assert sorted(out.recordings.tolist()) == sorted(data.recordings[kept].tolist())
    np.testing.assert_allclose(out.probabilities.sum(axis=1), 1, atol=1e-5)
    assert {path.name for path in tmp_path.iterdir()} == {"fold1", "fold2"}


def test_out_of_fold_decisions_are_read_as_they_were_saved(tmp_path):
    out = OutOfFold(np.full((3, 5), 0.2), np.array([0, 1, 2]), np.array(["a", "b", "c"]))
    out.save(tmp_path / "out.npz")
    read = OutOfFold.load(tmp_path / "out.npz")
    np.testing.assert_array_equal(read.probabilities, out.probabilities)
    assert read.recordings.tolist() == ["a", "b", "c"]


def biased(shift, seed=0, count=4000):
    """Decisions of a network that knows the odds of each beat but for a shift of those of S."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(5, count, p=[0.85, 0.05, 0.08, 0.01, 0.01])
    logits = rng.normal(0, 1.0, (count, 5))
    logits[np.arange(count), labels] += 4.0
    logits[:, LABELS.index("S")] += shift
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return OutOfFold(probabilities, labels, np.full(count, "a"))


def test_the_operating_point_takes_back_what_a_class_is_said_too_often():
    place = LABELS.index("S")
    none, much = (choose_operating_point(biased(shift)).offsets[place] for shift in (0.0, 2.0))
    assert much == pytest.approx(none - 2.0, abs=0.5)


def test_no_other_point_on_the_grid_has_a_larger_sum_of_f1():
    out = biased(1.0)
    right = (out.labels_at(choose_operating_point(out)) == out.labels).mean()
    assert right > (out.probabilities.argmax(axis=1) == out.labels).mean()
