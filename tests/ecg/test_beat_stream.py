import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import cut_beats
from ecg.beat_stream import BeatStream
from ecg.synthetic import synthesize
from tests.ecg.test_peaks import matched


def found(signals, fs, pieces=(), lead=0):
    """All that a stream gives for the signals, cut at some places: values, peaks, quality."""
    stream = BeatStream(len(signals), fs, lead)
    parts = [stream.push(piece) for piece in np.split(signals, pieces, axis=1)] + [stream.finish()]
    return (
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.peaks for part in parts]),
        [quality for part in parts for quality in part.quality],
    )


@pytest.mark.parametrize("fs", [125.0, 250.0, 360.0, 1000.0])
def test_a_streams_beats_are_those_cut_from_the_whole_recording_at_the_same_peaks(fs):
    recording = synthesize(40, fs=fs, ectopic={"V": 0.2}, leads=("MLII", "V1"), seed=1)
    values, peaks, quality = found(recording.signals, fs, range(500, 40 * int(fs), 777))
    np.testing.assert_allclose(values[:-1], cut_beats(recording, peaks), atol=1e-5)
    assert set(quality[:-1]) == {"good"}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 20 * 250), max_size=20).map(sorted))
def test_beats_do_not_depend_on_the_pieces(pieces):
    signals = synthesize(20, fs=250.0, ectopic={"V": 0.2}, leads=("MLII", "V1"), seed=2).signals
    values, peaks, quality = found(signals, 250.0)
    again = found(signals, 250.0, pieces)
    np.testing.assert_allclose(again[0], values, atol=1e-5)
    np.testing.assert_array_equal(again[1], peaks)
    assert again[2] == quality


def test_a_beat_that_reaches_into_a_gap_says_so():
    signals = synthesize(30, seed=3).signals.copy()
    signals[:, 10 * 360 + 100 : 15 * 360] = np.nan
    _, peaks, quality = found(signals, 360.0)
    before = [q for p, q in zip(peaks, quality, strict=True) if p < 10 * 360 + 100]
    assert before[-1] == "gap" and set(before[:-1]) == {"good"}
    assert set(quality) <= {"good", "gap", "cut_off"}


def test_infinity_is_a_gap_too():
    signals = synthesize(30, seed=3).signals.copy()
    signals[:, 10 * 360 : 15 * 360] = np.nan
    values, peaks, quality = found(signals, 360.0)
    signals[:, 10 * 360 : 15 * 360] = np.inf
    again = found(signals, 360.0)
    np.testing.assert_array_equal(again[0], values)
    np.testing.assert_array_equal(again[1], peaks)
    assert again[2] == quality


def test_a_beat_does_not_wait_for_ever_for_the_next():
    beats = synthesize(20, fs=250.0, seed=5).signals
    stream = BeatStream(1, 250.0)
    silence = np.repeat(beats[:, -1:], 60 * 250, axis=1)
    pushed = len(stream.push(beats)) + len(stream.push(silence))
    assert pushed > 20 and not len(stream.finish())


def test_the_last_beat_is_as_long_as_the_one_before_or_cut_off():
    signals = synthesize(30, heart_rate=60, seed=4).signals
    _, peaks, quality = found(signals[:, : 20 * 360], 360.0)
    assert quality[-1] in ("good", "cut_off")
    _, _, shorter = found(signals[:, : int(peaks[-1]) + 60], 360.0)
    assert shorter[-1] == "cut_off"


def test_a_gap_in_all_leads_holds_no_beats_and_harms_none_around_it():
    recording = synthesize(60, leads=("MLII", "V1"), seed=5)
    signals, fs = recording.signals.copy(), 360
    signals[:, 20 * fs : 30 * fs] = np.nan
    signals[:, 30 * fs :] += 5.0  # the baseline is another one after the gap
    peaks, true = found(signals, 360.0)[1], recording.beat_annotations().samples
    assert not ((peaks > 20 * fs) & (peaks < 30 * fs)).any()
    outside = true[((true > fs) & (true < 19.5 * fs)) | ((true > 30.5 * fs) & (true < 59 * fs))]
    assert matched(peaks, outside, 5) == len(outside)


def test_a_lead_that_is_off_leaves_the_beats_to_the_other():
    recording = synthesize(60, leads=("MLII", "V1"), seed=6)
    signals, true = recording.signals.copy(), recording.beat_annotations().samples
    signals[1, 20 * 360 : 40 * 360] = np.nan
    signals[0, 40 * 360 :] = 0.3
    peaks = found(signals, 360.0, lead=1)[1]
    settled = true[(np.abs(true[:, None] - np.array([0, 20, 40, 60]) * 360) > 360).all(axis=1)]
    assert matched(peaks, settled, 0.05 * 360) == len(settled)
