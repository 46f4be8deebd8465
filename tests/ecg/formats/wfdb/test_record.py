import re
import subprocess
import sys
from datetime import datetime

import numpy as np
import pytest
import wfdb as wfdb_library
from hypothesis import given, settings
from hypothesis import strategies as st
from wfdb.io import _signal as signal_files

from ecg import Annotations, EcgError, InvalidSignals, UnreadableRecording
from ecg.formats import wfdb
from ecg.formats.wfdb import annotation_bytes, files, open_record, record, segment
from ecg.reading import LeadRead, LeftOut, ReadOptions


def test_what_was_written_is_read_back_with_its_annotations(made, write_wfdb):
    path = write_wfdb().with_suffix("")
    marks = made.beat_annotations()
    wfdb_library.wrann("made", "atr", marks.samples, list(marks.symbols), write_dir=str(path.parent))
    read = wfdb.read(path)
    assert (read.name, read.leads, read.fs) == ("made", made.leads, made.fs)
    np.testing.assert_allclose(read.signals, made.signals, atol=1e-3)
    assert read.beat_annotations().samples.tolist() == marks.samples.tolist()
    assert read.beat_annotations().symbols == marks.symbols


def test_annotations_can_be_left_out(write_wfdb):
    assert wfdb.read(write_wfdb().with_suffix(""), annotator=None).annotations is None


@pytest.mark.parametrize("missing", ["made.hea", "made.dat", "made.atr"])
def test_a_missing_file_is_told(missing, write_wfdb):
    path = write_wfdb().with_suffix("")
    wfdb_library.wrann("made", "atr", np.array([10]), ["N"], write_dir=str(path.parent))
    path.with_name(missing).unlink()
    with pytest.raises(UnreadableRecording, match=re.escape(missing)):
        wfdb.read(path)


@pytest.mark.parametrize(
    ("fmt", "gain"),
    [("16", 1000), ("24", 1000), ("32", 1000), ("80", 40), ("212", 200), ("508", 40), ("516", 1000), ("524", 1000)],
)
def test_every_format_that_can_be_written_is_read_as_wfdb_itself_reads_it(fmt, gain, write_wfdb, monkeypatch):
    header = write_wfdb(fmt=fmt, gain=float(gain))
    monkeypatch.setattr(segment, "BLOCK", 777)  # many blocks, that begin within groups of bytes
    expected = wfdb_library.rdrecord(str(header.with_suffix(""))).p_signal.T.astype(np.float32)
    np.testing.assert_array_equal(open_record(header).read().signals, expected)


def rewrite(header, pattern, replacement, count=1):
    text = header.read_text()
    changed = re.sub(pattern, replacement, text, count=count, flags=re.MULTILINE)
    assert changed != text
    header.write_text(changed)
    return header


@pytest.mark.parametrize("fmt", ["61", "160", "310", "311", "8"])
def test_older_formats_are_read_as_wfdb_itself_reads_them(fmt, write_wfdb, monkeypatch):
    header = write_wfdb()
    samples = {"61": 5000, "160": 5000, "310": 5001, "311": 5001, "8": 10_000}[fmt]
    header.write_text(f"made 2 250 {samples}\nmade.dat {fmt} 100 10 0\nmade.dat {fmt} 100 10 0\n")
    rng = np.random.default_rng(0)
    header.with_suffix(".dat").write_bytes(rng.integers(0, 255, 20_000, dtype=np.uint8).tobytes())
    monkeypatch.setattr(segment, "BLOCK", 777)
    expected = wfdb_library.rdrecord(str(header.with_suffix(""))).p_signal.T.astype(np.float32)
    np.testing.assert_array_equal(open_record(header).read().signals, expected)


def test_the_formats_are_those_that_wfdb_reads_and_their_samples_as_long():
    assert {*files.BYTES_PER_SAMPLE, *files.COMPRESSED} == set(signal_files.DAT_FMTS)
    assert {fmt: signal_files.BYTES_PER_SAMPLE[fmt] for fmt in files.BYTES_PER_SAMPLE} == files.BYTES_PER_SAMPLE
    assert segment.NOT_A_SAMPLE | {"8": None} == signal_files.INVALID_SAMPLE_VALUE


def test_other_units_of_voltage_become_mv(made, write_wfdb):
    header = write_wfdb(signals=made.signals * 1000, units="uV", gain=10.0)
    np.testing.assert_allclose(open_record(header).read().signals, made.signals, atol=1e-3)


def test_microvolts_may_be_written_with_their_letter(made, write_wfdb):
    header = rewrite(write_wfdb(signals=made.signals * 1000, gain=10.0), "/mV", "/µV", count=0)
    np.testing.assert_allclose(open_record(header).read().signals, made.signals, atol=1e-3)


def test_what_is_no_lead_is_left_out_and_named(made, write_wfdb):
    header = rewrite(write_wfdb(leads=("II", "RESP")), r"(made\.dat.*)/mV(.*RESP)", r"\1/NU\2")
    read = open_record(header).read()
    assert (read.leads, read.left_out) == (("II",), ("RESP (NU)",))
    np.testing.assert_allclose(read.signals[0], made.signals[0], atol=1e-3)


def test_a_value_that_marks_a_gap_is_one(made, write_wfdb):
    signals = made.signals.copy()
    signals[0, 100:200] = -32.768  # the lowest that 16 bits hold
    missing = np.isnan(open_record(write_wfdb(signals=signals)).read().signals[0])
    assert missing[100:200].all() and missing.sum() == 100


def test_segments_of_one_layout_follow_each_other(made, write_wfdb):
    a, b = np.split(made.signals, [2000], axis=1)
    folder = write_wfdb("a", signals=a).parent
    write_wfdb("b", signals=b)
    (folder / "whole.hea").write_text("whole/2 2 250 5000\na 2000\nb 3000\n")
    np.testing.assert_allclose(open_record(folder / "whole.hea").read().signals, made.signals, atol=1e-3)


def test_the_length_of_a_segment_may_be_that_of_its_file(made, write_wfdb):
    a, b = np.split(made.signals, [2000], axis=1)
    folder = rewrite(write_wfdb("a", signals=a), r"^a 2 250 2000", "a 2 250").parent
    write_wfdb("b", signals=b)
    (folder / "whole.hea").write_text("whole/2 2 250 5000\na 2000\nb 3000\n")
    np.testing.assert_allclose(open_record(folder / "whole.hea").read().signals, made.signals, atol=1e-3)
    (folder / "whole.hea").write_text("whole/2 2 250 5001\na 2001\nb 3000\n")
    with pytest.raises(UnreadableRecording, match="says that a has 2,001 samples, its own header says 2,000"):
        open_record(folder / "whole.hea")


def test_a_short_segment_is_read_once_however_often_it_is_named(made, write_wfdb, monkeypatch):
    folder = write_wfdb("a", signals=made.signals[:, :10]).parent
    (folder / "whole.hea").write_text("whole/400 2 250 4000\n" + "a 10\n" * 400)
    reads, read = [], wfdb_library.rdrecord
    monkeypatch.setattr(wfdb_library, "rdrecord", lambda *given, **more: reads.append(given) or read(*given, **more))
    signals = open_record(folder / "whole.hea").read().signals
    np.testing.assert_allclose(signals, np.tile(made.signals[:, :10], 400), atol=1e-3)
    assert len(reads) == 1


def test_segments_that_describe_too_many_signals_are_refused(write_wfdb, monkeypatch):
    monkeypatch.setattr(record, "MAX_DESCRIBED", 3)
    folder = write_wfdb("a").parent
    write_wfdb("b")
    (folder / "whole.hea").write_text("whole/2 2 250 10000\na 5000\nb 5000\n")
    with pytest.raises(UnreadableRecording, match="has segments that describe over 3 signals, one by one"):
        open_record(folder / "whole.hea")


def test_what_has_to_be_read_at_once_becomes_mv_in_pieces(made, write_wfdb, monkeypatch):
    monkeypatch.setattr(segment, "BLOCK", 777)
    header = rewrite(write_wfdb(), "^made 2 250 5000", "made 2 250")
    blocks = list(open_record(header).blocks)
    assert max(block.shape[1] for block in blocks) == 777
    np.testing.assert_allclose(np.concatenate(blocks, axis=1), made.signals, atol=1e-3)


def test_segments_of_changing_layout_have_gaps_where_a_lead_was_off(made, write_wfdb):
    folder = write_wfdb("a", signals=made.signals[:, :2000]).parent
    write_wfdb("b", signals=made.signals[1:, 3000:], leads=("V1",))
    layout = "~ 0 1000/mV 16 0 0 0 0"
    (folder / "layout.hea").write_text(f"layout 2 250 0\n{layout} MLII\n{layout} V1\n")
    (folder / "whole.hea").write_text("whole/4 2 250 5000\nlayout 0\na 2000\n~ 1000\nb 2000\n")
    read = open_record(folder / "whole.hea").read()
    assert read.leads == ("MLII", "V1")
    np.testing.assert_allclose(read.signals[:, :2000], made.signals[:, :2000], atol=1e-3)
    assert np.isnan(read.signals[:, 2000:3000]).all() and np.isnan(read.signals[0, 3000:]).all()
    np.testing.assert_allclose(read.signals[1, 3000:], made.signals[1, 3000:], atol=1e-3)


DOUBTS = [
    ("truncated", r" 5000$", " 6000", "truncated, or its header lies: got 20,000 bytes, expected 24,000 for 6,000"),
    ("checksum", r" 0 (-?\d+) (-?\d+) 0 ML", r" 0 \1 1 0 ML", r"the checksum of MLII is \d+, its header says 1"),
    ("uncalibrated", r"1000\.0\(0\)/mV", "0", "gives no gain of MLII, or one of 0: read as 200 units a mV"),
]


@pytest.mark.parametrize(("kind", "pattern", "replacement", "message"), DOUBTS)
def test_what_a_header_says_wrongly_of_its_files_is_warned_of(kind, pattern, replacement, message, made, write_wfdb):
    recording = open_record(rewrite(write_wfdb(), pattern, replacement)).read()
    assert recording.signals.shape == made.signals.shape
    assert [warning.kind for warning in recording.warnings] == [kind]
    assert re.search(message, recording.warnings[0].message)
    np.testing.assert_allclose(recording.signals[1], made.signals[1], atol=1e-3)


@pytest.mark.parametrize(("kind", "pattern", "replacement", "message"), DOUBTS)
def test_a_strict_reader_refuses_it(kind, pattern, replacement, message, write_wfdb):
    header = rewrite(write_wfdb(), pattern, replacement)
    with pytest.raises(UnreadableRecording, match=message):
        open_record(header, ReadOptions(strict=True)).read()


def test_a_checksum_of_0_is_that_of_a_program_that_computes_none(write_wfdb):
    header = rewrite(write_wfdb(), r" 0 (-?\d+) (-?\d+) 0 (ML|V1)", r" 0 \1 0 0 \3", count=0)
    assert open_record(header, ReadOptions(strict=True)).read().warnings == ()


def test_a_format_that_is_unknown_is_refused(write_wfdb):
    header = rewrite(write_wfdb(), r" 16 ", " 77 ")
    with pytest.raises(UnreadableRecording, match=r"gives made\.dat the format 16 and 77, expected one of: 8, 16, 24"):
        open_record(header)


@pytest.mark.parametrize(("fmt", "kept"), [("16", 4000), ("212", 4000), ("24", 4000), ("516", 4095)])
def test_a_truncated_file_is_read_as_far_as_it_goes(fmt, kept, made, write_wfdb):
    header = write_wfdb(fmt=fmt, gain=200.0)
    file = header.with_suffix(".dat")
    size = file.stat().st_size
    file.write_bytes(file.read_bytes()[: size * 4000 // 5000 if fmt != "516" else size * 92 // 100])
    recording = open_record(header).read()
    assert [warning.kind for warning in recording.warnings] == ["truncated"]
    assert recording.signals.shape == (2, kept)
    np.testing.assert_allclose(recording.signals, made.signals[:, :kept], atol=5e-3)


def test_a_file_without_a_sample_is_refused(write_wfdb):
    header = write_wfdb()
    header.with_suffix(".dat").write_bytes(b"")
    with pytest.raises(UnreadableRecording, match=r"made\.hea hold no sample"):
        open_record(header)


def test_of_two_files_the_longer_one_says_how_long_the_recording_is(made, write_wfdb):
    header = write_wfdb("a", signals=made.signals[:1], leads=("II",))
    write_wfdb("b", signals=made.signals[1:], leads=("V1",))
    lines = [header.with_name(f"{name}.hea").read_text().splitlines()[1] for name in "ab"]
    header.with_name("made.hea").write_text("\n".join(["made 2 250 5000", *lines]))
    header.with_name("b.dat").write_bytes(header.with_name("b.dat").read_bytes()[:6000])
    signals = open_record(header.with_name("made.hea")).read().signals
    np.testing.assert_allclose(signals[0], made.signals[0], atol=1e-3)
    np.testing.assert_allclose(signals[1, :3000], made.signals[1, :3000], atol=1e-3)
    assert np.isnan(signals[1, 3000:]).all()


def test_a_truncated_segment_ends_with_a_gap(made, write_wfdb):
    a, b = np.split(made.signals, [2000], axis=1)
    folder = write_wfdb("a", signals=a).parent
    write_wfdb("b", signals=b)
    (folder / "a.dat").write_bytes((folder / "a.dat").read_bytes()[:4000])
    (folder / "whole.hea").write_text("whole/2 2 250 5000\na 2000\nb 3000\n")
    recording = open_record(folder / "whole.hea").read()
    assert np.isnan(recording.signals[:, 1000:2000]).all() and [w.kind for w in recording.warnings] == ["truncated"]
    np.testing.assert_allclose(recording.signals[:, 2000:], made.signals[:, 2000:], atol=1e-3)


def test_a_signal_that_is_late_is_read_from_its_skew_on(made, write_wfdb):
    header = rewrite(write_wfdb(), r"made\.dat 16 ", "made.dat 16:7 ")
    signals = open_record(header).read().signals
    np.testing.assert_allclose(signals[0, :-7], made.signals[0, 7:], atol=1e-3)
    np.testing.assert_allclose(signals[1], made.signals[1], atol=1e-3)
    assert np.isnan(signals[0, -7:]).all()


@pytest.mark.parametrize("fs", ["0", "10", "5000", "1e9"])
def test_an_absurd_rate_is_refused(fs, write_wfdb):
    header = rewrite(write_wfdb(), "^made 2 250", f"made 2 {fs}")
    with pytest.raises((InvalidSignals, UnreadableRecording)):
        open_record(header).read()


def test_a_segment_that_names_a_file_elsewhere_is_refused(write_wfdb):
    folder = rewrite(write_wfdb("a"), r"a\.dat", "../a.dat").parent
    (folder / "whole.hea").write_text("whole/1 2 250 5000\na 5000\n")
    with pytest.raises(UnreadableRecording, match="expected a bare name"):
        open_record(folder / "whole.hea")


def test_what_can_only_be_read_at_once_has_a_limit(write_wfdb, monkeypatch):
    monkeypatch.setattr(segment, "MOST_AT_ONCE", 9999)
    header = rewrite(write_wfdb(), r"^made 2 250 5000", "made 2 250")
    with pytest.raises(UnreadableRecording, match="too long for a header without a number of samples"):
        open_record(header).read()


def test_a_recording_that_is_its_own_segment_is_refused(tmp_path):
    (tmp_path / "loop.hea").write_text("loop/1 2 250 100\nloop 100\n")
    with pytest.raises(UnreadableRecording):
        open_record(tmp_path / "loop.hea")


def test_where_a_header_gives_no_length_the_file_does(made, write_wfdb):
    header = rewrite(write_wfdb(), r"^made 2 250 5000", "made 2 250")
    assert open_record(header).read().signals.shape == made.signals.shape


@pytest.fixture
def write_frames(tmp_path):
    """Writes signals of which each has so many samples a frame, one frame a second, and gives the header's path."""

    def write(signals, name="made", frames=4):
        rates = [len(signal) // frames for signal in signals.values()]
        count = len(signals)
        wfdb_library.wrsamp(
            name, 1, ["mV"] * count, list(signals), fmt=["16"] * count, adc_gain=[1000.0] * count,
            baseline=[0] * count, samps_per_frame=rates, write_dir=str(tmp_path),
            e_d_signal=[np.round(signal * 1000).astype(np.int64) for signal in signals.values()],
        )  # fmt: skip
        return tmp_path / f"{name}.hea"

    return write


def waves(fs, seconds=4):
    """Of 1 and 7 Hz."""
    times = np.arange(seconds * fs) / fs
    return np.sin(2 * np.pi * times) + 0.3 * np.sin(14 * np.pi * times + 1) + 2


def test_each_signal_is_read_at_its_own_rate(write_frames):
    recording = open_record(write_frames({"II": waves(200), "V1": waves(64), "RESP": waves(25)})).read()
    assert (recording.fs, recording.leads, recording.signals.shape) == (200, ("II", "V1"), (2, 800))
    np.testing.assert_allclose(recording.signals[0], waves(200), atol=6e-4)
    np.testing.assert_allclose(recording.signals[1, 20:-20], waves(200)[20:-20], atol=5e-3)


def test_the_rate_is_that_of_the_fastest_lead(write_frames):
    recording = open_record(write_frames({"II": waves(64), "RESP": waves(500)})).read()
    assert (recording.fs, recording.signals.shape) == (64, (1, 256))
    np.testing.assert_allclose(recording.signals[0], waves(64), atol=6e-4)


def test_what_is_said_of_the_rate_is_that_of_the_fastest_lead(write_frames):
    recording = open_record(write_frames({"II": waves(200), "V1": waves(50)}), ReadOptions(fs=400)).read()
    assert (recording.fs, recording.read_as.fs_from, recording.signals.shape) == (400, "option", (2, 800))


def test_frames_may_be_long_and_their_rate_rounded(write_frames):
    header = write_frames({"II": waves(256, 60), "RESP": waves(1, 60)}, frames=2)
    rewrite(header, r"^made 2 1 ", "made 2 0.0333333 ")
    recording = open_record(header).read()
    assert (recording.fs, recording.signals.shape) == (256, (1, 60 * 256))
    np.testing.assert_allclose(recording.signals[0], waves(256, 60), atol=6e-4)


def test_a_rate_that_does_not_go_into_the_highest_is_left_out(write_frames):
    source = open_record(write_frames({"II": waves(1009), "V1": waves(1008)}))
    assert source.leads == ("II",)
    assert source.read_as.left_out[0].reason == "its rate does not go into that of others: 1,008 samples for 1,009"


def test_frames_of_too_many_samples_are_refused(write_frames, monkeypatch):
    monkeypatch.setattr(files, "MAX_FRAME", 200)
    with pytest.raises(UnreadableRecording, match="gives 200, 1 samples a frame, expected 1 or more, 200 in all"):
        open_record(write_frames({"II": waves(200), "V1": waves(1)}))


def test_segments_of_several_rates_have_the_highest(write_frames):
    folder = write_frames({"II": waves(200)}, "a").parent
    write_frames({"II": waves(100), "V1": waves(50)}, "b")
    (folder / "whole.hea").write_text("whole/3 2 1 9\na 4\n~ 1\nb 4\n")
    recording = open_record(folder / "whole.hea").read()
    assert (recording.fs, recording.leads, recording.signals.shape) == (200, ("II", "V1"), (2, 1800))
    np.testing.assert_allclose(recording.signals[0, :800], waves(200), atol=6e-4)
    np.testing.assert_allclose(recording.signals[:, 1020:-20], [waves(200)[20:-20]] * 2, atol=5e-3)
    assert np.isnan(recording.signals[:, 800:1000]).all() and np.isnan(recording.signals[1, :800]).all()


def test_annotations_of_frames_are_at_the_right_times_for_wfdb_itself(write_frames):
    header = write_frames({"II": waves(200)})
    recording = open_record(header).read()
    annotations = Annotations(np.array([300, 500]), ["N", "V"])
    header.with_suffix(".cde").write_bytes(annotation_bytes(annotations, recording.fs, np.zeros(2, np.int64)))
    marks = wfdb_library.rdann(str(header.with_suffix("")), "cde")
    assert (marks.sample / marks.fs).tolist() == [1.5, 2.5]


def test_what_was_understood_is_said(made, write_wfdb):
    header = rewrite(write_wfdb(leads=("II", "RESP")), r"(made\.dat.*)/mV(.*RESP)", r"\1/NU\2")
    read_as = open_record(rewrite(header, r"/mV", "/uV")).read_as
    assert (read_as.format, read_as.fs, read_as.fs_from) == ("WFDB", 250, "file")
    assert read_as.leads == (LeadRead("II", "uV", "file", 1),)
    assert read_as.left_out == (LeftOut("RESP", "its name is that of another kind of signal"),)


def test_what_is_said_of_unit_and_lead_overrules(made, write_wfdb):
    header = rewrite(write_wfdb(leads=("II", "RESP")), r"(made\.dat.*)/mV(.*RESP)", r"\1/NU\2")
    recording = open_record(header, ReadOptions(lead="resp", unit="uV")).read()
    assert recording.leads == ("II", "RESP")
    assert [lead.unit_from for lead in recording.read_as.leads] == ["option", "option"]
    np.testing.assert_allclose(recording.signals, made.signals / 1000, atol=1e-6)


def test_a_header_without_a_unit_means_mv(write_wfdb):
    source = open_record(rewrite(write_wfdb(), r"/mV 16 (.*MLII)", r" 16 \1"))
    assert source.read_as.leads[0] == LeadRead("MLII", "mV", "default", 1)
    assert source.warnings.given == []


def test_a_unit_that_is_none_is_guessed_by_the_values(made, write_wfdb):
    header = rewrite(write_wfdb(signals=made.signals * 1000, gain=10.0), "/mV", "/adu", count=0)
    recording = open_record(header).read()
    assert recording.read_as.leads[0] == LeadRead("MLII", "uV", "values", 1)
    assert [warning.kind for warning in recording.warnings] == ["unit_guessed", "unit_guessed"]
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-3)


def test_the_time_of_day_is_that_of_the_header(write_wfdb):
    assert open_record(write_wfdb()).begun is None
    header = rewrite(write_wfdb(), r" 5000$", " 5000 23:59:58.5 31/12/2019")
    assert open_record(header).begun == datetime(2019, 12, 31, 23, 59, 58, 500_000)


def test_comments_which_may_name_a_patient_are_never_shown(write_wfdb):
    header = write_wfdb()
    header.write_text(header.read_text() + "# Name: Erika Mustermann <age>: 44\n")
    assert "Mustermann" not in repr(open_record(header).read())


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 40_000_000), min_size=0, max_size=60, unique=True).map(sorted), st.integers(0, 3))
def test_written_annotations_are_read_back_by_wfdb(tmp_path_factory, samples, lead):
    folder = tmp_path_factory.mktemp("written")
    symbols = ["NSVFQ~"[sample % 6] for sample in samples]
    noisy = np.array([3 if symbol == "~" else 0 for symbol in symbols], np.int64)
    annotations = Annotations(np.array(samples, np.int64), symbols, noisy)
    (folder / "made.cde").write_bytes(annotation_bytes(annotations, 360.0, np.full(len(samples), lead)))
    if not samples:
        assert (folder / "made.cde").read_bytes() == b"\0\0"
        return
    read = wfdb_library.rdann(str(folder / "made"), "cde")
    assert read.sample.tolist() == samples and read.symbol == symbols
    assert read.fs == 360 and set(read.chan) == {lead} and read.subtype.tolist() == noisy.tolist()


AUDIT = """
import sys
from pathlib import Path
folder = Path(sys.argv[1]).resolve()
from ecg import EcgError
from ecg.formats import open_files
import wfdb, edfio, pandas
opened = []
def audit(event, arguments):
    if event == "open" and isinstance(arguments[0], str) and not arguments[0].startswith((sys.prefix, sys.base_prefix)):
        opened.append(arguments[0])
    if event.startswith(("socket.", "urllib.")):
        opened.append(event)
sys.addaudithook(audit)
for name in ("../secret.dat", "/etc/hostname", "https://example.org/a.dat", "file:///etc/hostname", "a/../../s.dat"):
    header = folder / "made.hea"
    header.write_text(f"made 1 250 10\\n{name} 16 200/mV 16 0 0 0 0 II\\n")
    try:
        open_files([header]).read()
    except EcgError:
        pass
    else:
        sys.exit(f"{name} was read")
print([name for name in opened if not Path(name).resolve().is_relative_to(folder)])
"""


def test_nothing_outside_the_folder_is_opened_and_no_network_is_asked(tmp_path):
    (tmp_path / "secret.dat").write_bytes(bytes(100))
    folder = tmp_path / "upload"
    folder.mkdir()
    run = subprocess.run([sys.executable, "-c", AUDIT, str(folder)], capture_output=True, text=True, timeout=120)
    assert (run.stdout, run.stderr) == ("[]\n", "")


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_mangled_header_gives_a_recording_or_a_clear_error(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("mangled")
    text = bytearray(
        b"made 2 250 50\nmade.dat 16 200(0)/mV 12 0 0 0 0 MLII\nmade.dat 16 200 12 0 0 0 0 V1\n# a comment\n"
    )
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(text) - 1))
        text[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    (folder / "made.hea").write_bytes(bytes(text))
    (folder / "made.dat").write_bytes(bytes(200))
    try:
        recording = open_record(folder / "made.hea").read(10**6)
    except EcgError as error:
        assert str(error)
    else:
        assert recording.signals.shape[0] == len(recording.leads)


def test_subtypes_come_with_annotations(tmp_path):
    samples, symbols = np.array([10, 20]), ["N", "~"]
    wfdb_library.wrann("made", "atr", samples, symbols, subtype=np.array([0, -1]), write_dir=str(tmp_path))
    assert wfdb.read_annotations(tmp_path / "made", "atr").subtypes.tolist() == [0, -1]


def test_annotations_are_counted_at_the_rate_that_is_asked_for(tmp_path):
    wfdb_library.wrann("made", "atr", np.array([1, 100, 125]), ["N"] * 3, fs=125, write_dir=str(tmp_path))
    assert wfdb.read_annotations(tmp_path / "made", "atr").samples.tolist() == [1, 100, 125]
    assert wfdb.read_annotations(tmp_path / "made", "atr", fs=125.0).samples.tolist() == [1, 100, 125]
    assert wfdb.read_annotations(tmp_path / "made", "atr", fs=360.0).samples.tolist() == [3, 288, 360]


def test_annotations_that_do_not_say_are_at_any_rate(tmp_path):
    wfdb_library.wrann("made", "atr", np.array([1, 100]), ["N"] * 2, write_dir=str(tmp_path))
    assert wfdb.read_annotations(tmp_path / "made", "atr", fs=360.0).samples.tolist() == [1, 100]
