import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import InvalidSynthesis, cut_annotated_beats
from ecg.synthetic import synthesize


@settings(max_examples=30, deadline=None)
@given(
    st.floats(0.5, 60), st.floats(50, 2000), st.floats(20, 250), st.floats(0, 1), st.integers(0, 2**31), st.booleans()
)
def test_any_length_rate_and_noise_give_a_finite_annotated_signal(seconds, fs, heart_rate, noise, seed, two):
    leads = ("MLII", "V1") if two else ("MLII",)
    made = synthesize(seconds, fs=fs, heart_rate=heart_rate, noise=noise, ectopic={"V": 0.3}, leads=leads, seed=seed)
    assert made.signals.shape == (len(leads), round(seconds * fs))
    assert np.isfinite(made.signals).all()
    samples = made.beat_annotations().samples
    assert (np.diff(samples) > 0).all()
    assert ((samples >= 0) & (samples < made.signals.shape[1])).all()


def test_annotated_peaks_are_where_the_signal_peaks():
    made = synthesize(60, noise=0.0)
    signal, half = made.lead("MLII"), round(0.1 * made.fs)
    for sample in made.beat_annotations().samples[1:-1]:
        window = signal[sample - half : sample + half]
        assert abs(int(window.argmax()) - half) <= 3


def test_the_heart_rate_is_what_was_asked_for():
    samples = synthesize(300, heart_rate=80).beat_annotations().samples
    assert 60 / np.diff(samples / 360).mean() == pytest.approx(80, rel=0.02)


def test_ectopic_shares_are_what_was_asked_for():
    symbols = synthesize(3000, ectopic={"S": 0.1, "V": 0.2}).beat_annotations().symbols
    assert symbols.count("A") / len(symbols) == pytest.approx(0.1, abs=0.02)
    assert symbols.count("V") / len(symbols) == pytest.approx(0.2, abs=0.02)


def test_a_premature_beat_comes_early():
    made = synthesize(600, ectopic={"V": 0.1}).beat_annotations()
    intervals, symbols = np.diff(made.samples), np.array(made.symbols[1:])
    assert np.median(intervals[symbols == "V"]) < 0.75 * np.median(intervals[symbols == "N"])


def test_equal_seeds_give_equal_recordings_and_others_do_not():
    one, same, other = (synthesize(10, seed=seed).signals for seed in (1, 1, 2))
    assert (one == same).all() and not (one == other).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"seconds": 0}, {"seconds": float("inf")}, {"fs": 10}, {"heart_rate": 0}, {"noise": -1},
        {"noise": float("inf")}, {"ectopic": {"V": 2}}, {"ectopic": {"N": 0.1}}, {"ectopic": {"V": float("nan")}},
        {"leads": ("X",)}, {"leads": ()},
    ],
)  # fmt: skip
def test_settings_that_no_recording_can_have_are_refused_by_name(wrong):
    with pytest.raises(InvalidSynthesis, match=next(iter(wrong))):
        synthesize(**{"seconds": 10, **wrong})


def test_a_minute_gives_beats_for_a_classifier():
    assert len(cut_annotated_beats(synthesize(60))) > 60
