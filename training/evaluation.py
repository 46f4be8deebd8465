"""How good a checkpoint is, and what its solver's tolerance costs and brings."""

import time
from dataclasses import dataclass, replace

import numpy as np
from tqdm import tqdm

from models import CheckpointInfo, Classifier
from training.dataset import Dataset
from training.errors import BadRecipe, UnexpectedData
from training.recipe import Recipe
from training.scoring import Score, score
from training.splits import Split, split

TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5)


@dataclass(frozen=True)
class SweepPoint:
    """One tolerance: accuracy, mean evaluations a beat, seconds for all beats, and agreement with the tightest."""

    tolerance: float
    accuracy: float
    macro_f1: float
    evaluations: float
    seconds: float
    agreement: float


@dataclass(frozen=True)
class Evaluation:
    """A checkpoint's scores on the test part; `sweep` is empty for a network without a solver."""

    score: Score
    sweep: tuple[SweepPoint, ...]


def split_of(info: CheckpointInfo, dataset: Dataset) -> Split:
    """The split that the checkpoint was trained on.

    Raises UnexpectedData where these are not the beats that it was trained on: its test part would not be one.
    """
    if info.data_sha256 != dataset.sha256:
        raise UnexpectedData(
            f"{info.name} was trained on beats with sha256 {info.data_sha256[:12]}, these have {dataset.sha256[:12]}; "
            "its test part cannot be told from its training part"
        )
    try:
        recipe = Recipe.model_validate(info.recipe)
    except ValueError as error:
        raise BadRecipe(f"the recipe in the checkpoint {info.name} does not hold: {error}") from error
    return split(dataset, recipe.split, recipe.seed)


def evaluate(classifier: Classifier, test: Dataset, *, sweep: bool = True) -> Evaluation:
    """Score the test part as the service would answer it, then at each tolerance."""
    decisions = classifier.classify(test.values)
    points = _sweep(classifier, test) if sweep and classifier.solver else ()
    return Evaluation(score(test.labels, decisions.labels), points)


def _sweep(classifier: Classifier, test: Dataset) -> tuple[SweepPoint, ...]:
    if classifier.solver is None:
        return ()
    results = []
    for tolerance in tqdm(TOLERANCES, desc="tolerance sweep", unit="tolerance", disable=None):
        started = time.perf_counter()
        solver = replace(classifier.solver, rtol=tolerance, atol=tolerance)
        results.append((tolerance, classifier.classify(test.values, solver), time.perf_counter() - started))
    tightest = results[-1][1].labels
    return tuple(
        SweepPoint(
            tolerance=tolerance,
            accuracy=score(test.labels, decisions.labels).accuracy,
            macro_f1=score(test.labels, decisions.labels).macro_f1,
            evaluations=float(np.mean(decisions.receipts.evaluations)) if decisions.receipts else 0.0,
            seconds=seconds,
            agreement=float(np.mean(decisions.labels == tightest)),
        )
        for tolerance, decisions, seconds in results
    )
