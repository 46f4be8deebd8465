import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg.signal.gaps import GapFiller, Gaps

RNG = np.random.default_rng(0)


def gaps_of(signal, pieces=(), fs=10.0):
    gaps = Gaps(fs)
    for piece in np.split(np.array(signal, dtype=np.float64), pieces):
        gaps.push(piece)
    return gaps.gaps


def test_a_gap_is_where_there_are_no_numbers():
    assert gaps_of([1, 2, np.nan, np.inf, 5, -np.inf]) == [(2, 4), (5, 6)]


def test_a_lead_that_stands_still_for_a_second_is_off_from_the_beginning_of_it():
    signal = [*RNG.normal(size=5), *[7.0] * 10, *RNG.normal(size=5), *[3.0] * 9, 4.0]
    assert gaps_of(signal) == [(5, 15)]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([np.nan, 0.0, None]), st.integers(1, 25)), max_size=8),
    st.lists(st.integers(0, 120), max_size=10).map(sorted),
)
def test_gaps_do_not_depend_on_the_pieces(runs, pieces):
    values = [RNG.normal(size=length) if value is None else np.full(length, value) for value, length in runs]
    signal = np.concatenate([np.zeros(0), *values])
    whole, parts = gaps_of(signal), gaps_of(signal, pieces)
    assert parts == whole
    missing = np.zeros(len(signal), bool)
    for start, stop in parts:
        missing[start:stop] = True
    assert missing[np.isnan(signal)].all()


def test_samples_of_all_gaps_are_counted_even_when_they_are_forgotten():
    gaps = Gaps(10.0)
    for piece in ([np.nan] * 4, [np.nan] * 4, [1.0, 2.0], [3.0] * 12, [3.0] * 12):
        gaps.push(np.array(piece))
    gaps.forget(100)
    assert gaps.samples == 8 + 24 and gaps.gaps == []


def test_what_touches_a_gap_is_told():
    gaps = Gaps(10.0)
    gaps.push(np.array([1.0, 2.0, np.nan, np.nan, 5.0]))
    assert gaps.touch(0, 3) and gaps.touch(3, 9) and not gaps.touch(0, 2) and not gaps.touch(4, 5)


@pytest.mark.parametrize("pieces", [(), (3,), (2, 3, 4)])
def test_a_filled_gap_has_no_step_at_either_end(pieces):
    filler = GapFiller(1)
    signal = np.array([[5.0, 6.0, np.nan, np.nan, 106.0, 107.0]])
    filled = np.concatenate([filler.fill(piece) for piece in np.split(signal, pieces, axis=1)], axis=1)
    np.testing.assert_array_equal(filled, [[0, 1, 1, 1, 1, 2]])
