"""What a network's features say of its training beats, and how far those of its validation beats are from them."""

import numpy as np
from jaxtyping import Float32, Int64

from models import Novelty

RIDGE = 1e-5
"""Of the mean variance, added to each: it keeps a feature that never moves from counting for everything."""

PASSED = 0.999
"""The share of validation beats that are not unlike training."""


def fit_novelty(
    features: Float32[np.ndarray, "beat feature"],
    labels: Int64[np.ndarray, "beat"],
    validation: Float32[np.ndarray, "validation feature"],
) -> Novelty:
    """The classes' means and their covariance by training beats, the threshold by validation beats."""
    present, places = np.unique(labels, return_inverse=True)
    exact = features.astype(np.float64)
    means = np.stack([exact[labels == label].mean(axis=0) for label in present])
    within = exact - means[places]
    covariance = within.T @ within / len(within)
    ridge = RIDGE * np.trace(covariance) / len(covariance)
    whitening = np.linalg.inv(np.linalg.cholesky(covariance + ridge * np.eye(len(covariance)))).T
    fitted = Novelty(whitening.astype(np.float32), (means @ whitening).astype(np.float32), np.inf)
    threshold = float(np.quantile(fitted.distances(validation), PASSED))
    return Novelty(fitted.whitening, fitted.means, threshold)
