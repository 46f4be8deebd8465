import numpy as np
import pytest

from ecg import FoundBeats, choose_leads
from ecg.synthetic import synthesize
from models import NOT_JUDGED, AnnotatedBeats, AnnotatedRecording, Classifier, Solver, annotate, annotate_recording


@pytest.fixture(scope="module", params=["odenet", "resnet"])
def classifier(request, checkpoints):
    return Classifier.load(checkpoints[request.param])


@pytest.fixture
def found(beats):
    qualities = ("good", "noisy", "good", "gap", "good", "good")
    return FoundBeats(beats[:6], np.arange(6) * 100, qualities, np.array([True] + [False] * 5))


def test_beats_that_can_be_judged_are_decided_on_and_no_others(classifier, found, beats):
    annotated = annotate(classifier, found)
    decisions = list(annotated)
    assert [decision is NOT_JUDGED for decision in decisions] == [False, True, False, True, False, False]
    alone = classifier.classify(beats[[0, 2, 4, 5]])
    assert [d.label for d in decisions if d is not NOT_JUDGED] == [d.label for d in alone]
    assert annotated.labels == [decision.label for decision in decisions]
    for beat, decision in enumerate(decisions):
        assert annotated.decision(beat).label == decision.label


def test_where_none_can_be_judged_none_is_decided_on(classifier, found):
    nothing = annotate(classifier, FoundBeats(found.values, found.peaks, ("flat",) * 6, found.broken))
    assert nothing.decisions is None and nothing.labels == [None] * 6 and nothing.decision(3) is NOT_JUDGED


def test_parts_joined_are_the_whole(classifier, found):
    whole = annotate(classifier, found)
    joined = AnnotatedBeats.joined([annotate(classifier, piece) for piece in found.pieces(2)])
    assert joined.labels == whole.labels
    np.testing.assert_array_equal(joined.found.peaks, found.peaks)
    costs = [[decision.receipt and decision.receipt.evaluations for decision in made] for made in (joined, whole)]
    assert costs[0] == costs[1]


def test_no_beats_are_no_beats():
    nothing = AnnotatedBeats.joined([])
    assert len(nothing) == 0 and list(nothing) == [] and nothing.labels == []
    assert nothing.rhythm(250.0).heart_rate is None


def test_a_recording_is_annotated_part_by_part(checkpoints):
    classifier, made = Classifier.load(checkpoints["odenet"]), synthesize(400, fs=250.0, seed=3)
    leads = choose_leads(made)
    parts = list(annotate_recording(classifier, made, leads, Solver("rk4", step=0.5)))
    assert len(parts) == 4 and parts[-1].seconds == made.seconds
    whole = AnnotatedRecording.of(made, leads, parts)
    assert abs(len(whole.beats) - len(made.beat_annotations().samples)) <= 1
    assert (whole.lead, whole.reason) == (0, None)
    assert {d.receipt.evaluations for d in whole.beats if d.receipt} == {8}
    assert whole.rhythm.heart_rate.mean == pytest.approx(70, abs=3)
