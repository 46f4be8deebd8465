from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg.synthetic import synthesize
from training.synthesis import material
from training.synthesis.material import (
    AFTER,
    BEFORE,
    FADED,
    HEIGHT,
    P_MOVES,
    P_SCALES,
    P_WAVE,
    QRS,
    WAVE_LENGTH,
    WIDER_QRS,
    add_up,
    cut_waves,
    heights_of,
    reshaped,
    segment_of,
    segments_without_gaps,
    with_other_p_wave,
    with_wider_qrs,
)


def bump(middle, width, height, length=WAVE_LENGTH):
    return height * np.exp(-0.5 * ((np.arange(length) - middle) / width) ** 2)


P_PLACE = BEFORE - 19
WAVE = np.stack(
    [
        bump(P_PLACE, 2.5, 0.15) + bump(BEFORE, 2.0, 1.2) + bump(BEFORE + 35, 6.0, 0.3),
        bump(P_PLACE, 2.5, 0.1) + bump(BEFORE + 2, 2.5, -0.8) + bump(BEFORE + 35, 6.0, -0.2),
    ]
)
"""P wave, QRS complex and T wave on a line at 0, in two leads."""


def regular(interval, beats=20, wave=WAVE):
    peaks = 150 + np.arange(beats) * interval
    return add_up(np.tile(wave, (beats, 1, 1)), peaks, int(peaks[-1]) + 200), peaks


@pytest.mark.parametrize("interval", [100, 110, 125, 180])
def test_waves_cut_from_a_regular_rhythm_add_up_to_the_signal_they_were_cut_from(interval):
    signals, peaks = regular(interval)
    again = add_up(cut_waves(signals, peaks), peaks, signals.shape[1])
    np.testing.assert_allclose(again, signals, atol=0.02)


@pytest.mark.parametrize("interval", [100, 125])
def test_a_slope_and_an_offset_are_no_part_of_a_wave(interval):
    signals, peaks = regular(interval)
    lines = np.array([[0.003], [-0.002]]) * np.arange(signals.shape[1]) + np.array([[5.0], [-1.0]])
    # the line goes through the means of a few samples at either end, so up to a sample's slope is left
    np.testing.assert_allclose(cut_waves(signals + lines, peaks), cut_waves(signals, peaks), atol=0.003)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(25, 400), min_size=1, max_size=30), st.integers(0, 60), st.integers(0, 2**31))
def test_a_wave_is_0_at_its_ends_and_has_nothing_of_its_neighbours(intervals, first, seed):
    peaks = first + np.cumsum([0, *intervals])
    signals = np.random.default_rng(seed).normal(size=(2, int(peaks[-1]) + 60))
    waves = cut_waves(signals, peaks)
    assert waves.shape == (len(peaks), 2, WAVE_LENGTH)
    assert (waves[:, :, 0] == 0).all() and (waves[:, :, -1] == 0).all()
    for wave, before, after in zip(waves[1:-1], intervals[:-1], intervals[1:], strict=True):
        (there,) = np.flatnonzero(wave.any(axis=0))[[0]]
        last = np.flatnonzero(wave.any(axis=0))[-1]
        assert BEFORE - there <= max(0.42 * before, 12)
        assert last - BEFORE <= max(after - min(0.42 * after, BEFORE), 25)


def test_what_is_cut_out_is_the_signal_but_for_a_line_and_its_faded_ends():
    signals = np.random.default_rng(0).normal(size=(1, 700))
    wave = cut_waves(signals, np.array([100, 250, 400]))[1, 0]
    inside = slice(FADED, WAVE_LENGTH - FADED)
    taken = (signals[0, 250 - BEFORE : 250 + AFTER] - wave)[inside]
    np.testing.assert_allclose(np.diff(taken, 2), 0, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 200), min_size=1, max_size=20), st.integers(0, 2**31))
def test_waves_are_added_where_they_are_however_near(intervals, seed):
    waves = np.random.default_rng(seed).normal(size=(len(intervals), 2, WAVE_LENGTH))
    peaks = BEFORE + np.cumsum(intervals)
    signals = add_up(waves, peaks, int(peaks[-1]) + AFTER)
    np.testing.assert_allclose(signals.sum(), waves.sum())
    halves = add_up(waves[::2], peaks[::2], signals.shape[1]) + add_up(waves[1::2], peaks[1::2], signals.shape[1])
    np.testing.assert_allclose(signals, halves, atol=1e-9)
    alone = add_up(waves[:1], peaks[:1], signals.shape[1])
    np.testing.assert_array_equal(alone[:, peaks[0] - BEFORE : peaks[0] + AFTER], waves[0])


def test_heights_are_those_of_most_qrs_complexes_in_each_lead():
    waves = np.tile(WAVE, (9, 1, 1))
    waves[:4] *= 10
    np.testing.assert_allclose(heights_of(waves)[:, 0], np.ptp(WAVE[:, HEIGHT], axis=1))


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(P_SCALES)), st.integers(0, 2**31))
def test_another_p_wave_changes_only_what_comes_before_the_r_peak(change, seed):
    before = WAVE.copy()
    changed = with_other_p_wave(WAVE, change, np.random.default_rng(seed))
    np.testing.assert_array_equal(WAVE, before)
    np.testing.assert_array_equal(changed[:, BEFORE:], WAVE[:, BEFORE:])
    assert np.abs(changed[:, P_WAVE.stop : BEFORE] - WAVE[:, P_WAVE.stop : BEFORE]).max() < 0.03
    assert np.abs(changed[:, 0]).max() < 0.01


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(P_SCALES)), st.integers(0, 2**31))
def test_another_p_wave_is_as_high_as_asked_for_and_the_same_in_all_leads(change, seed):
    changed = with_other_p_wave(WAVE, change, np.random.default_rng(seed))[:, : BEFORE - 7]
    lowest, highest = P_SCALES[change]
    highs = changed[np.arange(2), np.abs(changed).argmax(axis=1)] / WAVE[:, P_PLACE]
    assert (lowest - 0.15 <= highs).all() and (highs <= highest + 0.15).all()
    assert highs[0] == pytest.approx(highs[1], abs=0.15)
    if np.abs(highs).min() > 0.4:
        most = P_MOVES if change != "same" else 2
        assert (np.abs(np.abs(changed).argmax(axis=1) - P_PLACE) <= most + 2).all()


def test_no_p_wave_is_a_line():
    changed = with_other_p_wave(WAVE, "none", np.random.default_rng(0))
    np.testing.assert_allclose(np.diff(changed[:, P_WAVE], 2), 0, atol=1e-12)


def test_the_shapes_of_p_waves_are_not_all_alike():
    rng = np.random.default_rng(0)
    drawn = [with_other_p_wave(WAVE, "big", rng)[0, : BEFORE - 7] for _ in range(30)]
    assert len({int(part.argmax()) for part in drawn}) > 5
    assert np.ptp([part.max() for part in drawn]) > 0.05


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("height", [0.7, 1.0, 1.5])
def test_a_wider_qrs_complex_is_wider_by_its_share_and_nothing_else_is_changed(share, height):
    wider = with_wider_qrs(WAVE, height, share)
    outside = np.ones(WAVE_LENGTH, bool)
    outside[WIDER_QRS] = False
    np.testing.assert_array_equal(wider[:, outside], WAVE[:, outside])
    assert wider[0].max() == pytest.approx(WAVE[0].max() * (1 - share + share * height), rel=0.05)
    if share == 0:
        np.testing.assert_allclose(wider, WAVE, atol=1e-12)
    if share == height == 1:
        widths = [np.count_nonzero(wave[0] > wave[0].max() / 2) for wave in (WAVE, wider)]
        assert widths[1] >= widths[0] * 1.15
        assert wider[0, QRS].sum() > 1.1 * WAVE[0, QRS].sum()


MADE = synthesize(150, fs=250.0, leads=("MLII", "V1"), seed=1)


def with_gap(start, stop, lead=0):
    signals = MADE.signals.copy()
    signals[lead, start * 250 : stop * 250] = np.nan
    return replace(MADE, signals=signals)


def test_a_recording_without_gaps_is_one_segment():
    (segment,) = segments_without_gaps(MADE)
    np.testing.assert_array_equal(segment.signals, MADE.signals)
    np.testing.assert_array_equal(segment.beat_annotations().samples, MADE.beat_annotations().samples)
    assert segment.leads == MADE.leads


def test_a_gap_in_either_lead_parts_it_and_what_is_left_too_short_is_left_out():
    for lead in (0, 1):
        (segment,) = segments_without_gaps(with_gap(20, 30, lead))
        assert segment.seconds == 120 and np.isfinite(segment.signals).all()
        np.testing.assert_array_equal(segment.signals, MADE.signals[:, 30 * 250 :])
    assert segments_without_gaps(with_gap(50, 100)) == []


def test_a_long_one_is_taken_apart_into_segments_as_long_as_each_other(monkeypatch):
    monkeypatch.setattr(material, "LONGEST_SECONDS", 74.0)
    parts = segments_without_gaps(replace(MADE, signals=np.tile(MADE.signals, 2)))
    assert [part.seconds for part in parts] == [60.0] * 5


def test_only_the_leads_that_are_looked_at_are_in_it_and_what_is_cut_from_comes_first():
    noise = np.float32(np.random.default_rng(0).normal(0, 0.3, MADE.signals.shape[1:]))
    three = replace(MADE, signals=np.stack([*MADE.signals[::-1], noise]), leads=("V1", "MLII", "V2"))
    (segment,) = segments_without_gaps(three)
    assert segment.leads == ("MLII", "V1")


def test_annotations_of_a_part_count_from_its_beginning():
    part = segment_of(MADE, 250, 750)
    samples = MADE.beat_annotations().samples
    inside = samples[(samples >= 250) & (samples < 750)]
    np.testing.assert_array_equal(part.beat_annotations().samples, inside - 250)
    assert len(part.beat_annotations().symbols) == len(inside) and part.signals.shape == (2, 500)


@given(st.integers(0, 2**31))
def test_a_reshaped_wave_is_narrower_or_wider_around_its_peak_and_lies_on_the_line_at_its_ends(seed):
    changed = reshaped(WAVE, np.random.default_rng(seed))
    assert changed.shape == WAVE.shape and (changed[:, [0, -1]] == 0).all()
    np.testing.assert_allclose(np.abs(changed[:, BEFORE]), np.abs(WAVE[:, BEFORE]), atol=1e-9)
    assert np.abs(changed).max() <= np.abs(WAVE).max() + 1e-9
