"""The figures of an evaluation: each function draws one and writes it as PNG."""

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ecg import BEAT_FS, LABEL_NAMES, LABELS
from ode import methods
from training.data.dataset import Dataset
from training.evaluation.evaluation import Evaluation, SweepPoint
from training.measures.scores import BINS, Bin, Cell, Confidence, Covered, Score, expected_calibration_error


def _save(figure: Figure, file: Path) -> None:
    figure.savefig(file, dpi=110)
    plt.close(figure)


def draw_evaluation(evaluation: Evaluation, folder: Path) -> None:
    """All figures of what was evaluated, by the names that cards know."""
    draw_confusion(evaluation.score, folder / "confusion.png")
    if evaluation.confidence:
        draw_confidence(evaluation.confidence, folder / "confidence.png")
    if evaluation.sweep:
        draw_sweep(evaluation.sweep, folder / "tolerance.png")
    if evaluation.grid:
        auto = next((point for point in evaluation.sweep if point.setting is None), None)
        draw_dial(evaluation.grid, auto, folder / "dial.png")


def draw_confusion(score: Score, file: Path) -> None:
    """Beats by true class (rows) and label (columns), shaded by their share of the row."""
    counts = np.array(score.confusion)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = plt.subplots(figsize=(5.6, 5), layout="constrained")
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        axes.text(
            column, row, f"{count:,}\n{share[row, column]:.1%}", ha="center", va="center", fontsize=9,
            color="white" if share[row, column] > 0.5 else "black",
        )  # fmt: skip
    axes.set_xticks(range(len(LABELS)), LABELS)
    axes.set_yticks(range(len(LABELS)), LABELS)
    axes.set_xlabel("label given")
    axes.set_ylabel("true class")
    axes.set_title(f"accuracy {score.accuracy:.2%}, macro-F1 {score.macro_f1:.4f}")
    _save(figure, file)


def draw_confidence(confidence: Confidence, file: Path) -> None:
    """Accuracy against confidence, with how many beats there are of each, and the risk at each coverage."""
    figure = plt.figure(figsize=(10, 5), layout="constrained")
    axes = figure.subplot_mosaic("AC;AC;AC;BC")
    _draw_reliability(axes["A"], axes["B"], confidence.reliability)
    _draw_coverages(axes["C"], confidence.coverages)
    for panel in axes.values():
        panel.grid(alpha=0.3)
    _save(figure, file)


def _draw_reliability(upper: Axes, lower: Axes, bins: tuple[Bin, ...]) -> None:
    confidence = [own.confidence for own in bins]
    upper.plot([0, 1], [0, 1], color="gray", linestyle=":", label="as sure as right")
    upper.plot(confidence, [own.accuracy for own in bins], marker="o", label="measured")
    upper.set_ylabel("share of labels that are right")
    upper.set_title(f"expected calibration error {expected_calibration_error(bins):.4f}")
    upper.legend()
    lower.sharex(upper)
    lower.bar(confidence, [own.beats for own in bins], width=0.8 / BINS)
    lower.set_yscale("log")
    lower.set_ylabel("beats")
    lower.set_xlabel("confidence")


def _draw_coverages(axes: Axes, coverages: tuple[Covered, ...]) -> None:
    stated = [(100 * own.answered, 100 * own.risk) for own in coverages if own.risk is not None]
    axes.plot([answered for answered, _ in stated], [risk for _, risk in stated], marker="o")
    axes.set_title("the surer part of the answers")
    axes.set_xlabel("answered, of all beats (%)")
    axes.set_ylabel("wrong, of those that are answered (%)")
    axes.set_ylim(bottom=0)


def draw_training(history: list[dict[str, float]], kept: int, file: Path) -> None:
    """Loss, accuracy and macro-F1 by epoch, and the epoch whose weights were kept."""
    epochs = [epoch["epoch"] for epoch in history]
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
    left.plot(epochs, [epoch["train_loss"] for epoch in history], marker=".")
    left.set_yscale("log")
    left.set_ylabel("training loss (cross-entropy)")
    for key, name in (
        ("train_accuracy", "training accuracy"),
        ("validation_accuracy", "validation accuracy"),
        ("validation_macro_f1", "validation macro-F1"),
    ):
        right.plot(epochs, [epoch[key] for epoch in history], marker=".", label=name)
    right.set_ylim(bottom=min(0.8, max(0.0, min(epoch["validation_macro_f1"] for epoch in history[2:] or history))))
    right.axvline(kept, color="gray", linestyle=":", label="weights kept")
    right.legend()
    for axes in (left, right):
        axes.set_xlabel("epoch")
        axes.grid(alpha=0.3)
        axes.xaxis.get_major_locator().set_params(integer=True)
    _save(figure, file)


def draw_sweep(points: tuple[SweepPoint, ...], file: Path) -> None:
    """Accuracy and cost against the solver's tolerance."""
    sweep = [point for point in points if point.setting is not None]
    tolerances = [point.setting for point in sweep]
    figure, panels = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
    for axes, values, name in zip(
        panels,
        (
            [100 * point.accuracy for point in sweep],
            [point.evaluations for point in sweep],
            [point.seconds for point in sweep],
        ),
        ("accuracy (%)", "mean evaluations a beat", "seconds for all beats"),
        strict=True,
    ):
        axes.plot(tolerances, values, marker="o")
        axes.set_xscale("log")
        axes.invert_xaxis()
        axes.set_xlabel("rtol = atol")
        axes.set_ylabel(name)
        axes.grid(alpha=0.3)
    panels[0].ticklabel_format(axis="y", useOffset=False)
    panels[1].set_ylim(bottom=0)
    panels[2].set_ylim(bottom=0)
    _save(figure, file)


def draw_dial(grid: tuple[Cell, ...], auto: SweepPoint | None, file: Path) -> None:
    """The dial: how often each method's labels are those of a tight solve, and its accuracy, against its cost."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    styles = {"adaptive": "-", "fixed": "--", "implicit": ":", "multistep": "-."}
    for place, method in enumerate(methods()):
        cells = [cell for cell in grid if cell.method == method.name]
        evaluations = [cell.evaluations for cell in cells]
        look = {"marker": "o", "markersize": 3.5, "linestyle": styles[method.kind], "color": f"C{place % 10}"}
        left.plot(evaluations, [100 * (1 - cell.agreement) for cell in cells], label=method.name, **look)
        right.plot(evaluations, [100 * cell.accuracy for cell in cells], **look)
    if auto is not None:
        star = {"marker": "*", "markersize": 14, "linestyle": "none", "color": "black"}
        left.plot([auto.evaluations], [100 * (1 - auto.agreement)], label="auto (all beats)", **star)
        right.plot([auto.evaluations], [100 * auto.accuracy], **star)
    left.set_yscale("symlog", linthresh=0.1)
    left.set_ylim(bottom=-0.01)
    left.set_ylabel("labels other than by dopri5 at 1e-6 (%)")
    best = max(cell.accuracy for cell in grid)
    right.set_ylim(100 * best - 3, 100 * best + 0.3)
    right.set_ylabel("accuracy (%)")
    for axes in (left, right):
        axes.set_xscale("log")
        axes.set_xlabel("mean evaluations a beat")
        axes.grid(alpha=0.3)
    figure.legend(loc="outside right upper", fontsize=8)
    _save(figure, file)


def draw_beats(test: Dataset, file: Path) -> None:
    """The first test beat of each class."""
    figure, panels = plt.subplots(1, len(LABELS), figsize=(13, 2.8), sharey=True, layout="constrained")
    for place, (label, axes) in enumerate(zip(LABELS, panels, strict=True)):
        of_class = np.flatnonzero(test.labels == place)
        if len(of_class):
            axes.plot(np.arange(test.values.shape[1]) / BEAT_FS, test.values[of_class[0]])
        axes.set_title(f"{label}: {LABEL_NAMES[label]}", fontsize=9)
        axes.set_xlabel("seconds from the R peak")
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("scaled to 0..1")
    _save(figure, file)
