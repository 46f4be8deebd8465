"""Where a table begins, how its cells are parted, and what its columns are called."""

import numpy as np
import pytest

from ecg import UnreadableRecording
from ecg.formats.table.layout import find_layout
from ecg.formats.table.text import read_text
from tests.ecg.formats.table.conftest import commas, fixed, lines

ROWS = "0.00,1.5\n0.01,2.5\n0.02,-3.5\n0.03,4.5\n"


@pytest.fixture
def layout(write):
    return lambda text: find_layout(read_text(write(text)))


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " ", "   ", " \t "])
@pytest.mark.parametrize("decimal", [".", ","])
def test_separator_and_decimal_sign_are_those_that_explain_most_rows(separator, decimal, made, read):
    if separator == decimal:
        pytest.skip("that is for cells in quotes")
    rows = lines(fixed(np.arange(5000) / 250), *map(fixed, made.signals.tolist()), separator=separator)
    recording = read(f"time{separator}II{separator}V1\n{rows.replace('.', decimal)}")
    assert (recording.leads, recording.fs) == (("II", "V1"), 250.0)
    np.testing.assert_allclose(recording.signals, made.signals, atol=1e-3)


def test_decimal_commas_may_stand_between_commas_in_quotes(signal, read):
    rows = "".join(f'"{n / 250:.3f}","{value:.3f}"\n' for n, value in enumerate(signal)).replace(".", ",")
    recording = read(f'"Temps (s)","ECG (mV)"\n{rows}')
    np.testing.assert_allclose(recording.signals[0], signal, atol=1e-3)
    assert (recording.leads, recording.fs) == (("ECG",), 250.0)


def test_one_column_with_decimal_commas_is_no_two_of_whole_numbers(signal, read):
    column = "\n".join(commas([f"{value:.3f}".rstrip("0").rstrip(".") for value in signal])) + "\n"
    np.testing.assert_allclose(read(column, fs=250).signals[0], signal, atol=1e-3)
    counted = lines(map(str, range(5000)), fixed(2000 + 200 * signal, 0))
    assert read(counted, fs=250).leads == ("column 2",)


@pytest.mark.parametrize(
    "before",
    [
        "# made by a recorder\n# fs=100\n",
        "% made by MATLAB\n\n",
        "Patient: X\nDate: 2024-01-01\nFs: 100\n\n",
        'Name,Test Person\nDate of Birth,"Jan 1, 1980"\nSample Rate,100 hertz\n',
        "sep=,\n",
        "\n\n\n",
        "A recording\nof a heart\n",
    ],
)
def test_lines_before_the_table_are_skipped(before, layout):
    found = layout(f"{before}time,II\n{ROWS}")
    assert found.names == ("time", "II") and found.first == before.count("\n") + 1
    assert found.preamble == tuple(line for line in before.splitlines() if line)


@pytest.mark.parametrize(
    "before",
    [
        "Name,Test Person\n",
        "Patient Name,Test Person\n",
        "a: b\nPatient,Test Person\n",
        "Geburtsdatum,1980\nArzt,Y Z\n",
    ],
)
def test_a_line_of_the_preamble_is_no_row_of_names(before, layout):
    assert layout(before + ROWS).names == ()


@pytest.mark.parametrize(
    ("names", "units"),
    [
        ("Time,Lead II", "(s),(mV)"),
        ("Time,Lead II", "s,mV"),
        ("'Elapsed time','II'", "'hh:mm:ss.mmm','mV'"),
        ("Timestamp,ECG", "ms,m/(s^2)"),
    ],
)
def test_a_row_of_units_may_stand_below_that_of_names(names, units, layout):
    found = layout(f"{names}\n{units}\n{ROWS}")
    assert len(found.names) == 2 and found.units == tuple(unit.strip("'()") for unit in units.split(","))


def test_a_row_of_names_that_are_units_too_is_one_of_names(layout):
    assert layout(f"s,mV\n{ROWS}").names == ("s", "mV")


def test_names_may_hold_blanks_where_blanks_part_the_columns(layout):
    rows = ROWS.replace(",", "    ")
    found = layout(f"  Elapsed time      MLII\n     (seconds)      (mV)\n{rows}")
    assert (found.names, found.units) == (("Elapsed time", "MLII"), ("seconds", "mV"))


def test_the_column_of_row_numbers_that_r_writes_has_no_name(layout):
    rows = "".join(f'"{n}" {n / 100} 1.5\n' for n in range(1, 9))
    assert layout(f'"time" "ECG"\n{rows}').names == ("", "time", "ECG")


@pytest.mark.parametrize("title", ["Test Person", "Patient: Test Person", "a title of more than one word", "1.1.1980"])
def test_what_stands_above_one_column_is_its_name_where_it_is_one_word(title, layout):
    rows = "0.5\n-0.5\n0.25\n0.5\n"
    assert layout(f"{title}\n{rows}").names == ()
    assert layout(f"signal\n{rows}").names == ("signal",) and layout(f"Lead II\n{rows}").names == ("Lead II",)


@pytest.mark.parametrize(
    ("row", "columns"), [("2024-03-05T08:00:00,512", 2), ("2024-03-05 08:00:00\t512", 2), ("08:00:00,004;-0,5", 2)]
)
def test_a_comma_or_a_blank_may_be_part_of_a_date(row, columns, layout):
    assert layout(f"{row}\n" * 9).columns == columns


def test_a_table_before_the_table_is_none(read):
    recording = read("id,age\n1,63\n\ntime,II\n" + "".join(f"{n / 100},{n % 7}\n" for n in range(300)))
    assert (recording.leads, recording.fs, recording.signals.shape) == (("II",), 100.0, (1, 300))


def test_columns_that_pandas_counted_are_named_by_their_numbers(layout):
    assert layout(",0,1\n" + "".join(f"{n},0.5,{n / 7:.3f}\n" for n in range(9))).names == ("", "0", "1")


def test_a_row_may_end_in_a_separator_where_that_of_names_does_not(read):
    recording = read("time\tII\n" + "".join(f"{n / 100}\t{n % 7}\t\n" for n in range(300)))
    assert (recording.leads, recording.fs) == (("II",), 100.0)


def test_how_many_samples_there_are_may_stand_between_names_and_rows(read):
    rows = "".join(f"{n / 100}\t{n % 7 / 5}\t\n" for n in range(300))
    recording = read(f"one.acq\n10 msec/sample\n1 channels\nECG\nmV\nsec\tCH1\t\n\t300\t\n{rows}", name="made.txt")
    assert (recording.fs, recording.signals.shape) == (100.0, (1, 300))


def test_rows_may_have_cells_too_few_and_too_many(read):
    recording = read("time,II,note\n0,1\n0.01,2,a,b,c\n0.02,3,x\n0.03\n0.04,5,\n")
    np.testing.assert_array_equal(recording.signals, [[1, 2, 3, np.nan, 5]])


def test_a_text_without_a_table_is_refused(layout):
    with pytest.raises(UnreadableRecording, match="no table was found in it; expected a row a sample"):
        layout("Dear doctor,\nplease find below\nnothing at all\n")
