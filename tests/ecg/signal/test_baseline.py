import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg.signal.baseline import without_baseline

TIME = np.arange(30 * 125) / 125


def bumps(height, width, every=1.0, first=0.4):
    """Bumps of some seconds' width, one every so many seconds."""
    away = (TIME - first + every / 2) % every - every / 2
    return height * np.exp(-0.5 * (away / width) ** 2)


BEATS = bumps(0.15, 0.02, first=0.24) + bumps(1.2, 0.012) + bumps(0.3, 0.04, first=0.66)
"""P waves, R waves and T waves on a line at 0."""


def test_what_lies_on_a_line_at_0_stays_as_it_is():
    np.testing.assert_allclose(without_baseline(BEATS), BEATS, atol=0.02)


@settings(max_examples=50, deadline=None)
@given(
    size=st.floats(0, 2), hertz=st.floats(0.01, 0.3), phase=st.floats(0, 7), offset=st.floats(-5, 5),
    slope=st.floats(-0.1, 0.1),
)  # fmt: skip
def test_the_baseline_of_a_slow_drift_under_beats_is_the_drift(size, hertz, phase, offset, slope):
    drift = size * np.sin(2 * np.pi * hertz * TIME + phase) + offset + slope * TIME
    left = (without_baseline(BEATS + drift) - BEATS)[60:-60]  # at the ends half of the medians' windows is missing
    assert left.std() < 0.01 + 0.1 * drift.std()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 400), st.floats(-1e3, 1e3), st.floats(-100, 100), st.integers(0, 2**31))
def test_an_offset_is_baseline_and_a_gain_is_not(length, offset, gain, seed):
    signal = np.random.default_rng(seed).normal(size=length)
    np.testing.assert_allclose(without_baseline(signal + offset), without_baseline(signal), atol=1e-9)
    np.testing.assert_allclose(without_baseline(gain * signal), gain * without_baseline(signal), atol=1e-9)


@pytest.mark.parametrize("wave", [bumps(1.0, 0.03), -bumps(1.0, 0.03), bumps(0.3, 0.06)])
def test_no_wave_is_taken_for_baseline(wave):
    assert np.ptp(without_baseline(wave)) == pytest.approx(np.ptp(wave), rel=0.12)


@pytest.mark.parametrize("length", range(12))
def test_a_signal_of_a_few_samples_has_a_baseline_too(length):
    assert without_baseline(np.full(length, 3.0)).tolist() == [0.0] * length
