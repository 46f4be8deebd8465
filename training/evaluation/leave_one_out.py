"""Leave one patient out: each patient of DS1 and DS2 is decided on by a network that has learnt from all the others.

Papers report how a classifier does on DS2 when it has learnt from DS1; this reports it of every patient, with nearly
twice as many to learn from. It is reported and no more: nothing that is released is trained or chosen by it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch

from training.data.databases import DS1_GROUPS, DS2_GROUPS, MITDB, PATIENTS
from training.data.dataset import Dataset
from training.data.groups import Group
from training.data.predictions import Predictions, read_predictions
from training.learning.crossvalidation import OUT_OF_FOLD, Folds, crossvalidate, labels_by_others
from training.learning.recipe import Recipe

SHARING = DS1_GROUPS + DS2_GROUPS
"""Within each, patients are given beats of each other when recordings are made."""


def leave_one_out(
    recipe: Recipe,
    examples: Callable[[int], Dataset],
    data: Path,
    folder: Path,
    *,
    patients: Sequence[Sequence[str]] = PATIENTS,
    fresh: bool = False,
    device: torch.device,
    processes: int = 1,
) -> Predictions:
    """Train a network without each patient, in `folder/fold1` and so on, and keep what it says of his recordings.

    `data` is the folder of the databases; `examples` and `processes` are as in `crossvalidate`. Raises what `train`
    raises.
    """
    folds = [(Group(MITDB, data, tuple(names)),) for names in patients]
    out = crossvalidate(Folds(recipe, folds, folder, device, SHARING, fresh), examples, processes)
    out.save(folder / OUT_OF_FOLD, labels_by_others(out))
    return read_predictions(folder / OUT_OF_FOLD)
