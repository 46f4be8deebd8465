"""Fitting: what is found out of a network once its weights are fixed, by its training and validation beats alone."""

from dataclasses import replace

import torch

from models import Checkpoint, Classifier
from training.calibration import fit_calibration
from training.dial import fit_dial
from training.splits import Split


def fit(checkpoint: Checkpoint, split: Split, *, dial: bool = True) -> Checkpoint:
    """The checkpoint with all that can be fitted to it: its calibration, and its dial where that is asked for.

    What it was fitted with before does not matter. Its reference beats get the answers that it gives now.
    """
    classifier, validation = Classifier.of(checkpoint), split.validation
    fits: dict[str, object] = {
        "calibration": fit_calibration(classifier.answer(validation.values).logits, validation.labels)
    }
    if dial:
        fits["dial"] = fit_dial(classifier, validation)
    info = checkpoint.info.model_copy(update=fits)
    fitted = replace(checkpoint, info=info)
    answers = Classifier.of(fitted).classify(checkpoint.reference_beats.numpy())
    return replace(fitted, reference_probabilities=torch.from_numpy(answers.probabilities))
