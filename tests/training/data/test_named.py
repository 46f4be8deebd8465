import pytest

from ecg.synthetic import synthesize
from tests.training.synthetic import write_wfdb
from training.errors import MissingData
from training.data.named import read_named


def test_a_number_is_of_mitdb_and_a_header_is_any_file(tmp_path):
    (tmp_path / "mitdb").mkdir()
    write_wfdb(synthesize(10, seed=1), tmp_path / "mitdb", "100")
    write_wfdb(synthesize(20, seed=2), tmp_path, "mine")
    read = list(read_named([str(tmp_path / "mine.hea"), "100"], tmp_path))
    assert [(one.name, one.seconds) for one in read] == [("mine", 20), ("100", 10)]
    assert all(len(one.beat_annotations().samples) for one in read)


def test_what_is_neither_is_told_before_anything_is_read(tmp_path):
    with pytest.raises(MissingData, match=r"got the recording 'mine', expected the path of a header \(.hea\)"):
        read_named(["mine"], tmp_path)
