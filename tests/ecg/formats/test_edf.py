import numpy as np
import pytest
from edfio import EdfSignal
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import EcgError, InvalidSignals, UnreadableRecording
from ecg.formats import edf, gaps
from ecg.formats.edf import open_edf


@pytest.mark.parametrize(("unit", "factor"), [("uV", 1000.0), ("mV", 1.0)])
def test_what_was_written_is_read_back_in_mv(unit, factor, made, write_edf, monkeypatch):
    monkeypatch.setattr(edf, "SECONDS_AT_ONCE", 3.0)
    source = open_edf(write_edf(unit=unit, factor=factor))
    assert (source.name, source.leads, source.fs, source.length) == ("made", made.leads, 250.0, 5000)
    np.testing.assert_allclose(source.read().signals, made.signals, atol=1e-4)


def test_signals_that_are_no_leads_or_of_another_rate_are_left_out(made, write_edf):
    slow = EdfSignal(np.arange(2000.0), 100, label="ECG slow", physical_dimension="uV")
    breath = EdfSignal(np.arange(200.0), 10, label="Resp", physical_dimension="uV")
    pressure = EdfSignal(np.arange(5000.0), 250, label="ABP", physical_dimension="mmHg")
    source = open_edf(write_edf(slow, breath, pressure))
    assert source.leads == made.leads
    assert source.left_out == ("ECG slow (uV)", "Resp (uV)", "ABP (mmHg)")


def test_a_recording_without_leads_has_none(write_edf):
    recording = open_edf(write_edf(unit="mmHg")).read()
    assert recording.leads == () and recording.left_out == ("MLII (mmHg)", "V1 (mmHg)") and recording.seconds == 0


def discontinuous(onsets, samples=100, label="EDF Annotations", rate=100):
    """An EDF+D file with one signal, 1 s a data record, at these times."""
    fields = [("0", 8), ("X X X X", 80), ("Startdate X X X X", 80), ("01.01.20", 8), ("00.00.00", 8), ("768", 8)]
    fields += [("EDF+D", 44), (str(len(onsets)), 8), ("1", 8), ("2", 4)]
    pairs = [(("ECG II", label), 16), (("", ""), 80), (("mV", ""), 8), (("-5", "-1"), 8), (("5", "1"), 8)]
    pairs += [
        (("-32768", "-32768"), 8),
        (("32767", "32767"), 8),
        (("", ""), 80),
        ((str(rate), "20"), 8),
        (("", ""), 32),
    ]
    header = "".join(text.ljust(width) for text, width in fields)
    header += "".join(text.ljust(width) for both, width in pairs for text in both)
    body = b"".join(
        np.full(samples, number + 1, "<i2").tobytes() + f"+{onset}\x14\x14\x00".encode().ljust(40, b"\0")
        for number, onset in enumerate(onsets)
    )
    return header.encode() + body


def test_the_gaps_of_a_discontinuous_file_are_gaps(tmp_path):
    (tmp_path / "gaps.edf").write_bytes(discontinuous([0, 1, 4.5]))
    signals = open_edf(tmp_path / "gaps.edf").read().signals[0]
    assert len(signals) == 550
    assert not np.isnan(signals[:200]).any() and np.isnan(signals[200:450]).all() and not np.isnan(signals[450:]).any()


def test_a_long_gap_comes_in_pieces(tmp_path, monkeypatch):
    monkeypatch.setattr(gaps, "BLOCK", 1000)
    (tmp_path / "gaps.edf").write_bytes(discontinuous([0, 100]))
    assert max(block.shape[1] for block in open_edf(tmp_path / "gaps.edf").blocks) <= 1000


def test_a_record_that_begins_a_little_early_follows_the_one_before(tmp_path):
    (tmp_path / "gaps.edf").write_bytes(discontinuous([0, 2, "2.9995", "4.0"]))
    signals = open_edf(tmp_path / "gaps.edf").read().signals[0]
    assert len(signals) == 500 and np.flatnonzero(np.isnan(signals)).tolist() == list(range(100, 200))


@pytest.mark.parametrize("at_once", [100, 170, 1000, 10**6])
def test_long_records_and_many_are_read_in_pieces(at_once, write_edf, tmp_path, monkeypatch):
    (tmp_path / "gaps.edf").write_bytes(discontinuous([0, 1, 4.5, 5.5]))
    whole, gaps_of = open_edf(write_edf()).read().signals, open_edf(tmp_path / "gaps.edf").read().signals
    monkeypatch.setattr(edf, "VALUES_AT_ONCE", at_once)
    monkeypatch.setattr(edf, "RECORDS_AT_ONCE", 3)
    assert max(block.size for block in open_edf(write_edf()).blocks) <= at_once
    np.testing.assert_array_equal(open_edf(write_edf()).read().signals, whole)
    np.testing.assert_array_equal(open_edf(tmp_path / "gaps.edf").read().signals, gaps_of)


def test_more_data_records_than_a_discontinuous_file_has_are_refused_before_they_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(edf, "MAX_RECORDS", 3)
    (tmp_path / "gaps.edf").write_bytes(discontinuous([0, 1, 2]))
    assert open_edf(tmp_path / "gaps.edf").length == 300
    (tmp_path / "gaps.edf").write_bytes(discontinuous([0, 1, 2, "never read"]))
    with pytest.raises(
        UnreadableRecording,
        match=r"has gaps \(EDF\+D\) and 4 data records, expected at most 3; save it with longer ones",
    ):
        open_edf(tmp_path / "gaps.edf")


@pytest.mark.parametrize("onsets", [[0, 5, 3], [0, 1e12], [0, "x"]])
def test_times_that_cannot_be_are_refused(onsets, tmp_path):
    (tmp_path / "gaps.edf").write_bytes(discontinuous(onsets))
    with pytest.raises(UnreadableRecording, match="data record"):
        open_edf(tmp_path / "gaps.edf")


def test_gaps_that_nothing_tells_of_are_refused(tmp_path):
    (tmp_path / "gaps.edf").write_bytes(discontinuous([0, 1], label="EDF Nothing"))
    with pytest.raises(UnreadableRecording, match="has no annotations that say where"):
        open_edf(tmp_path / "gaps.edf")


@pytest.mark.parametrize(
    ("place", "text", "message"),
    [
        (0, "EDF", "does not begin as an EDF file does"),
        (184, "999", "the header says that it has 999 bytes"),
        (236, "40", "truncated, or its header lies"),
        (236, "-1", "says -1 data records: the program that recorded it never closed it"),
        (236, "0", "longer than it says, or its header lies: got 20,768 bytes, expected 768 for 0 data records"),
        (236, "many", "got 'many' for the number of data records"),
        (244, "nan", "a data record lasts nan s"),
        (244, "0", "a data record lasts 0 s"),
        (244, "long", "got 'long' for the seconds of a data record"),
        (688, "0", "its signals have 0, 250 samples in a data record, expected 1 or more of each"),
        (688, "-1", "its signals have -1, 250 samples in a data record"),
        (688, "few", "got 'few' for the number of samples"),
        (252, "0", "says 0 signals"),
        (252, "9999", "says 9999 signals"),
    ],
)
def test_a_header_that_lies_is_refused_with_what_is_wrong(place, text, message, write_edf):
    file = write_edf()
    content = bytearray(file.read_bytes())
    width = 4 if place == 252 else 8
    content[place : place + width] = text.ljust(width).encode()
    file.write_bytes(bytes(content))
    with pytest.raises(UnreadableRecording, match=message):
        open_edf(file)


def test_a_truncated_file_is_refused(write_edf):
    file = write_edf()
    file.write_bytes(file.read_bytes()[:-1000])
    with pytest.raises(UnreadableRecording, match="truncated"):
        open_edf(file)


def test_a_range_that_is_none_is_refused(write_edf):
    file = write_edf()
    content = bytearray(file.read_bytes())
    place = 256 + 2 * (16 + 80 + 8)  # physical minimum of the first signal, then of the second, then the maxima
    content[place : place + 8] = content[place + 16 : place + 24]
    file.write_bytes(bytes(content))
    with pytest.raises(UnreadableRecording, match="which is no range"):
        open_edf(file)


def test_an_absurd_rate_is_refused(tmp_path):
    (tmp_path / "slow.edf").write_bytes(discontinuous([0, 1], samples=10, rate=10))
    with pytest.raises(InvalidSignals, match="got 10 samples a second"):
        open_edf(tmp_path / "slow.edf")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_mangled_file_gives_a_recording_or_a_clear_error(tmp_path_factory, data):
    content = bytearray(discontinuous([0, 1, 3]))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + 1] = data.draw(st.binary(min_size=1, max_size=1))
    file = tmp_path_factory.mktemp("mangled") / "made.edf"
    file.write_bytes(bytes(content))
    try:
        recording = open_edf(file).read(10**6)
    except EcgError as error:
        assert str(error)
    else:
        assert recording.signals.shape[0] == len(recording.leads)
