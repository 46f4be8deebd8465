"""Scores: how good decisions are, their labels and their confidence, and both by every setting of a network's solver.

A network that was trained with one solver can fail under another (Ott et al., "ResNet after all", 2021); the grid shows
under which it does not.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int64
from pydantic import TypeAdapter
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from tqdm import tqdm

from ecg import LABELS, Label
from models import Abstention, Classifier, Solver
from models.decisions import Decisions
from ode import Method, methods
from training.data.dataset import Dataset

BINS = 15
"""Of a reliability diagram: of equal width, as in the literature."""

COVERAGES = (1.0, 0.995, 0.99, 0.98, 0.95, 0.9, 0.8, 0.7, 0.5)
"""Coverages whose risk is reported."""

TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
STEPS = (1.0, 1 / 2, 1 / 4, 1 / 8, 1 / 16)
MOST_EVALUATIONS = 250
"""An adaptive method's row ends with the first tolerance that costs more: nobody would choose one tighter."""
REFERENCE_TOLERANCE = 1e-6
GRID_BEATS, GRID_SEED = 2000, 0


@dataclass(frozen=True)
class ClassScore:
    """The scores of one class; `beats` is how many the test part has of it."""

    precision: float
    recall: float
    f1: float
    beats: int


@dataclass(frozen=True)
class Score:
    """The scores of one set of beats. `confusion` counts them: a row for each true class, a column for each label.

    A beat without a label (its solve failed) is wrong: it is in no column.
    """

    accuracy: float
    macro_f1: float
    classes: dict[Label, ClassScore]
    confusion: list[list[int]]


@dataclass(frozen=True)
class Bin:
    """Beats of about the same confidence: its mean, the share of them whose label is right, and their number."""

    confidence: float
    accuracy: float
    beats: int


@dataclass(frozen=True)
class Covered:
    """What a coverage that is asked for brings: the share that is answered, and which share of these is wrong.

    `risk` is the selective risk of El-Yaniv and Wiener (2010); None where nothing is answered.
    """

    asked: float
    answered: float
    risk: float | None


@dataclass(frozen=True)
class Confidence:
    """The bins of a reliability diagram, the risk at each coverage, and the share of beats called unlike training.

    `coverages` is empty, and `unlike_training` None, where the checkpoint has nothing to measure them by.
    """

    reliability: tuple[Bin, ...]
    coverages: tuple[Covered, ...] = ()
    unlike_training: float | None = None


@dataclass(frozen=True)
class Cell:
    """One method at one setting, its tolerance (rtol and atol) or its step.

    `accuracy` and `agreement`, with the labels of dopri5 at 1e-6, are shares of all beats, and those whose solve failed
    count as wrong; `evaluations` and `milliseconds` are means a beat.
    """

    method: str
    setting: float
    accuracy: float
    agreement: float
    evaluations: float
    milliseconds: float


def score_of(figures: dict[str, Any]) -> Score:
    """The score that a checkpoint's figures state."""
    return TypeAdapter(Score).validate_python(figures)


def score(truth: Int64[np.ndarray, "beat"], labels: Int64[np.ndarray, "beat"]) -> Score:
    """Compare labels with the truth, both as indices into `LABELS` (-1 for a beat without a label)."""
    places = list(range(len(LABELS)))
    precision, recall, f1, beats = precision_recall_fscore_support(truth, labels, labels=places, zero_division=0)
    return Score(
        accuracy=float((truth == labels).mean()),
        macro_f1=float(f1.mean()),
        classes={
            label: ClassScore(float(precision[i]), float(recall[i]), float(f1[i]), int(beats[i]))
            for i, label in enumerate(LABELS)
        },
        confusion=confusion_matrix(truth, labels, labels=places).tolist(),
    )


def measure_reliability(
    probabilities: Float[np.ndarray, "beat class"], truth: Int64[np.ndarray, "beat"]
) -> tuple[Bin, ...]:
    """The bins of a reliability diagram that have beats, the least confident first.

    Confidence is the probability of the likeliest class; bin k of K holds those in (k / K, (k + 1) / K].
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == truth
    places = np.ceil(confidence * BINS)
    members = [places == place for place in np.unique(places)]
    return tuple(Bin(float(confidence[own].mean()), float(right[own].mean()), int(own.sum())) for own in members)


def expected_calibration_error(bins: tuple[Bin, ...]) -> float:
    """The mean distance of accuracy from confidence over all beats, 0 for none (Naeini et al. 2015, equation 3)."""
    beats = sum(own.beats for own in bins)
    return sum(own.beats * abs(own.accuracy - own.confidence) for own in bins) / beats if beats else 0.0


def measure_confidence(
    decisions: Decisions, truth: Int64[np.ndarray, "beat"], abstention: Abstention | None
) -> Confidence:
    """Of the decisions that there are; of the beats whose solve failed nothing is said."""
    solved = decisions.solved
    probabilities, confidences = decisions.probabilities[solved], decisions.confidences[solved]
    right = decisions.labels[solved] == truth[solved]
    unlike = decisions.unlike_training
    return Confidence(
        measure_reliability(probabilities, truth[solved]),
        tuple(_covered(asked, confidences >= abstention.confidence(asked), right) for asked in COVERAGES)
        if abstention
        else (),
        None if unlike is None else float(unlike.mean()),
    )


def _covered(asked: float, answered: Bool[np.ndarray, "beat"], right: Bool[np.ndarray, "beat"]) -> Covered:
    return Covered(asked, float(answered.mean()), float(1 - right[answered].mean()) if answered.any() else None)


def grid_beats(beats: Dataset) -> Dataset:
    """`GRID_BEATS` of the beats, drawn at random."""
    return beats.select(np.sort(np.random.default_rng(GRID_SEED).permutation(len(beats))[:GRID_BEATS]))


def measure_grid(classifier: Classifier, beats: Dataset) -> tuple[Cell, ...]:
    """The cells of all methods on `grid_beats`, each from its coarsest setting to its finest.

    Empty for a network without a solver.
    """
    if classifier.solver is None:
        return ()
    drawn = grid_beats(beats)
    reference = reference_labels(classifier, drawn)
    cells = []
    for method in tqdm(methods(), desc="methods and tolerances", unit="method", disable=None):
        for setting, solver in _settings(method, classifier.solver):
            started = time.perf_counter()
            decisions = classifier.classify(drawn.beats, solver)
            taken = time.perf_counter() - started
            evaluations = float(decisions.receipts.evaluations.mean()) if decisions.receipts else 0.0
            cells.append(
                Cell(
                    method=method.name,
                    setting=setting,
                    accuracy=float(np.mean(decisions.labels == drawn.labels)),
                    agreement=float(np.mean(decisions.labels == reference)),
                    evaluations=evaluations,
                    milliseconds=1000 * taken / len(drawn),
                )
            )
            if evaluations > MOST_EVALUATIONS and not method.takes_step:
                break
    return tuple(cells)


def reference_labels(classifier: Classifier, beats: Dataset) -> Int64[np.ndarray, "beat"]:
    """The labels by dopri5 at 1e-6, which all others are held to."""
    tight = Solver("dopri5", REFERENCE_TOLERANCE, REFERENCE_TOLERANCE, max_evaluations=100_000)
    labels: np.ndarray = classifier.classify(beats.beats, tight).labels
    return labels


def _settings(method: Method, default: Solver) -> Iterator[tuple[float, Solver]]:
    """The settings of a method, the coarsest first; what the grid does not vary is as the network is released."""
    if method.takes_step:
        for step in STEPS:
            yield step, replace(default, method=method.name, step=step, first_step=None)
    else:
        for tolerance in TOLERANCES:
            yield tolerance, replace(default, method=method.name, rtol=tolerance, atol=tolerance)
