import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import EcgError, InvalidSignals, UnreadableRecording
from ecg.formats import ishne, open_files
from ecg.formats.ishne import open_ishne
from ecg.reading import LeadRead, ReadOptions
from tests.ecg.formats.holters import holter


@pytest.fixture
def write(tmp_path, made):
    def write(name="made.ecg", content=None, **changed):
        microvolts = np.round(made.signals * 1000)
        (tmp_path / name).write_bytes(content or holter(microvolts, **changed))
        return tmp_path / name

    return write


def test_what_was_written_is_read_back(made, write, monkeypatch):
    monkeypatch.setattr(ishne, "BLOCK", 777)
    recording = open_files([write("made.anything")]).read()
    assert (recording.leads, recording.fs, recording.warnings) == (("II", "V1"), 250, ())
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-3)
    assert str(recording.begun) == "2019-12-31 23:59:58"
    assert recording.read_as.leads[1] == LeadRead("V1", "nV", "file", 2)


def test_it_is_read_as_ecgdatakit_reads_it(write, read_by_ecgdatakit):
    file = write(sizes=(2500, 5000))
    np.testing.assert_allclose(open_ishne(file).read().signals, list(read_by_ecgdatakit(file).values()), rtol=1e-6)


def test_nothing_of_the_patient_is_shown(write):
    assert not any(word in repr(open_ishne(write()).read()) for word in ("Mustermann", "Erika", "0815", "1951"))


def test_leads_without_a_code_have_a_number(write):
    assert open_ishne(write(codes=(0, 1))).leads == ("lead 1", "lead 2")


def test_a_size_that_is_not_stated_is_guessed(made, write):
    recording = open_ishne(write(sizes=(0, 1000))).read()
    assert recording.read_as.leads[0] == LeadRead("II", "uV", "values", 1)
    assert [warning.kind for warning in recording.warnings] == ["unit_guessed"]
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-3)


def test_the_lowest_value_is_a_gap(write):
    signals = np.zeros((2, 300))
    signals[0, 100:200] = -32768
    missing = np.isnan(open_ishne(write(content=holter(signals))).read().signals)
    assert missing[0, 100:200].all() and missing.sum() == 100


def test_a_truncated_file_is_read_as_far_as_it_goes(made, write):
    file = write()
    file.write_bytes(file.read_bytes()[:-4002])
    recording = open_ishne(file).read()
    assert [warning.kind for warning in recording.warnings] == ["truncated"]
    np.testing.assert_allclose(recording.signals, made.signals[:, :3999], atol=1e-3)
    with pytest.raises(UnreadableRecording, match="its header says 5,000 samples, read the 3,999 that are there"):
        open_ishne(file, ReadOptions(strict=True))


def test_the_number_of_samples_may_be_that_of_all_leads_together(made, write):
    recording = open_ishne(write(length=10_000)).read()
    assert recording.warnings == () and recording.signals.shape == made.signals.shape


def test_a_wrong_checksum_is_warned_of_but_not_one_of_0(write):
    assert [warning.kind for warning in open_ishne(write(checksum=1)).warnings.given] == ["checksum"]
    assert open_ishne(write(checksum=0)).warnings.given == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"leads": 0}, "says 0 leads, expected 1 to 12"),
        ({"leads": 13}, "says 13 leads"),
        ({"leads": -1}, "says -1 leads"),
        ({"fs": 0}, r"says 0 samples a second; say the rate \(fs\)"),
        ({"length": -1}, "says that -1 samples begin at byte 523"),
        ({"content": b"ISHNE1.0" + bytes(100)}, "does not begin as an ISHNE file does"),
        ({"content": b"ANN  1.0" + bytes(600)}, "holds the annotations of a Holter; send the file of its ECG"),
        ({"content": holter(np.zeros((2, 0)))}, "holds no sample"),
    ],
)
def test_a_header_that_lies_is_refused_with_what_is_wrong(changed, message, write):
    with pytest.raises(UnreadableRecording, match=message):
        open_ishne(write(**changed))


def test_an_absurd_rate_is_refused_unless_another_is_said(write):
    with pytest.raises(InvalidSignals, match="got 10 samples a second"):
        open_ishne(write(fs=10))
    assert open_ishne(write(fs=10), ReadOptions(fs=250)).fs == 250


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_mangled_file_gives_a_recording_or_a_clear_error(tmp_path_factory, data):
    content = bytearray(holter(np.zeros((2, 200))))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + 1] = data.draw(st.binary(min_size=1, max_size=1))
    file = tmp_path_factory.mktemp("mangled") / "made.ecg"
    file.write_bytes(bytes(content))
    try:
        recording = open_ishne(file).read(10**6)
    except EcgError as error:
        assert str(error)
    else:
        assert recording.signals.shape[0] == len(recording.leads)
