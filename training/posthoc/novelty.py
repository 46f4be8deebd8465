"""What a network's features say of its training beats, and how far beats are from them that it was not fitted to."""

from dataclasses import replace

import numpy as np
from jaxtyping import Float32, Int64

from models import Novelty
from training.learning.crossvalidation import fifths

RIDGE = 1e-5
"""Of the mean variance, added to each: it keeps a feature that never moves from counting for everything."""

PASSED = 0.995
"""The share of beats that it was not fitted to which are not unlike training. More than half of most foreign signals
lie beyond; where 99.9 % pass, less than half (`python -m benchmarks.novelty`)."""


def fit_novelty(
    features: Float32[np.ndarray, "beat feature"],
    labels: Int64[np.ndarray, "beat"],
    validation: Float32[np.ndarray, "validation feature"],
) -> Novelty:
    """The classes' means and their covariance by training beats, the threshold by validation beats."""
    fitted = _fit(features, labels)
    return _passing(fitted, fitted.distances(validation))


def fit_novelty_to_patients(
    features: Float32[np.ndarray, "beat feature"], labels: Int64[np.ndarray, "beat"], recordings: np.ndarray
) -> Novelty:
    """The same without a validation part: the threshold is by the beats of each fifth of the patients, by what was
    fitted to the others.
    """
    distances = np.zeros(len(features), dtype=np.float32)
    for own, others in fifths(recordings):
        distances[own] = _fit(features[others], labels[others]).distances(features[own])
    return _passing(_fit(features, labels), distances)


def _fit(features: Float32[np.ndarray, "beat feature"], labels: Int64[np.ndarray, "beat"]) -> Novelty:
    present, places = np.unique(labels, return_inverse=True)
    exact = features.astype(np.float64)
    means = np.stack([exact[labels == label].mean(axis=0) for label in present])
    within = exact - means[places]
    covariance = within.T @ within / len(within)
    ridge = RIDGE * np.trace(covariance) / len(covariance)
    whitening = np.linalg.inv(np.linalg.cholesky(covariance + ridge * np.eye(len(covariance)))).T
    return Novelty(whitening.astype(np.float32), (means @ whitening).astype(np.float32), np.inf)


def _passing(fitted: Novelty, distances: Float32[np.ndarray, "beat"]) -> Novelty:
    return replace(fitted, threshold=float(np.quantile(distances, PASSED)))
