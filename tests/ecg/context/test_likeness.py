import numpy as np
import pytest

from ecg.context.likeness import likeness, p_waves_beside
from ecg.context.usual_beat import BEFORE, VIEW_LENGTH

PLACES = np.arange(VIEW_LENGTH) - BEFORE
STEADY = np.full(10, 0.8)
NAN = float("nan")


def wave(at, width, height):
    return height * np.exp(-0.5 * ((PLACES - at) / width) ** 2)


NARROW = wave(0, 2, 1.0) + wave(-20, 4, 0.15)
OTHER_P = wave(0, 2, 1.0) - wave(-14, 3, 0.15)
WIDE = wave(2, 7, -1.5)


def test_a_common_shape_has_a_large_share_and_a_rare_one_a_small_one():
    around = np.stack([NARROW] * 9 + [WIDE])
    qrs_share = likeness(np.stack([NARROW, WIDE]), around, np.zeros(10), STEADY)[:, 0]
    np.testing.assert_allclose(qrs_share, [0.9, 0.1])


def test_it_tells_whether_beats_of_that_shape_come_early():
    around = np.stack([NARROW] * 8 + [WIDE] * 2)
    deviations = np.array([0.0] * 8 + [-0.3, -0.1])
    qrs_early = likeness(np.stack([NARROW, WIDE]), around, deviations, STEADY)[:, 1]
    np.testing.assert_allclose(qrs_early, [0.0, -0.2])


def test_p_waves_are_told_apart_where_qrs_complexes_are_alike():
    around = np.stack([NARROW] * 6 + [OTHER_P] * 4)
    deviations = np.array([0.0] * 6 + [-0.4] * 4)
    rows = likeness(np.stack([NARROW, OTHER_P]), around, deviations, STEADY)
    np.testing.assert_allclose(rows[:, 0], 1.0)
    np.testing.assert_allclose(rows[:, 3], [0.6, 0.4])
    np.testing.assert_allclose(rows[:, 4], [0.0, -0.4])


def test_in_a_long_run_no_beat_is_early_but_its_p_wave_comes_with_faster_ones():
    around = np.stack([NARROW] * 3 + [OTHER_P] * 7)
    intervals = np.array([NAN, 1.1, 1.1] + [0.6] * 6 + [NAN])
    rows = likeness(np.stack([NARROW, OTHER_P, WIDE]), around, np.zeros(10), intervals)
    faster = np.log(0.6 / 1.1)
    np.testing.assert_allclose(rows[:, 5], [-faster, faster, 0.0], atol=1e-12)
    np.testing.assert_allclose(rows[:2, 2], 0.0)  # of the QRS complex there is one kind, so none is faster


def test_where_no_interval_is_known_none_is_faster():
    rows = likeness(np.stack([NARROW, WIDE]), np.stack([NARROW, WIDE]), np.zeros(2), np.full(2, NAN))
    np.testing.assert_array_equal(rows[:, [2, 5]], 0.0)


@pytest.mark.parametrize("later", [0, 1, 2, 8])
def test_p_waves_are_held_against_those_of_the_beats_beside(later):
    unlike = p_waves_beside(np.stack([NARROW, NARROW, OTHER_P, OTHER_P, OTHER_P]), later)
    assert np.isnan(unlike[0, :2]).all() and np.isnan(unlike[1, 0]) and np.isnan(unlike[-1, 2:]).all()
    np.testing.assert_allclose(unlike[4, :2], 0.0, atol=1e-6)
    assert unlike[2, 0] > 0.5 and unlike[2, 1] > 0.5  # the first of a run is like none before it
    known = np.isfinite(unlike[2, 2:])
    assert known.tolist() == [later >= 1, later >= 2]
    np.testing.assert_allclose(unlike[2, 2:][known], 0.0, atol=1e-6)


@pytest.mark.parametrize("beats", [0, 1, 2])
def test_few_beats_have_few_beside_them(beats):
    unlike = p_waves_beside(np.stack([NARROW] * 3)[:beats], 8)
    assert unlike.shape == (beats, 4)
    assert np.isfinite(unlike).sum() == beats * (beats - 1)


def test_a_flat_lead_has_no_p_wave_to_be_held_against():
    assert np.isnan(p_waves_beside(np.stack([NARROW, np.zeros(VIEW_LENGTH), NARROW]), 8)[1]).all()


def test_a_shape_that_nothing_is_like_is_neither_early_nor_late():
    rows = likeness(WIDE[None], np.stack([NARROW] * 5), np.full(5, -0.3), np.full(5, 0.8))
    np.testing.assert_allclose(rows[0, :3], 0.0)


def test_gain_and_offset_change_nothing():
    around = np.stack([NARROW] * 6 + [WIDE] * 4)
    deviations = np.linspace(-0.2, 0.2, 10)
    amplified = 3 * around + 1
    np.testing.assert_allclose(
        likeness(around, around, deviations, STEADY), likeness(amplified, amplified, deviations, STEADY), atol=1e-12
    )
    np.testing.assert_allclose(p_waves_beside(around, 2), p_waves_beside(amplified, 2), atol=1e-6)
