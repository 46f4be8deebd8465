from dataclasses import replace

import numpy as np
import pytest

from ecg import FoundBeats, Recording, Stretch, choose_leads, find_beats
from ecg.synthetic import synthesize
from models import (
    NOT_JUDGED,
    AnnotatedBeats,
    AnnotatedRecording,
    Classifier,
    Plan,
    Solver,
    annotate,
    annotate_again,
    annotate_recording,
)
from models.annotation.recording import context_in


@pytest.fixture(scope="module", params=["odenet", "resnet"])
def plan(request, checkpoints):
    return Plan.of(Classifier.load(checkpoints[request.param]), "recording")


@pytest.fixture
def found(beats):
    qualities = ("good", "noisy", "good", "gap", "good", "good")
    return FoundBeats(beats[:6], np.arange(6) * 100, qualities, np.arange(6) == 0, np.zeros(6, np.bool_))


def test_beats_that_can_be_judged_are_decided_on_and_no_others(plan, found, beats):
    annotated = annotate(plan, found)
    decisions = list(annotated)
    assert [decision is NOT_JUDGED for decision in decisions] == [False, True, False, True, False, False]
    alone = plan.decide(beats[[0, 2, 4, 5]])
    assert [d.label for d in decisions if d is not NOT_JUDGED] == [d.label for d in alone]
    assert annotated.labels == [decision.label for decision in decisions]
    for beat, decision in enumerate(decisions):
        assert annotated.decision(beat).label == decision.label


def test_where_none_can_be_judged_none_is_decided_on(plan, found):
    nothing = annotate(plan, replace(found, quality=("flat",) * 6))
    assert nothing.decisions is None and nothing.labels == [None] * 6 and nothing.decision(3) is NOT_JUDGED


def test_parts_joined_are_the_whole(plan, found):
    whole = annotate(plan, found)
    joined = AnnotatedBeats.joined([annotate(plan, piece) for piece in found.pieces(2)])
    assert joined.labels == whole.labels
    np.testing.assert_array_equal(joined.found.peaks, found.peaks)
    costs = [[decision.receipt and decision.receipt.evaluations for decision in made] for made in (joined, whole)]
    assert costs[0] == costs[1]


def test_no_beats_are_no_beats():
    nothing = AnnotatedBeats.joined([])
    assert len(nothing) == 0 and list(nothing) == [] and nothing.labels == []
    assert nothing.rhythm(250.0).heart_rate is None


def test_a_recording_is_annotated_part_by_part(checkpoints):
    plan = Plan.of(Classifier.load(checkpoints["odenet"]), "recording", Solver("rk4", step=0.5))
    made = synthesize(400, fs=250.0, seed=3)
    leads = choose_leads(made)
    parts = list(annotate_recording(plan, made, leads))
    assert len(parts) == 4 and parts[-1].seconds == made.seconds
    whole = AnnotatedRecording.of(made, plan, leads, parts)
    assert abs(len(whole.beats) - len(made.beat_annotations().samples)) <= 1
    assert (whole.lead, whole.reason) == (0, None)
    assert {d.receipt.evaluations for d in whole.beats if d.receipt} == {8}
    assert whole.rhythm.heart_rate.mean == pytest.approx(70, abs=3)


@pytest.fixture(scope="module")
def rhythm_plan(rhythm_checkpoint):
    return Plan.of(Classifier.load(rhythm_checkpoint), "recording", Solver("euler", step=1.0))


def with_bad_parts(made):
    """The same, with a gap and with noise."""
    signals, fs = made.signals.copy(), int(made.fs)
    signals[:, 100 * fs : 110 * fs] = np.nan
    signals[:, 200 * fs : 230 * fs] += np.random.default_rng(0).normal(0, 0.5, (len(signals), 30 * fs))
    return Recording(made.name, signals.astype(np.float32), made.leads, made.fs)


def test_good_beats_are_decided_on_in_the_context_of_all(rhythm_plan, beats_in_context, beats):
    qualities = ("good", "noisy", "good", "gap") * 10
    found = FoundBeats(beats, np.arange(40) * 100, qualities, np.arange(40) == 0, np.zeros(40, np.bool_))
    asked = []
    annotated = annotate(rhythm_plan, found, context=lambda some: asked.append(some) or beats_in_context)
    alone = rhythm_plan.decide(beats_in_context.select(found.good))
    assert asked == [found]
    assert annotated.labels[::2] == [decision.label for decision in alone] and annotated.labels[1::2] == [None] * 20


def test_the_context_is_that_of_the_recording_in_the_leads_that_were_chosen():
    made = synthesize(60, fs=250.0, leads=("MLII", "V1"), seed=3)
    found = FoundBeats.joined([part.beats for part in find_beats(made, (1, 0))])
    expected = Stretch.cut(made, (1, 0), found.peaks, found.broken).in_context()
    np.testing.assert_array_equal(context_in(made, (1, 0))(found).values, expected.values)


def test_beats_that_were_cut_from_the_second_lead_are_in_the_context_of_it():
    made = synthesize(60, fs=250.0, leads=("MLII", "V1"), seed=3)
    found = FoundBeats.joined([part.beats for part in find_beats(made, (0, 1))])
    found = replace(found, second=np.arange(len(found)) % 3 == 0)
    first, second = (Stretch.cut(made, leads, found.peaks, found.broken).in_context() for leads in ((0, 1), (1, 0)))
    values = context_in(made, (0, 1))(found).values
    np.testing.assert_array_equal(values[::3], second.values[::3])
    np.testing.assert_array_equal(values[1::3], first.values[1::3])


def test_a_recording_is_one_stretch_with_a_decision_on_each_good_beat(rhythm_plan):
    made = with_bad_parts(synthesize(400, fs=250.0, ectopic={"V": 0.1}, leads=("MLII", "V1"), seed=3))
    leads = choose_leads(made)
    parts = list(annotate_recording(rhythm_plan, made, leads))
    whole = AnnotatedRecording.of(made, rhythm_plan, leads, parts).beats
    found = FoundBeats.joined([part.beats for part in find_beats(made, leads)])
    np.testing.assert_array_equal(whole.found.peaks, found.peaks)
    assert whole.found.quality == found.quality and {"good", "gap"} < set(found.quality)
    expected = rhythm_plan.decide(context_in(made, leads)(found).select(found.good))
    np.testing.assert_allclose(whole.decisions.probabilities, expected.probabilities, atol=1e-5)
    assert [label is not None for label in whole.labels] == found.good.tolist()
    assert [len(part.beats) for part in parts if len(part.beats)] == [len(found)]
    assert parts[-1].seconds == made.seconds and parts[-1].reason is None


def test_it_is_decided_anew_on_the_same_beats_by_another_plan(plan, checkpoints):
    made = synthesize(700, fs=250.0, leads=("MLII", "V1"), seed=3)
    leads = choose_leads(made)
    whole = AnnotatedRecording.of(made, plan, leads, list(annotate_recording(plan, made, leads)))
    other = Plan.of(Classifier.load(checkpoints["odenet"]), "recording", Solver("rk4", step=0.5))
    parts = list(annotate_again(other, whole))
    again = whole.decided_by(other, parts)
    expected = AnnotatedRecording.of(made, other, leads, list(annotate_recording(other, made, leads)))
    assert again.beats.labels == expected.beats.labels and again.plan == other and again.leads == leads
    shares = [part.share_of(made) for part in parts]
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) > 1


def test_a_long_recording_is_decided_on_in_stretches_that_bound_memory(rhythm_plan):
    made = synthesize(3600, fs=125.0, heart_rate=40, seed=1)
    parts = list(annotate_recording(rhythm_plan, made, (0,)))
    stretches = [part.beats for part in parts if len(part.beats)]
    assert len(stretches) == 2
    for stretch in stretches:
        assert np.ptp(stretch.found.peaks) <= 2700 * made.fs
        assert len(stretch.decisions) == np.count_nonzero(stretch.found.good)
    found = FoundBeats.joined([part.beats for part in find_beats(made, (0,))])
    np.testing.assert_array_equal(AnnotatedBeats.joined(stretches).found.peaks, found.peaks)
    seconds = [part.seconds for part in parts]
    assert seconds == sorted(seconds) and seconds[-1] == 3600 and len(set(seconds)) == 20


def test_a_recording_in_which_there_is_no_ecg_says_why_in_stretches_too(rhythm_plan):
    noise = np.random.default_rng(0).normal(0, 0.3, (1, 30_000)).astype(np.float32)
    parts = list(annotate_recording(rhythm_plan, Recording("noise", noise, ("II",), 250.0), (0,)))
    assert AnnotatedBeats.joined([part.beats for part in parts]).decisions is None
    assert "nothing in it looks like an ECG" in parts[-1].reason
