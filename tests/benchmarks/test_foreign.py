import numpy as np
import pytest

from benchmarks.foreign import PHYSIOLOGICAL, SHAPES, foreign_beats

KINDS = {*SHAPES, *PHYSIOLOGICAL, "flat line", "shuffled beat", "reversed beat"}


@pytest.fixture(scope="module")
def kinds(beats):
    return foreign_beats(beats, 30)


def test_every_kind_is_scaled_and_padded_as_beats_are(kinds, beats):
    assert set(kinds) == KINDS
    for name, made in kinds.items():
        assert made.shape == (30, 187) and made.dtype == np.float32, name
        assert made.min() >= 0 and made.max() <= 1, name
        if name != "flat line":
            np.testing.assert_allclose(made.max(axis=1), 1, err_msg=name)
    longest = max(np.flatnonzero(beat).max() for beat in beats)
    assert all(not made[:, longest + 1 :].any() for made in kinds.values())


def test_the_same_seed_makes_the_same_and_another_does_not(beats, kinds):
    again, other = foreign_beats(beats, 30), foreign_beats(beats, 30, seed=1)
    assert all((again[name] == made).all() for name, made in kinds.items())
    assert not any((other[name] == made).all() for name, made in kinds.items())


def test_a_reordered_beat_has_the_samples_of_a_beat(kinds, beats):
    known = {tuple(np.sort(beat)) for beat in beats}
    for name in ("shuffled beat", "reversed beat"):
        assert {tuple(np.sort(beat)) for beat in kinds[name]} <= known


def test_power_falls_with_frequency_as_the_noise_says(beats):
    full = np.ones((5, 187), np.float32)
    made = foreign_beats(full, 400)
    spectra = {name: np.abs(np.fft.rfft(made[name] - made[name].mean(axis=1, keepdims=True))) ** 2 for name in made}
    low, high = slice(3, 10), slice(40, 80)
    told = ("white noise", "pink noise", "brown noise", "EEG", "arterial pressure", "photoplethysmogram")
    fall = {name: spectra[name][:, low].mean() / spectra[name][:, high].mean() for name in told}
    assert 0.7 < fall["white noise"] < 1.4 < fall["pink noise"] < fall["brown noise"]
    assert fall["EEG"] > 2 and fall["arterial pressure"] > 20 and fall["photoplethysmogram"] > 20
