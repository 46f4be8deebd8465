import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg.context.usual_beat import BEFORE, FEW, PEAK, QRS, VIEW_LENGTH, UsualBeat, normalized, views_of


def bump(width, height=1.0, middle=BEFORE):
    return height * np.exp(-0.5 * ((np.arange(VIEW_LENGTH) - middle) / width) ** 2)


NORMAL = bump(2.0) + bump(2.0, -0.2, BEFORE - 5) + bump(8.0, 0.2, BEFORE + 35)
WIDE = bump(7.0, -1.4, BEFORE + 3) + bump(10.0, 0.4, BEFORE + 40)
TURNED = bump(2.5, 0.6, BEFORE - 3) + bump(3.0, -1.0, BEFORE + 4)
SHAPES = np.stack([NORMAL, WIDE, TURNED])


def likeness(one, other):
    return float((normalized(one[None, QRS]) @ normalized(other[None, QRS])[0])[0])


def views_with(shapes, seed=0, noise=0.03):
    """A view of each of these shapes, by number, with noise and heights that vary."""
    rng = np.random.default_rng(seed)
    shapes = np.asarray(shapes)
    return SHAPES[shapes] * rng.uniform(0.9, 1.1, (len(shapes), 1)) + rng.normal(0, noise, (len(shapes), VIEW_LENGTH))


def test_the_shapes_of_these_tests_are_not_alike():
    assert max(likeness(NORMAL, WIDE), likeness(NORMAL, TURNED), likeness(WIDE, TURNED)) < 0.6


@settings(max_examples=50, deadline=None)
@given(st.integers(30, 600), st.floats(0, 0.4), st.booleans(), st.booleans(), st.integers(0, 2**31))
def test_the_usual_beat_is_the_majoritys(beats, share, in_a_run, in_time, seed):
    rng = np.random.default_rng(seed)
    others = np.zeros(beats, bool)
    others[: int(share * beats)] = True
    others = np.roll(others, rng.integers(beats)) if in_a_run else rng.permutation(others)
    usual = UsualBeat.of(views_with(np.where(others, 1, 0), seed), np.full(beats, True) if in_time else ~others)
    assert likeness(usual.view, NORMAL) > 0.98
    assert usual.height == pytest.approx(np.ptp(NORMAL[PEAK]), rel=0.1)


def test_more_than_half_may_be_otherwise_where_those_come_early():
    shapes = np.tile([0, 1, 1], 100)
    assert likeness(UsualBeat.of(views_with(shapes), shapes == 0).view, NORMAL) > 0.98


def test_the_usual_beat_is_the_largest_familys_though_most_are_each_of_another_shape():
    rng = np.random.default_rng(0)
    strange = rng.normal(size=(300, VIEW_LENGTH))
    views = np.concatenate([strange, views_with(np.zeros(100, np.int64))])[rng.permutation(400)]
    assert likeness(UsualBeat.of(views, np.full(400, True)).view, NORMAL) > 0.98


@pytest.mark.parametrize("beats", range(1, FEW + 2))
def test_of_few_beats_there_is_a_usual_one_too_in_time_or_not(beats):
    for in_time in (np.full(beats, True), np.zeros(beats, bool), np.arange(beats) == 0):
        assert likeness(UsualBeat.of(views_with(np.zeros(beats, np.int64)), in_time).view, NORMAL) > 0.95


@pytest.mark.parametrize("beats", [1, 5, 200])
def test_of_a_lead_that_shows_nothing_there_is_nothing_usual(beats):
    usual = UsualBeat.of(np.zeros((beats, VIEW_LENGTH)), np.full(beats, True))
    assert (usual.view == 0).all() and 0 < usual.height < 0.01
    assert np.isnan(usual.correlation(views_with([0, 1]))).all()
    again = usual.followed(np.zeros((beats, VIEW_LENGTH)), np.full(beats, True))
    assert (again.view == 0).all()


def test_the_usual_beat_follows_a_slow_drift_of_the_axis():
    usual = UsualBeat.of(views_with(np.zeros(200, np.int64)), np.full(200, True))
    for share in np.linspace(0, 1, 9):
        shape = (1 - share) * NORMAL + share * TURNED
        views = shape + np.random.default_rng(0).normal(0, 0.03, (200, VIEW_LENGTH))
        usual = usual.followed(views, np.full(200, True))
        assert likeness(usual.view, shape) > 0.98
    assert likeness(usual.view, NORMAL) < 0.6


@pytest.mark.parametrize("in_time", [False, True])
def test_it_does_not_follow_a_run_of_ectopic_beats(in_time):
    usual = UsualBeat.of(views_with(np.zeros(200, np.int64)), np.full(200, True))
    shapes = np.where(np.arange(300) < 40, 0, 1)
    usual = usual.followed(views_with(shapes), (shapes == 0) | in_time)
    assert likeness(usual.view, NORMAL) > 0.98


def test_where_hardly_any_beat_is_as_before_another_becomes_usual():
    usual = UsualBeat.of(views_with(np.zeros(200, np.int64)), np.full(200, True))
    shapes = np.where(np.arange(300) < 20, 0, 2)
    assert likeness(usual.followed(views_with(shapes), np.full(300, True)).view, TURNED) > 0.98


def test_beats_that_come_late_or_early_count_only_where_there_are_few_others():
    usual = UsualBeat.of(views_with(np.zeros(200, np.int64)), np.full(200, True))
    early = np.arange(100) < 70
    views = np.where(early[:, None], 1.3 * NORMAL, NORMAL)
    assert usual.followed(views, ~early).height == pytest.approx(np.ptp(NORMAL[PEAK]), rel=0.01)
    assert usual.followed(views, np.arange(100) > 90).height == pytest.approx(1.3 * np.ptp(NORMAL[PEAK]), rel=0.01)


def test_a_beats_likeness_and_height_are_told_in_those_of_the_usual_one():
    usual = UsualBeat.of(np.tile(NORMAL, (30, 1)), np.full(30, True))
    views = np.stack([NORMAL, 3 * NORMAL, -NORMAL, NORMAL + 5, WIDE])
    assert usual.correlation(views)[:4] == pytest.approx([1, 1, -1, 1], abs=1e-6)
    assert usual.correlation(views)[4] == pytest.approx(likeness(NORMAL, WIDE), abs=1e-6)
    assert usual.relative_height(views)[:4] == pytest.approx([0, np.log(3), 0, 0], abs=2e-3)


@settings(max_examples=50)
@given(st.floats(0.1, 50), st.floats(-5, 5), st.integers(0, 2**31))
def test_gain_and_offset_change_neither_likeness_nor_relative_height(gain, offset, seed):
    views, usual = views_with([0, 1, 2, 0], seed), UsualBeat.of(np.tile(NORMAL, (9, 1)), np.full(9, True))
    amplified = UsualBeat.of(np.tile(gain * NORMAL, (9, 1)), np.full(9, True))
    changed = gain * views + offset
    np.testing.assert_allclose(amplified.correlation(changed), usual.correlation(views), atol=1e-5)
    np.testing.assert_allclose(amplified.relative_height(changed), usual.relative_height(views), atol=0.03)


def test_a_view_is_the_signal_around_the_peak_less_its_median():
    signal = np.random.default_rng(0).normal(size=500)
    (view,) = views_of(signal + 7, np.array([200]))
    around = signal[200 - BEFORE : 200 - BEFORE + VIEW_LENGTH]
    np.testing.assert_allclose(view, around - np.median(around))
    assert view[BEFORE] == pytest.approx(signal[200] - np.median(around))


def test_beyond_its_ends_the_signal_stays_as_it_is_there():
    signal = np.arange(150.0)
    first, last = views_of(signal, np.array([10, 140]))
    assert (np.diff(first[: BEFORE - 10]) == 0).all() and (np.diff(first[BEFORE - 9 :]) == 1).all()
    assert (np.diff(last[: BEFORE + 10]) == 1).all() and (np.diff(last[BEFORE + 10 :]) == 0).all()


@settings(max_examples=50)
@given(st.integers(0, 2**31), st.floats(1e-3, 1e3))
def test_products_of_normalized_shapes_are_correlations(seed, gain):
    shapes = gain * np.random.default_rng(seed).normal(size=(4, 29))
    np.testing.assert_allclose(normalized(shapes) @ normalized(shapes).T, np.corrcoef(shapes), atol=1e-5)
