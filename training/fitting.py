"""Fitting: what is found out of a network once its weights are fixed, by beats that are no test beats."""

from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float32, Int64

from models import Checkpoint, Classifier
from training.calibration import fit_calibration
from training.crossvalidation import OutOfFold
from training.dataset import Dataset
from training.dial import fit_dial
from training.splits import Split


def fit(checkpoint: Checkpoint, split: Split, out_of_fold: OutOfFold | None = None, *, dial: bool = True) -> Checkpoint:
    """The checkpoint with all that can be fitted to it: its calibration, and its dial where that is asked for.

    Its probabilities are calibrated on the validation part, or on the decisions `out_of_fold` where the network has
    learnt from all patients. What it was fitted with before does not matter. Its reference beats get the answers that
    it gives now.
    """
    classifier, validation = Classifier.of(checkpoint), split.validation
    logits, labels = _judged(classifier, validation, out_of_fold)
    fits: dict[str, object] = {"calibration": fit_calibration(logits, labels)}
    if dial:
        fits["dial"] = fit_dial(classifier, validation)
    fitted = replace(checkpoint, info=checkpoint.info.model_copy(update=fits))
    answers = Classifier.of(fitted).classify(checkpoint.reference)
    return replace(fitted, reference_probabilities=torch.from_numpy(answers.probabilities))


def _judged(
    classifier: Classifier, validation: Dataset, out_of_fold: OutOfFold | None
) -> tuple[Float32[np.ndarray, "beat class"], Int64[np.ndarray, "beat"]]:
    """Logits of beats that were not learnt from, at the operating point, and their labels."""
    if out_of_fold is None:
        return classifier.answer(validation.beats).logits, validation.labels
    return out_of_fold.logits_at(classifier.operating_point), out_of_fold.labels
