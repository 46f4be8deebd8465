import re
from datetime import datetime

import numpy as np
import pytest
from edfio import Bdf, BdfSignal, Edf, EdfAnnotation, EdfSignal, read_bdf, read_edf
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import EcgError, InvalidSignals, UnreadableRecording
from ecg.formats import edf, gaps, open_files
from ecg.formats.edf import header, open_edf
from ecg.reading import LeadRead, LeftOut, ReadOptions


@pytest.mark.parametrize(("unit", "factor"), [("uV", 1000.0), ("mV", 1.0)])
def test_what_was_written_is_read_back_in_mv(unit, factor, made, write_edf, monkeypatch):
    monkeypatch.setattr(edf, "SECONDS_AT_ONCE", 3.0)
    source = open_edf(write_edf(unit=unit, factor=factor))
    assert (source.name, source.leads, source.fs, source.length) == ("made", made.leads, 250.0, 5000)
    np.testing.assert_allclose(source.read().signals, made.signals, atol=1e-4)


def test_signals_that_are_no_leads_are_left_out(made, write_edf):
    breath = EdfSignal(np.arange(200.0), 10, label="Resp", physical_dimension="uV")
    pressure = EdfSignal(np.arange(5000.0), 250, label="ABP", physical_dimension="mmHg")
    source = open_edf(write_edf(breath, pressure))
    assert source.leads == made.leads
    assert source.left_out == ("Resp (uV)", "ABP (mmHg)")
    assert [one.reason for one in source.read_as.left_out] == [
        "its name is that of another kind of signal",
        "its name is that of another kind of signal",
    ]


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
    monkeypatch.setattr(header, "MAX_RECORDS", 3)
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
        (236, "many", "got 'many' for the number of data records"),
        (244, "nan", "a data record lasts nan s"),
        (244, "0", "a data record lasts 0 s"),
        (244, "long", "got 'long' for the seconds of a data record"),
        (688, "-1", "its signals have -1, 250 samples in a data record"),
        (688, "few", "got 'few' for the number of samples"),
        (236, "2.5", "got 2.5 for the number of data records, expected a whole number"),
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


def rewritten(file, place, text, width=8):
    """The file with another text in a field of its header."""
    content = bytearray(file.read_bytes())
    content[place : place + width] = text.ljust(width).encode()
    file.write_bytes(bytes(content))
    return file


def test_a_truncated_file_is_read_as_far_as_it_goes(made, write_edf):
    file = write_edf()
    file.write_bytes(file.read_bytes()[:-1400])  # of a record of 250 and 250 samples, 300 are left
    recording = open_edf(file).read()
    assert recording.signals.shape == (2, 18 * 250 + 250)
    np.testing.assert_allclose(recording.signals[0], made.signals[0, : 19 * 250], atol=1e-4)
    np.testing.assert_allclose(recording.signals[1, :4550], made.signals[1, :4550], atol=1e-4)
    assert np.isnan(recording.signals[1, 4550:]).all()
    assert [warning.kind for warning in recording.warnings] == ["truncated"]
    assert "made.edf is truncated, or its header lies: got 19,368 bytes" in recording.warnings[0].message


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("-1", "says -1 data records: the program that recorded it never closed it; read what is there, 20"),
        ("40", "is truncated, or its header lies: got 20,768 bytes, expected 40,768 for 40 data records"),
        ("0", "is longer than it says, or its header lies"),
        ("19", "is longer than it says, or its header lies"),
    ],
)
def test_data_records_that_are_not_as_many_as_is_said_are_read_and_warned_of(said, message, made, write_edf):
    recording = open_edf(rewritten(write_edf(), 236, said)).read()
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-4)
    assert [warning.kind for warning in recording.warnings] == ["truncated"]
    assert message in recording.warnings[0].message
    with pytest.raises(UnreadableRecording, match=re.escape(message)):
        open_edf(rewritten(write_edf(), 236, said), ReadOptions(strict=True))


def test_of_a_file_that_ends_in_its_first_record_the_beginning_is_read(made, write_edf):
    file = write_edf(unit="", factor=1.0)
    file.write_bytes(file.read_bytes()[: 768 + 400])
    recording = open_edf(file).read()
    np.testing.assert_allclose(recording.signals[0], made.signals[0, :200], atol=1e-3)
    assert np.isnan(recording.signals[1]).all()
    assert {warning.kind for warning in recording.warnings} == {"truncated", "unit_guessed"}


def test_a_file_without_a_data_record_is_refused(write_edf):
    file = write_edf()
    file.write_bytes(file.read_bytes()[:768])
    with pytest.raises(UnreadableRecording, match=r"made\.edf holds no data record"):
        open_edf(file)


FIRST = 256 + 2 * (16 + 80)
"""The first signal's unit; then come, of both signals, eight characters each of units, minima and maxima."""


def test_a_channel_without_a_range_is_left_out(made, write_edf):
    recording = open_edf(rewritten(rewritten(write_edf(), FIRST + 16, "0"), FIRST + 32, "0")).read()
    assert recording.leads == ("V1",) and recording.left_out == ("MLII (uV)",)
    assert recording.read_as.left_out[0].reason.endswith("for 0 to 0, which is no range")
    assert recording.read_as.leads == (LeadRead("V1", "uV", "file", 2),)
    np.testing.assert_allclose(recording.signals[0], made.signals[1], atol=1e-4)


def test_a_channel_of_which_a_field_is_no_number_is_left_out_with_its_name(write_edf):
    recording = open_edf(rewritten(write_edf(), FIRST + 16, "low")).read()
    assert recording.read_as.left_out == (LeftOut("MLII", "its physical minimum is 'low', expected a number"),)


def test_a_channel_without_samples_is_left_out(tmp_path):
    content = discontinuous([0, 1]).replace(b"EDF+D", b"EDF+C").replace(b"20      ", b"0       ")
    (tmp_path / "made.edf").write_bytes(content)
    recording = open_edf(tmp_path / "made.edf").read()
    assert recording.leads == ("ECG II",)


def test_numbers_are_read_as_other_programs_write_them(made, write_edf):
    file = write_edf()
    fields = [(FIRST + 48, "-32768.0"), (FIRST + 64, "32767,0"), (236, "20.0"), (244, "1,0"), (FIRST + 88, "\0" * 8)]
    for place, text in fields[:4]:
        rewritten(file, place, text)
    np.testing.assert_allclose(open_edf(file).read().signals, made.signals, atol=1e-4)


@pytest.mark.parametrize(("unit", "factor", "values"), [("", 1000.0, "uV"), ("", 1.0, "mV"), ("?", 1e-3, "V")])
def test_a_unit_that_is_missing_is_guessed_by_the_values(unit, factor, values, made, write_edf):
    recording = open_edf(write_edf(unit=unit, factor=factor)).read()
    assert recording.read_as.leads[0] == LeadRead("MLII", values, "values", 1)
    assert [warning.kind for warning in recording.warnings] == ["unit_guessed"] * 2
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-3)


def test_a_unit_that_is_said_overrules(made, write_edf):
    recording = open_edf(write_edf(unit="", factor=1000.0), ReadOptions(unit="uV")).read()
    assert recording.read_as.leads[0] == LeadRead("MLII", "uV", "option", 1) and recording.warnings == ()
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-4)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_the_micro_sign_may_be_written_in_either_way(encoding, made, write_edf):
    file = write_edf()
    content = bytearray(file.read_bytes())
    content[FIRST : FIRST + 16] = "µV".encode(encoding).ljust(8) * 2
    file.write_bytes(bytes(content))
    recording = open_edf(file).read()
    assert recording.read_as.leads[0].unit == "µV"
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-4)


def sleep(write_edf):
    """An ECG, at 250 Hz, beside the muscles of a chin, at 500, and the brain."""
    chin = EdfSignal(np.sin(np.arange(10_000.0)) * 50, 500, label="Chin1-Chin2", physical_dimension="uV")
    brain = EdfSignal(np.sin(np.arange(5000.0)) * 50, 250, label="C3-M2", physical_dimension="uV")
    other = EdfSignal(np.sin(np.arange(10_000.0)) * 50, 500, label="Lat", physical_dimension="uV")
    return write_edf(chin, brain, other, leads=("ECG", "ECG2"))


def test_beside_an_ecg_what_has_neither_its_name_nor_a_leads_is_none(made, write_edf):
    recording = open_edf(sleep(write_edf)).read()
    assert (recording.leads, recording.fs) == (("ECG", "ECG2"), 250)
    assert recording.read_as.left_out[-1] == LeftOut(
        "Lat", "its name is none of a lead, and that of ECG says that it is the ECG"
    )
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-4)


def test_a_signal_that_is_said_to_be_a_lead_is_one(made, write_edf):
    recording = open_edf(sleep(write_edf), ReadOptions(lead="Lat")).read()
    assert (recording.leads, recording.fs) == (("ECG", "ECG2", "Lat"), 500)
    np.testing.assert_allclose(recording.signals[:2, 100:-100:2], made.signals[:, 50:-50], atol=0.02)


def test_the_gaps_are_those_of_leads_of_every_rate(tmp_path):
    times = np.arange(0, 8, 1 / 100)
    content = discontinuous([0, 1, 4.5, 5.5])
    (tmp_path / "gaps.edf").write_bytes(content)
    alone = open_edf(tmp_path / "gaps.edf").read().signals[0]
    faster = EdfSignal(np.sin(times), 100, label="V1", physical_dimension="mV")
    slower = EdfSignal(np.sin(times[::2]), 50, label="II", physical_dimension="mV")
    edf_file = Edf([faster, slower], annotations=[EdfAnnotation(0, None, "x")])
    edf_file.write(tmp_path / "made.edf")
    shifted = (tmp_path / "made.edf").read_bytes().replace(b"EDF+C", b"EDF+D")
    for second in range(7, 2, -1):
        shifted = shifted.replace(b"+%d\x14\x14" % second, b"+%d\x14\x14" % (second + 2))
    (tmp_path / "made.edf").write_bytes(shifted)
    signals = open_edf(tmp_path / "made.edf").read().signals
    assert len(alone) == 650 and signals.shape == (2, 1000)
    assert np.isnan(signals[:, 300:500]).all() and not np.isnan(signals[:, :300]).any()
    np.testing.assert_allclose(signals[1, 520:980], np.sin(times[320:780]), atol=0.02)


def test_a_rate_that_is_not_stated_is_taken_from_the_caller(made, write_edf):
    file = rewritten(write_edf(), 244, "0")
    with pytest.raises(UnreadableRecording, match=r"lasts 0 s, expected more than 0; say the rate \(fs\)"):
        open_edf(file)
    recording = open_edf(file, ReadOptions(fs=250)).read()
    assert (recording.fs, recording.read_as.fs_from, recording.signals.shape) == (250, "option", (2, 5000))


@pytest.mark.parametrize(
    ("identification", "date", "begun"),
    [
        ("Startdate 02-MAR-2019 X X X", "02.03.19", datetime(2019, 3, 2, 23, 59, 58)),
        ("anything", "02.03.84", datetime(2084, 3, 2, 23, 59, 58)),
        ("anything", "02.03.99", datetime(1999, 3, 2, 23, 59, 58)),
        ("Startdate X X X X", "02.03.19", None),
        ("anything", "32.13.19", None),
        ("anything", "", None),
    ],
)
def test_the_date_is_that_of_the_file_where_it_states_one(identification, date, begun, write_edf):
    file = rewritten(rewritten(write_edf(), 88, identification, 80), 168, date)
    assert open_edf(rewritten(file, 176, "23.59.58")).begun == begun


def test_the_name_of_a_patient_is_never_shown(write_edf):
    file = rewritten(write_edf(), 8, "0815 F 02-MAR-1951 Erika_Mustermann", 80)
    shown = repr(open_edf(file).read())
    assert "Mustermann" not in shown and "1951" not in shown and "0815" not in shown


@pytest.mark.parametrize("name", ["made.rec", "made", "made.dat"])
def test_an_edf_is_known_by_its_content(name, made, write_edf):
    file = write_edf()
    assert open_files([file.rename(file.with_name(name))]).leads == made.leads


def test_a_bdf_is_read_as_another_program_reads_it(made, tmp_path):
    signals = [
        BdfSignal(signal.astype(np.float64) * 1000, 250, label=lead, physical_dimension="uV")
        for lead, signal in zip(made.leads, made.signals, strict=True)
    ]
    status = BdfSignal(np.arange(5000.0), 250, label="Status", physical_dimension="Boolean")
    Bdf([*signals, status]).write(tmp_path / "made.bdf")
    recording = open_files([tmp_path / "made.bdf"]).read()
    assert (recording.leads, recording.left_out, recording.read_as.format) == (made.leads, ("Status (Boolean)",), "BDF")
    theirs = [signal.data / 1000 for signal in read_bdf(tmp_path / "made.bdf").signals[:2]]
    np.testing.assert_array_equal(recording.signals, np.array(theirs, np.float32))
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-6)


def test_an_edf_is_read_as_another_program_reads_it(write_edf):
    file = write_edf()
    theirs = [signal.data / 1000 for signal in read_edf(file).signals]
    np.testing.assert_allclose(open_edf(file).read().signals, np.array(theirs, np.float32), rtol=1e-6)


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
