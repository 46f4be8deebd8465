import numpy as np
import pytest

from training.posthoc.novelty import PASSED, fit_novelty, fit_novelty_to_patients

RNG = np.random.default_rng(0)
CENTRES = np.array([[0, 0, 0], [9, 0, 3]])
SPREAD = np.array([[1.0, 0.5, 0], [0, 2.0, 0], [0, 0, 0.1]])


def drawn(beats, seed):
    """Features of two classes of the same covariance, and their labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, beats)
    return (CENTRES[labels] + rng.normal(size=(beats, 3)) @ SPREAD).astype(np.float32), labels


def test_the_distance_is_that_of_mahalanobis_from_the_nearest_class():
    features, labels = drawn(20_000, 1)
    distances = fit_novelty(features, labels, features).distances(features[:50])
    precision = np.linalg.inv(SPREAD.T @ SPREAD)
    away = features[:50, None] - CENTRES
    expected = np.einsum("bci,ij,bcj->bc", away, precision, away).min(axis=1)
    np.testing.assert_allclose(distances, expected, rtol=0.1, atol=0.05)


def test_the_share_of_validation_beats_that_shall_pass_does():
    novelty = fit_novelty(*drawn(5000, 1), drawn(10_000, 2)[0])
    assert np.mean(novelty.unlike_training(drawn(10_000, 2)[0])) == pytest.approx(1 - PASSED, abs=2e-4)
    assert np.mean(novelty.unlike_training(drawn(10_000, 3)[0])) == pytest.approx(1 - PASSED, abs=2e-3)


def test_what_is_far_from_every_class_is_unlike_training_and_so_is_what_is_no_number():
    novelty = fit_novelty(*drawn(5000, 1), drawn(5000, 2)[0])
    strange = np.array([[4.5, 0, 1.5], [0, 0, 3], [np.nan, 0, 0], [np.inf, 0, 0]], np.float32)
    assert novelty.unlike_training(strange).all()
    assert not novelty.unlike_training(CENTRES.astype(np.float32)).any()


def test_without_a_validation_part_the_threshold_is_by_patients_that_were_not_fitted_to():
    features, labels = drawn(4000, 1)
    patients = np.repeat([f"{number}" for number in range(10)], 400)
    alike = fit_novelty_to_patients(features, labels, patients)
    shifts = np.repeat(RNG.normal(0, 3, (10, 3)), 400, axis=0).astype(np.float32)
    differing = fit_novelty_to_patients(features + shifts, labels, patients)
    np.testing.assert_array_equal(alike.means, fit_novelty(features, labels, features).means)
    assert differing.threshold > 2 * fit_novelty(features + shifts, labels, features + shifts).threshold
    assert alike.threshold < 2 * fit_novelty(features, labels, features).threshold


def test_a_feature_that_never_moves_does_no_harm():
    features, labels = drawn(2000, 1)
    still = np.concatenate([features, np.ones((2000, 1), np.float32)], axis=1)
    assert np.isfinite(fit_novelty(still, labels, still).distances(still)).all()
