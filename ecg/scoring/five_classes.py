"""Each of the five classes against all others: what many papers report, beside the standard's VEB and SVEB.

The standard counts a fusion or unknown beat that was called ventricular neither as right nor as wrong. Here it is
wrong, as is any beat that was called what it is not, and an extra one in the class that it was given. A beat that was
missed was not called what it is; one that was found and not classified counts as called unknown.
"""

from collections.abc import Mapping

from ecg.labels import LABELS
from ecg.scoring.statistics import Statistic, Statistics

FIVE_CLASSES: Mapping[str, Statistics] = {
    name: Statistics(
        sensitivity=Statistic(((name, name.lower()),), ((name, "nsvfqox"),)),
        positive_predictivity=Statistic(((name, name.lower()),), (("NSVFQOX", name.lower()),)),
    )
    for name in LABELS
}

ACCURACY = Statistic(tuple((name, name.lower()) for name in LABELS), (("NSVFQ", "nsvfqox"),))
"""Beats of the reference that were found and called what they are."""
