"""The figures of recordings of patients: each function draws one and writes it as PNG."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ecg.scoring import QRS, SVEB, VEB, Comparison, Statistics, Summary
from ecg.scoring.confusion import count
from ecg.scoring.five_classes import FIVE_CLASSES
from ecg.scoring.intervals import interval
from training.evaluation.noise_stress import NoiseLevel
from training.evaluation.patients import AS_PAPERS, AS_SERVED, Patients
from training.reports.noise import level_name, percent
from training.reports.patients import MEASURES, view_name

DPI = 110

ROWS = {"N": "N", "S": "S", "V": "V", "F": "F", "Q": "Q", "no beat": "OX"}
COLUMNS = {"n": "n", "s": "s", "v": "v", "f": "f", "q, or not\nclassified": "q", "missed": "ox"}
"""Classes of the reference and of the classifier, by the names that are drawn."""


def draw_recordings(patients: Patients, file: Path) -> None:
    """Sensitivity and positive predictivity of VEB and SVEB in each recording, as served; a dash where undefined."""
    comparisons = patients.views[AS_SERVED]
    width = max(6.0, 1.5 + 0.42 * len(comparisons))
    figure = Figure(figsize=(width, 5.6), layout="constrained")
    upper, lower = figure.subplots(2, 1, sharex=True)
    _draw_kind(upper, comparisons, VEB, "VEB")
    _draw_kind(lower, comparisons, SVEB, "SVEB")
    lower.set_xticks(range(len(comparisons)), patients.recordings, rotation=90)
    lower.set_xlabel("recording, and above the bars how many such beats it has")
    handles, names = upper.get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=2, title=view_name(AS_SERVED))
    figure.savefig(file, dpi=DPI)


def _draw_kind(axes: Axes, comparisons: Sequence[Comparison], statistics: Statistics, name: str) -> None:
    places = np.arange(len(comparisons))
    for shift, statistic, label in (
        (-0.2, statistics.sensitivity, "sensitivity"),
        (0.2, statistics.positive_predictivity, "positive predictivity"),
    ):
        shares = [statistic.of(comparison.confusion).percent for comparison in comparisons]
        bars = axes.bar(places + shift, [share or 0.0 for share in shares], width=0.4, label=label)
        axes.bar_label(bars, ["-" if share is None else "" for share in shares])
    for place, comparison in enumerate(comparisons):
        there = statistics.sensitivity.of(comparison.confusion).whole
        axes.text(place, 103, f"{there:,}", ha="center", va="bottom", fontsize=7, rotation=90)
    axes.set_ylim(0, 125)
    axes.set_yticks(range(0, 101, 20))
    axes.set_ylabel(f"{name} (%)")
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)


def draw_confusion(patients: Patients, file: Path) -> None:
    """Beats by the reference's class (rows) and the classifier's (columns), shaded by their share of the row."""
    confusion = Summary(patients.views[AS_SERVED]).confusion
    counts = np.array([[count(confusion, (row, column)) for column in COLUMNS.values()] for row in ROWS.values()])
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure = Figure(figsize=(6.2, 5.6), layout="constrained")
    axes = figure.subplots()
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), number in np.ndenumerate(counts):
        if row == len(ROWS) - 1 and column == len(COLUMNS) - 1:
            continue  # where neither has a beat there is nothing to count
        axes.text(
            column, row, f"{number:,}\n{share[row, column]:.1%}", ha="center", va="center", fontsize=9,
            color="white" if share[row, column] > 0.5 else "black",
        )  # fmt: skip
    axes.set_xticks(range(len(COLUMNS)), list(COLUMNS))
    axes.set_yticks(range(len(ROWS)), list(ROWS))
    axes.set_xlabel("found and called")
    axes.set_ylabel("reference")
    axes.set_title(f"{len(patients.recordings)} recordings: {view_name(AS_SERVED)}", fontsize=10)
    figure.savefig(file, dpi=DPI)


def draw_intervals(patients: Patients, file: Path) -> None:
    """Every measure with its bounds, as served and as papers report it."""
    figure = Figure(figsize=(8, 0.5 + 0.34 * len(MEASURES)), layout="constrained")
    axes = figure.subplots()
    for shift, view, colour in ((-0.15, AS_SERVED, "C0"), (0.15, AS_PAPERS, "C1")):
        for place, measure in enumerate(MEASURES.values()):
            stated = interval(patients.views[view], measure)
            if stated.value is None:
                continue
            if stated.low is not None and stated.high is not None:
                axes.plot(
                    [100 * stated.low, 100 * stated.high], [place + shift] * 2, color=colour, linewidth=2, alpha=0.6
                )
            axes.plot(
                100 * stated.value, place + shift, "o", color=colour, label=view_name(view) if not place else None
            )
    axes.set_yticks(range(len(MEASURES)), list(MEASURES))
    axes.invert_yaxis()
    axes.set_xlim(-2, 102)
    axes.set_xlabel("%, with the bounds of 95 % confidence")
    axes.grid(alpha=0.3)
    figure.legend(loc="outside upper center", ncols=2)
    figure.savefig(file, dpi=DPI)


def draw_noise(levels: Sequence[NoiseLevel], file: Path) -> None:
    """Sensitivity and positive predictivity of all beats, and of each class, against the signal-to-noise ratio.

    Q is left out: beats that are not classified count as called so.
    """
    kinds = {"QRS": QRS, **{name: FIVE_CLASSES[name] for name in "NSVF"}}
    figure = Figure(figsize=(10, 4.2), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for place, (name, statistics) in enumerate(kinds.items()):
        look = {"color": "black" if name == "QRS" else f"C{place - 1}", "marker": "o", "label": name}
        for axes, statistic in zip(panels, (statistics.sensitivity, statistics.positive_predictivity), strict=True):
            shares = [percent(level, statistic) for level in levels]
            axes.plot([np.nan if share is None else share for share in shares], **look)
    for axes, name in zip(panels, ("sensitivity (%)", "positive predictivity (%)"), strict=True):
        axes.set_xticks(range(len(levels)), [level_name(level) for level in levels])
        axes.set_xlabel("signal to noise, in two minutes of four")
        axes.set_ylabel(name)
        axes.grid(alpha=0.3)
    panels[0].set_ylim(-3, 103)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside upper center", ncols=len(names))
    figure.savefig(file, dpi=DPI)
