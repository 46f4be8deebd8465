from training.data.mitdb import DS1, DS2, PACED, RECORDINGS, missing_recordings


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
