import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import Abstention, Classifier, Decisions, InvalidCoverage, Novelty, Solver
from models.checkpoint.abstention import confidence_for

TABLE = Abstention(coverages=(0.5, 0.9, 1.0), confidences=(0.99, 0.6, 0.0))


def test_a_confidence_between_two_coverages_is_interpolated():
    assert TABLE.confidence(0.7) == pytest.approx((0.99 + 0.6) / 2)


@given(st.floats(0.5, 1), st.floats(0.5, 1))
def test_the_more_is_to_be_answered_the_less_confidence_it_takes(one, other):
    less, more = sorted((one, other))
    assert TABLE.confidence(less) >= TABLE.confidence(more)


def test_everything_can_be_asked_for_without_a_table():
    assert confidence_for(None, 1.0) == confidence_for(TABLE, 1.0) == 0.0


@pytest.mark.parametrize("coverage", [0.49, 1.01, -1.0, float("nan"), float("inf")])
def test_a_coverage_out_of_bounds_is_refused(coverage):
    with pytest.raises(InvalidCoverage, match=r"expected 0.5 to 1"):
        confidence_for(TABLE, coverage)


def test_less_than_everything_needs_a_table(checkpoints, beats):
    with pytest.raises(InvalidCoverage, match="cardiode fit"):
        Classifier.load(checkpoints["resnet"]).classify(beats, coverage=0.9)


def doubtful(checkpoints, name="resnet", **given):
    loaded = Classifier.load(checkpoints[name])
    return Classifier(loaded.network, loaded.solver, dial=loaded.dial, **given)


def test_a_classifier_abstains_below_the_confidence_and_guesses_all_the_same(checkpoints, beats):
    plain = doubtful(checkpoints).classify(beats)
    middle = float(np.median(plain.confidences))
    table = Abstention(coverages=(0.5, 1.0), confidences=(middle, 0.0))
    decisions = doubtful(checkpoints, abstention=table).classify(beats, coverage=0.5)
    np.testing.assert_array_equal(decisions.labels, plain.labels)
    expected = ["low_confidence" if own < middle else None for own in plain.confidences]
    assert decisions.reasons == expected == [decision.reason for decision in decisions]
    assert 0 < sum(decision.abstained for decision in decisions) < len(beats)
    assert all(decision.probabilities for decision in decisions)


def far_from(threshold, features):
    return Novelty(np.eye(features, dtype=np.float32), np.zeros((1, features), np.float32), threshold)


def test_beats_unlike_training_are_abstained_on_whatever_the_coverage(checkpoints, beats):
    features = doubtful(checkpoints).answer(beats).features
    distances = far_from(0.0, features.shape[1]).distances(features)
    novelty = far_from(float(np.median(distances)), features.shape[1])
    table = Abstention(coverages=(0.5, 1.0), confidences=(1.1, 0.0))
    classifier = doubtful(checkpoints, novelty=novelty, abstention=table)
    unlike = ["unlike_training" if beyond else None for beyond in distances > novelty.threshold]
    assert classifier.classify(beats).reasons == unlike
    assert classifier.classify(beats, coverage=0.5).reasons == [reason or "low_confidence" for reason in unlike]


def test_a_beat_whose_solve_failed_is_not_abstained_on(checkpoints, beats):
    novelty = far_from(-1.0, 384)
    decisions = doubtful(checkpoints, "odenet", novelty=novelty).classify(beats, Solver(max_evaluations=1))
    assert decisions.reasons == [None] * len(beats)


def test_parts_joined_abstain_as_they_did():
    parts = [
        Decisions(np.eye(5, dtype=np.float32)[:2], None, np.array([True, False]), 0.5),
        Decisions(np.full((1, 5), 0.2, np.float32), None, np.array([False]), 0.5),
        Decisions(np.full((1, 5), 0.2, np.float32), None, np.array([False]), 0.1),
    ]
    assert Decisions.joined(parts).reasons == ["unlike_training", None, "low_confidence", None]
