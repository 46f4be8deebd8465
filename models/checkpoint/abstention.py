"""Abstention: when a classifier declines to decide on a beat, and why.

The less sure half of its answers holds most of its errors, so it can be asked to answer the surer part alone (selective
classification: El-Yaniv and Wiener 2010; Geifman and El-Yaniv 2017). The share that it answers is its coverage.
"""

from typing import Literal, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict

from models.errors import InvalidCoverage

Reason = Literal["low_confidence", "unlike_training", "poor_signal"]
REASONS: tuple[Reason, ...] = get_args(Reason)

ALL = 1.0
"""The coverage that asks for an answer however unsure it is."""
LEAST = 0.5
"""Nobody who wants a classifier asks for less, and fewer validation beats would say what it is."""


class Abstention(BaseModel):
    """What confidence an answer needs, so that a wanted share of beats gets one.

    `coverages` rise from the least to all; each has its place in `confidences`, which fall to 0.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    coverages: tuple[float, ...]
    confidences: tuple[float, ...]

    def confidence(self, coverage: float) -> float:
        """The least confidence to answer with; between two coverages of the table it is interpolated."""
        return float(np.interp(coverage, self.coverages, self.confidences))


def confidence_for(abstention: Abstention | None, coverage: float) -> float:
    """The least confidence to answer with: 0 where all shall be answered.

    Raises InvalidCoverage for one out of bounds, and for any but 1 where no table was fitted.
    """
    if coverage == ALL:
        return 0.0
    if not LEAST <= coverage < ALL:
        raise InvalidCoverage(f"got a coverage of {coverage:g}, expected {LEAST:g} to {ALL:g}")
    if abstention is None:
        raise InvalidCoverage(
            f"got a coverage of {coverage:g}, but no confidence was found for it; leave it out, or find one with "
            "`cardiode fit`"
        )
    return abstention.confidence(coverage)
