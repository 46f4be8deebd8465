"""What is reported beside the standard's tables: bounds of its figures, and those of five and of three classes."""

from collections.abc import Mapping, Sequence

from ecg.scoring import QRS, SVEB_OF_MANY, VEB, Comparison, Statistic, Statistics, Summary
from ecg.scoring.confusion import count
from ecg.scoring.f1 import f1, macro_f1
from ecg.scoring.five_classes import ACCURACY as ACCURACY_OF_FIVE
from ecg.scoring.five_classes import FIVE_CLASSES
from ecg.scoring.intervals import LEVEL, Interval, Measure, average, gross, interval
from ecg.scoring.statistics import VEB_FALSE_POSITIVE_RATE
from ecg.scoring.three_classes import ACCURACY, THREE_CLASSES
from training.table import table

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
    """The standard's statistics, gross and average, and those of five and of three classes, all with their bounds."""
    return f"""\
{statistics_table(comparisons, STATISTICS, "by the standard")}

{statistics_table(comparisons, OF_THREE_CLASSES, "three classes")}

{class_tables(comparisons)}

{BOUNDS.format(recordings=len(comparisons))} The three classes are N, S, and V with F; unknown beats of the reference
are left out of them. Of the five, each is held against all others.
"""


BOUNDS = f"In brackets: bounds with {LEVEL:.0%} confidence, by drawing the {{recordings}} recordings again at random."


def statistics_table(comparisons: Sequence[Comparison], statistics: Mapping[str, Statistic], title: str) -> str:
    """A line for each statistic: of all beats (gross), and the mean over the recordings (average)."""
    rows = [
        [name, _words(interval(comparisons, gross(statistic))), _words(interval(comparisons, average(statistic)))]
        for name, statistic in statistics.items()
    ]
    return table([title, "gross", "average"], rows)


def class_tables(comparisons: Sequence[Comparison]) -> str:
    """A line for each class of five, and of three: how many there are, and what of them was found and called so."""
    five = _class_table(comparisons, FIVE_CLASSES, ACCURACY_OF_FIVE, "of five")
    return f"{five}\n\n{_class_table(comparisons, THREE_CLASSES, ACCURACY, 'of three')}"


def _class_table(
    comparisons: Sequence[Comparison], classes: Mapping[str, Statistics], accuracy: Statistic, title: str
) -> str:
    confusion = Summary(comparisons).confusion

    def bounded(measure: Measure) -> str:
        return _words(interval(comparisons, measure))

    rows = [
        [
            name,
            f"{statistics.sensitivity.of(confusion).whole:,}",
            bounded(gross(statistics.sensitivity)),
            bounded(gross(statistics.positive_predictivity)),
            bounded(f1(statistics)),
        ]
        for name, statistics in classes.items()
    ]
    total = f"{sum(count(confusion, cells) for cells in accuracy.among):,}"
    rows += [["macro-F1", "", "", "", bounded(macro_f1(classes.values()))]]
    rows += [["accuracy", total, bounded(gross(accuracy)), "", ""]]
    return table([f"class {title}", "beats", "sensitivity", "positive predictivity", "F1"], rows)


def _words(found: Interval) -> str:
    if found.value is None:
        return "-"
    if found.low is None or found.high is None:
        return f"{found.value:.2%}"
    return f"{found.value:.2%} ({100 * found.low:.2f} to {100 * found.high:.2f})"
