import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import FoundBeats, InvalidSignals, cut_beats, summarize
from ecg.detection.beat_stream import KEPT, BeatStream
from ecg.synthetic import synthesize
from tests.ecg.detection.test_peaks import matched


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
    np.testing.assert_allclose(values[:-1], cut_beats(recording, peaks), atol=0.05)  # which has hum
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


def live(signals, fs, length):
    """All that a live stream gives for the signals in pieces of one length, and when each beat came, in samples."""
    stream = BeatStream(len(signals), fs, live=True)
    parts, seen = [], []
    for start in range(0, signals.shape[1], length):
        parts.append(stream.push(signals[:, start : start + length]))
        seen += [start + length] * len(parts[-1])
    parts.append(stream.finish())
    return FoundBeats.joined(parts), np.array(seen)


@pytest.mark.parametrize("heart_rate", [45, 70, 120, 170])
def test_live_beats_come_with_the_next_peak_and_nearly_all_are_those_of_the_recording(heart_rate):
    signals = synthesize(60, fs=250.0, heart_rate=heart_rate, ectopic={"V": 0.1}, leads=("MLII", "V1"), seed=8).signals
    values, peaks, quality = found(signals, 250.0)
    beats, seen = live(signals, 250.0, 5)
    np.testing.assert_array_equal(beats.peaks, peaks)
    assert list(beats.quality) == quality
    # a peak may be found to lie elsewhere, later, or to be one only when it is searched for
    assert np.mean(np.abs(beats.values - values).max(axis=1) < 0.1) > 0.9
    settled = slice(20, len(seen) - 1)
    late = (seen[settled] - peaks[: len(seen)][settled]) / 250
    intervals = np.diff(peaks)[: len(seen)][settled] / 250
    assert np.mean(late <= intervals + np.maximum(0.2, 0.2 * intervals) + 0.03) > 0.9


def test_a_live_beat_before_a_long_pause_does_not_wait_for_the_next():
    signals = synthesize(20, fs=250.0, seed=5).signals
    pause = np.concatenate([signals, signals[:, -1:] + np.random.default_rng(0).normal(0, 0.005, (1, 1500))], axis=1)
    _, seen = live(pause, 250.0, 25)
    assert seen[-1] < 20 * 250 + 2 * 250


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BeatStream(1, 10.0), "got 10 samples a second"),
        (lambda: BeatStream(65, 250.0), "got 65 signals"),
        (lambda: BeatStream(2, 250.0, 2), "got lead 2 of 2, expected 0 to 1"),
        (lambda: BeatStream(0, 250.0), "got lead 0 of 0"),
        (lambda: BeatStream(2, 250.0).push(np.zeros((1, 5))), "got 1 signals, expected 2"),
    ],
)
def test_a_stream_that_cannot_be_is_refused(make, message):
    with pytest.raises(InvalidSignals, match=message):
        make()


def test_an_interval_over_a_gap_is_broken_and_no_other():
    signals = synthesize(40, seed=3).signals.copy()
    signals[:, 10 * 360 : 15 * 360] = np.nan
    stream = BeatStream(1, 360.0)
    beats = FoundBeats.joined([stream.push(signals), stream.finish()])
    assert beats.broken[0]
    (after,) = np.flatnonzero(beats.broken[1:]) + 1
    assert beats.peaks[after - 1] < 10 * 360 and beats.peaks[after] > 15 * 360


def test_a_lead_that_is_off_is_a_gap_and_no_pause():
    signals = synthesize(40, seed=3).signals.copy()
    signals[:, 10 * 360 : 15 * 360] = 0.2
    stream = BeatStream(1, 360.0)
    beats = FoundBeats.joined([stream.push(signals), stream.finish()])
    assert not any(
        event.kind == "pause" for event in summarize(beats.peaks / 360, ["N"] * len(beats), beats.broken).events
    )
    assert "gap" in beats.quality


def test_noise_that_an_ecg_follows_is_in_no_interval():
    rng, made = np.random.default_rng(0), synthesize(60, fs=250.0, seed=5)
    noise = rng.normal(0, 1.0, (1, 20 * 250))
    stream = BeatStream(1, 250.0)
    beats = FoundBeats.joined([stream.push(np.concatenate([noise, made.signals], axis=1)), stream.finish()])
    inside = beats.peaks < 20 * 250
    assert inside.any() and not beats.good[inside].any() and beats.broken[inside].all()
    assert beats.broken[~inside].sum() <= 2  # the first after it, and one that the border spoils


def test_a_gap_in_the_lead_is_no_pause_though_another_lead_goes_on_as_noise():
    made = synthesize(60, fs=250.0, seed=5)
    lead = made.signals[0].copy()
    lead[20 * 250 : 30 * 250] = np.nan
    signals = np.stack([lead, np.random.default_rng(0).normal(0, 0.02, len(lead))])
    stream = BeatStream(2, 250.0)
    beats = FoundBeats.joined([stream.push(signals), stream.finish()])
    after = int(np.searchsorted(beats.peaks, 30 * 250))
    assert beats.broken[after] and np.diff(beats.peaks)[~beats.broken[1:]].max() < 2 * 250


def test_a_lead_that_fails_for_a_while_is_stood_in_for_by_the_other():
    made = synthesize(90, fs=250.0, leads=("MLII", "V1"), seed=5)
    signals = made.signals.copy()
    signals[0, 30 * 250 : 60 * 250] = np.random.default_rng(0).normal(0, 2.0, 30 * 250)
    stream = BeatStream(2, 250.0)
    beats = FoundBeats.joined([stream.push(signals), stream.finish()])
    seconds = beats.peaks / 250
    assert not beats.second[(seconds < 29) | (seconds > 61)].any()
    amid = (seconds > 36) & (seconds < 59)
    assert beats.second[amid].mean() > 0.9 and beats.good[amid].mean() > 0.9


def test_gaps_among_hours_of_noise_keep_nothing_from_being_let_go_of():
    stream, rng = BeatStream(1, 250.0), np.random.default_rng(0)
    for _ in range(120):
        piece = rng.normal(0, 0.3, (1, 15_000))
        piece[:, ::3000] = np.nan
        stream.push(piece)
    assert len(stream._held) > 5000
    assert not any(len(cut.crop) for beat in stream._held[:-KEPT] for cut in beat.cuts)


def test_hours_of_noise_are_held_without_their_signal():
    stream = BeatStream(1, 250.0)
    rng = np.random.default_rng(0)
    for _ in range(120):
        assert len(stream.push(rng.normal(0, 0.3, (1, 15_000)))) == 0
    assert len(stream._held) > 5000
    assert sum(len(cut.crop) for beat in stream._held for cut in beat.cuts) < 5000 * 187
    assert len(stream.finish()) == 0 and "nothing in it looks like an ECG" in stream.reason


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 5))
def test_pieces_and_selections_are_the_beats_in_their_order(start, stop, size):
    beats = FoundBeats(
        np.tile(np.arange(10, dtype=np.float32)[:, None], (1, 187)),
        np.arange(10) * 100,
        tuple("noisy" if number == 4 else "good" for number in range(10)),
        np.arange(10) % 4 == 0,
        np.arange(10) % 3 == 0,
    )
    some = beats.select(slice(start, stop))
    np.testing.assert_array_equal(some.peaks, beats.peaks[start:stop])
    np.testing.assert_array_equal(some.values, beats.values[start:stop])
    np.testing.assert_array_equal(some.good, beats.good[start:stop])
    np.testing.assert_array_equal(some.broken, beats.broken[start:stop])
    np.testing.assert_array_equal(some.second, beats.second[start:stop])
    pieces = some.pieces(size)
    assert all(len(piece) <= size for piece in pieces) and len(pieces) == max(-(-len(some) // size), 1)
    np.testing.assert_array_equal(FoundBeats.joined(pieces).peaks, some.peaks)
