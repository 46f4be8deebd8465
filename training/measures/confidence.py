"""Confidence: how far what decisions say of themselves can be believed."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Int64

from models import Abstention
from models.decisions import Decisions
from training.measures.reliability import Bin, measure_reliability

TOLD = (1.0, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.7, 0.5)
"""Coverages whose risk is told."""


@dataclass(frozen=True)
class Covered:
    """What a coverage that is asked for brings: the share that is answered, and which share of these is wrong.

    `risk` is the selective risk of El-Yaniv and Wiener (2010); None where nothing is answered.
    """

    asked: float
    answered: float
    risk: float | None


@dataclass(frozen=True)
class Confidence:
    """The bins of a reliability diagram, the risk at each coverage, and the share of beats called unlike training.

    `coverages` is empty, and `unlike_training` None, where the checkpoint has nothing to tell them by.
    """

    reliability: tuple[Bin, ...]
    coverages: tuple[Covered, ...] = ()
    unlike_training: float | None = None


def measure_confidence(
    decisions: Decisions, truth: Int64[np.ndarray, "beat"], abstention: Abstention | None
) -> Confidence:
    """Of the decisions that there are; of the beats whose solve failed nothing is said."""
    solved = decisions.solved
    probabilities, confidences = decisions.probabilities[solved], decisions.confidences[solved]
    right = decisions.labels[solved] == truth[solved]
    unlike = decisions.unlike_training
    return Confidence(
        measure_reliability(probabilities, truth[solved]),
        tuple(_covered(asked, confidences >= abstention.confidence(asked), right) for asked in TOLD)
        if abstention
        else (),
        None if unlike is None else float(unlike.mean()),
    )


def _covered(asked: float, answered: Bool[np.ndarray, "beat"], right: Bool[np.ndarray, "beat"]) -> Covered:
    return Covered(asked, float(answered.mean()), float(1 - right[answered].mean()) if answered.any() else None)
