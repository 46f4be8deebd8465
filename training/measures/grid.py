"""The grid: what a network answers, and what it costs, by every method at every setting.

A network that was trained with one solver can fail under another (Ott et al., "ResNet after all", 2021); this shows
under which it does not.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int64
from tqdm import tqdm

from models import Classifier, Solver
from ode import Method, methods
from training.data.dataset import Dataset

TOLERANCES = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
STEPS = (1.0, 1 / 2, 1 / 4, 1 / 8, 1 / 16)
MOST_EVALUATIONS = 250
"""An adaptive method's row ends with the first tolerance that costs more: nobody would choose one tighter."""
REFERENCE_TOLERANCE = 1e-6
GRID_SEED = 0


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


def measure_grid(classifier: Classifier, beats: Dataset, count: int) -> tuple[Cell, ...]:
    """The cells of all methods on `count` of the beats, drawn at random, each from its coarsest setting to its finest.

    Empty for a network without a solver.
    """
    if classifier.solver is None:
        return ()
    drawn = beats.select(np.sort(np.random.default_rng(GRID_SEED).permutation(len(beats))[:count]))
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
