"""F1, the harmonic mean of sensitivity and positive predictivity (van Rijsbergen, "Information retrieval", 1979)."""

from collections.abc import Collection

import numpy as np
from jaxtyping import Float64

from ecg.scoring.intervals import Confusions, Measure
from ecg.scoring.statistics import Statistics, quotients


def f1(statistics: Statistics) -> Measure:
    """That of one kind of beat, over the beats of all recordings.

    It is 0 where there are such beats, or some were called so, and none is right; undefined where there are neither.
    """

    def measure(confusions: Confusions) -> Float64[np.ndarray, "*draws"]:
        total = confusions.sum(axis=-3)
        right, there = statistics.sensitivity.counts(total)
        _, called = statistics.positive_predictivity.counts(total)
        return quotients(2 * right, there + called)

    return measure


def macro_f1(kinds: Collection[Statistics]) -> Measure:
    """The mean over some kinds of beats; undefined where it is for one of them, and for none."""
    measures = [f1(statistics) for statistics in kinds]

    def measure(confusions: Confusions) -> Float64[np.ndarray, "*draws"]:
        if not measures:
            return np.full(confusions.shape[:-3], np.nan)
        return np.asarray(np.mean([one(confusions) for one in measures], axis=0))

    return measure
