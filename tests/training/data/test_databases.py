import numpy as np
import pytest
import wfdb

from ecg.synthetic import synthesize
from tests.training.synthetic import write_wfdb
from training.data.databases import DS1, DS2, PACED, RECORDINGS, missing_recordings, read_named, read_noises
from training.errors import MissingData


def test_the_inter_patient_split_has_22_recordings_each_and_none_twice():
    assert len(DS1) == len(DS2) == 22
    assert len(RECORDINGS) == len(set(RECORDINGS)) == 48
    assert set(RECORDINGS) == {*DS1, *DS2, *PACED}


def test_a_recording_that_is_there_in_part_is_missing(tmp_path):
    (tmp_path / "mitdb").mkdir()
    assert missing_recordings(tmp_path) == list(RECORDINGS)
    for kind in ("hea", "dat"):
        (tmp_path / "mitdb" / f"100.{kind}").touch()
    assert "100" in missing_recordings(tmp_path)
    (tmp_path / "mitdb" / "100.atr").touch()
    assert "100" not in missing_recordings(tmp_path)
    assert missing_recordings(tmp_path, ["100", "101"]) == ["101"]


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


def test_noises_are_read_by_name_and_what_is_missing_is_named(tmp_path):
    folder = tmp_path / "nstdb"
    folder.mkdir()
    waves = np.sin(np.arange(720) / 10)[:, None] * [1.0, 2.0]
    wfdb.wrsamp("em", fs=360, units=["mV"] * 2, sig_name=["noise1", "noise2"], p_signal=waves, fmt=["16"] * 2,
                write_dir=str(folder))  # fmt: skip
    (noise,) = read_noises(tmp_path, ["em"])
    assert (noise.name, noise.fs, noise.signals.shape) == ("em", 360.0, (2, 720))
    np.testing.assert_allclose(noise.signals, waves.T, atol=1e-3)
    with pytest.raises(MissingData, match="noise recordings bw, ma are not in"):
        read_noises(tmp_path, ["bw", "em", "ma"])
