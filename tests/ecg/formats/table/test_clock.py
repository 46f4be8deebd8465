"""The rate that times mean, and the rows that are missing between them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import UnreadableRecording
from ecg.formats.table.clock import Pace, Places, pace

ROWS = 5000


def rate(times):
    found = pace(np.asarray(times, dtype=np.float64))
    assert found is not None
    return found.a_second(1.0)


@pytest.mark.parametrize("fs", [50, 125, 128, 130, 250, 256, 360, 500, 512.055, 1000, 2000])
@pytest.mark.parametrize("decimals", [3, 4, 6])
def test_the_rate_is_that_of_times_that_are_rounded(fs, decimals):
    assert rate(np.round(np.arange(20_000) / fs, decimals)) == pytest.approx(fs, rel=2e-5)


@pytest.mark.parametrize("fs", [125, 250, 360, 500, 1000])
@pytest.mark.parametrize("decimals", [1, 2])
def test_a_whole_rate_is_found_of_times_that_are_rounded_to_more_than_a_row(fs, decimals):
    assert rate(np.round(np.arange(20_000) / fs, decimals)) == fs


@pytest.mark.parametrize("packet", [2, 25, 73])
def test_rows_of_a_packet_may_have_one_time(packet):
    assert rate(np.arange(ROWS) // packet * packet / 130) == 130


@pytest.mark.parametrize("late", [0.002, 0.02])
def test_times_may_tremble(late):
    trembling = np.random.default_rng(0).normal(0, late, ROWS)
    assert rate(np.arange(ROWS) / 250 + trembling) == pytest.approx(250, rel=0.01)


def test_a_gap_does_not_change_the_rate():
    assert rate(np.arange(ROWS) / 250 + (np.arange(ROWS) > 3000)) == 250
    packets = np.arange(ROWS) // 25 * 0.1 + 0.1 * (np.arange(ROWS) >= 2000)
    assert rate(packets) == 250


@pytest.mark.parametrize(
    "times", [[], [1.0], [1.0, 1.0, 1.0], [3.0, 2.0, 1.0], [np.nan, np.nan], [0.0, 1e-320, 2e-320]]
)
def test_times_that_do_not_grow_have_no_pace(times):
    assert pace(np.array(times)) is None


def placed(times, fs, chunk=10**6, period=None, steps=None):
    """Where the rows are put, chunk by chunk, and what it noticed."""
    places = Places("made", fs, steps or pace(times), period)
    rows = [places.place(times[first : first + chunk]) for first in range(0, len(times), chunk)]
    return np.concatenate(rows), places


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(300, 3000), st.integers(2, 5000)), min_size=1, max_size=6),
    st.sampled_from([250.0, 360.0, 512.0]),
    st.sampled_from([777, 10_000]),
)
def test_what_times_say_is_missing_is_a_gap_of_that_length(stretches, fs, chunk):
    """Stretches of so many rows, each with so many samples missing after it."""
    where = np.concatenate(
        [np.arange(rows) + sum(r + m for r, m in stretches[:number]) for number, (rows, _) in enumerate(stretches)]
    )
    found, places = placed(np.round(where / fs, 4), fs, chunk)
    np.testing.assert_array_equal(found, where)
    assert not places.went_back


@pytest.mark.parametrize("chunk", [1000, 10_000])
def test_a_packet_that_is_lost_is_a_gap(chunk):
    times = np.arange(ROWS) // 25 * 0.1 + 0.1 * (np.arange(ROWS) >= 2000)
    found, _ = placed(times, 250.0, chunk)
    np.testing.assert_array_equal(np.flatnonzero(np.diff(found) != 1), [1999])
    assert found[-1] == ROWS - 1 + 25


@pytest.mark.parametrize("late", [0.002, 0.02])
@pytest.mark.parametrize("chunk", [50, 300, 10_000])
def test_times_that_tremble_make_no_gaps_but_where_rows_are_missing(late, chunk):
    times = np.arange(ROWS) / 250 + np.abs(np.random.default_rng(1).normal(0, late, ROWS))
    found, places = placed(times, 250.0, chunk)
    assert np.count_nonzero(np.diff(found) != 1) <= 2 and found[-1] < ROWS + 10
    assert not places.went_back
    times[0] += 0.1
    found, places = placed(times + (np.arange(ROWS) >= 3000), 250.0, chunk)
    assert not places.went_back
    assert abs(int(found[-1]) - (ROWS - 1 + 250)) < 30 and 2980 < np.argmax(np.diff(found)) < 3020


def test_rows_without_a_time_follow_those_before():
    times = np.arange(1000) / 250 + (np.arange(1000) >= 500)
    times[[3, 4, 500]] = np.nan
    found, places = placed(times, 250.0)
    assert places.unknown == 3
    np.testing.assert_array_equal(found[[3, 4, 499, 501]], [3, 4, 499, 751])


def test_a_clock_may_pass_midnight():
    times = (86_390 + np.arange(10_000) / 250) % 86_400
    found, places = placed(times, 250.0, 999, period=86_400.0)
    np.testing.assert_array_equal(found, np.arange(10_000))
    assert not places.went_back


def test_rows_after_times_that_go_back_follow_those_before():
    times = np.concatenate([np.arange(1000), np.arange(500), 500 + np.arange(600) + 100]) / 250
    found, places = placed(times, 250.0)
    assert places.went_back
    np.testing.assert_array_equal(found[:1500], np.arange(1500))
    np.testing.assert_array_equal(found[1500:], 1500 + 100 + np.arange(600))


@pytest.mark.parametrize(
    ("jump", "message"), [(90_000.0, "its times jump by"), (1e308, "its times jump by"), (np.inf, None)]
)
def test_a_jump_of_more_than_a_day_is_refused(jump, message):
    times = np.concatenate([np.arange(100) / 250, jump + np.arange(100) / 250])
    if message is None:  # is no time, so the rows follow
        assert placed(times, 250.0)[0][-1] == 199
    else:
        with pytest.raises(UnreadableRecording, match=message):
            placed(times, 250.0)


def test_more_than_a_month_is_refused():
    with pytest.raises(UnreadableRecording, match="span more than a month"):
        placed(np.arange(100) // 2 * 80_000.0 + np.arange(100) / 250, 250.0, steps=Pace(250.0, 1.0))
