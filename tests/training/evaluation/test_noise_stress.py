from dataclasses import replace

import numpy as np
import pytest

from ecg import Annotations, Recording
from ecg.signal.noise import noise_power, signal_power
from ecg.synthetic import synthesize
from tests.training.synthetic import nearest
from training.errors import UnexpectedData
from training.evaluation.noise_stress import stress_test, with_noise
from training.evaluation.patients import annotated_by, annotations_of, compare_with_reference

FS = 250
MADE = synthesize(700, fs=FS, ectopic={"V": 0.1}, leads=("MLII", "V1"), seed=5)


def noise(seconds=800, leads=2, fs=FS, slope=1.0):
    """White noise, another in each lead."""
    signals = np.random.default_rng(1).normal(0, slope, (leads, seconds * fs)) * np.arange(1, leads + 1)[:, None]
    return Recording("noise", signals.astype(np.float32), tuple(f"noise{k}" for k in range(leads)), float(fs))


def added(recording, disturbance, decibels=6.0):
    return with_noise(recording, disturbance, decibels).signals.astype(np.float64) - recording.signals


def between(start, stop):
    return slice(start * FS, stop * FS)


def test_five_minutes_are_clean_then_two_minutes_with_noise_and_two_without_take_turns():
    difference = added(MADE, noise())
    assert not difference[:, between(0, 300)].any()
    for start, stop in ((300, 420), (540, 660)):
        assert difference[:, between(start, stop)].std(axis=1).min() > 0.05
    for start, stop in ((420, 540), (660, 700)):
        np.testing.assert_allclose(np.diff(difference[:, between(start, stop)]), 0, atol=1e-6)


@pytest.mark.parametrize("decibels", [24.0, 6.0, 0.0, -6.0])
def test_where_there_is_noise_it_is_at_the_ratio_that_is_asked_for(decibels):
    difference = added(MADE, noise(), decibels)[:, between(300, 420)]
    normal = MADE.beat_annotations().samples[[symbol == "N" for symbol in MADE.beat_annotations().symbols]][:300]
    ratio = signal_power(MADE.signals, normal, FS) / noise_power(difference, FS)
    np.testing.assert_allclose(10 * np.log10(ratio), decibels, atol=0.1)


def test_the_signal_does_not_jump_where_noise_begins_and_ends():
    # A constant is no noise: what is added are the steps of the noise, and one of half an hour's drift goes on from 0.
    drift = replace(noise(), signals=(100 + noise().signals).astype(np.float32))
    np.testing.assert_allclose(added(MADE, drift), added(MADE, noise()), atol=1e-3)
    steps = np.abs(np.diff(added(MADE, drift), axis=1)).max(axis=1)
    inside = np.abs(np.diff(added(MADE, drift)[:, between(310, 410)], axis=1)).max(axis=1)
    assert (steps < 1.5 * inside).all()


def test_noise_that_ends_begins_again_without_a_jump():
    short = noise(seconds=30)
    difference = added(MADE, short)[:, between(300, 420)]
    np.testing.assert_allclose(
        np.diff(difference[:, between(0, 30)], axis=1), np.diff(difference[:, between(30, 60)], axis=1), atol=1e-5
    )
    np.testing.assert_allclose(difference[:, 30 * FS] - difference[:, 30 * FS - 1], 0, atol=1e-6)


def test_leads_get_the_noises_in_turn():
    of_three = replace(MADE, signals=MADE.signals[[0, 1, 0]], leads=("a", "b", "c"))
    one, two, three = added(of_three, noise())[:, between(301, 419)]
    assert np.corrcoef(one, three)[0, 1] > 0.999 > 0.1 > abs(np.corrcoef(one, two)[0, 1])


def test_noise_of_another_rate_is_the_same_noise():
    seconds = 800
    wave = {fs: np.sin(2 * np.pi * 1.5 * np.arange(seconds * fs) / fs)[None].astype(np.float32) for fs in (FS, 360)}
    same, other = (replace(noise(leads=1), signals=wave[fs], fs=float(fs)) for fs in (FS, 360))
    difference = np.abs(added(MADE, same) - added(MADE, other))
    assert difference.max() < 0.02 * np.abs(added(MADE, same)).max()


def test_ventricular_beats_do_not_tell_how_high_the_signal_is():
    marks = MADE.beat_annotations()
    tall = MADE.signals.copy()
    for sample in marks.samples[[symbol == "V" for symbol in marks.symbols]]:
        tall[:, max(sample - 10, 0) : sample + 10] *= 5
    taller = replace(MADE, signals=tall)
    np.testing.assert_allclose(added(taller, noise()), added(MADE, noise()), atol=1e-4)
    alone = replace(MADE, annotations=Annotations(marks.samples, ("V",) * len(marks.samples)))
    with pytest.raises(UnexpectedData, match="no normal beat"):
        with_noise(alone, noise(), 6.0)


def test_the_test_begins_without_noise_and_more_of_it_leaves_less():
    made = replace(MADE, signals=MADE.signals[:, : 430 * FS])
    smooth = noise()
    smooth = replace(smooth, signals=np.cumsum(smooth.signals, axis=1) * 0.1)
    clean, some, much = stress_test(nearest(), [made], smooth, decibels=(24.0, -12.0))
    assert [level.decibels for level in (clean, some, much)] == [None, 24.0, -12.0]
    as_it_is = compare_with_reference(made, annotations_of(annotated_by(nearest(), made, "found")), 300.0)
    np.testing.assert_array_equal(clean.comparisons[0].confusion, as_it_is.confusion)
    right = [level.comparisons[0].confusion.trace() for level in (clean, some, much)]
    assert right[2] < 0.9 * right[0] <= right[0]
    assert clean.unjudged <= 0.01 < much.unjudged <= 1
