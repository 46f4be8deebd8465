import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import CONTEXT_LENGTH, BeatsInContext
from ecg.context.context import (
    EARLIER,
    LATER,
    LEADS,
    NEIGHBOURS,
    REACH,
    RHYTHM_LENGTH,
    compressed,
    expanded,
    in_context,
)
from ecg.context.likeness import MEASURES, PARTS, TO_EITHER_SIDE
from ecg.context.pace import Pace
from ecg.context.usual_beat import BEFORE, SMALLEST_MV, VIEW_LENGTH, UsualBeat

NAN = float("nan")
BEATS = 120
OWN, NEXT = EARLIER, EARLIER + 1
"""Of the columns of a rhythm: the interval before a beat, and the one after it, in those around them."""
TOLD = EARLIER + 1 + LATER
"""How many intervals are told; what they say of the patient's pace comes next, and resemblances last."""
BEFORE_USUAL, AFTER_USUAL, AFTER_BEFORE, LOCAL_USUAL = range(TOLD, TOLD + 4)
IRREGULARITY = TOLD + 11
ONE_LEAD = 2 * NEIGHBOURS + 1
ALIKE, BESIDE = LEADS * MEASURES * len(PARTS), LEADS * 2 * TO_EITHER_SIDE
RESEMBLANCE_END = RHYTHM_LENGTH - ALIKE - BESIDE
LIKENESS, HEIGHT = (slice(RESEMBLANCE_END - n * ONE_LEAD, RESEMBLANCE_END - (n - 1) * ONE_LEAD) for n in (4, 3))


def bump(width, height=1.0, middle=BEFORE):
    return height * np.exp(-0.5 * ((np.arange(VIEW_LENGTH) - middle) / width) ** 2)


NARROW, WIDE = bump(2.0), bump(8.0, -1.5, BEFORE + 4)
USUAL = UsualBeat(NARROW, 1.0 + SMALLEST_MV)


def made(intervals=None, which=slice(None), *, views=None, later=LATER, pace=None, usual=(USUAL, USUAL)):
    intervals = np.full(BEATS, 0.8) if intervals is None else intervals
    views = np.tile(NARROW, (len(usual), len(intervals), 1)) if views is None else views
    which = slice(*which.indices(len(intervals))[:2])
    around = slice(0, 1)
    return in_context(views, intervals, which, around, usual, pace or Pace.of(intervals), later)


def any_views(seed, beats=BEATS, leads=LEADS):
    rng = np.random.default_rng(seed)
    return NARROW * rng.uniform(0.5, 2, (leads, beats, 1)) + rng.normal(0, 0.1, (leads, beats, VIEW_LENGTH))


@st.composite
def any_intervals(draw):
    """Some of them unknown, and perhaps a run of unknown ones."""
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    intervals = np.exp(rng.normal(-0.3, draw(st.sampled_from([0.02, 0.2])), BEATS))
    intervals[rng.random(BEATS) < draw(st.sampled_from([0.0, 0.1, 0.5]))] = NAN
    start = draw(st.integers(0, BEATS - 1))
    intervals[start : start + draw(st.integers(0, 80))] = NAN
    return intervals


def test_a_beat_as_usual_in_a_regular_rhythm_is_all_zeros_but_for_itself():
    inside = made().select(np.arange(10, BEATS - 10))
    assert np.abs(inside.rhythm[:, :RESEMBLANCE_END]).max() < 1e-6
    views = inside.views
    assert (views[:, 1] == 0).all() and (views[:, 3] == 0).all()
    np.testing.assert_allclose(views[:, 0], np.tile(compressed(NARROW[None]), (len(inside), 1)), atol=1e-3)


def test_a_premature_beat_shows_in_the_columns_of_its_interval_and_the_pause_in_those_after():
    intervals = np.full(BEATS, 0.8)
    intervals[60], intervals[61] = 0.8 * 0.6, 0.8 * 1.4
    rhythm = made(intervals).rhythm
    early, pause = np.log(0.6), np.log(1.4)
    for beat in range(60 - LATER, 61 + EARLIER + 1):
        told = np.zeros(TOLD)
        for place, value in ((60, early), (61, pause)):
            if 0 <= place - beat + OWN < TOLD:
                told[place - beat + OWN] = value
        np.testing.assert_allclose(rhythm[beat, :TOLD], told, atol=1e-6)
    assert rhythm[60, BEFORE_USUAL] == pytest.approx(early) and rhythm[60, AFTER_USUAL] == pytest.approx(pause)
    assert rhythm[60, AFTER_BEFORE] == pytest.approx(pause - early)
    assert rhythm[59, AFTER_USUAL] == pytest.approx(early) and rhythm[61, BEFORE_USUAL] == pytest.approx(pause)
    assert (rhythm[:, LOCAL_USUAL] == 0).all()


def test_intervals_are_told_of_the_patient_even_where_all_around_are_short():
    intervals = np.full(BEATS, 0.8)
    intervals[60:90] = 0.4
    rhythm = made(intervals).rhythm
    assert rhythm[75, OWN] == 0
    assert rhythm[75, BEFORE_USUAL] == pytest.approx(np.log(0.5)) == rhythm[75, LOCAL_USUAL]


def test_an_unknown_interval_is_told_as_0_by_all_and_those_beside_it_as_they_are():
    intervals = np.full(BEATS, 0.8)
    intervals[59:62] = 0.6, NAN, 0.6
    rhythm = made(intervals).rhythm
    of_it = [OWN, BEFORE_USUAL, AFTER_BEFORE, TOLD + 4, TOLD + 5, TOLD + 6]
    assert (rhythm[60, of_it] == 0).all()
    assert (rhythm[59, [NEXT, AFTER_USUAL, AFTER_BEFORE, TOLD + 7]] == 0).all()
    assert rhythm[60, OWN - 1] == rhythm[60, NEXT] == pytest.approx(np.log(0.75))
    assert [rhythm[60 - away, OWN + away] for away in range(-EARLIER, LATER + 1)] == [0] * TOLD


def test_beyond_the_first_and_the_last_beat_nothing_is_told():
    intervals = np.r_[NAN, np.full(BEATS - 1, 0.6)]
    intervals[1::2] = 1.0
    told = made(intervals).rhythm[:, :TOLD] != 0
    columns = np.arange(TOLD) - OWN
    for beat in range(BEATS):
        around = beat + columns
        around[(around < 0) | (around >= BEATS)] = 0  # where, as for the first beat, there is none
        assert not told[beat, np.isnan(intervals[around])].any()
        assert told[beat, ~np.isnan(intervals[around])].any()


def test_irregularity_is_told_of_a_rhythm_that_is():
    rng = np.random.default_rng(0)
    intervals = np.full(BEATS, 0.8)
    intervals[60:] = 0.8 * np.exp(rng.normal(0, 0.2, BEATS - 60))
    rhythm = made(intervals).rhythm
    assert rhythm[:40, IRREGULARITY].max() < 0.05 and rhythm[80:, IRREGULARITY].min() > 0.2


def test_resemblances_are_told_of_a_beat_and_its_neighbours_in_each_lead():
    views = np.tile(NARROW, (2, BEATS, 1))
    views[0, 60], views[1, 70] = WIDE, 2 * NARROW
    rhythm = made(views=views).rhythm
    for away in range(-NEIGHBOURS, NEIGHBOURS + 1):
        likeness = rhythm[60 + away, LIKENESS]
        assert np.flatnonzero(likeness > 0.5).tolist() == [NEIGHBOURS - away]
        other = rhythm[70 + away, HEIGHT.start + 2 * ONE_LEAD : HEIGHT.stop + 2 * ONE_LEAD]
        assert other[NEIGHBOURS - away] == pytest.approx(np.log(2), abs=0.01) and np.count_nonzero(other > 0.1) == 1
    assert (np.abs(rhythm[80:-5, LIKENESS]) < 1e-6).all()


def test_views_are_in_heights_of_the_usual_beat_beside_their_difference_from_it():
    views = np.tile(WIDE, (2, BEATS, 1))
    shown = made(views=views, usual=(UsualBeat(NARROW, 2.0), UsualBeat(NARROW, 0.5))).views[60]
    expected = [WIDE / 2, (WIDE - NARROW) / 2, WIDE * 2, (WIDE - NARROW) * 2]
    np.testing.assert_allclose(np.sinh(2 * shown.astype(float)) / 8, expected, rtol=1e-4, atol=1e-6)


def test_without_a_second_lead_there_are_zeros_in_its_place():
    both, one = made(views=any_views(0)), made(views=any_views(0)[:1], usual=(USUAL,))
    assert (one.views[:, 2:] == 0).all() and (
        one.rhythm[:, RESEMBLANCE_END - 2 * ONE_LEAD : RESEMBLANCE_END] == 0
    ).all()
    np.testing.assert_array_equal(one.views[:, :2], both.views[:, :2])
    first = slice(RESEMBLANCE_END - 2 * ONE_LEAD)
    np.testing.assert_array_equal(one.rhythm[:, first], both.rhythm[:, first])


@settings(max_examples=25, deadline=None)
@given(any_intervals(), st.integers(0, BEATS - 1), st.integers(1, BEATS), st.sampled_from([1, LATER]))
def test_a_beats_numbers_do_not_depend_on_which_others_are_asked_for(intervals, start, length, later):
    which = slice(start, min(start + length, BEATS))
    views, pace = any_views(0), Pace.of(intervals)
    whole = made(intervals, views=views, later=later, pace=pace)
    part = made(intervals, which, views=views, later=later, pace=pace)
    np.testing.assert_array_equal(part.values, whole.values[which])


@settings(max_examples=30, deadline=None)
@given(any_intervals(), st.integers(0, BEATS - 3), st.integers(0, 2**31))
def test_with_one_beat_later_nothing_after_it_changes_a_beat(intervals, beat, seed):
    pace, views = Pace.of(np.full(5, 0.7)), any_views(0)
    known = made(intervals, views=views, later=1, pace=pace)
    rng = np.random.default_rng(seed)
    intervals, views = intervals.copy(), views.copy()
    intervals[beat + 2 :] = rng.choice([NAN, 0.3, 0.8, 2.0], BEATS - beat - 2)
    views[:, beat + 2 :] = any_views(seed)[:, beat + 2 :]
    otherwise = made(intervals, views=views, later=1, pace=pace)
    np.testing.assert_array_equal(otherwise.values[: beat + 1], known.values[: beat + 1])


def test_what_ends_with_the_next_beat_gives_the_same_as_what_goes_on():
    rng = np.random.default_rng(0)
    intervals, views, pace = np.exp(rng.normal(-0.3, 0.2, BEATS)), any_views(0), Pace.of(np.full(5, 0.7))
    going_on = made(intervals, views=views, later=1, pace=pace)
    for beat in range(BEATS - 1):
        so_far = made(intervals[: beat + 2], slice(beat, beat + 1), views=views[:, : beat + 2], later=1, pace=pace)
        np.testing.assert_array_equal(so_far.values[0], going_on.values[beat])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, BEATS - 1), st.integers(0, 2**31))
def test_beats_out_of_reach_change_nothing(beat, seed):
    rng = np.random.default_rng(seed)
    intervals, pace = np.exp(rng.normal(-0.3, 0.2, BEATS)), Pace.of(np.full(5, 0.7))
    known = made(intervals, pace=pace)
    far = np.abs(np.arange(BEATS) - beat) > REACH
    intervals = np.where(far, 3.0, intervals)
    np.testing.assert_array_equal(made(intervals, pace=pace).values[beat], known.values[beat])


@settings(max_examples=25, deadline=None)
@given(any_intervals(), st.integers(0, 2**31))
def test_every_number_is_finite_and_of_a_size_that_a_network_can_take(intervals, seed):
    views = any_views(seed)
    views[0, ::7] = 0.0
    for later in (1, LATER):
        assert np.abs(made(intervals, views=views, later=later).values).max() < 30


@given(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3))
def test_compression_keeps_order_and_sign_and_is_straight_near_0(one, other):
    small, large = np.sort([one, other])
    values = compressed(np.tile([[small], [large], [-large], [0.0]], VIEW_LENGTH))[:, 0]
    assert values[0] <= values[1] == -values[2] and values[3] == 0
    assert compressed(np.full((1, VIEW_LENGTH), 1e-4))[0, 0] == pytest.approx(4e-4, rel=1e-3)
    assert np.abs(values).max() < 5


def test_rows_are_views_then_rhythm_and_parts_joined_are_the_whole():
    beats = made(views=any_views(0))
    assert beats.values.shape == (BEATS, CONTEXT_LENGTH) == (len(beats), 587)
    np.testing.assert_array_equal(np.concatenate((beats.views.reshape(BEATS, -1), beats.rhythm), axis=1), beats.values)
    parts = [beats.select(np.arange(start, min(start + 50, BEATS))) for start in range(0, BEATS, 50)]
    np.testing.assert_array_equal(BeatsInContext.joined(parts).values, beats.values)
    even = np.arange(BEATS) % 2 == 0
    np.testing.assert_array_equal(beats.select(even).values, beats.values[::2])


def test_no_beats_are_no_rows():
    nothing = BeatsInContext.joined([])
    assert len(nothing) == 0
    assert nothing.views.shape == (0, 4, VIEW_LENGTH) and nothing.rhythm.shape == (0, RHYTHM_LENGTH)


def test_what_was_compressed_can_be_expanded_again():
    heights = np.linspace(-20, 20, 3 * VIEW_LENGTH).reshape(3, VIEW_LENGTH)
    np.testing.assert_allclose(expanded(compressed(heights)), heights, rtol=1e-9, atol=1e-12)
