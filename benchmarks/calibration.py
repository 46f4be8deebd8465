"""Calibration: which scaling of the logits makes probabilities that can be believed?

`python -m benchmarks.calibration` compares, on the validation part of each released model, leaving them as they are,
one temperature, and a scale and a bias a class (vector scaling; both Guo et al. 2017). Each tenth of the beats is
judged by what was fitted on the other nine.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize
from scipy.special import softmax

from benchmarks import explain
from models import Classifier
from training.data.databases import data_folder
from training.data.dataset import BEATS_FILE, load_or_build
from training.evaluation.evaluation import split_of
from training.measures.scores import expected_calibration_error, measure_reliability, score
from training.posthoc.fit import cross_entropy, fit_calibration
from training.table import table

FOLDS = 10

Scaling = Callable[[np.ndarray], np.ndarray]


def main() -> None:
    explain(__doc__)
    dataset = load_or_build(BEATS_FILE, data_folder())
    rows = []
    for name in ("resnet", "odenet"):
        classifier = Classifier.load(name)
        validation = split_of(classifier.checkpoint.info, dataset).validation
        logits = classifier.answer(validation.values).logits.astype(np.float64)
        for method, fit in METHODS.items():
            rows.append([name, method, *judged(scaled(logits, validation.labels, fit), validation.labels)])
    print(table(["model", "scaling", "calibration error", "cross-entropy", "accuracy", "macro-F1"], rows))


def scaled(logits: np.ndarray, truth: np.ndarray, fit: Callable[[np.ndarray, np.ndarray], Scaling]) -> np.ndarray:
    """The logits, each tenth as the other nine say."""
    fold = np.random.default_rng(0).permutation(len(logits)) % FOLDS
    result = np.empty_like(logits)
    for own in range(FOLDS):
        rest = fold != own
        result[fold == own] = fit(logits[rest], truth[rest])(logits[fold == own])
    return result


def judged(logits: np.ndarray, truth: np.ndarray) -> list[str]:
    error = expected_calibration_error(measure_reliability(softmax(logits, axis=1), truth))
    reached = score(truth, logits.argmax(axis=1))
    return [f"{error:.4f}", f"{cross_entropy(logits, truth):.4f}", f"{reached.accuracy:.2%}", f"{reached.macro_f1:.4f}"]


def fit_temperature(logits: np.ndarray, truth: np.ndarray) -> Scaling:
    temperature = fit_calibration(logits.astype(np.float32), truth).temperature
    return lambda others: others / temperature


def fit_vector(logits: np.ndarray, truth: np.ndarray) -> Scaling:
    classes = logits.shape[1]
    found = minimize(
        lambda v: cross_entropy(logits * np.exp(v[:classes]) + v[classes:], truth), np.zeros(2 * classes)
    ).x
    return lambda others: others * np.exp(found[:classes]) + found[classes:]


METHODS: dict[str, Callable[[np.ndarray, np.ndarray], Scaling]] = {
    "none": lambda *_: lambda others: others,
    "temperature": fit_temperature,
    "vector": fit_vector,
}


if __name__ == "__main__":
    main()
