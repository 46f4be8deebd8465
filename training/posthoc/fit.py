"""What is fitted to a network once its weights are fixed, by beats that are no test beats.

Calibration makes its probabilities mean what they say, abstention is what confidence a coverage asks for, novelty is
which beats are unlike training, and the dial is which settings of its solver can be trusted.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from itertools import takewhile
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from pydantic import TypeAdapter
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from models import (
    Abstention,
    Auto,
    Calibration,
    Checkpoint,
    CheckpointInfo,
    Classifier,
    Dial,
    Novelty,
    Solver,
    Validated,
)
from models.checkpoint.abstention import ALL, LEAST
from models.decisions import Decisions
from ode import find_method
from training.data.dataset import Dataset, Split
from training.learning.crossvalidation import OutOfFold, fifths
from training.measures.scores import Cell, Confidence, measure_confidence, measure_grid, reference_labels

CONFIDENCE = "confidence"
"""The entry of a checkpoint's figures that is measured out of fold."""

BEATS = 20_000
"""Drawn of a part, where all would say no more of novelty or of the dial."""

COLDEST, HOTTEST = 0.05, 20.0

COVERAGES = (*np.arange(LEAST, ALL - 0.005, 0.01).round(2).tolist(), 0.995, ALL)

RIDGE = 1e-5
"""Of the mean variance, added to each: it keeps a feature that never moves from counting for everything."""

PASSED = 0.995
"""The share of beats that it was not fitted to which are not unlike training. More than half of most foreign signals
lie beyond; where 99.9 % pass, less than half (`python -m benchmarks.novelty`)."""

AGREEMENT = 0.999
"""A setting is validated where at least this share of the beats is labelled as by dopri5 at 1e-6."""
CHEAP = Solver("heun_euler", rtol=1.0, atol=1.0, first_step=1.0)
"""One step over the whole interval, two evaluations, with an error estimate."""
TIGHT = Solver("bosh3", rtol=1e-3, atol=1e-3, first_step=1.0)
"""Where a step of dopri5 would be refused, the short steps of bosh3 cost less."""
MISSED = 5e-4
"""The share of validation beats that the method "auto" may leave with another label than that of dopri5 at 1e-6."""


@runtime_checkable
class Evidence(Protocol):
    """The beats that a network is fitted on: of a validation part, or of patients who were left out."""

    @property
    def labels(self) -> Int64[np.ndarray, "beat"]:
        """The labels of beats that it has not learnt from."""

    def logits(self, classifier: Classifier) -> Float32[np.ndarray, "beat class"]:
        """Its logits of these beats, at the operating point."""

    def figures(self, logits: Float32[np.ndarray, "beat class"], abstention: Abstention) -> Mapping[str, Any]:
        """What a checkpoint's figures keep of them."""

    def novelty(self, classifier: Classifier) -> Novelty:
        """Which beats are unlike training."""

    @property
    def dial_beats(self) -> Dataset:
        """The beats that settings of its solver are tried on."""


@dataclass(frozen=True)
class ValidationPart:
    """Of a network of single beats: the validation part of its split, from which it has not learnt."""

    split: Split

    @property
    def labels(self) -> Int64[np.ndarray, "beat"]:
        """Those of the validation part."""
        return self.split.validation.labels

    def logits(self, classifier: Classifier) -> Float32[np.ndarray, "beat class"]:
        """Those of the validation part."""
        return classifier.answer(self.split.validation.beats).logits

    def figures(self, logits: Float32[np.ndarray, "beat class"], abstention: Abstention) -> Mapping[str, Any]:  # noqa: ARG002 - nothing is measured: its test part will be
        """None: what its confidence is worth is measured on its test part."""
        return {}

    def novelty(self, classifier: Classifier) -> Novelty:
        """Fitted to the training part, its threshold to the validation part."""
        train = _drawn(self.split.train)
        validation = classifier.answer(self.split.validation.beats).features
        return fit_novelty(classifier.answer(train.beats).features, train.labels, validation)

    @property
    def dial_beats(self) -> Dataset:
        """The validation part."""
        return _drawn(self.split.validation)


@dataclass(frozen=True)
class LeftOutPatients:
    """Of a network of whole recordings: what others decided on patients that were left out, for it knows them all.

    `out_of_fold` are beats that are decided on and marked; `beats` are those of the same recordings as they are, which
    the network has learnt from.
    """

    out_of_fold: OutOfFold
    beats: Dataset

    @property
    def labels(self) -> Int64[np.ndarray, "beat"]:
        """Those of the beats that were decided on."""
        return self.out_of_fold.labels

    def logits(self, classifier: Classifier) -> Float32[np.ndarray, "beat class"]:
        """What the others said, at this network's operating point."""
        return self.out_of_fold.logits_at(classifier.operating_point)

    def figures(self, logits: Float32[np.ndarray, "beat class"], abstention: Abstention) -> Mapping[str, Any]:
        """What their confidence is worth, calibrated on other patients."""
        probabilities = np.empty_like(logits)
        for own, others in fifths(self.out_of_fold.recordings):
            calibration = fit_calibration(logits[others], self.labels[others])
            probabilities[own] = calibration.probabilities(logits[own])
        return {CONFIDENCE: asdict(measure_confidence(Decisions(probabilities), self.labels, abstention))}

    def novelty(self, classifier: Classifier) -> Novelty:
        """Fitted to the patients, its threshold to each fifth of them by the others."""
        beats = self.dial_beats
        return fit_novelty_to_patients(classifier.answer(beats.beats).features, beats.labels, beats.recordings)

    @property
    def dial_beats(self) -> Dataset:
        """Some of the beats as they are."""
        return _drawn(self.beats)


def _drawn(part: Dataset) -> Dataset:
    return part.select(np.sort(np.random.default_rng(0).permutation(len(part))[:BEATS]))


def fit(checkpoint: Checkpoint, evidence: Evidence, *, dial: bool = True) -> Checkpoint:
    """The checkpoint with all that can be fitted to it: calibration, abstention, novelty, and its dial where asked for.

    What it was fitted with before does not matter. Its reference beats get the answers that it gives now.
    """
    classifier = Classifier.of(checkpoint)
    logits = evidence.logits(classifier)
    calibration = fit_calibration(logits, evidence.labels)
    abstention = fit_abstention(calibration.probabilities(logits).max(axis=1))
    fits = {
        "calibration": calibration,
        "abstention": abstention,
        "figures": {**checkpoint.info.figures, **evidence.figures(logits, abstention)},
        "dial": fit_dial(classifier, evidence.dial_beats) if dial else checkpoint.info.dial,
    }
    fitted = replace(checkpoint, info=checkpoint.info.model_copy(update=fits), novelty=evidence.novelty(classifier))
    answers = Classifier.of(fitted).classify(checkpoint.reference)
    return replace(fitted, reference_probabilities=torch.from_numpy(answers.probabilities))


def confidence_of(info: CheckpointInfo) -> Confidence | None:
    """What `fit` measured of decisions out of fold; None where it had none."""
    return TypeAdapter(Confidence | None).validate_python(info.figures.get(CONFIDENCE))


def fit_calibration(logits: Float32[np.ndarray, "beat class"], truth: Int64[np.ndarray, "beat"]) -> Calibration:
    """The temperature that makes the true classes likeliest, which is one of least cross-entropy.

    Cross-entropy is convex in the temperature's inverse, so there is one least value.
    """
    exact = logits.astype(np.float64)
    found = minimize_scalar(
        lambda inverse: cross_entropy(inverse * exact, truth), bounds=(1 / HOTTEST, 1 / COLDEST), method="bounded"
    )
    return Calibration(temperature=1 / float(found.x))


def cross_entropy(logits: Float[np.ndarray, "beat class"], truth: Int64[np.ndarray, "beat"]) -> float:
    """The mean of minus the logarithm of the true class's probability."""
    return -float(log_softmax(logits, axis=1)[np.arange(len(truth)), truth].mean())


def fit_abstention(confidences: Float[np.ndarray, "beat"]) -> Abstention:
    """The table of a network, from the confidence of each validation beat, none of which it was trained on.

    Of these beats at least the share that is asked for has the confidence that the table says.
    """
    rising = np.sort(confidences.astype(np.float64))
    needed = [float(rising[int((1 - coverage) * len(rising))]) for coverage in COVERAGES[:-1]]
    return Abstention(coverages=COVERAGES, confidences=(*needed, 0.0))


def fit_novelty(
    features: Float32[np.ndarray, "beat feature"],
    labels: Int64[np.ndarray, "beat"],
    validation: Float32[np.ndarray, "validation feature"],
) -> Novelty:
    """The classes' means and their covariance by training beats, the threshold by validation beats."""
    fitted = _fit_novelty(features, labels)
    return _passing(fitted, fitted.distances(validation))


def fit_novelty_to_patients(
    features: Float32[np.ndarray, "beat feature"], labels: Int64[np.ndarray, "beat"], recordings: np.ndarray
) -> Novelty:
    """The same without a validation part: the threshold is by the beats of each fifth of the patients, by what was
    fitted to the others.
    """
    distances = np.zeros(len(features), dtype=np.float32)
    for own, others in fifths(recordings):
        distances[own] = _fit_novelty(features[others], labels[others]).distances(features[own])
    return _passing(_fit_novelty(features, labels), distances)


def _fit_novelty(features: Float32[np.ndarray, "beat feature"], labels: Int64[np.ndarray, "beat"]) -> Novelty:
    present, places = np.unique(labels, return_inverse=True)
    exact = features.astype(np.float64)
    means = np.stack([exact[labels == label].mean(axis=0) for label in present])
    within = exact - means[places]
    covariance = within.T @ within / len(within)
    ridge = RIDGE * np.trace(covariance) / len(covariance)
    whitening = np.linalg.inv(np.linalg.cholesky(covariance + ridge * np.eye(len(covariance)))).T
    return Novelty(whitening.astype(np.float32), (means @ whitening).astype(np.float32), np.inf)


def _passing(fitted: Novelty, distances: Float32[np.ndarray, "beat"]) -> Novelty:
    return replace(fitted, threshold=float(np.quantile(distances, PASSED)))


def fit_dial(classifier: Classifier, validation: Dataset) -> Dial | None:
    """The dial of a network; None for one without a solver."""
    if classifier.solver is None:
        return None
    cells = measure_grid(classifier, validation)
    return Dial(validated=validated(cells, classifier.solver), auto=_fit_auto(classifier, validation))


def validated(cells: tuple[Cell, ...], default: Solver) -> tuple[Validated, ...]:
    """Of each method the settings from its finest to the last before one that does not agree."""
    found = []
    for name in dict.fromkeys(cell.method for cell in cells):
        finest_first = [cell for cell in reversed(cells) if cell.method == name]
        agreed = [cell.setting for cell in takewhile(lambda cell: cell.agreement >= AGREEMENT, finest_first)]
        if agreed:
            found.append(_validated(name, (agreed[0], agreed[-1]), default))
    return tuple(found)


def _validated(name: str, settings: tuple[float, float], default: Solver) -> Validated:
    method = find_method(name)
    if not method.takes_step:
        return Validated(method=name, tolerances=settings)
    # How well implicit steps are solved was not varied: as well as by default, or better.
    tolerances = (0.0, min(default.rtol, default.atol)) if method.takes_tolerance else None
    return Validated(method=name, steps=settings, tolerances=tolerances)


def _fit_auto(classifier: Classifier, validation: Dataset) -> Auto:
    """The least doubt that leaves no more beats missed than may be."""
    reference = reference_labels(classifier, validation)
    cheap = classifier.solve(validation.beats, CHEAP)
    with np.errstate(divide="ignore"):
        sureness = cheap.answers.margin / cheap.cost.error
    missed = np.sort(sureness[(cheap.answers.logits.argmax(axis=1) != reference) & cheap.cost.solved])[::-1]
    allowed = int(MISSED * len(validation))
    doubt = float(missed[allowed]) if len(missed) > allowed else 0.0
    return Auto(cheap=CHEAP, tight=TIGHT, doubt=doubt)
