import numpy as np
import pytest

from ecg import LABELS
from training.data.dataset import EXPECTED_COUNTS, Dataset
from training.data.mitdb import DS1, DS2, RECORDINGS
from training.data.splits import RANDOM_TEST_COUNTS, inter_patient_split, random_split, split


@pytest.fixture(scope="module")
def whole():
    """As many beats as the benchmark has, each value its own place, so that beats can be told apart."""
    labels = np.repeat(np.arange(5), [EXPECTED_COUNTS[label] for label in LABELS])
    labels = np.random.default_rng(0).permutation(labels)
    values = np.zeros((len(labels), 187), dtype=np.float32)
    values[:, 0] = np.arange(len(labels))
    return Dataset(values, labels, np.resize(np.array(RECORDINGS), len(labels)))


def places(dataset):
    return set(dataset.values[:, 0].astype(int))


def test_the_random_split_has_the_published_counts(whole):
    train, test = random_split(whole)
    assert test.counts() == RANDOM_TEST_COUNTS and len(test) == 21_892
    assert train.counts() == {"N": 72_471, "S": 2_223, "V": 5_788, "F": 641, "Q": 6_431} and len(train) == 87_554


@pytest.mark.parametrize("name", ["random", "inter_patient"])
def test_no_beat_is_in_two_parts(whole, name):
    parts = split(whole, name)
    train, validation, test = (places(part) for part in (parts.train, parts.validation, parts.test))
    assert not (train & validation or train & test or validation & test)


def test_validation_is_a_tenth_of_each_class(whole):
    parts = split(whole, "random")
    for label, count in parts.validation.counts().items():
        assert count == round((count + parts.train.counts()[label]) / 10)


def test_no_recording_is_in_both_parts_of_the_inter_patient_split(whole):
    train, test = inter_patient_split(whole)
    assert set(train.recordings) == set(DS1) and set(test.recordings) == set(DS2)
