"""The statistics that ANSI/AAMI EC57:2012 takes from a confusion matrix, as PhysioNet's bxb and sumstats form them."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int64
from numpy.typing import ArrayLike

from ecg.scoring.confusion import Cells, Confusion, counts


@dataclass(frozen=True)
class Ratio:
    """So many of so many: a share, which is undefined where there are none to have a share of."""

    part: float
    whole: int

    @property
    def value(self) -> float | None:
        """The share, in 0..1, or None."""
        return self.part / self.whole if self.whole else None

    @property
    def percent(self) -> float | None:
        """The share in percent, or None."""
        return 100 * self.part / self.whole if self.whole else None


@dataclass(frozen=True)
class Statistic:
    """The pairs in some cells as a share of those in others, which include them."""

    counted: tuple[Cells, ...]
    among: tuple[Cells, ...]

    def of(self, confusion: Confusion) -> Ratio:
        """Its value for a confusion matrix."""
        part, whole = self.counts(confusion)
        return Ratio(int(part), int(whole))

    def shares(self, confusions: Int64[np.ndarray, "*draws 7 7"]) -> Float64[np.ndarray, "*draws"]:
        """The share for each of many confusion matrices; NaN where it is undefined."""
        return quotients(*self.counts(confusions))

    def counts(self, confusions: Int64[np.ndarray, "*draws 7 7"]) -> list[Int64[np.ndarray, "*draws"]]:
        """The pairs that are counted, and those among which they are."""
        return [np.asarray(sum(counts(confusions, cells) for cells in some)) for some in (self.counted, self.among)]


def quotients(parts: ArrayLike, wholes: ArrayLike) -> Float64[np.ndarray, "*draws"]:
    """Parts of wholes, each of shape `[*draws]`; NaN where there is no whole."""
    return np.where(np.greater(wholes, 0), np.divide(parts, np.maximum(wholes, 1)), np.nan)


@dataclass(frozen=True)
class Performance:
    """How well one kind of beat was detected."""

    sensitivity: Ratio
    positive_predictivity: Ratio
    false_positive_rate: Ratio | None


@dataclass(frozen=True)
class Statistics:
    """The statistics of the detection of one kind of beat.

    There is no false positive rate of QRS complexes: what is no QRS complex cannot be counted.
    """

    sensitivity: Statistic
    positive_predictivity: Statistic
    false_positive_rate: Statistic | None = None

    def of(self, confusion: Confusion) -> Performance:
        """Their values for a confusion matrix."""
        rate = self.false_positive_rate
        return Performance(
            self.sensitivity.of(confusion),
            self.positive_predictivity.of(confusion),
            None if rate is None else rate.of(confusion),
        )


QRS = Statistics(
    sensitivity=Statistic((("NSVFQ", "nsvfq"),), (("NSVFQ", "nsvfqox"),)),
    positive_predictivity=Statistic((("NSVFQ", "nsvfq"),), (("NSVFQOX", "nsvfq"),)),
)
"""Detection of any beat."""

VEB_FALSE_POSITIVE_RATE = Statistic((("NSOX", "v"),), (("NSOX", "v"), ("NSFQOX", "nsfq")))

VEB = Statistics(
    sensitivity=Statistic((("V", "v"),), (("V", "nsvfqox"),)),
    positive_predictivity=Statistic((("V", "v"),), (("NSVOX", "v"),)),
    false_positive_rate=VEB_FALSE_POSITIVE_RATE,
)
"""Detection of ventricular ectopic beats. A fusion or unknown beat called ventricular is neither right nor wrong."""

SVEB = Statistics(
    sensitivity=Statistic((("S", "s"),), (("S", "nsvfqox"),)),
    positive_predictivity=Statistic((("S", "s"),), (("NSVFOX", "s"),)),
    false_positive_rate=Statistic((("NVFOX", "s"),), (("NVFOX", "s"), ("NVFQOX", "nvfq"))),
)
"""Detection of supraventricular ectopic beats. An unknown beat called supraventricular is neither right nor wrong.

bxb does not report the false positive rate; it is formed here as that of ventricular ectopic beats is.
"""

SVEB_OF_MANY = replace(SVEB, positive_predictivity=Statistic((("S", "s"),), (("NSVOX", "s"),)))
"""The same over many recordings, as sumstats has it: in the lines that it reads, fusion and unknown beats are one
number, so that a fusion beat called supraventricular is neither right nor wrong either."""

MISSED_IN_SHUTDOWN = {
    "Beats": Statistic((("NVFQ", "x"),), (("NSVFQ", "nsvfqox"),)),
    **{name: Statistic(((name, "x"),), ((name, "nsvfqox"),)) for name in "NSVF"},
}
"""Beats missed while the test annotator declared the signals unreadable. That S is not one of them is bxb's way."""
