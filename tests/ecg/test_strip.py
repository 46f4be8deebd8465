import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import Recording
from ecg.strip import COLUMNS, Strip

RNG = np.random.default_rng(0)


def strip(samples):
    return Strip(Recording("made", RNG.normal(size=(2, samples)).astype(np.float32), ("II", "V1"), 360.0))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 60_000), st.integers(0, 7))
def test_the_tiles_of_a_level_are_the_extremes_of_the_whole_signal(samples, level):
    made = strip(samples)
    width = 2**level
    count = -(-samples // width)
    tiles = [made.tile(level, number) for number in range(-(-count // COLUMNS) or 1)]
    joined = np.concatenate(tiles, axis=2)
    assert joined.shape == (2, 2, count)
    for column in range(0, count, 97):
        stretch = made.recording.signals[:, column * width : (column + 1) * width]
        np.testing.assert_array_equal(joined[:, :, column], np.stack([stretch.min(1), stretch.max(1)], axis=1))


def test_the_last_level_shows_all_in_one_tile():
    for samples in (1, COLUMNS, COLUMNS + 1, 50_000):
        made = strip(samples)
        assert 0 < made.tile(made.levels - 1, 0).shape[2] <= COLUMNS
        assert made.tile(made.levels - 1, 1).shape[2] == 0


def test_a_gap_shows_only_where_nothing_else_is():
    signals = np.ones((1, 64), np.float32)
    signals[0, 8:40] = np.nan
    tile = Strip(Recording("made", signals, ("II",), 360.0)).tile(4, 0)
    np.testing.assert_array_equal(tile[0, 0], [1, np.nan, 1, 1])


def test_beyond_the_recording_there_is_nothing():
    assert strip(5000).tile(2, 10**9).shape == (2, 2, 0)
