"""F1, the harmonic mean of sensitivity and positive predictivity (van Rijsbergen, "Information retrieval", 1979)."""

from collections.abc import Collection

from ecg.scoring.intervals import Confusions, Measure
from ecg.scoring.statistics import Statistics


def f1(statistics: Statistics) -> Measure:
    """That of one kind of beat, over the beats of all recordings.

    It is 0 where there are such beats, or some were called so, and none is right; undefined where there are neither.
    """

    def measure(confusions: Confusions) -> float | None:
        told = statistics.of(confusions.sum(axis=0))
        whole = told.sensitivity.whole + told.positive_predictivity.whole
        return 2 * told.sensitivity.part / whole if whole else None

    return measure


def macro_f1(kinds: Collection[Statistics]) -> Measure:
    """The mean over some kinds of beats; undefined where it is for one of them."""
    measures = [f1(statistics) for statistics in kinds]

    def measure(confusions: Confusions) -> float | None:
        values = [one(confusions) for one in measures]
        defined = [value for value in values if value is not None]
        return sum(defined) / len(defined) if defined and len(defined) == len(values) else None

    return measure
