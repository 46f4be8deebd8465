import numpy as np
import pytest
from scipy.special import softmax

from training.posthoc.calibration import cross_entropy, fit_calibration


def drawn(temperature, beats=20_000, seed=0):
    """Logits, and classes drawn with the probabilities that they mean at a temperature."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 4, (beats, 5)).astype(np.float32)
    shares = softmax(logits / temperature, axis=1).cumsum(axis=1)
    return logits, (rng.random((beats, 1)) > shares[:, :-1]).sum(axis=1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_the_temperature_that_classes_were_drawn_at_is_found(temperature):
    assert fit_calibration(*drawn(temperature)).temperature == pytest.approx(temperature, rel=0.03)


def test_no_temperature_beside_it_has_less_cross_entropy():
    logits, truth = drawn(1.7)
    found = fit_calibration(logits, truth).temperature
    least = cross_entropy(logits / found, truth)
    assert all(least <= cross_entropy(logits / (found * factor), truth) for factor in (0.9, 0.99, 1.01, 1.1))


def test_labels_that_are_all_right_make_no_temperature_of_zero():
    logits = np.eye(5, dtype=np.float32)
    assert fit_calibration(logits, np.arange(5)).temperature == pytest.approx(0.05, rel=0.01)


def test_cross_entropy_is_that_of_the_definition():
    logits, truth = drawn(1.0, beats=50)
    shares = softmax(logits.astype(np.float64), axis=1)
    assert cross_entropy(logits, truth) == pytest.approx(-np.log(shares[np.arange(50), truth]).mean())
