import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import EcgError, LargeRecording, UnreadableRecording
from ecg.formats import open_files
from ecg.formats.scp import open_scp
from ecg.formats.scp import record as reader
from ecg.reading import LeadRead, ReadOptions
from tests.ecg.formats.scp.records import DEFAULT, OWN, coded, record

KINDS = [(table, order) for table in (None, DEFAULT, OWN) for order in (0, 1, 2)]


@pytest.fixture
def microvolts(made):
    """By lead."""
    return {name: np.round(signal * 1000).astype(int) for name, signal in zip(("II", "V1"), made.signals, strict=True)}


@pytest.fixture
def write(tmp_path):
    def write(content, name="made.scp"):
        (tmp_path / name).write_bytes(content)
        return tmp_path / name

    return write


def beat_of(length=200, centre=81):
    return np.round(300 * np.exp(-(((np.arange(length) - centre + 1) / 8) ** 2))).astype(int)


@pytest.mark.parametrize(("table", "order"), KINDS)
def test_what_was_encoded_is_read_back(table, order, microvolts, write):
    recording = open_files([write(record(microvolts, interval=4000, table=table, order=order), "made")]).read()
    assert (recording.leads, recording.fs, recording.warnings) == (("II", "V1"), 250, ())
    np.testing.assert_allclose(recording.signals * 1000, list(microvolts.values()), atol=1e-3)


@pytest.mark.parametrize("order", [0, 1, 2])
def test_a_reference_beat_that_was_taken_off_is_put_back(order, microvolts, write):
    file = write(record(microvolts, table=DEFAULT, order=order, beat=(beat_of(), 81, [500, 1000, 2000])))
    np.testing.assert_allclose(open_scp(file).read().signals * 1000, list(microvolts.values()), atol=1e-3)


@pytest.mark.parametrize("beat", [None, (beat_of(), 81, [500, 1000])])
@pytest.mark.parametrize(("table", "order"), KINDS)
def test_it_is_read_as_ecgdatakit_reads_it(table, order, beat, microvolts, write, read_by_ecgdatakit):
    file = write(record(microvolts, nanovolts=2500, table=table, order=order, beat=beat))
    theirs = read_by_ecgdatakit(file)
    recording = open_scp(file).read()
    assert tuple(theirs) == recording.leads
    np.testing.assert_allclose(recording.signals, np.array(list(theirs.values())), rtol=1e-6)


@pytest.mark.parametrize(("table", "order"), KINDS[:6])
def test_it_is_read_as_biosig_reads_it(table, order, microvolts, write, read_by_biosig):
    file = write(record(microvolts, table=table, order=order))
    np.testing.assert_allclose(open_scp(file).read().signals, list(read_by_biosig(file).values()), atol=1e-4)


def test_a_lead_that_begins_later_has_a_gap_before(microvolts, write):
    first, second = (signal[:500] for signal in microvolts.values())
    signals = open_scp(write(record({"II": first, "V1": second}, starts=[1, 501]))).read().signals * 1000
    assert signals.shape == (2, 1000)
    np.testing.assert_allclose(signals[0, :500], first, atol=1e-3)
    np.testing.assert_allclose(signals[1, 500:], second, atol=1e-3)
    assert np.isnan(signals[0, 500:]).all() and np.isnan(signals[1, :500]).all()


def test_what_was_understood_is_said_and_nothing_of_the_patient(microvolts, write):
    recording = open_scp(write(record(microvolts))).read()
    assert recording.read_as.leads == (LeadRead("II", "nV", "file", 1), LeadRead("V1", "nV", "file", 2))
    assert str(recording.begun) == "2019-12-31 23:59:58"
    assert not any(word in repr(recording) for word in ("Mustermann", "Erika", "0815", "1951"))


def test_a_date_is_not_invented(microvolts, write):
    for section in (b"\xff\0\0", b"\x19\x04\0\0\0\0\0\x1a\x03\0\0\0\0", b"\x19\xff\xff"):
        assert open_scp(write(record(microvolts, section1=section))).begun is None


def test_a_truncated_record_is_read_as_far_as_it_goes(microvolts, write):
    content = record(microvolts)
    recording = open_scp(write(content[:-4000])).read()
    assert [warning.kind for warning in recording.warnings] == ["truncated", "truncated"]
    np.testing.assert_allclose(recording.signals[0] * 1000, microvolts["II"], atol=1e-3)
    assert np.isnan(recording.signals[1, 3000:]).all()
    np.testing.assert_allclose(recording.signals[1, :3000] * 1000, microvolts["V1"][:3000], atol=1e-3)
    with pytest.raises(UnreadableRecording, match=r"made\.scp is truncated: got 16,\d+ bytes, expected 20,"):
        open_scp(write(content[:-4000]), ReadOptions(strict=True))


def test_a_wrong_checksum_is_warned_of_but_not_one_of_0(microvolts, write):
    content = record(microvolts)
    assert [w.kind for w in open_scp(write(b"\x12\x34" + content[2:])).warnings.given] == ["checksum"]
    assert open_scp(write(b"\0\0" + content[2:])).warnings.given == []


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"section6": None}, r"holds no rhythm data \(Section 6\)"),
        ({"section12": b"x" * 20}, r"long-term rhythm data \(Section 12\), which is not read; convert it with BioSig"),
        ({"section3": None}, r"describes no leads \(Section 3\)"),
        ({"section3": b"\x05\x00"}, "describes no leads"),
        ({"section3": bytes(2)}, "says 0 leads, expected 1 to 64"),
        ({"section3": b"\x01\x00" + struct.pack("<IIB", 5, 2, 1)}, "says that a lead goes from sample 5 to 2"),
        ({"section6": b"xx"}, "holds no samples of 2 leads"),
        ({"section6": struct.pack("<HHBBHH", 1000, 2000, 3, 0, 0, 0)}, "differences of the order 3, expected 0 to 2"),
        ({"section6": struct.pack("<HHBBHH", 0, 2000, 0, 0, 0, 0)}, "says that a sample is 0 nV"),
        ({"section6": struct.pack("<HHBBHH", 1000, 2000, 0, 1, 0, 0)}, r"between its beats \(bimodal\), which is not"),
        ({"section6": struct.pack("<HHBBHH", 1000, 2000, 0, 0, 0, 0)}, "holds no sample; send it anew"),
        ({"section2": struct.pack("<HH", 2, 1)}, r"has 2 Huffman tables \(Section 2\), expected one"),
        ({"section2": b"\1"}, r"its Huffman tables \(Section 2\) have 1 bytes"),
        ({"section2": struct.pack("<HHBBBhI", 1, 1, 1, 1, 0, 2, 0)}, "has a Huffman code of 1 bits, 1 in all, mode 0"),
        ({"section2": struct.pack("<HHBBBhI", 1, 1, 1, 1, 1, 2, 9)}, "has a Huffman code of 1 bits"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_is_wrong(changed, message, microvolts, write):
    with pytest.raises(UnreadableRecording, match=message):
        open_scp(write(record(microvolts, **changed)))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"section5": None}, r"lacks the reference beat that was taken off its samples \(Sections 4 and 5\)"),
        ({"section4": None}, "lacks the reference beat"),
        ({"section5": coded([beat_of()] * 2, 1000, 1000, DEFAULT, 0)}, "has a reference beat of another rate"),
    ],
)
def test_a_reference_beat_that_is_not_there_is_refused(changed, message, microvolts, write):
    content = record(microvolts, table=DEFAULT, beat=(beat_of(), 81, [500]), **changed)
    with pytest.raises(UnreadableRecording, match=message):
        open_scp(write(content))


def test_beats_that_lie_on_each_other_are_refused(microvolts, write):
    with pytest.raises(UnreadableRecording, match="takes off 60 beats over 12,000 samples of 5,000"):
        open_scp(write(record(microvolts, table=DEFAULT, beat=(beat_of(), 81, [500] * 60))))


def test_leads_that_are_years_apart_are_refused(microvolts, write):
    with pytest.raises(UnreadableRecording, match="holds signals that begin 2,000,000 s after others"):
        open_scp(write(record(microvolts, starts=[1, 10**9])))


def test_a_record_has_a_largest_size(microvolts, write, monkeypatch):
    monkeypatch.setattr(reader, "MAX_SIZE", 100)
    with pytest.raises(LargeRecording, match="bytes, expected at most 100"):
        open_scp(write(record(microvolts)))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_mangled_record_gives_a_recording_or_a_clear_error(tmp_path_factory, data):
    signals = {"II": np.arange(200) % 50, "V1": np.arange(200) % 30}
    content = bytearray(record(signals, table=DEFAULT, order=2, beat=(beat_of(20, 8), 8, [50, 100])))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + 1] = data.draw(st.binary(min_size=1, max_size=1))
    file = tmp_path_factory.mktemp("mangled") / "made.scp"
    file.write_bytes(bytes(content))
    try:
        recording = open_scp(file).read(10**6)
    except EcgError as error:
        assert str(error)
    else:
        assert recording.signals.shape[0] == len(recording.leads)
