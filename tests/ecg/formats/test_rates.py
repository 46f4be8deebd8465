import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg.formats.rates import at_one_rate, fits
from ecg.signal.resampling import resample


def in_pieces(signals, seconds, parts):
    """Of so many seconds, each signal cut at the same times."""
    bounds = np.linspace(0, seconds, parts + 1).astype(int)
    rates = [len(signal) // seconds for signal in signals]
    for start, stop in itertools.pairwise(bounds):
        yield [signal[start * fs : stop * fs] for signal, fs in zip(signals, rates, strict=True)]


def waves(fs, seconds):
    times = np.arange(seconds * fs) / fs
    return 5 + np.sin(2 * np.pi * times) + 0.3 * np.sin(10 * np.pi * times + 1)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([25, 50, 64, 100, 125, 128, 180, 199]), st.integers(1, 12), st.integers(1, 12))
def test_a_slower_signal_is_what_a_faster_one_would_have_been(fs, seconds, parts):
    ratios = [Fraction(1), Fraction(200, fs)]
    blocks = list(at_one_rate(in_pieces([waves(200, seconds), waves(fs, seconds)], seconds, parts), ratios))
    whole = np.concatenate(blocks, axis=1)
    assert whole.shape == (2, 200 * seconds) and whole.dtype == np.float32
    np.testing.assert_array_equal(whole[0], waves(200, seconds).astype(np.float32))
    inner = slice(25, -25) if fs > 50 else slice(60, -60)
    np.testing.assert_allclose(whole[1, inner], waves(200, seconds)[inner], atol=0.02)


def test_the_pieces_are_those_of_the_whole():
    signal = np.random.default_rng(0).normal(size=3000)
    of = [np.concatenate(list(at_one_rate(in_pieces([signal], 30, n), [Fraction(5, 2)])), axis=1) for n in (1, 4, 30)]
    np.testing.assert_allclose(of[0], of[1], atol=1e-5)
    np.testing.assert_allclose(of[0], of[2], atol=1e-5)
    np.testing.assert_allclose(of[0][0, 100:-100], resample(signal, 100.0, 250.0)[100:-100], atol=1e-5)


def test_a_gap_stays_one_and_its_neighbours_are_whole():
    signal = waves(100, 10)
    signal[300:500] = np.nan
    raised = np.concatenate(list(at_one_rate(in_pieces([signal], 10, 5), [Fraction(2)])), axis=1)[0]
    assert np.flatnonzero(np.isnan(raised)).tolist() == list(range(600, 1000))
    np.testing.assert_allclose(raised[50:550], waves(200, 10)[50:550], atol=0.02)
    np.testing.assert_allclose(raised[1050:-50], waves(200, 10)[1050:-50], atol=0.02)


@pytest.mark.parametrize("signal", [np.zeros(0), np.full(100, np.nan)])
def test_of_nothing_comes_nothing(signal):
    raised = np.concatenate(list(at_one_rate(iter([[signal], [signal]]), [Fraction(3)])), axis=1)
    assert raised.shape == (1, 6 * len(signal)) and np.isnan(raised).all()


def test_signals_of_one_rate_pass_as_they_are():
    blocks = list(at_one_rate(iter([[np.ones(3), np.zeros(3)]]), [Fraction(1), Fraction(1)]))
    np.testing.assert_array_equal(blocks, [[[1, 1, 1], [0, 0, 0]]])


def test_a_filter_has_a_longest():
    assert fits(Fraction(1000, 999)) and fits(Fraction(1))
    assert not fits(Fraction(1001, 1000)) and not fits(Fraction(1, 2))
    assert fits(Fraction(40)) and not fits(Fraction(41))
