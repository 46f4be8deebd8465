"""What a network's validation beats say of its probabilities."""

import numpy as np
from jaxtyping import Float, Float32, Int64
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from models import Calibration

COLDEST, HOTTEST = 0.05, 20.0


def fit_calibration(logits: Float32[np.ndarray, "beat class"], truth: Int64[np.ndarray, "beat"]) -> Calibration:
    """The temperature that makes the true classes likeliest, which is one of least cross-entropy.

    Cross-entropy is convex in the temperature's inverse, so there is one least value.
    """
    exact = logits.astype(np.float64)
    found = minimize_scalar(
        lambda inverse: cross_entropy(inverse * exact, truth), bounds=(1 / HOTTEST, 1 / COLDEST), method="bounded"
    )
    return Calibration(temperature=1 / float(found.x))


def cross_entropy(logits: Float[np.ndarray, "beat class"], truth: Int64[np.ndarray, "beat"]) -> float:
    """The mean of minus the logarithm of the true class's probability."""
    return -float(log_softmax(logits, axis=1)[np.arange(len(truth)), truth].mean())
