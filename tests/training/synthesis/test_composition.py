from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecg import BEAT_FS, LABELS, label_of
from training.synthesis import composition
from training.synthesis.composition import LONG, compose
from training.synthesis.material import AFTER, BEFORE, LONGEST, P_WAVE, SHORTEST, WAVE_LENGTH, Material
from training.synthesis.repertoire import Repertoire
from training.synthesis.script import Script

N, S, V, F, Q = range(len(LABELS))
QUIET = Script(drift=0.0)
PLACE = np.arange(WAVE_LENGTH) - BEFORE


def bump(middle, width, height):
    return height * np.exp(-0.5 * ((PLACE - middle) / width) ** 2)


NORMAL = np.stack([sign * (bump(-19, 2.5, 0.15) + bump(0, 2.0, 1.2) + bump(35, 5.0, 0.3)) for sign in (1.0, -0.5)])
WIDE = np.stack([bump(2, 8.0, height) for height in (-1.5, 1.0)])


def material(labels, intervals=100.0, waves=None):
    """Beats of these labels, normal waves but for ventricular ectopic ones."""
    labels = np.array(labels, np.int64)
    waves = np.where((labels == V)[:, None, None], WIDE, NORMAL) if waves is None else waves
    return Material("made", ("MLII", "V1"), waves, labels, np.broadcast_to(np.float64(intervals), len(labels)).copy())


SINUS = material([N] * 400)
MIXED = material(np.random.default_rng(0).choice([N, S, V, F, Q], 400, p=[0.6, 0.1, 0.15, 0.1, 0.05]),
                 np.random.default_rng(1).uniform(40, 150, 400))  # fmt: skip
DONATED = [WIDE / SINUS.heights]


def composed(of, script, donated=(), seed=0):
    """What is composed: its signals, peaks, labels and intervals."""
    made = compose(of, donated, script, np.random.default_rng(seed))
    annotations = made.beat_annotations()
    labels = np.array([LABELS.index(label_of(symbol)) for symbol in annotations.symbols])
    return made.signals, annotations.samples, labels, np.diff(annotations.samples)


@st.composite
def scripts(draw):
    """Any that is drawn, or one in which everything happens at once."""
    seed = draw(st.integers(0, 2**31))
    script = Repertoire().draw(np.random.default_rng(seed))
    if draw(st.booleans()):
        names = ("premature", "grouped", "ventricular", "pause", "block", "variant", "alone")
        happens = draw(st.fixed_dictionaries({name: st.sampled_from([0.0, 0.1, 1.0]) for name in names}))
        script = replace(script, **happens, fibrillation=draw(st.sampled_from([0.0, 0.01])))
    return script


@settings(max_examples=40, deadline=None)
@given(scripts(), st.sampled_from([SINUS, MIXED]), st.booleans(), st.integers(0, 2**31))
def test_beats_come_in_order_not_nearer_than_they_may_and_inside_the_signal(script, of, given_others, seed):
    made = compose(of, DONATED if given_others else [], script, np.random.default_rng(seed))
    peaks = made.beat_annotations().samples
    assert len(made.beat_annotations().symbols) == len(peaks)
    assert np.diff(peaks).min() >= SHORTEST
    assert peaks[0] >= BEFORE and peaks[-1] + AFTER <= made.signals.shape[1]
    assert (made.fs, made.leads, made.name) == (BEAT_FS, of.leads, of.name)
    assert np.isfinite(made.signals).all()


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([SINUS, MIXED]), st.floats(0.6, 1.6), st.integers(0, 2**31))
def test_where_nothing_happens_nothing_changes_but_the_rate(of, rate, seed):
    signals, peaks, labels, _ = composed(of, replace(QUIET, rate=rate), DONATED, seed)
    assert labels.tolist() == of.labels.tolist()
    expected = np.clip(of.intervals[:-1] * rate, SHORTEST, LONGEST)
    np.testing.assert_allclose(peaks - peaks[0], np.r_[0, np.cumsum(expected)], atol=1)
    for peak, before, after, wave in zip(
        peaks[1:-1], np.diff(peaks)[:-1], np.diff(peaks)[1:], of.waves[1:-1], strict=True
    ):
        if before > WAVE_LENGTH and after > WAVE_LENGTH:  # no other wave reaches in
            np.testing.assert_allclose(signals[:, peak - BEFORE : peak + AFTER], wave, atol=1e-6)


def test_equal_seeds_compose_equal_recordings_and_others_do_not():
    script = replace(QUIET, premature=0.1, fibrillation=0.01, ventricular=0.1, variant=0.1)
    one, same, other = (composed(SINUS, script, DONATED, seed)[0] for seed in (1, 1, 2))
    assert np.array_equal(one, same) and not np.array_equal(one, other)


def test_the_material_is_not_changed():
    waves = MIXED.waves.copy()
    composed(MIXED, Script(premature=0.2, fibrillation=0.01, ventricular=0.2, variant=0.3, pause=0.1), DONATED)
    np.testing.assert_array_equal(MIXED.waves, waves)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.02, 0.3), st.floats(0, 1), st.integers(0, 2**31))
def test_premature_beats_begin_early_and_are_the_only_supraventricular_ones(premature, alone, seed):
    script = replace(QUIET, premature=premature, alone=alone)
    _, _, labels, intervals = composed(SINUS, script, seed=seed)
    assert set(labels.tolist()) <= {N, S}
    begins = (labels[1:] == S) & (labels[:-1] == N)
    assert (intervals[begins] < 0.95 * 100).all()


@pytest.mark.parametrize(
    "script", [replace(QUIET, premature=0.2, alone=1.0), replace(QUIET, grouped=0.05, run_spread=0.0)]
)
def test_beats_that_are_hardly_early_always_have_another_p_wave(script):
    many = material([N] * 3000)
    signals, peaks, labels, intervals = composed(many, replace(script, hardly_early=1.0))
    begins = np.flatnonzero((labels[1:-1] == S) & (labels[:-2] == N)) + 1
    assert len(begins) > 50
    assert ((intervals[begins - 1] > 0.85 * 100) & (intervals[begins - 1] < 0.98 * 100)).mean() > 0.95
    p_waves = np.stack([signals[0, peaks[place] - BEFORE : peaks[place]] for place in begins])[:, P_WAVE]
    usual = np.ptp(NORMAL[0, P_WAVE])
    other = (np.abs(np.ptp(p_waves, axis=1) - usual) > 0.05 * usual) | (p_waves.min(axis=1) < -0.2 * usual)
    assert other.mean() > 0.9


def test_ventricular_beats_may_be_reshaped():
    script = replace(QUIET, ventricular=0.2)
    signals, peaks, labels, _ = composed(SINUS, script, DONATED)
    changed, same_peaks, same_labels, _ = composed(SINUS, replace(script, reshaped=1.0), DONATED)
    heights = [signals[0, peak] for peak in peaks[labels == V]]
    others = [changed[0, peak] for peak in same_peaks[same_labels == V]]
    assert np.ptp(heights) < 0.1 and min(others) < 0 < max(others)
    widths = [np.sum(np.abs(changed[0, peak - BEFORE : peak + AFTER]) > np.abs(changed[0, peak]) / 2)
              for peak in same_peaks[same_labels == V]]  # fmt: skip
    assert len(set(widths)) > 5


def test_runs_are_as_long_as_they_may_be_and_single_beats_as_many_as_asked_for():
    script = replace(QUIET, premature=0.1, alone=0.5, longest_run=6)
    _, _, labels, _ = composed(material([N] * 5000), script)
    edges = np.flatnonzero(np.diff(np.r_[0, labels == S, 0]))
    runs = edges[1::2] - edges[::2]
    # one that comes right after another looks like one run with it
    assert np.mean(runs <= 6) > 0.85
    assert np.mean(runs == 1) == pytest.approx(0.5 * 0.9, abs=0.08)


def test_a_run_goes_at_its_own_steady_pace():
    script = replace(QUIET, premature=1.0, alone=0.0, longest_run=40, run_spread=0.0)
    _, _, labels, intervals = composed(SINUS, script)
    within = np.abs(np.diff(intervals)) <= 1
    assert (labels[1:] == S).all() and within.mean() > 0.8
    assert np.median(intervals) < 0.86 * 100


def test_a_premature_beat_often_has_another_p_wave_and_sometimes_another_qrs_complex():
    signals, peaks, labels, _ = composed(SINUS, replace(QUIET, premature=0.3, alone=1.0))
    around = np.stack([signals[0, peak - BEFORE : peak + 12] for peak in peaks[1:-1]])
    p_waves = np.ptp(around[:, P_WAVE], axis=1)
    normal, early = labels[1:-1] == N, labels[1:-1] == S
    assert np.mean(np.abs(p_waves[early] - 0.15) > 0.05) > 0.4
    assert np.mean(np.abs(p_waves[normal] - 0.15) > 0.05) < 0.1
    widths = (around > around.max(axis=1, keepdims=True) / 2).sum(axis=1)
    assert 0.02 < np.mean(widths[early] > np.median(widths)) < 0.35
    assert (widths[normal] == np.median(widths)).all()


def test_in_fibrillation_no_beat_is_supraventricular_ectopic_or_has_a_p_wave_and_none_is_in_time():
    script = replace(QUIET, fibrillation=1.0, premature=0.5)
    of = material(np.where(np.arange(600) % 7 == 3, S, N))
    signals, peaks, labels, intervals = composed(of, script)
    assert set(labels.tolist()) == {N} and len(labels) == np.count_nonzero(of.labels == N)
    assert np.std(np.log(intervals)) == pytest.approx(0.2, abs=0.03)
    late = peaks[1:][intervals > WAVE_LENGTH]  # before these no T wave is in the way
    # the atria's own waves come at any time, so the mean of many beats has none
    assert np.ptp(np.mean([signals[0, peak - 30 : peak - 9] for peak in late], axis=0)) < 0.03


def test_the_atrias_own_waves_are_seen_in_some_patients_in_fibrillation_and_in_none_without():
    calm = material([N] * 200, 150.0)
    seen = 0
    for seed in range(8):
        signals, peaks, _, intervals = composed(calm, replace(QUIET, fibrillation=1.0), seed=seed)
        after_t = [signals[0, peak + 55 : peak + 79] for peak in peaks[:-1][intervals > 140]]
        seen += np.mean([np.ptp(part) for part in after_t]) > 0.01
    assert 1 <= seen <= 7
    signals, peaks, _, _ = composed(calm, QUIET)
    assert max(np.ptp(signals[0, peak + 55 : peak + 79]) for peak in peaks[:-1]) < 0.001


def test_paroxysms_come_and_go():
    script = replace(QUIET, fibrillation=0.005)
    _, _, _, intervals = composed(material([N] * 5000), script)
    regular = np.abs(intervals - 100) <= 1
    parts = regular[: len(regular) // 50 * 50].reshape(-1, 50).mean(axis=1)
    assert (parts > 0.95).sum() > 10 and (parts < 0.3).sum() > 10


@pytest.mark.parametrize("fibrillation", [0.0, 1.0])
def test_ventricular_ectopic_beats_are_anothers_in_this_patients_size_and_early(fibrillation):
    script = replace(QUIET, ventricular=0.2, fibrillation=fibrillation, fibrillation_spread=0.0)
    signals, peaks, labels, intervals = composed(SINUS, script, DONATED)
    places = np.flatnonzero(labels == V)
    assert len(places) == pytest.approx(0.2 * 400, abs=30)
    assert (intervals[places - 1] <= 0.96 * 100).all()
    for peak in peaks[places][:20]:
        np.testing.assert_allclose(
            signals[:, peak - 2 : peak + 7], WIDE[:, BEFORE - 2 : BEFORE + 7], atol=0.15 * np.abs(WIDE).max()
        )


def test_where_nobody_gives_any_there_are_no_ventricular_ectopic_beats_but_the_patients_own():
    _, _, labels, _ = composed(MIXED, replace(QUIET, ventricular=1.0))
    assert np.count_nonzero(labels == V) == np.count_nonzero(MIXED.labels == V)


def test_a_pause_is_longer_than_a_third_of_an_interval_and_no_beat_is_lost_for_it():
    _, _, labels, intervals = composed(SINUS, replace(QUIET, pause=0.1))
    assert len(labels) == len(SINUS.labels)
    longer = intervals > 105
    assert longer.mean() == pytest.approx(0.1, abs=0.04)
    assert (intervals[longer] >= 129).all() and (np.abs(intervals[~longer] - 100) <= 1).all()


def test_sinus_arrhythmia_swings_around_the_rate():
    _, _, _, intervals = composed(SINUS, replace(QUIET, breathing=0.12))
    assert np.ptp(np.log(intervals)) == pytest.approx(0.24, abs=0.03)
    assert np.abs(np.diff(np.log(intervals))).max() < np.ptp(np.log(intervals))


def test_a_variant_is_normal_in_another_form_and_in_time():
    signals, peaks, labels, intervals = composed(material([N] * 1000), replace(QUIET, variant=0.05))
    assert (labels == N).all() and (np.abs(intervals - 100) <= 1).all()
    beats = np.stack([signals[0, peak - BEFORE : peak + 12] for peak in peaks[1:-1]])
    plain, places, _, _ = composed(SINUS, QUIET)
    other = np.abs(beats - plain[0, places[1] - BEFORE : places[1] + 12]).max(axis=1) > 0.03
    assert 0.1 < other.mean() < 0.95


def test_material_is_cut_where_beats_are_with_the_intervals_after_them():
    peaks = np.array([100, 200, 320, 340, 1000])
    signals = np.random.default_rng(0).normal(size=(2, 1200))
    made = Material.of("made", ("a", "b"), signals, peaks, np.array([N, V, N, S, N]))
    assert made.intervals.tolist() == [100, 120, SHORTEST, LONGEST, 110]
    assert made.waves.shape == (5, 2, WAVE_LENGTH)


def test_what_is_usual_is_told_of_normal_beats_where_there_are_enough():
    labels = np.where(np.arange(60) < 25, N, V)
    made = material(labels, np.where(labels == N, 100.0, 70.0))
    assert made.usual_interval == 100
    np.testing.assert_allclose(made.heights[:, 0], np.ptp(NORMAL[:, BEFORE - 8 : BEFORE + 10], axis=1))
    none = material([V] * 60, 70.0)
    assert none.usual_interval == 70
    np.testing.assert_allclose(none.heights[:, 0], np.ptp(WIDE[:, BEFORE - 8 : BEFORE + 10], axis=1))


def test_what_others_may_be_given_is_ventricular_ectopic_and_in_heights_of_a_normal_beat():
    given_away = MIXED.ventricular(10, np.random.default_rng(0))
    assert len(given_away) == 10
    np.testing.assert_allclose(given_away, np.broadcast_to(WIDE / MIXED.heights, (10, 2, WAVE_LENGTH)))
    assert SINUS.ventricular(10, np.random.default_rng(0)) == []
    assert len(MIXED.ventricular(1000, np.random.default_rng(0))) == np.count_nonzero(MIXED.labels == V)


def test_in_bigeminy_every_second_or_third_or_fourth_beat_is_supraventricular_early_by_as_much_and_alike():
    script = replace(QUIET, grouped=1.0, run_spread=0.0)
    periods = set()
    for seed in range(8):
        _, _, labels, intervals = composed(material([N] * 20), script, seed=seed)
        places = np.flatnonzero(labels == S)
        periods.add(int(places[1] - places[0]))
        before = intervals[places - 1]
        assert before.max() <= 90  # of 100, which is usual
        assert np.ptp(before[:2]) <= 2
    assert periods <= {2, 3, 4} and len(periods) > 1


def test_a_premature_beat_is_early_for_the_sinus_rate_of_its_time():
    script = replace(QUIET, premature=0.1, alone=1.0, exertion=0.7, exertion_seconds=300.0)
    _, _, labels, intervals = composed(material([N] * 2000), script)
    early = np.flatnonzero(labels == S)
    early = early[early > 12]
    before = np.array([np.median(intervals[place - 9 : place - 1]) for place in early])
    assert (intervals[early - 1] < before).mean() > 0.98


def test_with_exertion_the_rate_rises_and_falls_by_as_much_as_the_script_says():
    script = replace(QUIET, exertion=0.6, exertion_seconds=120.0)
    _, _, labels, intervals = composed(material([N] * 2000), script)
    assert (labels == N).all()
    assert np.log(intervals.max() / intervals.min()) == pytest.approx(0.6, abs=0.05)


def test_a_long_supraventricular_run_never_has_the_p_wave_of_the_sinus_rhythm(monkeypatch):
    changes = []
    monkeypatch.setattr(composition, "with_other_p_wave", lambda wave, change, rng: changes.append(change) or wave)
    script = replace(QUIET, premature=0.02, alone=0.0, longest_run=100)
    _, _, labels, _ = composed(material([N] * 20_000), script)
    edges = np.flatnonzero(np.diff(labels == S, prepend=False, append=False)).reshape(-1, 2)
    runs = np.split(np.array(changes), np.cumsum(edges[:, 1] - edges[:, 0])[:-1])
    long = [run for run in runs if len(run) > LONG]
    assert len(long) > 50 and not any("same" in run for run in long)
    assert any("same" in run for run in runs)


def test_in_a_block_every_second_p_wave_is_not_conducted_and_no_beat_is_marked_there():
    script = replace(QUIET, block=1.0)
    signals, peaks, labels, intervals = composed(material([N] * 400), script)
    assert (labels == N).all() and (np.abs(intervals - 200) <= 1).mean() > 0.9
    between = signals[0][peaks[10] + 100 + np.arange(-BEFORE, AFTER)]
    assert np.ptp(between[P_WAVE]) > 0.1 and np.ptp(between[P_WAVE.stop : BEFORE + 40]) < 0.1


def test_a_beat_that_was_dropped_makes_no_later_one_early():
    script = replace(QUIET, block=0.2, premature=0.3, alone=1.0)
    _, _, labels, intervals = composed(material([N] * 2000), script)
    assert 0.02 < np.mean(labels == S) < 0.3
    assert intervals[np.flatnonzero(labels[1:] == S)].max() < 100


def test_in_flutter_a_beat_comes_after_a_whole_number_of_its_waves():
    script = replace(QUIET, fibrillation=1.0, flutter=0.24)
    _, _, labels, intervals = composed(SINUS, script)
    assert (labels == N).all()
    assert set(np.round(intervals / 30).tolist()) <= {2, 3, 4, 5}
    assert np.abs(intervals / 30 - np.round(intervals / 30)).max() < 0.05
