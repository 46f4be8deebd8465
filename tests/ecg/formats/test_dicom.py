import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom.data import get_testdata_file

from ecg import EcgError, InvalidSignals, LargeRecording, MissingReader, UnreadableRecording
from ecg.formats import dicom, open_files, strips
from ecg.formats.dicom import open_dicom
from ecg.reading import LeadRead, ReadOptions
from tests.ecg.formats.waveforms import SYNTAXES, group, write

PUBLIC = Path(get_testdata_file("waveform_ecg.dcm"))
"""Of pydicom's own tests: 12 leads, ten seconds, and a mean beat."""


@pytest.fixture
def microvolts(made):
    """By lead."""
    return {name: np.round(signal * 1000).astype(int) for name, signal in zip(("II", "V1"), made.signals, strict=True)}


@pytest.fixture
def file(tmp_path):
    return tmp_path / "made.dcm"


def test_a_public_file_is_read_as_pydicom_reads_it():
    recording = open_files([PUBLIC]).read()
    assert recording.leads == ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
    assert (recording.fs, recording.begun) == (1000, datetime(2013, 1, 25, 10, 59, 19))
    theirs = pydicom.dcmread(PUBLIC).waveform_array(0).T / 1000
    np.testing.assert_allclose(recording.signals, theirs, rtol=1e-6)


def test_a_public_file_is_read_as_ecgdatakit_reads_it(read_by_ecgdatakit):
    theirs = read_by_ecgdatakit(PUBLIC)
    np.testing.assert_allclose(open_dicom(PUBLIC).read().signals, np.array(list(theirs.values())), rtol=1e-6)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_what_was_written_is_read_back(syntax, made, microvolts, file, monkeypatch):
    monkeypatch.setattr(strips, "BLOCK", 777)
    kind = ">i2" if syntax == "big" else "i2"
    item = group(microvolts, 250)
    item.WaveformData = np.array(list(microvolts.values())).T.astype(kind).tobytes()
    recording = open_files([write(file, [item], syntax).rename(file.with_name("made"))]).read()
    assert (recording.leads, recording.fs, recording.warnings) == (("II", "V1"), 250, ())
    assert recording.read_as.leads[1] == LeadRead("V1", "uV", "file", 2)
    assert recording.begun == datetime(2019, 12, 31, 23, 59, 58, 500_000)
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-3)


@pytest.mark.parametrize(
    ("kind", "sensitivity", "baseline"), [("i1", 1, 0), ("u1", 1, -128), ("u2", 0.5, -3), ("i4", 2, 5)]
)
def test_samples_of_every_kind_are_read(kind, sensitivity, baseline, file):
    least, most = np.iinfo(kind).min, min(np.iinfo(kind).max, 2**20)
    digital = np.linspace(max(least, -(2**20)), most, 300).astype(int)
    write(file, [group({"II": digital}, 250, kind=kind, sensitivity=sensitivity, baseline=baseline)])
    signal = open_dicom(file).read().signals[0]
    np.testing.assert_allclose(signal * 1000, digital * sensitivity + baseline, rtol=1e-6)


def test_nothing_of_the_patient_is_shown(microvolts, file):
    shown = repr(open_dicom(write(file, [group(microvolts, 250)])).read())
    assert not any(word in shown for word in ("Mustermann", "Erika", "0815", "1951"))


@pytest.mark.parametrize("field", [b"1.2.3\0", b"DERIVED ", b"250.0 ", b"2:2 ", b"20191231235958.5"])
def test_pydicom_shows_nobody_what_it_found_odd(field, microvolts, file, caplog, recwarn):
    """It quotes whole values in its warnings, in its log and in its errors."""
    beat = group({name: signal[:250] for name, signal in microvolts.items()}, 250, WaveformOriginality="DERIVED")
    content = write(file, [beat, group(microvolts, 250)]).read_bytes()
    file.write_bytes(content.replace(field, b"Mustermann^Erika"[: len(field)].ljust(len(field), b"x")))
    try:
        shown = repr(open_dicom(file).read())
    except EcgError as error:
        shown = str(error)
    assert not any("Muste" in text for text in (shown, caplog.text, *(str(one.message) for one in recwarn)))


def test_a_mean_beat_is_none_of_the_leads(microvolts, file):
    beat = group({name: signal[:250] for name, signal in microvolts.items()}, 250, WaveformOriginality="DERIVED")
    assert open_dicom(write(file, [beat, group(microvolts, 250)])).leads == ("II", "V1")
    with pytest.raises(UnreadableRecording, match="holds no recorded waveform; a mean beat has no beats"):
        open_dicom(write(file, [beat]))


def test_groups_of_several_rates_have_the_highest(microvolts, file):
    slow = group({"V2": microvolts["V1"][::2]}, 125)
    recording = open_dicom(write(file, [slow, group(microvolts, 250)])).read()
    assert (recording.leads, recording.fs, recording.signals.shape) == (("V2", "II", "V1"), 250, (3, 5000))
    np.testing.assert_allclose(recording.signals[1] * 1000, microvolts["II"], atol=1e-3)
    np.testing.assert_allclose(recording.signals[0, ::2][50:-50] * 1000, microvolts["V1"][::2][50:-50], atol=30)


def test_groups_that_follow_each_other_have_gaps(microvolts, file):
    first = group({"II": microvolts["II"][:1250]}, 250)
    second = group({"V1": microvolts["V1"][:1250]}, 250, MultiplexGroupTimeOffset=5000)
    signals = open_dicom(write(file, [first, second])).read().signals * 1000
    assert signals.shape == (2, 2500)
    np.testing.assert_allclose(signals[0, :1250], microvolts["II"][:1250], atol=1e-3)
    np.testing.assert_allclose(signals[1, 1250:], microvolts["V1"][:1250], atol=1e-3)
    assert np.isnan(signals[0, 1250:]).all() and np.isnan(signals[1, :1250]).all()


def test_groups_that_are_weeks_apart_are_refused(microvolts, file):
    write(file, [group(microvolts, 250), group(microvolts, 250, MultiplexGroupTimeOffset="1e9")])
    with pytest.raises(UnreadableRecording, match="holds signals that begin 1,000,000 s after others"):
        open_dicom(file)


def test_padding_is_a_gap(file):
    digital = np.zeros(300)
    digital[100:200] = -32768
    item = group({"II": digital}, 250, WaveformPaddingValue=np.int16(-32768).tobytes())
    assert np.flatnonzero(np.isnan(open_dicom(write(file, [item])).read().signals[0])).tolist() == list(range(100, 200))


def test_a_unit_that_is_not_stated_is_guessed(made, microvolts, file):
    recording = open_dicom(write(file, [group(microvolts, 250, unit=None)])).read()
    assert [warning.kind for warning in recording.warnings] == ["unit_guessed"] * 2
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-3)


def test_a_channel_that_is_no_voltage_is_left_out(microvolts, file):
    pressure = group({"ART": microvolts["II"]}, 250, unit="mm[Hg]")
    assert open_dicom(write(file, [group(microvolts, 250), pressure])).left_out == ("Lead ART (mm[Hg])",)


def test_samples_that_are_missing_are_warned_of(made, microvolts, file):
    recording = open_dicom(write(file, [group(microvolts, 250, NumberOfWaveformSamples=6000)])).read()
    assert [warning.kind for warning in recording.warnings] == ["truncated"]
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-3)
    with pytest.raises(UnreadableRecording, match="it says 6,000 samples, read the 5,000 that are there"):
        open_dicom(file, ReadOptions(strict=True))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"WaveformBitsAllocated": 8, "WaveformSampleInterpretation": "MB"},
            "samples of 8 bits, written as MB, expected",
        ),
        ({"NumberOfWaveformChannels": 3}, "says 3 channels and describes 2"),
        ({"NumberOfWaveformChannels": 0}, "says 0 channels"),
        ({"SamplingFrequency": "0"}, "says 0 samples a second"),
        ({"WaveformData": b""}, "holds no recorded waveform"),
    ],
)
def test_a_group_that_lies_is_refused_with_what_is_wrong(changed, message, microvolts, file):
    with pytest.raises(UnreadableRecording, match=message):
        open_dicom(write(file, [group(microvolts, 250, **changed)]))


def test_what_holds_no_waveform_is_refused(file):
    with pytest.raises(UnreadableRecording, match="holds no waveform; expected a DICOM ECG"):
        open_dicom(write(file, None))


def test_what_would_be_unpacked_whole_is_refused(microvolts, file):
    write(file, [group(microvolts, 250)], pydicom.uid.DeflatedExplicitVRLittleEndian)
    with pytest.raises(UnreadableRecording, match=r"is packed \(deflated\); save it in another transfer syntax"):
        open_dicom(file)


def test_a_file_that_is_cut_off_is_refused_for_what_it_is(tmp_path):
    (tmp_path / "made.dcm").write_bytes(PUBLIC.read_bytes()[:100_000])
    with pytest.raises(UnreadableRecording, match=r"made\.dcm is cut off, or no DICOM file"):
        open_dicom(tmp_path / "made.dcm")


def test_an_absurd_rate_is_refused(microvolts, file):
    with pytest.raises(InvalidSignals, match="got 10 samples a second"):
        open_dicom(write(file, [group(microvolts, 10)]))


def test_a_file_has_a_largest_size(microvolts, file, monkeypatch):
    monkeypatch.setattr(dicom, "MAX_SIZE", 100)
    with pytest.raises(LargeRecording, match="bytes, expected at most 100"):
        open_dicom(write(file, [group(microvolts, 250)]))


def test_without_its_package_the_answer_says_what_to_install(microvolts, file, monkeypatch):
    write(file, [group(microvolts, 250)])
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(MissingReader, match=r"made\.dcm is DICOM, .*: pip install 'cardiode\[dicom\]'"):
        open_files([file])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_mangled_file_gives_a_recording_or_a_clear_error(tmp_path_factory, data):
    file = tmp_path_factory.mktemp("mangled") / "made.dcm"
    content = bytearray(write(file, [group({"II": np.arange(200), "V1": np.arange(200)}, 250)]).read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(128, len(content) - 1))
        content[place : place + 1] = data.draw(st.binary(min_size=1, max_size=1))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(200, len(content))) :]
    file.write_bytes(bytes(content))
    try:
        recording = open_dicom(file).read(10**6)
    except EcgError as error:
        assert str(error)
    else:
        assert recording.signals.shape[0] == len(recording.leads)
