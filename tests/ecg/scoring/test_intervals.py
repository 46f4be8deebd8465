import numpy as np
import pytest
from scipy import stats

from ecg import InvalidComparison
from ecg.scoring import QRS, VEB, Comparison, Summary
from ecg.scoring.f1 import f1, macro_f1
from ecg.scoring.intervals import Interval, average, gross, interval, share_outside
from tests.ecg.scoring.test_summary import compared


def recordings(number, rng, ability=(9.0, 1.0), beats=100):
    """Recordings with a hundred ventricular beats or so; what share of them is found differs from one to the next."""
    found = []
    for share in rng.beta(*ability, size=number):
        there = int(rng.poisson(beats)) + 1
        right = int(rng.binomial(there, share))
        found.append(compared(Vv=right, Vn=there - right, Nn=10))
    return found


def sensitivity(confusions):
    """The same as gross(VEB.sensitivity), by the shortest way."""
    return confusions[..., 2, 2].sum(axis=-1) / confusions[..., 2, :].sum(axis=(-2, -1))


def coverage(bounds, truth):
    return np.mean([low <= truth <= high for low, high in bounds])


@pytest.mark.parametrize(("number", "level", "least", "most"), [(100, 0.95, 0.92, 0.98), (30, 0.8, 0.74, 0.86)])
def test_the_truth_lies_within_as_often_as_was_said(number, level, least, most):
    rng = np.random.default_rng(1)
    told = [interval(recordings(number, rng), sensitivity, level=level, resamples=400, seed=k) for k in range(300)]
    assert least <= coverage([(one.low, one.high) for one in told], truth=0.9) <= most


def test_with_two_dozen_recordings_it_does_so_a_little_less_often():
    rng = np.random.default_rng(1)
    told = [interval(recordings(22, rng), sensitivity, resamples=400, seed=k) for k in range(300)]
    assert 0.88 <= coverage([(one.low, one.high) for one in told], truth=0.9) <= 0.97


def test_beats_taken_for_independent_would_promise_far_too_much():
    rng = np.random.default_rng(1)
    bounds = []
    for _ in range(300):
        statistic = Summary(recordings(40, rng)).gross(VEB.sensitivity)
        exact = stats.binomtest(int(statistic.part), statistic.whole).proportion_ci(0.95)
        bounds.append((exact.low, exact.high))
    assert coverage(bounds, truth=0.9) < 0.6


def test_where_recordings_do_not_differ_the_interval_is_that_of_independent_beats():
    rng = np.random.default_rng(2)
    same = recordings(200, rng, ability=(9e6, 1e6))
    told = interval(same, gross(VEB.sensitivity))
    statistic = Summary(same).gross(VEB.sensitivity)
    exact = stats.binomtest(int(statistic.part), statistic.whole).proportion_ci(0.95)
    assert (told.low, told.high) == pytest.approx((exact.low, exact.high), abs=1e-3)


@pytest.mark.parametrize("measure", [gross(VEB.sensitivity), average(VEB.sensitivity)])
def test_the_bounds_are_the_percentiles_that_scipy_finds(measure):
    some = recordings(30, np.random.default_rng(3))
    matrices = np.array([one.confusion for one in some])
    told = interval(some, measure, resamples=4000)
    judge = stats.bootstrap(
        (np.arange(30),), lambda places: float(measure(matrices[places.astype(int)])), n_resamples=4000,
        vectorized=False, method="percentile", confidence_level=1 - 2 * share_outside(0.95, 30),
        rng=np.random.default_rng(4),
    ).confidence_interval  # fmt: skip
    assert (told.low, told.high) == pytest.approx((judge.low, judge.high), abs=4e-3)


def test_percentiles_are_expanded_as_by_student_and_less_so_the_more_recordings_there_are():
    assert share_outside(0.95, 10) == pytest.approx(stats.norm.cdf(-stats.t.ppf(0.975, 9) * np.sqrt(10 / 9)))
    assert share_outside(0.95, 10) < share_outside(0.95, 100) < 0.025
    assert share_outside(0.95, 100_000) == pytest.approx(0.025, rel=1e-3)


def test_more_beats_of_the_same_recordings_tell_nothing_more():
    some = recordings(20, np.random.default_rng(5))
    more = [Comparison(one.name, 100 * one.confusion, None, 0) for one in some]
    assert interval(some, gross(VEB.sensitivity)) == interval(more, gross(VEB.sensitivity))


def test_the_values_are_those_of_the_summary():
    some = [*recordings(9, np.random.default_rng(6)), compared(Nn=5)]
    assert interval(some, gross(VEB.sensitivity)).value == Summary(some).gross(VEB.sensitivity).value
    assert interval(some, average(VEB.sensitivity)).value == pytest.approx(Summary(some).average(VEB.sensitivity).value)


def test_the_same_seed_gives_the_same_bounds_and_a_higher_level_wider_ones():
    some = recordings(20, np.random.default_rng(7))
    narrow, again, wide = (interval(some, gross(VEB.sensitivity), level=level) for level in (0.8, 0.8, 0.99))
    assert narrow == again
    assert wide.low < narrow.low < narrow.value < narrow.high < wide.high


def test_without_mistakes_there_is_nothing_to_vary():
    perfect = [compared(Vv=10, Nn=90)] * 5
    assert interval(perfect, gross(QRS.sensitivity)) == Interval(1.0, 1.0, 1.0, 0.95)


@pytest.mark.parametrize("measure", [gross(VEB.sensitivity), average(VEB.sensitivity), f1(VEB), macro_f1([QRS, VEB])])
def test_a_measure_of_many_resamples_is_that_of_each(measure):
    some = np.array([one.confusion for one in [*recordings(9, np.random.default_rng(8)), compared(Nn=5)]])
    draws = np.random.default_rng(9).integers(len(some), size=(2, 3, 4))
    draws[0, 0] = 9  # where there is nothing to find
    each = [[float(measure(some[places])) for places in row] for row in draws]
    np.testing.assert_allclose(measure(some[draws]), each, rtol=1e-12)
    assert np.isnan(each[0][0])


def test_one_recording_has_no_bounds_and_none_no_value():
    assert interval([compared(Vv=1, Vn=1)], gross(VEB.sensitivity)) == Interval(0.5, None, None, 0.95)
    for measure in (gross(VEB.sensitivity), average(VEB.sensitivity)):
        assert interval([], measure) == interval([compared(Nn=1)] * 3, measure) == Interval(None, None, None, 0.95)


def test_resamples_in_which_it_is_undefined_are_left_out():
    rare = [compared(Vv=9, Vn=1), compared(Vv=5, Vn=5), *[compared(Nn=10)] * 8]
    told = interval(rare, gross(VEB.sensitivity))
    assert (told.value, told.low, told.high) == (0.7, 0.5, 0.9)


def test_any_number_taken_from_the_matrices_will_do():
    some = [compared(Vv=8, Vn=2, Nv=2, Nn=88)] * 3
    told = interval(some, lambda confusions: 1 - confusions[..., 2, 0].sum(axis=-1) / 30)
    assert told.value == told.low == told.high == 0.8


@pytest.mark.parametrize("options", [{"level": 0.0}, {"level": 1.0}, {"level": 95.0}, {"resamples": 0}])
def test_what_makes_no_sense_is_refused(options):
    with pytest.raises(InvalidComparison, match="expected 0 to 1, and 1 or more"):
        interval([compared(Vv=1)] * 3, gross(VEB.sensitivity), **options)
