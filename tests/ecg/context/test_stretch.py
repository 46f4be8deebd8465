from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import Recording, Stretch
from ecg.context.context import EARLIER, LATER
from ecg.context.pace import Pace
from ecg.context.usual_beat import BEFORE
from ecg.synthetic import synthesize

MADE = synthesize(300, ectopic={"S": 0.05, "V": 0.1}, leads=("MLII", "V1"), seed=1)
NAN = float("nan")


def stretch_of(recording, peaks=None, broken=(), leads=None):
    """That of the annotated peaks, or others; the intervals before some may be none."""
    peaks = recording.beat_annotations().samples if peaks is None else peaks
    none = np.zeros(len(peaks), bool)
    none[list(broken)] = True
    return Stretch.cut(recording, range(len(recording.leads)) if leads is None else leads, peaks, none)


def at_rate(fs, seconds=160.0, seed=0):
    """The same heart at any rate: waves at places that are samples at 125 Hz and at 360 Hz alike."""
    rng = np.random.default_rng(seed)
    times = 3 + np.cumsum(rng.choice([0.6, 0.8, 1.0], int(seconds / 1.1), p=[0.1, 0.8, 0.1]))
    wide = rng.random(len(times)) < 0.1
    at = np.arange(round(seconds * fs)) / fs
    signals = np.stack([0.2 * np.sin(0.5 * at), 0.1 * np.sin(0.7 * at)])
    for time, other in zip(times.tolist(), wide.tolist(), strict=True):
        near = slice(round((time - 0.45) * fs), round((time + 0.6) * fs))
        for lead, sign in enumerate((1.0, -0.7)):
            for middle, width, height in [(0, 0.05, -1.2)] if other else [(-0.17, 0.02, 0.15), (0, 0.016, 1.0)]:
                signals[lead, near] += sign * height * np.exp(-0.5 * ((at[near] - time - middle) / width) ** 2)
    return Recording("made", signals.astype(np.float32), ("a", "b"), float(fs)), np.round(times * fs).astype(np.int64)


def test_a_stretch_has_a_view_of_each_beat_in_two_leads_and_the_intervals_before():
    stretch = stretch_of(MADE, broken=[7])
    samples = MADE.beat_annotations().samples
    assert stretch.views.shape == (2, len(samples), 125)
    intervals = np.r_[NAN, np.diff(samples) / 360]
    intervals[7] = NAN
    np.testing.assert_allclose(stretch.intervals, intervals, atol=1 / 125)
    assert (np.isnan(stretch.intervals) == np.isnan(intervals)).all()
    assert (np.abs(stretch.views[0].argmax(axis=1) - BEFORE) <= 12).mean() > 0.8


@pytest.mark.parametrize("gain", [0.4, 2.5, 20.0])
@pytest.mark.parametrize("offset", [0.0, -4.0])
def test_neither_gain_nor_offset_of_the_signals_changes_the_numbers(gain, offset):
    gains = np.array([[gain], [1.0]], np.float32)
    changed = replace(MADE, signals=(MADE.signals * gains + np.float32(offset)).astype(np.float32))
    one, other = stretch_of(MADE).in_context(), stretch_of(changed).in_context()
    np.testing.assert_allclose(other.values, one.values, atol=0.01)


def test_leads_turned_over_change_views_alone():
    one, other = stretch_of(MADE).in_context(), stretch_of(replace(MADE, signals=-MADE.signals)).in_context()
    np.testing.assert_allclose(other.rhythm, one.rhythm, atol=1e-4)
    np.testing.assert_allclose(other.views, -one.views, atol=1e-4)


@pytest.mark.parametrize("seconds", [10, 1000])
def test_when_a_stretch_comes_in_its_recording_changes_nothing(seconds):
    silence = np.repeat(MADE.signals[:, :1], seconds * 360, axis=1)
    later = replace(MADE, signals=np.concatenate((silence, MADE.signals), axis=1))
    peaks = MADE.beat_annotations().samples[5:]
    one, other = stretch_of(MADE, peaks), stretch_of(later, peaks + seconds * 360)
    np.testing.assert_array_equal(other.in_context().values, one.in_context().values)


@pytest.mark.parametrize("fs", [250, 360, 500, 1000])
def test_the_numbers_are_the_same_at_any_rate(fs):
    one, other = (stretch_of(*at_rate(rate)).in_context() for rate in (125, fs))
    assert len(other) > 100
    np.testing.assert_allclose(other.rhythm, one.rhythm, atol=0.02)
    np.testing.assert_allclose(other.views, one.views, atol=0.06)


def test_a_second_lead_that_is_not_there_or_off_or_never_connected_is_the_same():
    one = stretch_of(MADE, leads=[0]).in_context()
    assert (one.views[:, 2:] == 0).all()
    for nothing in (0.0, 3.3, np.nan):
        off = replace(MADE, signals=np.stack([MADE.signals[0], np.full_like(MADE.signals[0], nothing)]))
        np.testing.assert_array_equal(stretch_of(off).in_context().values, one.values)


def test_leads_are_taken_in_the_order_that_is_asked_for_and_no_third():
    three = replace(MADE, signals=MADE.signals[[0, 1, 0]], leads=("a", "b", "c"))
    np.testing.assert_array_equal(stretch_of(three, leads=(1, 0, 2)).views, stretch_of(MADE).views[::-1])


def test_a_gap_harms_no_beat_away_from_it():
    holed = MADE.signals.copy()
    holed[:, 100 * 360 : 103 * 360] = np.nan
    holed[:, 103 * 360 :] += 2.0  # the electrodes' offset is another after it
    peaks = MADE.beat_annotations().samples
    at = peaks / 360
    peaks, at = (values[(at < 100) | (at > 103)] for values in (peaks, at))
    broken = np.flatnonzero(np.diff(peaks, prepend=-1000) > 3 * 360)
    whole, parts = stretch_of(MADE, peaks, broken), stretch_of(replace(MADE, signals=holed), peaks, broken)
    away = (at < 98.5) | ((at > 104.5) & (at < 299))
    np.testing.assert_allclose(parts.views[:, away], whole.views[:, away], atol=2e-3)
    assert np.isfinite(parts.views).all()


@pytest.mark.parametrize("beats", [1, 2, 3, 30])
def test_a_stretch_of_few_beats_has_numbers_too(beats):
    values = stretch_of(MADE, MADE.beat_annotations().samples[:beats], broken=[0]).in_context().values
    assert values.shape == (beats, 587) and np.isfinite(values).all()


def test_without_beats_there_are_no_rows():
    nothing = Stretch.of(MADE.signals, np.zeros(0, np.int64), np.zeros(0, bool))
    assert len(nothing) == len(nothing.in_context()) == 0


def long_stretch(views, rr=1.0):
    """Beats in time, one a second, in one lead."""
    return Stretch(views[None], np.arange(len(views)) * round(rr * 125), np.full(len(views), rr))


def test_the_usual_beat_is_followed_through_a_recording_and_a_run_is_not():
    place = np.arange(125) - BEFORE
    normal, turned, wide = (np.exp(-0.5 * (place / 2.5) ** 2), -np.sin(place / 4) * np.exp(-0.5 * (place / 5) ** 2),
                            -1.5 * np.exp(-0.5 * ((place - 4) / 8) ** 2))  # fmt: skip
    share = np.linspace(0, 1, 1800)[:, None]
    views = (1 - share) * normal + share * turned + np.random.default_rng(0).normal(0, 0.01, (1800, 125))
    run = slice(700, 950)
    views[run] = wide
    difference = np.abs(long_stretch(views).in_context().views[:, 1]).max(axis=1)
    assert difference[: run.start].max() < 0.6 and difference[run.stop :].max() < 0.6
    assert difference[run].min() > 1.2


def test_what_is_usual_is_that_of_some_minutes_around():
    rng = np.random.default_rng(0)
    sizes = np.where(np.arange(1800) < 900, 1.0, 2.0)[:, None]
    views = sizes * np.exp(-0.5 * ((np.arange(125) - BEFORE) / 2.5) ** 2) + rng.normal(0, 0.01, (1800, 125))
    heights = (
        long_stretch(views).in_context().rhythm[:, -8 - 2 * 9 - 9 + 4]
    )  # the third of four resemblances is missing
    assert np.abs(heights[:600]).max() < 0.1 and np.abs(heights[1200:]).max() < 0.1


def test_so_far_is_what_is_told_of_a_beat_before_anything_after_the_next():
    stretch = stretch_of(MADE)
    usual, pace = stretch.usual(slice(0, 60)), Pace.of(stretch.intervals[:60])
    whole = stretch.so_far(slice(60, 120), slice(0, 60), usual, pace)
    for beat in (60, 61, 90, 119):
        known = slice(0, beat + 2)
        so_far = Stretch(stretch.views[:, known], stretch.peaks[known], stretch.intervals[known])
        row = so_far.so_far(slice(beat, beat + 1), slice(0, 60), usual, pace)
        np.testing.assert_array_equal(row.values[0], whole.values[beat - 60])
    assert (whole.rhythm[:, EARLIER + 2 : EARLIER + 1 + LATER] == 0).all()
    assert (whole.rhythm[:, EARLIER + 1] != 0).any()


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.01, 0.3))
def test_any_broken_intervals_leave_every_number_finite(seed, share):
    broken = np.flatnonzero(np.random.default_rng(seed).random(len(MADE.beat_annotations().samples)) < share)
    values = stretch_of(MADE, broken=broken).in_context().values
    assert np.isfinite(values).all() and np.abs(values).max() < 30
