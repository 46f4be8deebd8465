import numpy as np
import pytest

from ecg import LABELS
from training.measures.label_scores import score


def test_perfect_labels_score_one():
    truth = np.arange(5).repeat(3)
    result = score(truth, truth)
    assert result.accuracy == result.macro_f1 == 1
    assert result.confusion == (3 * np.eye(5, dtype=int)).tolist()


def test_scores_are_those_of_the_definitions():
    truth = np.array([0, 0, 0, 0, 2, 2, 1, 3, 4])
    given = np.array([0, 0, 0, 2, 2, 0, 1, 3, 4])
    result = score(truth, given)
    assert result.accuracy == pytest.approx(7 / 9)
    v = result.classes["V"]
    assert (v.precision, v.recall, v.f1, v.beats) == (0.5, 0.5, 0.5, 2)
    assert result.macro_f1 == pytest.approx((0.75 + 1 + 0.5 + 1 + 1) / 5)
    assert list(result.classes) == list(LABELS)


def test_a_beat_without_a_label_is_wrong_and_in_no_column():
    result = score(np.array([0, 0]), np.array([0, -1]))
    assert result.accuracy == 0.5
    assert np.sum(result.confusion) == 1


def test_a_class_never_given_scores_zero_and_does_not_fail():
    assert score(np.array([1, 1]), np.array([0, 0])).macro_f1 == 0
