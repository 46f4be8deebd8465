"""What is reported of a classifier where each patient was left out in turn."""

from collections.abc import Callable

from ecg import Recording
from ecg.scoring import LEARNING, Comparison
from ecg.scoring.tables import summary_table
from training.data.databases import PATIENTS
from training.data.predictions import Predictions
from training.evaluation.patients import compare_with_reference
from training.learning.recipe import Recipe
from training.reports.patients import COUNTED
from training.reports.scores import BOUNDS, STATISTICS, class_tables, statistics_table

REPORT = "leave_one_out.md"
"""What the report is called in the run's folder."""

VIEWS = {"from 5 min on": LEARNING, "whole": 0.0}

HOW = """\
For each of {patients} patients (44 recordings of DS1 and DS2; 201 and 202 are of one man) a network was trained on the
recordings of all others, by the recipe `{recipe}`{members}. Recordings that were made of others with beats of his own
were left out too. It decided on his recordings as the service does, at R peaks that were found. The operating point of
each fifth of the patients was chosen on the other four. `{command}` does all this."""


def leave_one_out_report(recipe: Recipe, predictions: Predictions, read: Callable[[str], Recording]) -> str:
    """What was reached, in Markdown: each recording, gross and average, five and three classes, with bounds."""
    command, members = f"cardiode leave-one-out {recipe.name}", ""
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
