"""How good a checkpoint is, and what its solver's tolerance costs and brings."""

import time
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from models import AUTO, Checkpoint, CheckpointInfo, Classifier, Solver
from training.data.dataset import Dataset, Split, split
from training.errors import BadRecipe, UnexpectedData
from training.learning.progress import kept_epoch
from training.learning.recipe import Recipe
from training.measures.scores import (
    TOLERANCES,
    Cell,
    Confidence,
    Score,
    grid_beats,
    measure_confidence,
    measure_grid,
    reference_labels,
    score,
)


@dataclass(frozen=True)
class SweepPoint:
    """One setting of the solver: accuracy, mean evaluations a beat, seconds for all beats, agreement with the tightest.

    `setting` is the tolerance, rtol and atol of the network's own method; None for the method "auto".
    """

    setting: float | None
    accuracy: float
    macro_f1: float
    evaluations: float
    seconds: float
    agreement: float


@dataclass(frozen=True)
class Evaluation:
    """A checkpoint's scores on the test part, and what its confidence is worth there.

    `sweep` and `grid` are empty for a network without a solver. The sweep is of all test beats by the network's own
    method; the grid is of `grid_beats` of them by every method. Of a network of whole recordings the scores are those
    out of fold, and both are of beats that it has learnt from.
    """

    score: Score
    sweep: tuple[SweepPoint, ...] = ()
    grid: tuple[Cell, ...] = ()
    confidence: Confidence | None = None


def checkpoint_of(classifier: Classifier) -> Checkpoint:
    """What a classifier was loaded from. Raises UnexpectedData for one that is still being trained."""
    if classifier.checkpoint is None:
        raise UnexpectedData("got a classifier without a checkpoint, expected one that was loaded from a file")
    return classifier.checkpoint


def split_of(info: CheckpointInfo, dataset: Dataset) -> Split:
    """The split that the checkpoint was trained on.

    Raises UnexpectedData where these are not the beats that it was trained on: its test part would not be one.
    """
    if info.data_sha256 != dataset.sha256:
        raise UnexpectedData(
            f"{info.name} was trained on beats with sha256 {info.data_sha256[:12]}, these have {dataset.sha256[:12]}; "
            "its test part cannot be distinguished from its training part"
        )
    recipe = recipe_of(info)
    return split(dataset, recipe.split)


def recipe_of(info: CheckpointInfo) -> Recipe:
    """The recipe that the checkpoint was trained by. Raises BadRecipe where it holds none."""
    try:
        return Recipe.model_validate(info.recipe)
    except ValueError as error:
        raise BadRecipe(f"the recipe in the checkpoint {info.name} is not valid: {error}") from error


def kept_epoch_of(info: CheckpointInfo) -> int:
    """The epoch whose weights the checkpoint holds."""
    recipe = recipe_of(info)
    if recipe.keep == "last":
        return len(info.history)
    _, first = recipe.cycle_of(len(info.history))
    return kept_epoch([epoch["validation_macro_f1"] for epoch in info.history], first)


def evaluate(classifier: Classifier, test: Dataset, *, sweep: bool = True) -> Evaluation:
    """Score the test part as the service would answer it, then by other settings of its solver."""
    decisions = classifier.classify(test.beats)
    evaluation = Evaluation(
        score(test.labels, decisions.labels),
        confidence=measure_confidence(decisions, test.labels, classifier.abstention),
    )
    if not sweep or classifier.solver is None:
        return evaluation
    points = _sweep(classifier, classifier.solver, test)
    return replace(evaluation, sweep=points, grid=measure_grid(classifier, test))


def evaluate_settings(classifier: Classifier, beats: Dataset, evaluation: Evaluation) -> Evaluation:
    """The evaluation, with what the settings of a solver bring and cost on `grid_beats` of these beats."""
    if classifier.solver is None:
        return evaluation
    drawn = grid_beats(beats)
    points = _sweep(classifier, classifier.solver, drawn)
    return replace(evaluation, sweep=points, grid=measure_grid(classifier, drawn))


def _sweep(classifier: Classifier, default: Solver, test: Dataset) -> tuple[SweepPoint, ...]:
    solvers: dict[float | None, Solver] = {
        tolerance: replace(default, rtol=tolerance, atol=tolerance) for tolerance in TOLERANCES
    }
    if classifier.dial and classifier.dial.auto:
        solvers[None] = replace(default, method=AUTO)
    reference = reference_labels(classifier, test)
    points = []
    for setting, solver in tqdm(solvers.items(), desc="all test beats", unit="setting", disable=None):
        started = time.perf_counter()
        decisions = classifier.classify(test.beats, solver)
        seconds = time.perf_counter() - started
        reached = score(test.labels, decisions.labels)
        points.append(
            SweepPoint(
                setting=setting,
                accuracy=reached.accuracy,
                macro_f1=reached.macro_f1,
                evaluations=float(np.mean(decisions.receipts.evaluations)) if decisions.receipts else 0.0,
                seconds=seconds,
                agreement=float(np.mean(decisions.labels == reference)),
            )
        )
    return tuple(points)
