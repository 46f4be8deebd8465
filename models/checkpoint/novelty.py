"""Novelty: how unlike the training beats a beat is, by what the network makes of it before it decides."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32


@dataclass(frozen=True)
class Novelty:
    """The distance from the nearest class of training beats, and the one from which on a beat is unlike all of them.

    It is the squared Mahalanobis distance of the features from the nearest class's mean, by one covariance for all
    classes (Lee et al., "A simple unified framework for detecting out-of-distribution samples and adversarial attacks",
    2018, equation 2): `whitening` makes that covariance the identity, and `means` are those of whitened features.
    """

    whitening: Float32[np.ndarray, "feature feature"]
    means: Float32[np.ndarray, "class feature"]
    threshold: float

    def distances(self, features: Float32[np.ndarray, "beat feature"]) -> Float32[np.ndarray, "beat"]:
        """One for each beat, in standard deviations squared."""
        with np.errstate(invalid="ignore", over="ignore"):  # of a state that has no end
            whitened = features @ self.whitening
            # |w - m|^2 without an array of all differences
            beyond = (self.means**2).sum(axis=1) - 2 * (whitened @ self.means.T)
            distances: np.ndarray = (whitened**2).sum(axis=1) + beyond.min(axis=1)
        return distances

    def unlike_training(self, features: Float32[np.ndarray, "beat feature"]) -> Bool[np.ndarray, "beat"]:
        """Which beats are further away than the threshold, or have features that are no numbers."""
        return ~(self.distances(features) <= self.threshold)
