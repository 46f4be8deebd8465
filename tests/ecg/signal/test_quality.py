import numpy as np
import pytest

from ecg.signal.quality import judge_signal, noise
from ecg.synthetic import synthesize

BEAT = synthesize(3, fs=125.0, heart_rate=75, noise=0.005, seed=1).signals[0, 100:220].astype(np.float64)


def test_a_beat_is_good_at_any_height_and_polarity():
    for beat in (BEAT, 4 * BEAT, 0.3 * BEAT, -BEAT, BEAT + 10):
        assert judge_signal(beat, 125) == "good"


@pytest.mark.parametrize(
    ("signal", "quality"),
    [
        (np.zeros(120), "flat"),
        (BEAT * 0.01, "flat"),
        (np.zeros(0), "flat"),
        (np.minimum(BEAT, np.quantile(BEAT, 0.6)), "saturated"),
        (BEAT + np.linspace(0, 8, len(BEAT)), "baseline"),
        (BEAT + np.random.default_rng(0).normal(0, 0.2, len(BEAT)), "noisy"),
    ],
)
def test_what_cannot_be_judged_is_named(signal, quality):
    assert judge_signal(signal, 125) == quality


def test_noise_is_measured_beside_the_beat():
    trembling = BEAT + np.random.default_rng(1).normal(0, 0.05, len(BEAT))
    assert noise(trembling) == pytest.approx(0.05, rel=0.3)
