import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import softmax

from models import Calibration, Classifier

LOGITS = arrays(np.float32, (4, 5), elements=st.floats(-30, 30, width=32))
TEMPERATURES = st.floats(0.1, 10)


@settings(deadline=None)
@given(LOGITS, TEMPERATURES)
def test_probabilities_are_the_softmax_of_the_logits_over_the_temperature(logits, temperature):
    probabilities = Calibration(temperature=temperature).probabilities(logits)
    np.testing.assert_allclose(probabilities, softmax(logits.astype(np.float64) / temperature, axis=1), atol=1e-5)


@settings(deadline=None)
@given(LOGITS, TEMPERATURES)
def test_no_temperature_puts_another_class_first(logits, temperature):
    probabilities = Calibration(temperature=temperature).probabilities(logits)
    likeliest = logits[np.arange(4), probabilities.argmax(axis=1)]
    np.testing.assert_allclose(likeliest, logits.max(axis=1), atol=1e-3)  # ties by rounding may fall either way


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_a_temperature_is_above_zero(temperature):
    with pytest.raises(ValueError, match="temperature"):
        Calibration(temperature=temperature)


@pytest.mark.parametrize("name", ["odenet", "resnet"])
def test_a_classifiers_probabilities_are_calibrated_whatever_solves_it(name, checkpoints, beats):
    plain = Classifier.load(checkpoints[name])
    calibrated = Classifier(plain.network, plain.solver, dial=plain.dial, calibration=Calibration(temperature=2.0))
    logits = plain.answer(beats).logits
    np.testing.assert_allclose(calibrated.classify(beats).probabilities, softmax(logits / 2, axis=1), atol=1e-6)
    np.testing.assert_array_equal(calibrated.answer(beats).logits, logits)
    assert (calibrated.classify(beats).labels == plain.classify(beats).labels).all()
