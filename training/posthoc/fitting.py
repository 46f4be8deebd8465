"""Fitting: what is found out of a network once its weights are fixed, by beats that are no test beats."""

from dataclasses import asdict, replace

import numpy as np
import torch
from jaxtyping import Float32, Int64
from pydantic import TypeAdapter

from models import Checkpoint, CheckpointInfo, Classifier, Novelty
from models.decisions import Decisions
from training.data.dataset import Dataset, Split
from training.learning.crossvalidation import OutOfFold, fifths
from training.measures.confidence import Confidence, measure_confidence
from training.posthoc.abstention import fit_abstention
from training.posthoc.calibration import fit_calibration
from training.posthoc.dial import fit_dial
from training.posthoc.novelty import fit_novelty, fit_novelty_to_patients

CONFIDENCE = "confidence"
"""What `fit` adds to a checkpoint's figures."""

BEATS = 20_000
"""Drawn of a part, where all would say no more of novelty or of the dial."""


def fit(checkpoint: Checkpoint, split: Split, out_of_fold: OutOfFold | None = None, *, dial: bool = True) -> Checkpoint:
    """The checkpoint with all that can be fitted to it: calibration, abstention, novelty, and its dial where asked for.

    Its probabilities are fitted on the validation part, or on the decisions `out_of_fold` where the network has
    learnt from all patients. What it was fitted with before does not matter. Its reference beats get the answers that
    it gives now.
    """
    classifier, validation = Classifier.of(checkpoint), split.validation
    logits, labels = _judged(classifier, validation, out_of_fold)
    calibration = fit_calibration(logits, labels)
    abstention = fit_abstention(calibration.probabilities(logits).max(axis=1))
    fits: dict[str, object] = {"calibration": calibration, "abstention": abstention}
    if out_of_fold is not None:
        tried = Decisions(_tried_on_each_fifth(logits, out_of_fold))
        confidence = {CONFIDENCE: asdict(measure_confidence(tried, labels, abstention))}
        fits["figures"] = checkpoint.info.figures | confidence
    if dial:
        fits["dial"] = fit_dial(classifier, _drawn(validation))
    novelty = _novelty(classifier, split, to_patients=out_of_fold is not None)
    fitted = replace(checkpoint, info=checkpoint.info.model_copy(update=fits), novelty=novelty)
    answers = Classifier.of(fitted).classify(checkpoint.reference)
    return replace(fitted, reference_probabilities=torch.from_numpy(answers.probabilities))


def _novelty(classifier: Classifier, split: Split, *, to_patients: bool) -> Novelty:
    if to_patients:
        beats = _drawn(split.validation)
        return fit_novelty_to_patients(classifier.answer(beats.beats).features, beats.labels, beats.recordings)
    train = _drawn(split.train)
    validation = classifier.answer(split.validation.beats).features
    return fit_novelty(classifier.answer(train.beats).features, train.labels, validation)


def _drawn(part: Dataset) -> Dataset:
    return part.select(np.sort(np.random.default_rng(0).permutation(len(part))[:BEATS]))


def confidence_of(info: CheckpointInfo) -> Confidence | None:
    """What `fit` measured of decisions out of fold; None where it had none."""
    return TypeAdapter(Confidence | None).validate_python(info.figures.get(CONFIDENCE))


def _tried_on_each_fifth(
    logits: Float32[np.ndarray, "beat class"], out: OutOfFold
) -> Float32[np.ndarray, "beat class"]:
    """The probabilities of the beats of each fifth of the patients, calibrated on the others'."""
    probabilities = np.empty_like(logits)
    for own, others in fifths(out.recordings):
        calibration = fit_calibration(logits[others], out.labels[others])
        probabilities[own] = calibration.probabilities(logits[own])
    return probabilities


def _judged(
    classifier: Classifier, validation: Dataset, out_of_fold: OutOfFold | None
) -> tuple[Float32[np.ndarray, "beat class"], Int64[np.ndarray, "beat"]]:
    """Logits of beats that were not learnt from, at the operating point, and their labels."""
    if out_of_fold is None:
        return classifier.answer(validation.beats).logits, validation.labels
    return out_of_fold.logits_at(classifier.operating_point), out_of_fold.labels
