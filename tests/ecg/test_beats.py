import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ecg import (
    BEAT_LENGTH,
    LABELS,
    Annotations,
    InvalidBeat,
    InvalidBeats,
    Recording,
    UnreadableRecording,
    check_beats,
    cut_annotated_beats,
    cut_beats,
    unpadded_lengths,
)
from ecg.beats import choose_lead
from ecg.signal.resampling import resample
from ecg.synthetic import synthesize


def recording(signal, peaks, symbols, fs=125.0, leads=("MLII",)):
    signals = np.atleast_2d(np.asarray(signal, dtype=np.float32))
    return Recording("made", signals, leads, fs, Annotations(np.array(peaks, dtype=np.int64), tuple(symbols)))


def test_a_beat_begins_at_its_peak_and_lasts_1_2_intervals():
    ramp = np.arange(500.0)
    beats = cut_annotated_beats(recording(ramp, [100, 200, 300], "NNN"))
    assert len(beats) == 2
    assert beats.values[0, 0] == 0.0 and beats.values[0, 119] == 1.0  # 120 samples, scaled by their own extremes
    assert not beats.values[0, 120:].any()


def test_the_length_of_a_beat_is_told_by_its_last_sample_that_is_not_0():
    ramp = cut_annotated_beats(recording(np.arange(900.0), [100, 150, 700, 800], "NNNN")).values
    assert unpadded_lengths(ramp).tolist() == [60, 187, 120]
    flat = np.zeros((1, BEAT_LENGTH), np.float32)
    assert unpadded_lengths(flat).tolist() == [0]
    assert unpadded_lengths(flat[:0]).tolist() == []


def test_a_long_interval_is_cut_off_at_187_samples():
    beats = cut_annotated_beats(recording(np.arange(1000.0), [0, 500, 900], "NNN"))
    assert beats.values[0, -1] == 1.0


def test_the_last_beat_and_annotations_that_are_no_beats_are_left_out():
    beats = cut_annotated_beats(recording(np.random.default_rng(0).normal(size=600), [0, 50, 100, 200, 300], "+NV~A"))
    assert [LABELS[label] for label in beats.labels] == ["N", "V"]
    assert beats.peaks.tolist() == [50, 100]
    np.testing.assert_array_equal(beats.values[1, 240:], 0.0)


def test_a_flat_stretch_gives_zeros_and_not_a_division_by_zero():
    assert not cut_annotated_beats(recording(np.full(500, 3.0), [0, 100, 200], "NNN")).values.any()


def test_a_beat_past_the_end_of_the_signal_is_padded():
    assert not cut_annotated_beats(recording(np.arange(50.0), [100, 200, 300], "NNN")).values.any()


def test_a_gap_in_the_lead_is_refused_and_one_in_another_lead_is_not():
    two = np.stack((np.arange(500.0), np.where(np.arange(500) == 150, np.nan, 0.0)))
    assert len(cut_annotated_beats(recording(two, [100, 200, 300], "NNN", leads=("MLII", "V5")))) == 2
    with pytest.raises(UnreadableRecording, match="MLII"):
        cut_annotated_beats(recording(two, [100, 200, 300], "NNN", leads=("V5", "MLII")))


def test_lead_mlii_is_chosen_by_name_else_the_first():
    two = np.zeros((2, 10))
    assert choose_lead(recording(two, [], "", leads=("V5", "MLII"))) == "MLII"
    assert choose_lead(recording(two, [], "", leads=("V5", "V2"))) == "V5"


@pytest.mark.parametrize("fs", [100.0, 128.0, 250.0, 257.0, 360.0, 500.0, 1000.0])
def test_a_slow_wave_keeps_its_shape_at_any_sampling_rate(fs):
    wave = lambda rate: np.sin(2 * np.pi * 3 * np.arange(0, 4, 1 / rate))  # noqa: E731 - a formula
    ours = resample(wave(fs).astype(np.float32), fs)
    expected = wave(125.0)[: len(ours)]
    np.testing.assert_allclose(ours[30:460], expected[30:460], atol=0.01)


@given(st.integers(0, 2**32 - 1))
def test_every_beat_cut_is_a_valid_beat(seed):
    rng = np.random.default_rng(seed)
    signal = rng.normal(size=2000) * 10.0 ** rng.integers(-6, 6)
    peaks = np.sort(rng.choice(2500, size=10, replace=False))
    values = cut_beats(recording(signal, peaks, "N" * 10, fs=float(rng.integers(50, 2000))), peaks)
    assert check_beats(values).shape == (9, BEAT_LENGTH)


@given(hnp.arrays(np.float64, (3, BEAT_LENGTH), elements=st.floats(0, 1)), st.sampled_from([np.nan, np.inf, -0.1, 1.1]))
def test_a_bad_value_is_refused_with_its_beats_index(values, bad):
    values[2, 5] = bad
    with pytest.raises(InvalidBeat, match=r"beat 2: got .* at sample 5, expected 187 finite numbers in 0..1") as caught:
        check_beats(values)
    assert caught.value.index == 2


@pytest.mark.parametrize("shape", [(187,), (2, 186), (0, 187), (1, 2, 187)])
def test_another_shape_is_refused(shape):
    with pytest.raises(InvalidBeats, match="expected"):
        check_beats(np.zeros(shape))


def test_synthetic_beats_carry_the_labels_that_were_asked_for():
    beats = cut_annotated_beats(synthesize(300, ectopic={"V": 0.5}, seed=2))
    assert set(beats.labels.tolist()) == {LABELS.index("N"), LABELS.index("V")}
