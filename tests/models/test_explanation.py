import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from ecg import LABELS, BeatsInContext, choose_leads
from ecg.context.usual_beat import BEFORE, VIEW_LENGTH
from ecg.synthetic import synthesize
from models import AnnotatedRecording, Classifier, Plan, Solver, annotate_recording, explain, explain_recorded
from models.decisions import Decisions
from models.explanation import STRIDE, WINDOW, bridged, windows_of, without_samples


def labels_of(plan, beats):
    return [decision.label for decision in plan.decide(beats)]


class Stub(Classifier):
    """Whose log odds of N against all others, which it cannot tell apart, are a sum over the samples of a beat."""

    def __init__(self, weights):
        super().__init__(torch.nn.Identity(), solver=None)
        self.weights = weights

    @property
    def in_context(self):
        return False

    def decide(self, beats, *_):
        odds = np.exp(beats @ self.weights)[:, None]
        probabilities = np.concatenate((odds, np.full((len(beats), 4), 0.25)), axis=1) / (1 + odds)
        return Decisions(probabilities.astype(np.float32))


@pytest.mark.parametrize("length", [187, VIEW_LENGTH])
def test_each_sample_is_taken_away_as_often_as_the_others(length):
    windows = windows_of(length)
    assert (windows.sum(axis=0) == WINDOW // STRIDE).all() and windows.any(axis=1).all()


@given(st.integers(0, 175), st.floats(-1, 1), st.floats(-1, 1))
def test_a_straight_line_is_not_changed_by_what_is_taken_away(start, level, slope):
    line = level + slope * np.arange(187)
    removed = np.zeros(187, np.bool_)
    removed[start : start + WINDOW] = True
    inside = start > 0 and start + WINDOW < 187
    changed = bridged(line, removed)
    np.testing.assert_allclose(changed[~removed], line[~removed])
    if inside:
        np.testing.assert_allclose(changed, line, atol=1e-9)


def test_relevance_is_the_log_odds_that_the_windows_of_a_sample_cost():
    """Of a classifier whose log odds are a weighted sum, a window costs the weighted sum of what it changes."""
    rng = np.random.default_rng(0)
    weights, beat = rng.normal(0, 0.1, 187), rng.uniform(0, 1, 187)
    (explanation,) = explain(Plan(Stub(weights), None), beat[None], ["N"])
    costs = [weights @ (beat - bridged(beat, window)) for window in windows_of(187)]
    expected = [
        np.mean([cost for cost, window in zip(costs, windows_of(187), strict=True) if window[n]]) for n in range(187)
    ]
    np.testing.assert_allclose(explanation.relevance, expected, atol=1e-5)
    assert explanation.before == 0 and explanation.parts is None


def test_what_a_classifier_does_not_look_at_has_no_relevance():
    weights = np.zeros(187)
    weights[60:70] = 1.0
    beat = np.random.default_rng(0).uniform(0, 1, 187)
    (explanation,) = explain(Plan(Stub(weights), None), beat[None], ["N"])
    far = np.abs(np.arange(187) - 65) > 5 + WINDOW
    assert np.abs(explanation.relevance[far]).max() < 1e-6 < np.abs(explanation.relevance[60:70]).max()


def test_certainty_beyond_the_digits_of_a_probability_still_tells_what_counts():
    """The probability of N is 1 in 32 bits before and after, but its odds are not."""
    weights = np.zeros(187)
    weights[20] = 30.0
    beat = np.zeros(187)
    beat[20] = 1.0
    (explanation,) = explain(Plan(Stub(weights + 0.2), None), beat[None] + 0.4, ["N"])
    assert explanation.relevance[20] == pytest.approx(30.0, rel=0.02)


@pytest.mark.parametrize("kind", ["odenet", "resnet"])
def test_a_beats_explanation_depends_on_that_beat_alone(kind, checkpoints, beats):
    plan = Plan.of(Classifier.load(checkpoints[kind]), "beats")
    together = explain(plan, beats[:3], labels_of(plan, beats[:3]))
    for beat, expected in enumerate(together):
        alone = explain(plan, beats[beat : beat + 1], labels_of(plan, beats[beat : beat + 1]))[0]
        np.testing.assert_array_equal(alone.relevance, expected.relevance)


def test_a_beat_without_a_label_and_one_whose_solves_fail_are_not_explained(checkpoints, beats):
    classifier = Classifier.load(checkpoints["odenet"])
    assert explain(Plan.of(classifier, "beats"), beats[:2], [None, None]) == [None, None]
    assert explain(Plan.of(classifier, "beats", Solver(max_evaluations=1)), beats[:1], ["N"]) == [None]


def test_the_first_lead_loses_samples_as_it_is_and_as_it_differs_from_the_usual_beat(beats_in_context):
    """The usual beat, which is what the one has more than the other, stays; so does all else."""
    beat = beats_in_context.values[0].astype(np.float64)
    removed = np.zeros(VIEW_LENGTH, np.bool_)
    removed[50:62] = True
    changed = without_samples(beat.astype(np.float32), removed)

    def heights(row):
        return np.sinh(2 * row[: 2 * VIEW_LENGTH].reshape(2, -1)) / 8

    np.testing.assert_allclose(
        heights(changed)[0] - heights(changed)[1], heights(beat)[0] - heights(beat)[1], atol=1e-5
    )
    np.testing.assert_allclose(heights(changed)[0], bridged(heights(beat)[0], removed), atol=1e-5)
    np.testing.assert_allclose(changed[2 * VIEW_LENGTH :], beat[2 * VIEW_LENGTH :])


def test_parts_tell_what_is_lost_where_nothing_is_known_of_them(rhythm_checkpoint, beats_in_context):
    plan = Plan.of(Classifier.load(rhythm_checkpoint), "recording")
    beats = beats_in_context.select(np.arange(2))
    labels = labels_of(plan, beats)

    def odds(rows):
        held = plan.decide(BeatsInContext(rows)).probabilities[:, [LABELS.index(label) for label in labels]]
        return np.log(held / (1 - held)).diagonal()

    for part, numbers in (
        ("first_lead", slice(0, 250)), ("second_lead", slice(250, 500)), ("rhythm", slice(500, None)),
    ):  # fmt: skip
        without = beats.values.copy()
        without[:, numbers] = 0
        lost = [getattr(explanation.parts, part) for explanation in explain(plan, beats, labels)]
        np.testing.assert_allclose(lost, odds(beats.values) - odds(without), atol=1e-4)


@pytest.fixture(scope="module", params=["odenet", "resnet", "rhythm"])
def annotated(request, checkpoints, rhythm_checkpoint):
    """A recording of an hour, which is two stretches; the leads are off for a while."""
    classifier = Classifier.load(rhythm_checkpoint if request.param == "rhythm" else checkpoints[request.param])
    made = synthesize(3000, fs=125.0, ectopic={"V": 0.1}, leads=("MLII", "V1"), seed=3)
    made.signals[:, 150_000:151_000] = np.nan
    solver = Solver("rk4", step=0.5) if classifier.solver else None
    plan = Plan.of(classifier, "recording", solver)
    parts = list(annotate_recording(plan, made, choose_leads(made)))
    return AnnotatedRecording.of(made, plan, choose_leads(made), parts)


def test_a_beat_of_a_recording_is_explained_as_it_was_decided_on(annotated):
    whole, classifier, asked = annotated, annotated.plan.classifier, []

    def decide(plan, beats):
        asked.append((plan, beats))
        return plan.decide(beats)

    for beat in (0, len(whole.beats) // 2, len(whole.beats) - 5):
        explanation = explain_recorded(whole, beat, decide)
        plan, rows = asked[-1]
        decided = plan.decide(rows)[0]
        assert decided.label == whole.beats.decision(beat).label
        assert decided.probabilities == pytest.approx(whole.beats.decision(beat).probabilities, abs=1e-5)
        assert len(explanation.relevance) == (VIEW_LENGTH if classifier.in_context else 187)
        assert explanation.before == (BEFORE if classifier.in_context else 0)
        assert (explanation.parts is not None) == classifier.in_context
        assert plan is whole.plan and plan.solver == (Solver("rk4", step=0.5) if classifier.solver else None)


def test_a_beat_that_cannot_be_judged_is_not_explained(annotated):
    unjudged = [beat for beat, quality in enumerate(annotated.beats.found.quality) if quality != "good"]
    assert unjudged
    assert explain_recorded(annotated, unjudged[-1]) is None


@pytest.mark.parametrize("name", ["odenet", "resnet"])
def test_a_label_is_lost_sooner_without_the_samples_that_counted_most_than_without_any_others(name, beats):
    """A deletion test; `python -m benchmarks.explanation` does it on recorded beats."""
    plan = Plan.of(Classifier.load(name), "beats")
    chosen = beats[:20]
    decisions = plan.decide(chosen)
    relevance = [found.relevance for found in explain(plan, chosen, [decision.label for decision in decisions])]

    def left(orders, share=0.25):
        removed = np.argsort(np.argsort(-np.array(orders), axis=1), axis=1) < share * 187
        rows = np.stack([bridged(beat, gone) for beat, gone in zip(chosen, removed, strict=True)]).astype(np.float32)
        return plan.decide(rows).probabilities[np.arange(len(chosen)), decisions.labels].mean()

    rng = np.random.default_rng(0)
    shifted = [np.roll(own, shift) for own, shift in zip(relevance, rng.integers(30, 150, len(chosen)), strict=True)]
    assert left(relevance) < left(shifted) - 0.1
    assert left(relevance) < left(rng.normal(size=chosen.shape)) - 0.1
