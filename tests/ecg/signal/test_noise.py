import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg.signal.noise import noise_power, noisy, signal_power
from ecg.synthetic import synthesize

FS = 250
MADE = synthesize(60, fs=FS, leads=("MLII", "V1"), ectopic={"V": 0.1}, noise=0.0, seed=1)
PEAKS = MADE.beat_annotations().samples


def decibels(signals, peaks, noise, fs):
    """The ratio as nst(1) and sigamp(1) of PhysioNet say it, a number at a time."""

    def trimmed(values):
        values = sorted(values)
        left_out = int(0.05 * len(values))
        kept = values[left_out : len(values) - left_out]
        return sum(kept) / len(kept)

    half, ratios = round(0.05 * fs), []
    for signal, disturbance in zip(signals.tolist(), noise.tolist(), strict=True):
        around = [signal[max(peak - half, 0) : peak + half + 1] for peak in peaks.tolist()]
        height = trimmed([max(part) - min(part) for part in around])
        seconds = [disturbance[start : start + fs] for start in range(0, len(disturbance) - fs + 1, fs)]
        means = [sum(second) / fs for second in seconds]
        effective = trimmed(
            [(sum((x - mean) ** 2 for x in second) / fs) ** 0.5 for second, mean in zip(seconds, means, strict=True)]
        )
        ratios.append(10 * np.log10(height**2 / 8 / effective**2))
    return ratios


@settings(max_examples=15, deadline=None)
@given(asked=st.floats(-10, 40), gain=st.floats(1e-3, 1e3), offset=st.floats(-10, 10), seed=st.integers(0, 2**31))
def test_each_lead_gets_noise_at_the_ratio_that_is_asked_for(asked, gain, offset, seed):
    rng = np.random.default_rng(seed)
    noise = gain * (np.cumsum(rng.normal(size=MADE.signals.shape), axis=1) * [[0.1], [3.0]] + offset)
    added = noisy(MADE.signals, PEAKS, noise, FS, asked) - MADE.signals
    assert decibels(MADE.signals, PEAKS, added, FS) == pytest.approx([asked, asked], abs=1e-3)


def test_what_is_added_is_the_noise_and_nothing_else():
    noise = np.random.default_rng(0).normal(size=MADE.signals.shape)
    added = noisy(MADE.signals, PEAKS, noise, FS, 6.0) - MADE.signals
    gains = (added / noise).mean(axis=1)
    np.testing.assert_allclose(added, gains[:, None] * noise, atol=1e-6)
    assert (gains > 0).all()


def test_a_sine_as_high_as_the_complexes_is_at_0_decibels():
    signals, peaks = np.zeros((1, 20 * FS)), np.arange(1, 19) * FS
    signals[0, peaks] = 1.4
    sine = 0.7 * np.sin(2 * np.pi * 5 * np.arange(20 * FS) / FS)[None]
    np.testing.assert_allclose(noisy(signals, peaks, sine, FS, 0.0), signals + sine, atol=1e-9)


def test_a_few_odd_beats_and_seconds_do_not_count():
    signals, peaks = np.zeros((1, 42 * FS)), np.arange(1, 41) * FS
    signals[0, peaks] = 1.0
    signals[0, peaks[:2]] = 50.0
    noise = np.random.default_rng(0).normal(size=(1, 40 * FS))
    spoiled = noise.copy()
    spoiled[0, : 2 * FS] *= 100
    assert signal_power(signals, peaks, FS) == pytest.approx(1 / 8)
    assert noise_power(spoiled, FS) == pytest.approx(noise_power(noise, FS), rel=0.05)


def test_noise_that_only_wanders_from_second_to_second_has_no_power():
    assert noise_power(np.repeat(np.arange(20.0), FS)[None], FS) == pytest.approx(0)


def test_noise_shorter_than_a_second_has_its_own_power():
    assert noise_power(np.array([[1.0, -1.0] * 20]), FS) == pytest.approx(1)
