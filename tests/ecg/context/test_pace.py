import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg.context.pace import IN_TIME, USUAL_RR, Pace, changes, deviations, intervals_before, local_median

NAN = float("nan")
intervals_or_none = st.lists(st.one_of(st.just(NAN), st.floats(0.2, 4.0)), min_size=1, max_size=60).map(np.array)


def test_an_interval_is_the_time_since_the_beat_before_where_that_is_one():
    peaks = np.array([10, 110, 235, 300])
    intervals = intervals_before(peaks, np.array([False, False, True, False]))
    np.testing.assert_array_equal(intervals, [NAN, 0.8, NAN, 65 / 125])


def test_intervals_that_no_heart_has_are_taken_for_the_nearest_that_one_may_have():
    np.testing.assert_array_equal(intervals_before(np.array([0, 5, 5000]), np.zeros(3, bool))[1:], [0.2, 4.0])


def test_asking_for_intervals_changes_nothing_of_what_is_given():
    broken = np.zeros(3, bool)
    intervals_before(np.array([0, 100, 200]), broken)
    assert not broken.any()


@pytest.mark.parametrize("rr", [0.4, 0.8, 1.5])
def test_the_pace_of_a_regular_rhythm_is_its_interval(rr):
    assert Pace.of(np.full(50, rr)) == Pace(rr, (rr, rr, rr), 0.0, 0.0)


def test_the_pace_of_nothing_known_is_a_usual_one():
    usual = Pace(USUAL_RR, (USUAL_RR,) * 3, 0.0, 0.0)
    assert Pace.of(np.zeros(0)) == usual
    assert Pace.of(np.full(3, NAN)) == usual


def test_a_few_early_beats_change_the_pace_little_and_fibrillation_makes_it_irregular():
    rng = np.random.default_rng(0)
    sinus, fibrillation = (np.exp(rng.normal(np.log(0.8), spread, 500)) for spread in (0.02, 0.2))
    early = sinus.copy()
    early[50::100] *= 0.6
    early[51::100] *= 1.4
    pace = Pace.of(early)
    assert pace.interval == pytest.approx(0.8, rel=0.01)
    assert pace.irregular < 0.05 and pace.change < 0.04
    assert Pace.of(fibrillation).irregular > 0.4 and Pace.of(fibrillation).change > 0.15


@settings(max_examples=50, deadline=None)
@given(intervals_or_none)
def test_quantiles_are_in_their_order_and_no_interval_is_beyond_all(intervals):
    pace = Pace.of(intervals)
    low, high, highest = pace.quantiles
    assert low <= pace.interval <= highest and low <= high <= highest
    known = intervals[np.isfinite(intervals)] if np.isfinite(intervals).any() else np.array([USUAL_RR])
    assert known.min() <= low and highest <= known.max()
    assert 0 <= pace.irregular <= 1 and pace.change >= 0


@settings(max_examples=50, deadline=None)
@given(intervals_or_none, st.integers(0, 20), st.integers(0, 20))
def test_a_local_median_is_that_of_the_known_values_around_and_unknown_where_there_are_none(values, before, after):
    medians = local_median(values, before, after)
    assert len(medians) == len(values)
    for place, median in enumerate(medians.tolist()):
        around = values[max(place - before, 0) : place + after + 1]
        known = around[np.isfinite(around)]
        assert median == pytest.approx(np.median(known) if len(known) else NAN, nan_ok=True)


@settings(max_examples=50, deadline=None)
@given(intervals_or_none, st.floats(0.25, 4.0))
def test_deviations_do_not_depend_on_the_rate(intervals, rate):
    np.testing.assert_allclose(deviations(intervals * rate, 8), deviations(intervals, 8), atol=1e-9)


@settings(max_examples=50, deadline=None)
@given(intervals_or_none, st.integers(0, 30))
def test_unknown_intervals_deviate_by_0_and_nothing_is_unknown(intervals, later):
    found = deviations(intervals, later)
    assert (found[~np.isfinite(intervals)] == 0).all() and np.isfinite(found).all()


def test_an_early_beat_deviates_by_the_logarithm_of_how_early_and_changes_twice():
    intervals = np.full(40, 0.8)
    intervals[20] = 0.8 * 0.7
    deviation, change = deviations(intervals, 8), changes(intervals, 8)
    assert deviation[20] == pytest.approx(np.log(0.7)) and deviation[20] < -IN_TIME
    assert np.flatnonzero(deviation).tolist() == [20]
    assert np.flatnonzero(change).tolist() == [20, 21]
    np.testing.assert_allclose(change[20:22], -np.log(0.7))


@settings(max_examples=50, deadline=None)
@given(intervals_or_none, st.integers(0, 12), st.data())
def test_deviations_know_no_more_than_so_many_intervals_later(intervals, later, data):
    place = data.draw(st.integers(0, len(intervals) - 1))
    changed = intervals.copy()
    changed[place + later + 1 :] = 1.234
    np.testing.assert_array_equal(deviations(changed, later)[: place + 1], deviations(intervals, later)[: place + 1])
