import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecg.errors import InvalidComparison
from ecg.scoring.rhythm import compare_runs
from tests.ecg.scoring.rhythm.made import annotations_of


def compared(reference, test, ectopy="VE", **options):
    return compare_runs(reference, test, 100.0, ectopy, **({"start": 0.0, "end": 1000.0} | options))


def beats(symbols, *, every=80, first=100):
    return annotations_of([(first + place * every, symbol, 0, "") for place, symbol in enumerate(symbols)])


def lengths(matrix):
    """Of a matrix, the length in the reference, that in the test, and how often."""
    return {(row, column): int(matrix[row, column]) for row, column in np.argwhere(matrix).tolist()}


def test_equal_annotations_have_equal_runs_and_those_of_six_or_more_are_one_length():
    marked = beats("NVNVVNVVVNVVVVVVVVN")
    both = compared(marked, marked)
    assert lengths(both.found) == lengths(both.called) == {(1, 1): 1, (2, 2): 1, (3, 3): 1, (6, 6): 1}
    assert both.sensitivity("Couplet").value == both.positive_predictivity("Long run").value == 1


def test_a_run_is_held_against_the_longest_of_the_other_within_it():
    both = compared(beats("NVVVVVN"), beats("NVNVVNN"))
    assert lengths(both.found) == {(5, 2): 1}
    assert lengths(both.called) == {(1, 1): 1, (2, 2): 1}
    assert both.sensitivity("Short run").value == 0
    assert (both.positive_predictivity("Couplet").part, both.positive_predictivity("Couplet").whole) == (1, 1)


def test_fusion_beats_are_ventricular_and_unknown_ones_end_a_run():
    marked = beats("NVFVNVQVN")
    assert lengths(compared(marked, marked).found) == {(3, 3): 1, (1, 1): 2}


def test_supraventricular_runs_are_compared_by_themselves():
    marked = beats("NAJSNVVN")
    assert lengths(compared(marked, marked, "SVE").found) == {(3, 3): 1}
    assert lengths(compared(marked, marked, "VE").found) == {(2, 2): 1}


def test_fibrillation_is_a_run_of_the_longest(marks):
    fluttering = marks("100 N, 200 [, 900 ], 1000 N")
    assert lengths(compared(fluttering, fluttering).found) == {(6, 6): 1}
    fibrillating = marks("100 N, 150 + (AFIB, 200 N, 300 N, 350 + (N, 400 N")
    assert lengths(compared(fibrillating, fibrillating, "SVE").found) == {(6, 6): 1}
    assert lengths(compared(fibrillating, fibrillating, "VE").found) == {}


def test_a_run_in_the_midst_of_the_others_flutter_is_as_long_as_runs_are_counted(marks):
    both = compared(marks("100 N, 200 [, 900 ], 1000 N"), marks("100 N, 500 V, 600 V, 1000 N"))
    assert lengths(both.found) == {(6, 2): 1} and lengths(both.called) == {(6, 2): 1}


def test_a_signal_that_nobody_can_read_ends_a_run(marks):
    marked = marks("100 N, 200 V, 250 ~ 48, 300 V, 400 ~ 0, 500 N")
    assert lengths(compared(marked, marked).found) == {(1, 1): 2}


def test_annotations_may_differ_by_the_window():
    late = beats("NVVN", first=100 + 15)
    assert lengths(compared(beats("NVVN"), late).found) == {(2, 2): 1}
    assert lengths(compared(beats("NVVN"), late, window=0.1).found) == {(2, 1): 1}


def test_a_run_that_begins_before_the_comparison_begins_with_it_unless_it_is_fibrillation(marks):
    marked = beats("NVVVN")
    assert lengths(compared(marked, marked, start=2.0).found) == {(2, 2): 1}
    fluttering = marks("100 [, 500 ], 600 N")
    assert lengths(compared(fluttering, fluttering, start=2.0).found) == {(6, 6): 1}


def test_a_run_is_counted_where_the_annotations_end_and_not_where_the_time_does():
    marked = beats("NVV")
    assert lengths(compared(marked, marked).found) == {(2, 2): 1}
    assert lengths(compared(beats("NVVV"), beats("NVVV"), end=3.0).found) == {}


def test_where_there_are_no_annotations_there_are_no_runs(marks):
    assert lengths(compared(marks(""), beats("NVN")).called) == {(0, 1): 1}
    assert lengths(compared(marks(""), marks("")).found) == {}


def test_a_window_that_makes_no_sense_is_refused(marks):
    with pytest.raises(InvalidComparison, match="window"):
        compared(marks(""), marks(""), window=-1.0)


@given(st.text("NVAFQ", max_size=60))
def test_against_itself_nothing_is_missed_and_nothing_extra(symbols):
    marked = beats(symbols)
    for ectopy in ("VE", "SVE"):
        both = compared(marked, marked, ectopy)
        assert lengths(both.found) == lengths(both.called)
        assert all(row == column for row, column in lengths(both.found))
