"""Leave one patient out: each patient of DS1 and DS2 is decided on by a network that has learnt from all the others.

Papers report how a classifier does on DS2 when it has learnt from DS1; this reports it of every patient, with nearly
twice as many to learn from. It is reported and no more: nothing that is released is trained or chosen by it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64

from ecg import Recording
from training.data.databases import DS1_GROUPS, DS2_GROUPS, PATIENTS
from training.data.dataset import Dataset
from training.data.predictions import Predictions, read_predictions
from training.learning.crossvalidation import OUT_OF_FOLD, OutOfFold, choose_operating_point, crossvalidate, fifths
from training.learning.recipe import Recipe

SHARING = DS1_GROUPS + DS2_GROUPS
"""Within each, patients are given beats of each other when recordings are made."""


def leave_one_out(
    recipe: Recipe,
    examples: Dataset,
    read: Callable[[str], Recording],
    folder: Path,
    *,
    patients: Sequence[Sequence[str]] = PATIENTS,
    fresh: bool = False,
    device: torch.device,
) -> Predictions:
    """Train a network without each patient, in `folder/fold1` and so on, and keep what it says of his recordings.

    `read` gives the annotated recording of a name. Raises what `train` raises.
    """
    out = crossvalidate(recipe, examples, patients, read, folder, sharing=SHARING, fresh=fresh, device=device)
    out.save(folder / OUT_OF_FOLD, labels_by_others(out))
    return read_predictions(folder / OUT_OF_FOLD)


def labels_by_others(out: OutOfFold) -> Int64[np.ndarray, "beat"]:
    """The labels at operating points that were chosen on beats of other patients, -1 where none was decided on."""
    labels = np.full(len(out.labels), -1)
    for own, others in fifths(out.recordings):
        labels[own] = out.select(own).labels_at(choose_operating_point(out.select(others).known))
    return labels
