"""Classifying: what whoever works on recordings, or explains, needs of a classifier."""

from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from ecg import BeatsInContext
from models.checkpoint.abstention import ALL
from models.decisions import Decisions
from models.networks.network import Solver


@runtime_checkable
class Classifying(Protocol):
    """Decides on beats as `Classifier` does: itself, or by asking one elsewhere."""

    @property
    def in_context(self) -> bool:
        """Whether it takes beats in the context of their recording, and none by themselves."""

    def classify(
        self, beats: Float[np.ndarray, "..."] | BeatsInContext, solver: Solver | None = None, coverage: float = ALL
    ) -> Decisions:
        """What `Classifier.classify` says."""
