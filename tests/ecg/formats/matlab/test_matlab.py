import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.io import savemat

from ecg import EcgError, InvalidSignals, LargeRecording, UnreadableRecording
from ecg.formats import open_files
from ecg.formats.matlab import open_matlab
from ecg.reading import LeadRead, ReadOptions

LEVELS = [("4", False), ("5", False), ("5", True)]


@pytest.fixture
def write(tmp_path):
    def write(level="5", packed=False, name="made.mat", **arrays):
        savemat(tmp_path / name, arrays, format=level, do_compression=packed)
        return tmp_path / name

    return write


@pytest.mark.parametrize("kind", ["i2", "i4", "f8"])
@pytest.mark.parametrize(("level", "packed"), LEVELS)
def test_what_another_program_writes_is_read(level, packed, kind, made, write):
    val = np.round(made.signals * 1000).astype(kind)
    recording = open_files([write(level, packed, val=val)], ReadOptions(fs=250)).read()
    assert (recording.leads, recording.fs) == (("lead 1", "lead 2"), 250)
    assert recording.read_as.leads[0] == LeadRead("lead 1", "uV", "values", 1)
    assert [warning.kind for warning in recording.warnings] == ["unit_guessed"] * 2
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-3)


def test_a_rate_is_that_of_the_file_or_has_to_be_said(made, write):
    with pytest.raises(InvalidSignals, match=r"made\.mat says no rate; say it \(fs\), .*, or send the header"):
        open_files([write(val=made.signals)])
    assert open_files([write(val=made.signals, Fs=250.0)]).fs == 250
    assert open_files([write(val=made.signals, Fs=250.0)], ReadOptions(fs=500)).fs == 500


@pytest.mark.parametrize("name", ["val", "ECG", "data"])
def test_a_column_may_be_a_lead(name, made, write):
    recording = open_matlab(write(**{name: made.signals.T}), ReadOptions(fs=250, unit="mV")).read()
    np.testing.assert_array_equal(recording.signals, made.signals)
    assert recording.warnings == ()


@pytest.mark.parametrize("arrays", [{"x": np.ones((2, 300))}, {"val": np.ones((2, 300)) * 1j}, {"val": "text"}])
def test_what_holds_no_signals_is_refused(arrays, write):
    with pytest.raises(UnreadableRecording, match="expected one of: val, ecg, data"):
        open_matlab(write(**arrays), ReadOptions(fs=250))


def test_what_unpacks_to_too_much_is_refused(write, monkeypatch):
    file = write("5", True, val=np.zeros((2, 300_000)))
    assert file.stat().st_size < 10_000
    monkeypatch.setattr("ecg.formats.matlab.variables.MAX_UNPACKED", 10_000)
    with pytest.raises(LargeRecording, match=r"has a variable of over .* bytes when unpacked"):
        open_matlab(file, ReadOptions(fs=250))
    monkeypatch.setattr("ecg.formats.matlab.variables.MAX_SIZE", 100)
    with pytest.raises(LargeRecording, match="bytes, expected at most 100"):
        open_matlab(file, ReadOptions(fs=250))


def test_a_truncated_array_is_read_as_far_as_it_goes(made, write):
    file = write("4", val=made.signals)
    file.write_bytes(file.read_bytes()[:-1600])
    recording = open_matlab(file, ReadOptions(fs=250, unit="mV")).read()
    assert recording.signals.shape == (2, 4800)
    assert [warning.kind for warning in recording.warnings] == ["truncated"]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(LEVELS), st.data())
def test_a_mangled_file_gives_a_recording_or_a_clear_error(tmp_path_factory, kind, data):
    file = tmp_path_factory.mktemp("mangled") / "made.mat"
    savemat(file, {"val": np.arange(400.0).reshape(2, 200)}, format=kind[0], do_compression=kind[1])
    content = bytearray(file.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + 1] = data.draw(st.binary(min_size=1, max_size=1))
    file.write_bytes(bytes(content))
    try:
        recording = open_matlab(file, ReadOptions(fs=250)).read(10**6)
    except EcgError as error:
        assert str(error)
    else:
        assert recording.signals.shape[0] == len(recording.leads)
