"""Scoring: how well a test annotator's beats agree with those of a reference, by ANSI/AAMI EC57:2012.

What comes out equals what PhysioNet's bxb and sumstats make of the same annotation files.
"""

from ecg.scoring.classes import CLASS_OF, CLASS_OF_IN_LITERATURE, CLASSES, BeatClass, ClassOf
from ecg.scoring.comparison import LEARNING, WINDOW, Comparison, compare
from ecg.scoring.confusion import Cells, Confusion, count
from ecg.scoring.statistics import QRS, SVEB, SVEB_OF_MANY, VEB, Performance, Ratio, Statistic, Statistics
from ecg.scoring.summary import Summary

__all__ = [
    "CLASSES",
    "CLASS_OF",
    "CLASS_OF_IN_LITERATURE",
    "LEARNING",
    "QRS",
    "SVEB",
    "SVEB_OF_MANY",
    "VEB",
    "WINDOW",
    "BeatClass",
    "Cells",
    "ClassOf",
    "Comparison",
    "Confusion",
    "Performance",
    "Ratio",
    "Statistic",
    "Statistics",
    "Summary",
    "compare",
    "count",
]
