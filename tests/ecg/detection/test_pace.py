import numpy as np
import pytest

from ecg.detection.pace import FASTEST, REFRACTORY, STREAK, FastPace


def refractory(seconds, score=1.0):
    """In seconds, after candidates that follow each other so."""
    pace = FastPace(100.0)
    for at in np.round(100 * np.cumsum(seconds)).astype(int).tolist():
        pace.follow(at, score)
    return pace.refractory / 100


def test_beats_that_follow_each_other_fast_and_evenly_shorten_the_refractory_time():
    assert refractory([0.24] * (STREAK + 2)) == FASTEST


@pytest.mark.parametrize("seconds", [[0.8] * 20, [0.2, 0.6] * 10, [0.18, 0.3] * 10, [0.24] * 4])
def test_neither_usual_paces_nor_two_parts_of_a_complex_do(seconds):
    assert refractory(seconds) == REFRACTORY


def test_a_heart_that_is_known_to_be_fast_stays_so_until_it_is_not():
    pace = FastPace(100.0, fast=True)
    for at in (10, 34, 58):
        pace.follow(at, 1.0)
        assert pace.is_fast
    pace.follow(158, 1.0)
    assert not pace.is_fast


def test_two_maxima_of_one_complex_are_one():
    assert refractory([0.2, *([0.05, 0.2] * (STREAK + 2))]) == FASTEST


def test_what_is_weak_does_not_count():
    assert refractory([0.24] * 20, score=0.3) == REFRACTORY


def test_it_ends_with_the_fast_beats():
    assert refractory([0.24] * 20 + [0.6]) == REFRACTORY
