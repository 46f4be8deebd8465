"""What `python -m training score` adds to the standard's tables: how certain the figures are, and three classes."""

from collections.abc import Mapping, Sequence

from ecg.scoring import QRS, SVEB_OF_MANY, VEB, Comparison, Statistic
from ecg.scoring.intervals import LEVEL, Interval, average, gross, interval
from ecg.scoring.statistics import VEB_FALSE_POSITIVE_RATE
from ecg.scoring.three_classes import ACCURACY, THREE_CLASSES
from training.report import table

STATISTICS: Mapping[str, Statistic] = {
    "QRS sensitivity": QRS.sensitivity,
    "QRS positive predictivity": QRS.positive_predictivity,
    "VEB sensitivity": VEB.sensitivity,
    "VEB positive predictivity": VEB.positive_predictivity,
    "VEB false positive rate": VEB_FALSE_POSITIVE_RATE,
    "SVEB sensitivity": SVEB_OF_MANY.sensitivity,
    "SVEB positive predictivity": SVEB_OF_MANY.positive_predictivity,
}

OF_THREE_CLASSES: Mapping[str, Statistic] = {
    **{f"{name} sensitivity": statistics.sensitivity for name, statistics in THREE_CLASSES.items()},
    **{f"{name} positive predictivity": statistics.positive_predictivity for name, statistics in THREE_CLASSES.items()},
    "accuracy": ACCURACY,
}


def interval_tables(comparisons: Sequence[Comparison]) -> str:
    """The standard's statistics and those of three classes, gross and average, with their bounds."""
    return f"""\
{_table(comparisons, STATISTICS, "by the standard")}

{_table(comparisons, OF_THREE_CLASSES, "three classes")}

In brackets: bounds with {LEVEL:.0%} confidence, by drawing the {len(comparisons)} recordings again at random. The three
classes are N, S, and V with F; unknown beats of the reference are left out.
"""


def _table(comparisons: Sequence[Comparison], statistics: Mapping[str, Statistic], title: str) -> str:
    rows = [
        [name, _words(interval(comparisons, gross(statistic))), _words(interval(comparisons, average(statistic)))]
        for name, statistic in statistics.items()
    ]
    return table([title, "gross", "average"], rows)


def _words(told: Interval) -> str:
    if told.value is None:
        return "-"
    if told.low is None or told.high is None:
        return f"{told.value:.2%}"
    return f"{told.value:.2%} ({100 * told.low:.2f} to {100 * told.high:.2f})"
