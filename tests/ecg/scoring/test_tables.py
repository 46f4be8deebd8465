import pytest

from ecg.formats import wfdb
from ecg.scoring import compare
from ecg.scoring.tables import beat_table, shutdown_summary_table, shutdown_table, summary_table
from tests.ecg.scoring.against_bxb import mistaken, printed, synthetic_cases
from tests.ecg.scoring.test_summary import compared

SIX = ("101", "105", "203", "207", "208", "210")


@pytest.fixture(scope="module")
def synthetic():
    return [case.comparison for case in synthetic_cases()]


def test_beats_are_told_to_the_letter_as_sumstats_tells_them(synthetic):
    assert summary_table(synthetic) == printed("synthetic.beats")


def test_and_without_supraventricular_ones(synthetic):
    assert summary_table(synthetic, sveb=False) == printed("synthetic.beats-without-sveb")


def test_what_was_missed_in_shutdown_too(synthetic):
    assert shutdown_summary_table(synthetic) == printed("synthetic.shutdown")


def test_they_begin_with_what_bxb_wrote(synthetic):
    assert printed("synthetic.beats").startswith(beat_table(synthetic))
    assert printed("synthetic.beats-without-sveb").startswith(beat_table(synthetic, sveb=False))
    assert printed("synthetic.shutdown").startswith(shutdown_table(synthetic))


def test_real_recordings_are_told_as_sumstats_tells_them(mitdb):
    comparisons = []
    for name in SIX:
        marks = wfdb.read_annotations(mitdb / "mitdb" / name, "atr", 360.0)
        comparisons.append(compare(marks, mistaken(marks), 360.0, name=name, end=650_000 / 360))
    assert summary_table(comparisons) == printed("mitdb.beats")
    assert shutdown_summary_table(comparisons) == printed("mitdb.shutdown")


def test_large_sums_stay_in_their_columns():
    table = summary_table([compared(Nn=99_999, Vv=1), compared(Nn=99_999)])
    assert "\nSum 199998   0 " in table
    assert "\nSum  199998   0 " in summary_table([compared(Nn=99_999), compared(Nn=99_999)], sveb=False)


def test_one_record_is_no_records():
    assert summary_table([compared(Nn=1)]).endswith("\nSummary of results from 1 record\n")
    assert "      -" in summary_table([compared(Nn=1)])
