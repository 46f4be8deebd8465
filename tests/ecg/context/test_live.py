import numpy as np
import pytest

from ecg import BeatsInContext, BeatStream, LiveContext
from ecg.synthetic import synthesize

MADE = synthesize(90, fs=250.0, leads=("MLII", "V1"), ectopic={"V": 0.05, "S": 0.05}, seed=3)


def followed(signals, fs, piece, until=None):
    """All that a live signal gave: R peaks, and their context."""
    stream, context = BeatStream(len(signals), fs, live=True), LiveContext(len(signals), fs)
    peaks, parts = [], []
    for start in range(0, until or signals.shape[1], piece):
        part = signals[:, start : min(start + piece, until or signals.shape[1])]
        found = stream.push(part)
        context.push(part)
        peaks += found.peaks.tolist()
        parts.append(context.of(found, stream.next_peak))
    return peaks, BeatsInContext.joined(parts)


@pytest.fixture(scope="module")
def whole():
    return followed(MADE.signals, MADE.fs, 250)


def test_every_beat_that_is_found_gets_its_context(whole):
    peaks, beats = whole
    assert len(peaks) == len(beats) > 80
    assert np.isfinite(beats.values).all()


def test_what_comes_later_changes_nothing_that_was_said(whole):
    peaks, beats = whole
    half = MADE.signals.shape[1] // 2 // 250 * 250
    earlier, known = followed(MADE.signals, MADE.fs, 250, until=half)
    assert len(earlier) > 40 and earlier == peaks[: len(earlier)]
    np.testing.assert_allclose(known.values, beats.values[: len(known)], atol=1e-6)


def test_the_beat_is_seen_as_it_is_offline(whole):
    """Its views, beside the usual beat, which is another while little is known."""
    peaks, beats = whole
    late = np.array(peaks) > 60 * MADE.fs
    stretch = BeatStream(2, MADE.fs)
    stretch.push(MADE.signals)
    shown = beats.views[late][:, 0]
    highest = np.abs(shown).argmax(axis=1)
    assert np.abs(np.median(highest) - 55) <= 1  # the R peak lies 55 samples in


def test_an_early_beat_shows_as_a_short_interval(whole):
    peaks, beats = whole
    intervals = np.diff(peaks) / MADE.fs
    before = beats.rhythm[1:, 7]  # the interval before the beat, over those around it
    known = np.arange(len(before)) > 20
    assert np.corrcoef(np.log(intervals)[known], before[known])[0, 1] > 0.9


def test_a_single_lead_leaves_the_second_at_zero():
    _, beats = followed(MADE.signals[:1], MADE.fs, 500)
    assert len(beats) > 80
    assert not beats.views[:, 2:].any() and beats.views[:, :2].any()


def test_gaps_are_no_numbers_that_spread():
    signals = MADE.signals.copy()
    signals[:, 40 * 250 : 45 * 250] = np.nan
    _, beats = followed(signals, MADE.fs, 250)
    assert np.isfinite(beats.values).all()


def test_no_beats_have_no_context():
    context = LiveContext(2, 250.0)
    found = BeatStream(2, 250.0, live=True).push(np.zeros((2, 10)))
    assert len(context.of(found, None)) == 0
