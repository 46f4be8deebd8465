"""Leave one patient out: each patient of DS1 and DS2 is decided on by a network that has learnt from all the others.

Papers tell how a classifier does on DS2 when it has learnt from DS1; this tells it of every patient, with nearly twice
as many to learn from. It is told and no more: nothing that is released is trained or chosen by it.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Int64

from ecg import Recording
from ecg.scoring import LEARNING, Comparison
from ecg.scoring.tables import summary_table
from training.data.databases import DS1_GROUPS, DS2_GROUPS, PATIENTS
from training.data.dataset import Dataset
from training.data.predictions import Predictions, read_predictions
from training.evaluation.patients import compare_with_reference
from training.learning.crossvalidation import OUT_OF_FOLD, OutOfFold, choose_operating_point, crossvalidate, fifths
from training.learning.recipe import Recipe
from training.reports.patients import COUNTED
from training.reports.scores import BOUNDS, STATISTICS, class_tables, statistics_table

SHARING = DS1_GROUPS + DS2_GROUPS
"""Within each, patients are given beats of each other when recordings are made."""

REPORT = "leave_one_out.md"
"""What the report is called in the run's folder."""

VIEWS = {"from 5 min on": LEARNING, "whole": 0.0}

HOW = """\
For each of {patients} patients (44 recordings of DS1 and DS2; 201 and 202 are of one man) a network was trained on the
recordings of all others, by the recipe `{recipe}`{members}. Recordings that were made of others with beats of his own
were left out too. It decided on his recordings as the service does, at R peaks that were found. The operating point of
each fifth of the patients was chosen on the other four. `{command}` does all this."""


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


def report(recipe: Recipe, predictions: Predictions, read: Callable[[str], Recording]) -> str:
    """What was reached, in Markdown: each recording, gross and average, five and three classes, with bounds."""
    command, members = f"python -m training leave-one-out {recipe.name}", ""
    if recipe.architecture.kind == "committee":
        number = recipe.architecture.members
        command += f" architecture.members={number}"
        members = f", with {number} networks" if number > 1 else ", with one network"
    how = HOW.format(patients=len(PATIENTS), recipe=recipe.name, members=members, command=command)
    parts = [f"# {recipe.name}: each patient left out in turn", f"{how}\n{COUNTED}"]
    for name, start in VIEWS.items():
        comparisons = [_comparison(predictions, read(recording), start) for recording in predictions.names]
        parts += [
            f"## {name.capitalize()}",
            statistics_table(comparisons, STATISTICS, "by the standard"),
            class_tables(comparisons),
            BOUNDS.format(recordings=len(comparisons)),
            "<details><summary>Each recording</summary>",
            f"```\n{summary_table(comparisons)}```",
            "</details>",
        ]
    return "\n\n".join(parts) + "\n"


def _comparison(predictions: Predictions, recording: Recording, start: float) -> Comparison:
    return compare_with_reference(recording, predictions.of(recording.name), start)
