"""From a finished run to its checkpoint: the weights that validated best, scored once on the test part."""

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np
import torch

from ecg import LABELS, Beats, BeatsInContext, Label, choose_leads, cut_annotated_beats
from ecg.synthetic import synthesize
from models import Checkpoint, CheckpointInfo, Classifier
from models.checkpoint.file import AddedRecordings, preprocessing_of
from training.data.dataset import Dataset
from training.learning.crossvalidation import OutOfFold, choose_operating_point
from training.learning.loop import Trainer, weights_of
from training.learning.recipe import Recipe
from training.measures.label_scores import Score, score
from training.posthoc.fitting import fit
from training.synthesis.examples import detected

LIBRARIES = ("torch", "torchdiffeq", "numpy", "scipy", "safetensors")


def export(
    recipe: Recipe,
    trainers: Sequence[Trainer],
    dataset: Dataset,
    out_of_fold: OutOfFold | None = None,
    added: AddedRecordings | None = None,
    *,
    dial: bool = True,
) -> Checkpoint:
    """The checkpoint of a recipe's runs. This is where the test part is scored, and nothing is chosen by it.

    A network that learnt from all patients of the training part has decisions `out_of_fold` instead, on beats that are
    judged and marked: they choose its operating point, and `evaluate` scores it on patients that are in no part.
    `added` are recordings that the training part has beside those of mitdb. Of a committee, the history is that of its
    first member. Its dial is fitted where asked for.
    """
    trainer, weights = trainers[0], weights_of(recipe, trainers)
    network = recipe.architecture.build(len(LABELS))
    network.load_state_dict(weights)
    operating_point = choose_operating_point(out_of_fold) if out_of_fold else None
    classifier = Classifier(network, recipe.architecture.solver, operating_point=operating_point)
    reference = reference_beats_in_context() if classifier.in_context else reference_beats()
    info = CheckpointInfo(
        name=recipe.name,
        model_version=version("cardiode"),
        architecture=recipe.architecture,
        preprocessing=preprocessing_of(recipe.architecture),
        operating_point=operating_point,
        recipe=recipe.model_dump(mode="json"),
        data_sha256=dataset.sha256,
        added=added,
        seed=recipe.seed,
        commit=trainer.commit,
        hardware=_hardware(trainer.device),
        libraries={"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        figures=_figures(classifier, trainer.split.test, out_of_fold)
        | {
            "parameters": sum(parameter.numel() for parameter in network.parameters()),
            "validation_macro_f1": trainer.kept.validation_macro_f1,
            "minutes_an_epoch": float(np.median([epoch.seconds for epoch in trainer.history])) / 60,
            "peak_memory_mb": max(epoch.peak_memory_mb for epoch in trainer.history),
        },
        history=[vars(epoch) for epoch in trainer.history],
    )
    checkpoint = Checkpoint(
        info=info,
        weights=weights,
        reference_beats=torch.from_numpy(reference.values if isinstance(reference, BeatsInContext) else reference),
        reference_probabilities=torch.from_numpy(classifier.classify(reference).probabilities),
    )
    return fit(checkpoint, trainer.split, out_of_fold, dial=dial)


def reference_beats() -> np.ndarray:
    """One synthetic beat of each class, `[5, 187]`: no recorded beat travels in a checkpoint."""
    share: dict[Label, float] = {"S": 0.2, "V": 0.2, "F": 0.2, "Q": 0.2}
    beats: Beats = cut_annotated_beats(synthesize(60, ectopic=share, seed=1))
    return np.stack([beats.values[beats.labels == place][0] for place in range(len(LABELS))])


def reference_beats_in_context() -> BeatsInContext:
    """Some synthetic beats of each class, in the context of a synthetic recording."""
    share: dict[Label, float] = {"S": 0.1, "V": 0.1, "F": 0.05, "Q": 0.05}
    recording = synthesize(120, ectopic=share, seed=1)
    _, beats = detected(recording, choose_leads(recording))
    return beats.select(np.arange(0, len(beats), 10))


def _hardware(device: torch.device) -> str:
    """What a run was trained on."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"{os.cpu_count()} CPU cores"


def _figures(classifier: Classifier, test: Dataset, out_of_fold: OutOfFold | None) -> dict[str, Any]:
    if out_of_fold is None:
        result = score(test.labels, classifier.classify(test.beats).labels)
        return {"test_accuracy": result.accuracy, "test_macro_f1": result.macro_f1}
    return {
        "out_of_fold": asdict(score_out_of_fold(out_of_fold)),
        "out_of_fold_recordings": confusions_out_of_fold(out_of_fold),
    }


def score_out_of_fold(out_of_fold: OutOfFold) -> Score:
    """The scores at the operating point that these decisions choose."""
    return score(out_of_fold.labels, out_of_fold.labels_at(choose_operating_point(out_of_fold)))


def confusions_out_of_fold(out_of_fold: OutOfFold) -> dict[str, list[list[int]]]:
    """The same decisions, counted by recording: a row for each true class, a column for each label."""
    said = out_of_fold.labels_at(choose_operating_point(out_of_fold))
    return {
        name: score(out_of_fold.labels[own], said[own]).confusion
        for name in np.unique(out_of_fold.recordings).tolist()
        for own in [out_of_fold.recordings == name]
    }
