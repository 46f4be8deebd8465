import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg.detection.peaks import PeakDetector
from ecg.formats import wfdb
from ecg.synthetic import synthesize


def peaks(signals, fs, pieces=(), lead=0):
    """What a detector finds in the signals, cut at some places."""
    detector = PeakDetector(len(signals), fs, lead)
    found = [detector.push(piece) for piece in np.split(signals.astype(np.float64), pieces, axis=1)]
    found.append(detector.finish())
    return np.concatenate([part.samples[~part.flutter] for part in found])


def matched(found, true, tolerance):
    """How many of the true peaks have one of those found no further away."""
    return int((np.abs(found[:, None] - true).min(axis=0) <= tolerance).sum()) if len(found) else 0


def compare(found, true, tolerance):
    """Sensitivity and positive predictivity."""
    return matched(found, true, tolerance) / len(true), matched(true, found, tolerance) / len(found)


@pytest.mark.parametrize("fs", [50.0, 100.0, 128.0, 250.0, 257.0, 360.0, 500.0, 1000.0, 2000.0])
@pytest.mark.parametrize("heart_rate", [35, 70, 150])
def test_every_beat_is_found_where_it_is_at_any_rate(fs, heart_rate):
    recording = synthesize(60, fs=fs, heart_rate=heart_rate, leads=("MLII", "V1"), noise=0.02, seed=1)
    found, true = peaks(recording.signals, fs), recording.beat_annotations().samples
    inner = true[(true > 0.2 * fs) & (true < 59.5 * fs)]
    assert matched(found, inner, max(0.012 * fs, 1)) == len(inner)
    assert len(found) <= len(true)


def test_early_and_wide_beats_are_found_too():
    recording = synthesize(300, ectopic={"V": 0.15, "S": 0.15, "F": 0.05}, leads=("MLII", "V1"), noise=0.03, seed=2)
    sensitivity, predictivity = compare(
        peaks(recording.signals, 360.0), recording.beat_annotations().samples, 0.15 * 360
    )
    assert sensitivity > 0.995 and predictivity > 0.995


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 20 * 250), max_size=30).map(sorted))
def test_what_is_found_does_not_depend_on_the_pieces(pieces):
    recording = synthesize(20, fs=250.0, ectopic={"V": 0.2}, leads=("MLII", "V1"), seed=3)
    whole = peaks(recording.signals, 250.0)
    np.testing.assert_array_equal(peaks(recording.signals, 250.0, pieces), whole)


def test_what_is_found_does_not_depend_on_the_unit_or_the_baseline():
    signals = synthesize(30, seed=4).signals
    np.testing.assert_array_equal(peaks(signals * 200 + 1000, 360.0), peaks(signals, 360.0))


@pytest.mark.parametrize("gain", [0.2, 5.0])
def test_a_change_of_gain_loses_a_few_beats_at_most(gain):
    recording = synthesize(120, leads=("MLII", "V1"), seed=7)
    signals = recording.signals.copy()
    signals[:, 60 * 360 :] *= gain
    true = recording.beat_annotations().samples
    later = true[true > 66 * 360]
    found = peaks(signals, 360.0)
    assert matched(found, later[:-1], 10) == len(later) - 1
    assert len(found) <= len(true)


@pytest.mark.parametrize("signals", [np.zeros((1, 9000)), np.zeros((2, 0)), np.ones((1, 3))])
def test_where_nothing_is_nothing_is_found(signals):
    assert not len(peaks(signals, 250.0))


def test_over_all_recordings_of_mitdb_nearly_every_beat_is_found_and_little_else(mitdb):
    """Raw counts: the ventricular flutter of 207, which the standard leaves out, is in them."""
    found_of_true = true_of_found = true_count = found_count = 0
    for header in sorted((mitdb / "mitdb").glob("*.hea")):
        recording = wfdb.read(header.with_suffix(""))
        true = recording.beat_annotations()
        beats = true.samples[[symbol in set("NLRejAaJSVEF/fQ") for symbol in true.symbols]]
        found = peaks(recording.signals, recording.fs)
        found_of_true += matched(found, beats, 0.15 * 360)
        true_of_found += matched(beats, found, 0.15 * 360)
        true_count += len(beats)
        found_count += len(found)
    assert found_of_true / true_count >= 0.997
    assert true_of_found / found_count >= 0.997
