from dataclasses import replace

import numpy as np
import pytest
import torch

from ecg import LABELS, FoundBeats, find_beats
from ecg.synthetic import synthesize
from models import OperatingPoint
from tests.training.synthetic import write_wfdb
from training.data.database import Database
from training.data.dataset import Dataset
from training.data.groups import Group
from training.data.predictions import read_predictions
from training.errors import OtherRun
from training.learning.crossvalidation import (
    Folds,
    OutOfFold,
    choose_operating_point,
    crossvalidate,
    figures_of,
    fold,
    labels_by_others,
    whole,
)
from training.learning.loop import train_members
from training.learning.recipe import read_recipe

GROUPS = (("a", "b"), ("c",))


def examples(count=40, seed=0):
    rng = np.random.default_rng(seed)
    names = np.array(["a", "a+", "b", "c", "c+"] * (count // 5))
    return Dataset(rng.random((count, 187), dtype=np.float32), rng.integers(0, 5, count), names)


def test_a_fold_leaves_a_groups_patients_out_whole():
    split = fold(examples(), GROUPS[0])
    assert set(split.train.recordings) == {"c", "c+"}
    assert set(split.validation.recordings) == {"a", "b"}


def test_what_was_made_of_others_with_beats_of_those_left_out_is_left_out_too():
    split = fold(examples(), ("b",), sharing=(("a", "b"), ("c",)))
    assert set(split.train.recordings) == {"a", "c", "c+"}
    assert set(split.validation.recordings) == {"b"}


def test_the_final_run_trains_on_all_and_looks_at_recordings_as_they_are():
    split = whole(examples())
    assert set(split.train.recordings) == {"a", "a+", "b", "c", "c+"}
    assert set(split.validation.recordings) == {"a", "b", "c"}


MADE_HERE = Database("made", "Made", "nobody", ("a", "b", "c"))


ALONE = ("architecture={kind='resnet', blocks=1}",)
ENSEMBLE = ("architecture={kind='committee', members=2, of={kind='resnet', blocks=1}}",)


def one_set(_):
    return examples()


def two_sets(network):
    return (examples(), examples(60, seed=1))[network]


def folds_of_two(data, folder, architecture=ALONE, *, fresh=False):
    """By groups of the three recordings."""
    cycles = "cycles=[{epochs=1, learning_rate=1e-3}]"
    recipe = read_recipe("resnet", [cycles, "batch_size=16", "shares={}", *architecture])
    folds = [(Group(MADE_HERE, data, names),) for names in GROUPS]
    return Folds(recipe, folds, folder, torch.device("cpu"), fresh=fresh)


def crossvalidated(data, folder, *, fresh=False, processes=1):
    return crossvalidate(folds_of_two(data, folder, fresh=fresh), one_set, processes)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    (folder / "made").mkdir()
    for seed, name in enumerate("abc"):
        write_wfdb(synthesize(40, fs=250.0, ectopic={"V": 0.2}, seed=seed), folder / "made", name)
    return folder


def test_every_recording_is_decided_on_once_by_a_network_that_has_not_seen_its_patient(data, tmp_path):
    out = crossvalidated(data, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"fold1", "fold2"}
    assert set(out.databases.tolist()) == {"made"} and not out.weak.any()
    for name in "abc":
        own, recording = out.recordings == name, MADE_HERE.read(data, name)
        found = FoundBeats.joined([part.beats for part in find_beats(recording, (0,))])
        np.testing.assert_array_equal(out.peaks[own], found.peaks)
        np.testing.assert_array_equal(np.isfinite(out.probabilities[own]).all(axis=1), found.good)
    np.testing.assert_allclose(out.known.probabilities.sum(axis=1), 1, atol=1e-5)


def test_folds_go_on_from_what_is_there_unless_all_is_to_be_afresh(data, tmp_path, capsys):
    first = crossvalidated(data, tmp_path)
    again = crossvalidated(data, tmp_path)
    np.testing.assert_array_equal(first.probabilities, again.probabilities)
    assert "all 1 epochs are done" in capsys.readouterr().out
    crossvalidated(data, tmp_path, fresh=True)
    assert "are done" not in capsys.readouterr().out


@pytest.mark.parametrize("processes", [1, 2])
def test_networks_of_all_patients_are_trained_beside_the_folds_where_that_is_asked(data, tmp_path, processes):
    folds = folds_of_two(data, tmp_path, ENSEMBLE)
    crossvalidate(folds, two_sets, processes, train_on_all=True)
    assert {path.name for path in tmp_path.iterdir()} == {"fold1", "fold2", "member1", "member2"}
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("state.pt")}
    trainers = train_members(
        folds.recipe, lambda network: whole(two_sets(network)), tmp_path, device=torch.device("cpu")
    )
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert [len(trainer.history) for trainer in trainers] == [1, 1]


def test_each_network_of_an_ensemble_learns_from_its_own_examples(data, tmp_path):
    crossvalidate(folds_of_two(data, tmp_path, ENSEMBLE), two_sets)
    splits = [fold(two_sets(network), GROUPS[0]) for network in range(2)]
    recipe = folds_of_two(data, tmp_path, ENSEMBLE).recipe
    train_members(
        recipe, splits.__getitem__, tmp_path / "fold1", device=torch.device("cpu")
    )  # or these would be another run
    with pytest.raises(OtherRun):
        train_members(recipe, splits[::-1].__getitem__, tmp_path / "fold1", device=torch.device("cpu"))


def test_folds_that_are_trained_at_once_decide_as_one_after_the_other(data, tmp_path):
    together = crossvalidated(data, tmp_path / "together", processes=2)
    one_by_one = crossvalidated(data, tmp_path / "one_by_one")
    np.testing.assert_array_equal(together.recordings, one_by_one.recordings)
    np.testing.assert_allclose(together.probabilities, one_by_one.probabilities, atol=1e-3)  # threads add otherwise


UNSURE = OutOfFold(
    np.array([[0.9, 0.1, 0, 0, 0], [np.nan] * 5, [0.1, 0, 0.9, 0, 0], [0.2, 0, 0.8, 0, 0]]),
    np.array([0, 0, -1, 2]),
    np.array(["a", "a", "b", "b"]),
    np.array([10, 20, 30, 40]),
    np.full(4, "made"),
)


def test_known_are_the_beats_that_are_decided_on_and_marked():
    assert UNSURE.known.peaks.tolist() == [10, 40]
    assert UNSURE.labels_at(OperatingPoint(offsets=(0.0,) * 5)).tolist() == [0, -1, 2, 2]


def test_out_of_fold_decisions_are_read_as_they_were_saved(tmp_path):
    UNSURE.save(tmp_path / "out.npz", np.array([0, -1, 2, 2]))
    read = OutOfFold.load(tmp_path / "out.npz")
    for name, value in vars(UNSURE).items():
        np.testing.assert_array_equal(getattr(read, name), value)


def test_they_are_predictions_too_with_extra_beats_and_those_that_cannot_be_judged(tmp_path):
    UNSURE.save(tmp_path / "out.npz", np.array([0, -1, 2, 2]))
    predictions = read_predictions(tmp_path / "out.npz")
    assert predictions.of("a").samples.tolist() == [10, 20] and predictions.of("a").symbols == ("N", "?")
    assert predictions.of("b").samples.tolist() == [30, 40] and predictions.of("b").symbols == ("V", "V")


def biased(shift, seed=0, count=4000):
    """Decisions of a network that knows the odds of each beat but for a shift of those of S."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(5, count, p=[0.85, 0.05, 0.08, 0.01, 0.01])
    logits = rng.normal(0, 1.0, (count, 5))
    logits[np.arange(count), labels] += 4.0
    logits[:, LABELS.index("S")] += shift
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    return OutOfFold(probabilities, labels, np.full(count, "a"), np.arange(count), np.full(count, "made"))


def test_the_operating_point_takes_back_what_a_class_is_said_too_often():
    place = LABELS.index("S")
    none, much = (choose_operating_point(biased(shift)).offsets[place] for shift in (0.0, 2.0))
    assert much == pytest.approx(none - 2.0, abs=0.5)


def test_no_other_point_on_the_grid_has_a_larger_sum_of_f1():
    out = biased(1.0)
    right = (out.labels_at(choose_operating_point(out)) == out.labels).mean()
    assert right > (out.probabilities.argmax(axis=1) == out.labels).mean()


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
        labels_by_others(OutOfFold(probabilities, truth, recordings, np.arange(count), np.full(count, "made")))
        for truth in (labels, mislabelled)
    )
    np.testing.assert_array_equal(told[own], otherwise[own])
    assert (told[~own] != otherwise[~own]).any()


def test_beats_of_recordings_that_are_labelled_as_a_whole_choose_nothing_and_are_counted_by_themselves():
    out = biased(0.0)
    weak = replace(biased(0.0, seed=1), databases=np.full(4000, "cinc2017"))
    both = OutOfFold.joined([out, weak])
    assert len(both.known.labels) == 4000 and both.weak.sum() == 4000
    assert choose_operating_point(both.known) == choose_operating_point(out)
    figures = figures_of(both)
    assert set(figures["out_of_fold_recordings"]) == {"a"}
    beats, *counts = figures["out_of_fold_weak"]["cinc2017"]
    assert beats == sum(counts) == 4000


def test_a_small_database_weighs_as_much_as_a_large_one_where_the_operating_point_is_chosen():
    place = LABELS.index("S")
    large, small = biased(0.0, count=8000), biased(3.0, seed=1, count=800)
    small = replace(small, databases=np.full(800, "small"), recordings=np.full(800, "b"))
    alone, together = (choose_operating_point(out).offsets[place] for out in (large, OutOfFold.joined([large, small])))
    assert together < alone
