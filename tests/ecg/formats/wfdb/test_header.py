import re
import subprocess
import sys

import pytest

from ecg import UnreadableRecording
from ecg.formats.wfdb.header import Extent, read_extent, read_header
from tests.ecg.formats.wfdb.test_record import rewrite


@pytest.mark.parametrize(
    "line",
    [
        "made 2",
        "made 2 250",
        "made 2 250. 5000",
        "made 2 250.0/125.5(-7) 5000",
        "made 2 250/250 5000 12:00:00 01/02/2003",
        "made 2 250 5000 05-Feb-2020 11:39:16",
        "  made\t2  250   5000  ",
        "\ufeffmade 2 250 5000",
    ],
)
def test_a_record_line_may_say_less_or_more(line, write_wfdb):
    header = rewrite(write_wfdb(), r"^made 2 250 5000$", line)
    record = read_header(header).record
    assert (record.fs, record.n_sig) == (250, 2)


@pytest.mark.parametrize(
    ("fields", "gain", "name"),
    [
        ("16", 200, None),
        ("16x1:0+0 1000", 1000, None),
        ("16 1e3(-5)/mV 12 -4 -3 -2 0 lead II, chest", 1000, "lead II, chest"),
        ("16 -.5/mV II", -0.5, "II"),
        ("16 1000/mV 12 0 -3 MLII", 1000, "MLII"),
        ("16 1000/mV 12 0 0 0 0 12 leads", 1000, "12 leads"),
        ("16 1000/mV 12 0 0 0 0 Dérivation II", 1000, "Drivation II"),
    ],
)
def test_a_signal_line_may_say_less_or_more(fields, gain, name, write_wfdb):
    record = read_header(rewrite(write_wfdb(), r"^made\.dat .*$", f"made.dat {fields}")).record
    assert (record.adc_gain[0], record.sig_name[0]) == (gain, name)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize(("written", "unit"), [("/µV", "µV"), ("/°C", "°C"), ("/°", "°"), ("/mmHg", "mmHg"), ("", "")])
def test_a_unit_may_be_of_another_alphabet(written, unit, encoding, write_wfdb):
    header = write_wfdb()
    header.write_bytes(header.read_text().replace("/mV", written, 1).encode(encoding))
    assert read_header(header).units == (unit, "mV")


def test_comments_may_be_in_any_alphabet(write_wfdb):
    header = write_wfdb()
    header.write_text(f"# à côté\u2028de\n{header.read_text()}# 心电图\n")
    assert read_header(header).record.n_sig == 2


@pytest.mark.parametrize(
    ("pattern", "replacement", "message"),
    [
        (r"made\.dat", "../made.dat", "names the file '../made.dat', expected a bare name"),
        (r"made\.dat", "/etc/passwd", "expected a bare name"),
        (r"made\.dat", "https://example.org/made.dat", "expected a bare name"),
        (r"made\.dat", "s3://bucket/made.dat", "expected a bare name"),
        (r"made\.dat", "..", "expected a bare name"),
        (r"made\.dat", "other.dat", "names the file other.dat, which is not there"),
        (r"^made 2", "made 3", "says 3 signals and describes 2"),
        (r"^made 2", "made 0", "has 0 signals"),
        (r"^made 2", "made 70", "has 70 signals"),
        (r"1000\.0\(0\)/mV", "200(1e5)", r"the gain '200\(1e5\)', expected units a mV, perhaps with a baseline"),
        (r"1000\.0\(0\)/mV", "nan", "the gain 'nan'"),
        (r"1000\.0\(0\)/mV", "1e999/mV", "the gain '1e999/mV'"),
        (r"1000\.0\(0\)/mV", "1000/mV.s", "the gain '1000/mV.s'"),
        (r" 16 1", " 16x0 1", "gives a signal in made.dat the format '16x0', expected such as 16, 212 or 16x2:0[+]24"),
        (r" 16 1", " 16x-1 1", "the format '16x-1'"),
        (r" 16 1", " 16x1.5 1", "the format '16x1.5'"),
        (r" 16 1000.*", "", "the format ''"),
        (r"/mV 16 0", "/mV 16 0.5", "the ADC zero '0.5', expected a whole number"),
        (r"/mV 16 0", "/mV -16 0", "the ADC resolution '-16'"),
        (r"^made 2 250", "made 2 -250", "begins with 'made 2 -250 5000', expected a name"),
        (r"^made 2 250", "made 2 fast", "begins with 'made 2 fast 5000'"),
        (r"^made 2 250", "made 2 2.5e2", "begins with 'made 2 2.5e2 5000'"),
        (r" 5000$", " many", "begins with 'made 2 250 many'"),
        (r"^made 2", "méde 2", "begins with 'méde 2 250 5000', expected a name of ASCII letters"),
        (r"^made\.dat", "méde.dat", "names the file 'méde.dat', expected a bare name without a folder, of ASCII"),
        (r"(?s)\A.*\Z", "hello", "begins with 'hello', expected a name"),
        (r"(?s)\A.*\Z", "", "made.hea is empty"),
        (r"(?s)\A.*\Z", "# 100 2 360\n\n", "made.hea is empty"),
    ],
)
def test_a_header_that_lies_is_refused_with_what_is_wrong(pattern, replacement, message, write_wfdb):
    header = rewrite(write_wfdb(), pattern, replacement)
    with pytest.raises(UnreadableRecording, match=message):
        read_header(header)


@pytest.mark.parametrize("gain", ["0", "0(0)/mV", "0.0/mV", ""])
def test_a_gain_of_0_and_none_say_that_the_signal_is_not_calibrated(gain, write_wfdb):
    header = read_header(rewrite(write_wfdb(), r" 1000\.0\(0\)/mV 16.*MLII$", f" {gain}"))
    assert header.record.adc_gain == [200, 1000] and header.uncalibrated == (True, False)


def test_an_ending_in_capitals_is_refused_for_what_it_is(write_wfdb):
    header = write_wfdb()
    capitals = header.rename(header.with_name("made.HEA"))
    with pytest.raises(
        UnreadableRecording, match=r"got the header made\.HEA, expected the ending \.hea in small letters"
    ):
        read_header(capitals)


@pytest.mark.parametrize("content", [b"x" * 1001, b"x\n" * 600_000])
def test_what_is_too_large_for_a_header_is_refused(content, tmp_path):
    (tmp_path / "made.hea").write_bytes(content)
    with pytest.raises(UnreadableRecording, match=r"which no header has"):
        read_header(tmp_path / "made.hea")


def test_what_a_message_says_is_short_and_tells_no_folder(write_wfdb):
    header = rewrite(write_wfdb(), r"^made\.dat", "a" * 500 + ".dat")
    with pytest.raises(UnreadableRecording) as refused:
        read_header(header)
    assert len(str(refused.value)) < 200
    header = rewrite(write_wfdb(), r" 5000$", " 5000 99:99:99")
    with pytest.raises(UnreadableRecording, match=re.escape("time data '99:99:99' does not match")) as refused:
        read_header(header)
    assert str(header.parent) not in str(refused.value)


def test_a_link_beside_the_header_is_refused(write_wfdb, tmp_path):
    header = write_wfdb()
    file = header.with_suffix(".dat")
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnreadableRecording, match=r"names the file made\.dat, which is not there"):
        read_header(header)


def test_segments_that_are_not_as_many_as_is_said_are_refused(write_wfdb):
    folder = write_wfdb("a").parent
    (folder / "whole.hea").write_text("whole/3 2 250 5000\na 5000\n")
    with pytest.raises(UnreadableRecording, match="says 3 segments and names 1"):
        read_header(folder / "whole.hea")


@pytest.mark.parametrize("line", ["a", "a 5000 more", "a 5e3", "../a 5000", "a.hea 5000", "é 5000"])
def test_a_segment_that_is_none_is_refused(line, write_wfdb):
    folder = write_wfdb("a").parent
    (folder / "whole.hea").write_text(f"whole/1 2 250 5000\n{line}\n")
    with pytest.raises(
        UnreadableRecording, match=re.escape(f"whole.hea has the segment '{line}', expected a bare name")
    ):
        read_header(folder / "whole.hea")


def test_more_segments_than_a_recording_has_are_refused_before_their_files_are_looked_for(tmp_path):
    (tmp_path / "whole.hea").write_text("whole/4001 2 250 4001\n" + "a 1\n" * 4001)
    with pytest.raises(UnreadableRecording, match="has 4,001 segments, expected at most 4,000; send a shorter part"):
        read_header(tmp_path / "whole.hea")


LONG = """
import itertools, sys
from pathlib import Path
from ecg import EcgError
from ecg.formats.table import open_table
from ecg.reading import ReadOptions
from ecg.formats.wfdb.header import read_header
header, table = Path(sys.argv[1], "made.hea"), Path(sys.argv[1], "made.csv")
ones, blanks = "1" * 900, " " * 900
lines = [ones, f"{ones}x", f"{ones} {ones}x", f"a 1 {ones}x", f"a 1 250/{ones}x", f"a 1 250/1({ones}x", f"a 1{blanks}x"]
signals = ["a.dat {}x", "{}!", "a.dat 16x{}x", "a.dat 16:{}x", "a.dat 16 {}x", "a.dat 16 .{}x", "a.dat 16 1e{}x"]
signals += ["a.dat 16 1({}x", "a.dat 16 1/{}(", "a.dat 16 1/mV {}x", "a.dat 16 1 1{}x", "a.dat{}16 1 x"]
texts = [line + "\\n" for line in lines]
filled = [signal.format(fill) for signal in signals for fill in (ones, "0" * 900, blanks)]
texts += ["a 64 250 5\\n" + (line + "\\n") * 64 for line in filled]
texts += ["a/2 1 250\\n" + line + "\\n" for line in (f"{ones}!", f"a {ones}x", f"a{blanks}x")]
header.with_suffix(".dat").write_bytes(b"x")
Path(sys.argv[1], "a.dat").write_bytes(b"x")
for text in texts:
    header.write_text(text)
    try:
        read_header(header)
    except EcgError:
        pass
for size in (1_000, 30_000, 60_000, 1_000_000):
    for piece in ("x ", " ", "_", "(", "[)", ")(", "m ", "\\t", "1:", "'", '"', "elapsed "):
        for end in ("", "(", ")", "mV", " (mV)"):
            table.write_text("II" + piece * (size // len(piece)) + end + ",V1\\n1,2\\n1,2\\n")
            try:
                open_table(table, ReadOptions(fs=100)).read()
            except EcgError:
                pass
print("read")
"""


@pytest.mark.soak
def test_no_text_is_so_long_that_it_is_never_matched(tmp_path):
    """A match that tries all lengths of what it repeats would take hours of these."""
    run = subprocess.run([sys.executable, "-c", LONG, str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert (run.stdout, run.stderr) == ("read\n", "")


def test_a_segment_that_is_not_there_is_told(tmp_path):
    (tmp_path / "whole.hea").write_text("whole/1 2 250 5000\na 5000\n")
    with pytest.raises(UnreadableRecording, match=r"names the file a\.hea, which is not there; send it too"):
        read_header(tmp_path / "whole.hea")


def test_an_extent_is_read_where_there_are_no_signals(tmp_path):
    header = tmp_path / "made.hea"
    header.write_text("made 1 360 650000\nmade.dat 212\n")
    assert read_extent(header) == Extent(360.0, 650_000)
    header.write_text("made 1 360\nmade.dat 212\n")
    assert read_extent(header) == Extent(360.0, None)
    with pytest.raises(UnreadableRecording, match=r"other\.hea"):
        read_extent(tmp_path / "other.hea")
