"""Calibration: from logits to probabilities that mean what they say.

Of the answers that are given with a probability of 0.9, nine in ten should be right. A network is surer of itself than
that; one temperature for all its logits mends most of it, and changes no label (Guo et al., "On calibration of modern
neural networks", 2017, section 4.2).
"""

import numpy as np
from jaxtyping import Float32
from pydantic import BaseModel, ConfigDict, PositiveFloat
from scipy.special import softmax


class Calibration(BaseModel):
    """Temperature scaling; a temperature of 1 leaves a network as sure as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: PositiveFloat = 1.0

    def probabilities(self, logits: Float32[np.ndarray, "beat class"]) -> Float32[np.ndarray, "beat class"]:
        """Softmax of the logits over the temperature."""
        shares: np.ndarray = softmax(logits / np.float32(self.temperature), axis=1)
        return shares
