import numpy as np
import pytest

from ecg import LABELS
from training.data import dataset
from training.data.databases import DS1, DS2, RECORDINGS
from training.data.dataset import (
    EXPECTED_COUNTS,
    RANDOM_TEST_COUNTS,
    Dataset,
    check_counts,
    inter_patient_split,
    random_split,
    split,
)
from training.errors import UnexpectedData


def test_the_recordings_give_the_beats_that_the_literature_counts(mitdb):
    built = dataset.build(mitdb)
    assert len(built) == 109_446
    assert built.counts() == EXPECTED_COUNTS


def test_another_count_stops_with_both_numbers():
    with pytest.raises(UnexpectedData, match="F: got 802, expected 803"):
        check_counts(EXPECTED_COUNTS | {"F": 802})


def test_what_was_saved_is_loaded(tmp_path):
    rng = np.random.default_rng(0)
    made = Dataset(
        rng.random((4, 187), dtype=np.float32), rng.integers(0, 5, 4), np.array(["100", "101", "102", "103"])
    )
    file = tmp_path / "folder" / "beats.npz"
    dataset.save(made, file)
    loaded = dataset.load(file)
    assert loaded.sha256 == made.sha256
    assert loaded.recordings.tolist() == made.recordings.tolist()
    assert [path.name for path in file.parent.iterdir()] == ["beats.npz"]


@pytest.mark.parametrize("content", [b"", b"hello", b"PK\x03\x04 and then nothing"])
def test_a_file_that_holds_no_beats_is_told(tmp_path, content):
    file = tmp_path / "beats.npz"
    file.write_bytes(content)
    with pytest.raises(UnexpectedData, match="cardiode data"):
        dataset.load(file)


def test_other_beats_have_another_hash():
    one = Dataset(np.zeros((1, 187), np.float32), np.array([0]), np.array(["100"]))
    other = Dataset(np.zeros((1, 187), np.float32), np.array([1]), np.array(["100"]))
    assert one.sha256 != other.sha256


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
