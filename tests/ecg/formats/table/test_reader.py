import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import EcgError, InvalidSignals, UnreadableRecording
from ecg.formats.table import open_table, rows
from ecg.reading import ReadOptions


@pytest.fixture
def write(tmp_path):
    def write(text):
        file = tmp_path / "made.csv"
        file.write_text(text)
        return file

    return write


def written(made, time="{:.3f}", delimiter=",", missing=()):
    """The rows of the recording, with its times; those missing are left out."""
    seconds = np.arange(made.signals.shape[1]) / made.fs
    return "".join(
        delimiter.join([time.format(t), *(f"{value:.4f}" for value in values)]) + "\n"
        for number, (t, values) in enumerate(zip(seconds, made.signals.T.tolist(), strict=True))
        if number not in missing
    )


@pytest.mark.parametrize(
    ("header", "time", "delimiter"),
    [
        ("time,II (mV),V1 (mV)", "{:.3f}", ","),
        ("Time (s);II;V1", "{:.4f}", ";"),
        ("t\tII [mV]\tV1_mV", "{:.6f}", "\t"),
        ("'Elapsed time','II','V1'\n'seconds','mV','mV'", "{:.3f}", ","),
        ('"seconds","II","V1"', "{:.3f}", ","),
    ],
)
def test_columns_are_known_by_their_names(header, time, delimiter, made, write, monkeypatch):
    monkeypatch.setattr(rows, "BLOCK", 777)
    read = open_table(write(f"{header}\n{written(made, time, delimiter)}")).read()
    assert (read.leads, read.fs) == (("II", "V1"), 250.0)
    np.testing.assert_allclose(read.signals, made.signals, atol=1e-4)


@pytest.mark.parametrize("name", ["ECG", "EKG", "ecg_signal", "values", "aVs", "Lead V", "ECG (II)", "V1"])
def test_a_name_that_ends_like_a_unit_is_a_name(name, write):
    read = open_table(write(f"time,{name}\n0,1\n0.01,2\n0.02,3\n")).read()
    assert read.leads == (name,) and read.signals[0].tolist() == [1, 2, 3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_the_text_may_be_in_utf_8_or_with_its_mark_in_utf_16(encoding, line_end, made, tmp_path, monkeypatch):
    monkeypatch.setattr(rows, "BLOCK", 777)
    text = f"Zeit,II (µV)\n{written(made)}".replace("Zeit", "time").replace("\n", line_end)
    (tmp_path / "made.csv").write_bytes(text.replace(",V1", "").encode(encoding))
    read = open_table(tmp_path / "made.csv").read()
    assert (read.leads, read.fs) == (("II",), 250.0)
    np.testing.assert_allclose(read.signals[0], made.signals[0] / 1000, atol=1e-7)


def test_big_ends_may_come_first(tmp_path):
    (tmp_path / "made.csv").write_bytes("\ufefftime\tII\n0\t1\n0.01\t2\n0.02\t3\n".encode("utf-16-be"))
    assert open_table(tmp_path / "made.csv").read().signals.tolist() == [[1, 2, 3]]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32"])
def test_another_encoding_is_told_which_are_read(encoding, tmp_path):
    (tmp_path / "made.csv").write_bytes("time,II\n0,1\n0.01,2\n".encode(encoding))
    with pytest.raises(UnreadableRecording, match=r"expected .* in UTF-8, or in UTF-16 with a byte order mark"):
        open_table(tmp_path / "made.csv")


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1e"])
def test_a_row_ends_where_a_line_does_and_nowhere_else(mark, write):
    read = open_table(write(f"time,lead{mark}A,V1\n0,1,2\n0.01,2,3\n0.02,3,4\n")).read()
    assert read.leads == (f"lead{mark}A", "V1") and read.signals.tolist() == [[1, 2, 3], [2, 3, 4]]


def test_times_may_be_in_ms_or_on_a_clock(made, write):
    for header, time in (
        ("time (ms)", [f"{4 * n}" for n in range(5000)]),
        ("'Elapsed time'", [f"'{n // 250 // 60}:{n / 250 % 60:06.3f}'" for n in range(5000)]),
    ):
        body = "".join(f"{t},{value:.4f}\n" for t, value in zip(time, made.signals[0].tolist(), strict=True))
        read = open_table(write(f"{header},II\n{body}")).read()
        assert read.fs == 250
        np.testing.assert_allclose(read.signals[0], made.signals[0], atol=1e-4)


def test_without_times_the_rate_has_to_be_said(made, write):
    file = write("".join(f"{a:.4f},{b:.4f}\n" for a, b in made.signals.T.tolist()))
    read = open_table(file, ReadOptions(fs=250, unit="V")).read()
    assert read.leads == ("column 1", "column 2") and read.fs == 250
    np.testing.assert_allclose(read.signals, made.signals * 1000, atol=0.1)
    with pytest.raises(InvalidSignals, match=r"made\.csv has no column of times; say its rate \(fs\)"):
        open_table(file)


def test_the_unit_that_is_said_is_stronger_than_that_of_a_column(write):
    read = open_table(write("II (uV),V1\n1000,1000\n2000,2000\n"), ReadOptions(fs=100, unit="V")).read()
    np.testing.assert_allclose(read.signals[:, 0], [1e6, 1e6])


def test_the_unit_of_a_column_is_its_own(write):
    read = open_table(write("II (uV),V1 (V)\n1000,1\n2000,2\n"), ReadOptions(fs=100)).read()
    np.testing.assert_allclose(read.signals[:, 0], [1.0, 1e3])


def test_a_count_of_samples_is_no_lead_and_other_signals_are_left_out(write):
    read = open_table(write("sample #,MLII,RESP,ABP (mmHg)\n0,1,2,3\n1,4,5,6\n"), ReadOptions(fs=100)).read()
    assert (read.leads, read.left_out) == (("MLII",), ("RESP (no unit)", "ABP (mmHg)"))


def test_empty_cells_and_missing_rows_are_gaps(made, write, monkeypatch):
    monkeypatch.setattr(rows, "BLOCK", 333)
    text = written(made, missing=range(1000, 1500)).splitlines()
    text[10] = f"{text[10].split(',')[0]},,NaN"
    read = open_table(write("time,II,V1\n" + "\n".join(text) + "\n")).read()
    expected = made.signals.copy()
    expected[:, 1000:1500] = expected[:, 10] = np.nan
    np.testing.assert_allclose(read.signals, expected, atol=1e-4)


def test_times_that_are_rounded_give_the_true_rate_and_no_gaps(write):
    text = "".join(f"{n / 360:.3f},{n}\n" for n in range(20_000))
    read = open_table(write(f"time,II\n{text}")).read()
    assert read.fs == 360 and read.signals.shape == (1, 20_000) and not np.isnan(read.signals).any()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no table"),
        ("\0\1\2", "is no table"),
        ("II,V1\n1,2\n3,4\n" + 200_000 * ",", "has a row of over 65,536 bytes.*turn the table round"),
        ("time,II\n0,1\n", "fewer than two rows"),
        ("time,II\n0,1\n0,2\n0,3\n", "the times in its column 'time' do not grow"),
        ("time,II\n0,1\n0.01,2\n0.02,3\n90000,4\n", "its times jump by"),
        ("time,II\n0,1\n0.01,2\n0.02,3\n1e308,4\n", "its times jump by"),
        ("II,V1\n1,2\n1,2\n" + 256 * "," + "\n", "has a row of 257 columns, expected at most 256; send fewer signals"),
        (256 * "II," + "\n1,2\n" + 256 * "2," + "\n", "has a row of 257 columns"),
        ('II,V1\n1,2\n1,"2' + 256 * '","' + '"\n', "has a row of 258 columns"),
        ('II,V1\n1,2\n1,"2\n1,3"\n', r'a cell in quotes \("\) that does not end in its row; expected a row a line'),
        ("II,V1\n'1',2\n1,'2\n1,3\n", r"a cell in quotes \('\) that does not end in its row"),
        ('II,V1\n1,2\n1,"2' + "\n" * 200_000, "that does not end in its row"),
        ("time,II\n0:00,1\n0:1_0,2\n", "do not grow, or are none; expected seconds, hours:minutes:seconds or dates"),
        ("time,II\nnoon,1\n" + "x" * 5000 + ",2\n", "^.{50,300}$"),
        ("II\none\n" + "x" * 5000 + "\n", "^.{50,300}$"),
        ("time,II\n0,1\n1e-320,2\n2e-320,3\n", "do not grow"),
        ("nothing\nbut\nwords\n", "no table was found in it; expected a row a sample"),
    ],
)
def test_what_is_no_recording_is_refused_with_what_is_wrong(text, message, write):
    with pytest.raises(UnreadableRecording, match=message):
        open_table(write(text)).read()


@pytest.mark.parametrize(
    ("written", "name", "millivolts"),
    [
        ("II (mV)", "II", 1.0),
        ("II_[uV]", "II", 1e-3),
        ("chest (V5) (V)", "chest (V5)", 1e3),
        ("II / microvolts", "II / microvolts", 1.0),
        ("II / µV", "II", 1e-3),
        ("II ((mV)", "II ((mV)", 1.0),
        ("(mV)", "(mV)", 1.0),
        ("II _ µV", "II", 1e-3),
        ("II NV", "II NV", 1.0),
        ("mV", "mV", 1.0),
    ],
)
def test_a_name_may_end_in_its_unit(written, name, millivolts, write):
    read = open_table(write(f"{written},RESP\n1000,0\n1000,0\n"), ReadOptions(fs=100)).read()
    assert read.leads == (name,)
    np.testing.assert_allclose(read.signals[0], 1000 * millivolts, rtol=1e-3)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(['"', '"', ",", " ", "x", "\n1,1,"]), max_size=20), st.sampled_from("\"'"))
def test_a_row_is_a_line_however_its_cells_are_in_quotes(tmp_path_factory, words, quote):
    text = "1,1," + "".join(words).replace('"', quote)
    file = tmp_path_factory.mktemp("quotes") / "made.csv"
    file.write_text(f"II,V1\n{text}\n")
    try:
        recording = open_table(file, ReadOptions(fs=100)).read()
    except UnreadableRecording as error:
        assert "quotes" in str(error)
    else:
        np.testing.assert_array_equal(recording.signals, np.ones((2, len(text.splitlines()))))


def test_a_cell_that_is_left_out_may_hold_delimiters_in_quotes(write):
    read = open_table(write('II,"event, if any"\n1,"a, b ""c"""\n2,5" or so\n'), ReadOptions(fs=100)).read(
        max_values=10
    )
    assert read.signals[0].tolist() == [1, 2]


def test_many_columns_are_read_in_pieces_that_hold_fewer_rows(write, monkeypatch):
    monkeypatch.setattr(rows, "MAX_TEXT", 1000)
    source = open_table(write("II,V1\n" + "1.00,2.00\n" * 500), ReadOptions(fs=100))
    assert {block.shape[1] for block in source.blocks} == {111, 56}


@pytest.mark.parametrize("fs", [0, -1, 10, 1e9, float("nan")])
def test_an_absurd_rate_is_refused(fs, write):
    with pytest.raises(InvalidSignals, match="samples a second"):
        open_table(write("II\n1\n2\n"), ReadOptions(fs=fs))


def test_a_unit_that_is_no_voltage_is_refused(write):
    with pytest.raises(InvalidSignals, match="got the unit 'kg'"):
        open_table(write("II\n1\n2\n"), ReadOptions(fs=100, unit="kg"))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_mangled_file_gives_a_recording_or_a_clear_error(tmp_path_factory, data):
    content = bytearray(b"time (s),II (mV),V1\n" + b"".join(f"{n / 100},{n},-{n}\n".encode() for n in range(30)))
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    file = tmp_path_factory.mktemp("mangled") / "made.csv"
    file.write_bytes(bytes(content))
    try:
        recording = open_table(file, ReadOptions(fs=100)).read(10**6)
    except EcgError as error:
        assert str(error)
    else:
        assert recording.signals.shape[0] == len(recording.leads)
