import numpy as np
import pytest

from training.data import dataset
from training.data.dataset import EXPECTED_COUNTS, Dataset, check_counts
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
    with pytest.raises(UnexpectedData, match="python -m training data"):
        dataset.load(file)


def test_other_beats_have_another_hash():
    one = Dataset(np.zeros((1, 187), np.float32), np.array([0]), np.array(["100"]))
    other = Dataset(np.zeros((1, 187), np.float32), np.array([1]), np.array(["100"]))
    assert one.sha256 != other.sha256
