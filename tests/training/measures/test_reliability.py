import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.measures.reliability import BINS, expected_calibration_error, measure_reliability


def of(confidences):
    """Probabilities of two classes, the first the likelier."""
    first = np.array(confidences, dtype=np.float64)
    return np.stack([first, 1 - first], axis=1)


def test_the_error_is_that_of_the_definition():
    confidences = [0.95] * 10 + [0.62] * 5
    truth = np.array([0] * 8 + [1] * 2 + [0] * 5)
    bins = measure_reliability(of(confidences), truth)
    assert [(own.accuracy, own.beats) for own in bins] == [(1.0, 5), (0.8, 10)]
    assert [own.confidence for own in bins] == pytest.approx([0.62, 0.95])
    assert expected_calibration_error(bins) == pytest.approx((5 * 0.38 + 10 * 0.15) / 15)


@pytest.mark.parametrize("edge", range(8, BINS + 1))
def test_a_bin_holds_its_upper_edge(edge):
    above = min((edge + 1e-6) / BINS, 1.0)
    bins = measure_reliability(of([(edge - 1e-6) / BINS, edge / BINS, above]), np.zeros(3, dtype=np.int64))
    assert [own.beats for own in bins] == ([2, 1] if edge < BINS else [3])


def test_answers_that_are_right_as_often_as_they_say_have_next_to_no_error():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(0.5, 1, 200_000)
    truth = (rng.random(len(confidence)) > confidence).astype(np.int64)
    assert expected_calibration_error(measure_reliability(of(confidence), truth)) < 0.005
    assert expected_calibration_error(measure_reliability(of(confidence), 1 - truth)) > 0.3


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0.5, 1), st.booleans()), min_size=1, max_size=60))
def test_bins_hold_every_beat_once_and_the_error_is_a_share(beats):
    bins = measure_reliability(of([own for own, _ in beats]), np.array([int(not right) for _, right in beats]))
    assert sum(own.beats for own in bins) == len(beats)
    assert [own.confidence for own in bins] == sorted(own.confidence for own in bins)
    assert 0 <= expected_calibration_error(bins) <= 1


def test_no_beats_have_no_error():
    assert expected_calibration_error(measure_reliability(of([]), np.array([], dtype=np.int64))) == 0
