import numpy as np
import pytest

from models import Novelty


@pytest.fixture
def novelty():
    """Of two classes whose features vary twice as much in the first direction as in the second."""
    return Novelty(np.diag([0.5, 1.0]).astype(np.float32), np.array([[0, 0], [5, 5]], np.float32), threshold=4.0)


def test_the_distance_is_squared_in_deviations_from_the_nearest_class(novelty):
    features = np.array([[0, 0], [2, 0], [0, 2], [10, 5], [10, 6]], np.float32)
    np.testing.assert_allclose(novelty.distances(features), [0, 1, 4, 0, 1], atol=1e-5)


def test_a_beat_beyond_the_threshold_is_unlike_training_and_so_is_one_of_no_numbers(novelty):
    features = np.array([[0, 2], [0, 2.1], [np.nan, 0], [np.inf, 0]], np.float32)
    assert novelty.unlike_training(features).tolist() == [False, True, True, True]
