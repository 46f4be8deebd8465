import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg.signal.resampling import Resampler, resample


@pytest.mark.parametrize("fs", [50.0, 125.0, 250.0, 360.0, 2000.0])
def test_a_slow_wave_is_the_same_wave_at_125_hz(fs):
    wave = np.sin(2 * np.pi * 3 * np.arange(int(4 * fs)) / fs)
    resampled = resample(wave, fs)
    assert abs(len(resampled) - 500) <= 1
    expected = np.sin(2 * np.pi * 3 * np.arange(len(resampled)) / 125)
    np.testing.assert_allclose(resampled[50:-50], expected[50:-50], atol=2e-3)


@pytest.mark.parametrize(("fs", "to"), [(360.0, 250.0), (250.0, 360.0), (128.0, 1000.0)])
def test_it_is_the_same_wave_at_any_other_rate(fs, to):
    wave = np.sin(2 * np.pi * 3 * np.arange(int(4 * fs)) / fs)
    resampled = resample(wave, fs, to)
    expected = np.sin(2 * np.pi * 3 * np.arange(len(resampled)) / to)
    inner = slice(int(0.4 * to), -int(0.4 * to))
    np.testing.assert_allclose(resampled[inner], expected[inner], atol=2e-3)
    assert abs(len(resampled) - 4 * to) <= 1


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from([50.0, 100.0, 125.0, 128.0, 250.0, 257.0, 360.0, 500.0, 999.5, 2000.0]),
    st.lists(st.integers(0, 3000), max_size=12).map(sorted),
)
def test_pieces_joined_are_the_whole(fs, pieces):
    signal = np.random.default_rng(0).normal(size=3000)
    resampler = Resampler(fs)
    joined = [resampler.push(piece) for piece in np.split(signal, pieces)]
    joined.append(resampler.finish())
    np.testing.assert_allclose(np.concatenate(joined), resample(signal, fs), atol=1e-6)
