"""The three classes of many papers: normal, supraventricular ectopic, and ventricular ectopic or fusion beats.

Fusion beats are ventricular ones here, as reference and as answer, and unknown beats of the reference are left out: the
"AAMI2" labels of Llamedo and Martinez, "Heartbeat classification using feature selection driven by database
generalization criteria" (2011). Papers that use them are given every beat; here a program has to find them. So a beat
that is missed, or called unknown, was not called what it is, and an extra beat is wrong in the class that it was given,
as in the standard. Where all beats are found and classified there is no difference.

Such papers count atrial and nodal escape beats as normal: compare with `CLASS_OF_IN_LITERATURE`.
"""

from collections.abc import Mapping

from ecg.scoring.statistics import Statistic, Statistics


def _statistics(rows: str, columns: str) -> Statistics:
    return Statistics(
        sensitivity=Statistic(((rows, columns),), ((rows, "nsvfqox"),)),
        positive_predictivity=Statistic(((rows, columns),), (("NSVFOX", columns),)),
    )


THREE_CLASSES: Mapping[str, Statistics] = {
    "N": _statistics("N", "n"),
    "S": _statistics("S", "s"),
    "V": _statistics("VF", "vf"),
}

ACCURACY = Statistic((("N", "n"), ("S", "s"), ("VF", "vf")), (("NSVF", "nsvfqox"),))
"""Beats of the reference that were found and called what they are."""
