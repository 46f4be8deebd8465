"""From a finished run to its checkpoint: the weights that validated best, scored once on the test part."""

import os
import platform
from importlib.metadata import version

import numpy as np
import torch

from ecg import LABELS, Beats, Label, cut_annotated_beats
from ecg.synthetic import synthesize
from models import Checkpoint, CheckpointInfo, Classifier
from training.dataset import Dataset
from training.fitting import fit
from training.loop import Trainer
from training.scoring import Score, score

LIBRARIES = ("torch", "torchdiffeq", "numpy", "scipy", "safetensors")


def export(trainer: Trainer, dataset: Dataset) -> Checkpoint:
    """The run's checkpoint. This is where the test part is scored, and nothing is chosen by it."""
    recipe, test = trainer.recipe, trainer.split.test
    network = recipe.architecture.build(len(LABELS))
    network.load_state_dict(trainer.best_weights)
    classifier = Classifier(network, recipe.architecture.solver)
    decisions = classifier.classify(test.values)
    reference = reference_beats()
    info = CheckpointInfo(
        name=recipe.name,
        model_version=version("cardiode"),
        architecture=recipe.architecture,
        recipe=recipe.model_dump(mode="json"),
        data_sha256=dataset.sha256,
        seed=recipe.seed,
        commit=trainer.commit,
        hardware=_hardware(trainer.device),
        libraries={"python": platform.python_version()} | {name: version(name) for name in LIBRARIES},
        figures=_figures(score(test.labels, decisions.labels))
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
        weights=trainer.best_weights,
        reference_beats=torch.from_numpy(reference),
        reference_probabilities=torch.from_numpy(classifier.classify(reference).probabilities),
    )
    return fit(checkpoint, trainer.split)


def reference_beats() -> np.ndarray:
    """One synthetic beat of each class, `[5, 187]`: no recorded beat travels in a checkpoint."""
    share: dict[Label, float] = {"S": 0.2, "V": 0.2, "F": 0.2, "Q": 0.2}
    beats: Beats = cut_annotated_beats(synthesize(60, ectopic=share, seed=1))
    return np.stack([beats.values[beats.labels == place][0] for place in range(len(LABELS))])


def _hardware(device: torch.device) -> str:
    """What a run was trained on."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else f"{os.cpu_count()} CPU cores"


def _figures(result: Score) -> dict[str, float]:
    return {"test_accuracy": result.accuracy, "test_macro_f1": result.macro_f1}
