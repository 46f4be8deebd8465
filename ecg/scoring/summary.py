"""A summary of many comparisons: gross statistics, in which each beat weighs the same, and averages of recordings."""

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np

from ecg.scoring.comparison import Comparison
from ecg.scoring.confusion import Confusion
from ecg.scoring.statistics import Ratio, Statistic


@dataclass(frozen=True)
class Summary:
    """Comparisons of several recordings, taken together as PhysioNet's sumstats 10.7 does."""

    comparisons: Sequence[Comparison]

    @property
    def confusion(self) -> Confusion:
        """The sum of their confusion matrices."""
        total: Confusion = np.sum([np.zeros((7, 7), np.int64), *(c.confusion for c in self.comparisons)], axis=0)
        return total

    def gross(self, statistic: Statistic) -> Ratio:
        """A statistic of the beats of all recordings."""
        return statistic.of(self.confusion)

    def average(self, statistic: Statistic) -> Ratio:
        """The mean of a statistic over the recordings where it is defined: the sum of its values, of so many."""
        return mean(statistic.of(comparison.confusion).value for comparison in self.comparisons)

    @property
    def average_interval_error(self) -> float | None:
        """The mean of the recordings' R-R interval errors, as they are printed, in ms; None where there are none."""
        errors = [round(c.interval_error, 2) for c in self.comparisons if c.interval_error is not None]
        # Of numbers with two digits the mean is often a tie to be rounded, and then each operation decides.
        return 100 * (_total(errors) / 100) / len(errors) if errors else None


def mean(values: Iterable[float | None]) -> Ratio:
    """The sum of those that are defined, of so many."""
    defined = [value for value in values if value is not None]
    return Ratio(_total(defined), len(defined))


def _total(values: Iterable[float]) -> float:
    """Added one after the other: `sum` may be more exact than sumstats is."""
    return reduce(operator.add, values, 0.0)
