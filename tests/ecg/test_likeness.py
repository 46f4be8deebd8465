import numpy as np

from ecg.likeness import likeness
from ecg.usual_beat import BEFORE, VIEW_LENGTH

PLACES = np.arange(VIEW_LENGTH) - BEFORE


def wave(at, width, height):
    return height * np.exp(-0.5 * ((PLACES - at) / width) ** 2)


NARROW = wave(0, 2, 1.0) + wave(-20, 4, 0.15)
OTHER_P = wave(0, 2, 1.0) - wave(-14, 3, 0.15)
WIDE = wave(2, 7, -1.5)


def test_a_common_shape_has_a_large_share_and_a_rare_one_a_small_one():
    around = np.stack([NARROW] * 9 + [WIDE])
    qrs_share, _, _, _ = likeness(np.stack([NARROW, WIDE]), around, np.zeros(10)).T
    np.testing.assert_allclose(qrs_share, [0.9, 0.1])


def test_it_tells_whether_beats_of_that_shape_come_early():
    around = np.stack([NARROW] * 8 + [WIDE] * 2)
    deviations = np.array([0.0] * 8 + [-0.3, -0.1])
    _, qrs_early, _, _ = likeness(np.stack([NARROW, WIDE]), around, deviations).T
    np.testing.assert_allclose(qrs_early, [0.0, -0.2])


def test_p_waves_are_told_apart_where_qrs_complexes_are_alike():
    around = np.stack([NARROW] * 6 + [OTHER_P] * 4)
    deviations = np.array([0.0] * 6 + [-0.4] * 4)
    rows = likeness(np.stack([NARROW, OTHER_P]), around, deviations)
    np.testing.assert_allclose(rows[:, 0], 1.0)
    np.testing.assert_allclose(rows[:, 2], [0.6, 0.4])
    np.testing.assert_allclose(rows[:, 3], [0.0, -0.4])


def test_a_shape_that_nothing_is_like_is_neither_early_nor_late():
    rows = likeness(WIDE[None], np.stack([NARROW] * 5), np.full(5, -0.3))
    np.testing.assert_allclose(rows[0, :2], 0.0)


def test_gain_and_offset_change_nothing():
    around = np.stack([NARROW] * 6 + [WIDE] * 4)
    deviations = np.linspace(-0.2, 0.2, 10)
    np.testing.assert_allclose(
        likeness(around, around, deviations), likeness(3 * around + 1, 3 * around + 1, deviations), atol=1e-12
    )
