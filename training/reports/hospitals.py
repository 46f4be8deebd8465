"""The questions of a card: how it does in a new hospital, on a new patient of a known one, on the literature's.

Every figure is of R peaks found, from the fifth minute on, escape beats as N, gross, with bounds by patients.
"""

from collections.abc import Sequence

from ecg.scoring import Comparison
from ecg.scoring.intervals import interval
from models import CheckpointInfo
from training.data.databases import DATABASES
from training.evaluation.folder import MEASURES, FolderResults, comparison_of
from training.evaluation.patients import AS_SERVED, Patients
from training.table import table

SHOWN = {
    "F1 of S": "S: F1",
    "SVEB sensitivity": "Se",
    "SVEB positive predictivity": "+P",
    "F1 of V": "V: F1",
    "VEB sensitivity": "Se",
    "VEB positive predictivity": "+P",
    "accuracy, five classes": "accuracy",
}
"""The figures of each, in percent; bounds of the F1 alone."""

NEW_HOSPITAL = "a new hospital"
NEW_PATIENT = "a new patient of a hospital that it knows"
LITERATURE = "the literature's split (DS1, tested on DS2)"


def questions_table(info: CheckpointInfo, hospitals: Sequence[FolderResults], patients: Patients | None) -> str:
    """A line for each question and database."""
    asked: list[tuple[str, str, Sequence[Comparison]]] = [
        (NEW_HOSPITAL, f"{one.folder}, by {one.model}", one.comparisons) for one in hospitals
    ]
    for database, matrices in info.figures.get("out_of_fold_compared", {}).items():
        compared = [comparison_of(name, matrix) for name, matrix in matrices.items()]
        asked.append((NEW_PATIENT, f"{database}, out of fold", compared))
    if patients is not None:
        asked.append((LITERATURE, f"DS2, by {patients.name}", patients.views[AS_SERVED]))
    rows = [
        [question, f"{who} ({len(compared)} recordings)", *(_told(compared, name) for name in SHOWN)]
        for question, who, compared in asked
    ]
    return table(["the question", "of whom", *SHOWN.values()], rows)


def _told(compared: Sequence[Comparison], name: str) -> str:
    found = interval(compared, MEASURES[name])
    if found.value is None:
        return "-"
    bounded = name.startswith("F1") and found.low is not None and found.high is not None
    return f"{100 * found.value:.1f}" + (f" ({100 * found.low:.0f} to {100 * found.high:.0f})" if bounded else "")  # type: ignore[operator]


def whose_patients(info: CheckpointInfo) -> list[str]:
    """A line of Markdown for each database that was learnt from, with its licence."""
    return [
        f"- {one.title} ({one.name}): {one.recordings:,} recordings of "
        + (
            f"{one.patients:,} patients"
            if one.patients_named
            else "patients that are not named, so each stands for one"
        )
        + f"; {', '.join(f'{count:,} {label}' for label, count in one.beats.items() if count)}"
        + (", by the label of the whole recording" if one.name in DATABASES and DATABASES[one.name].weak else "")
        + f". {one.citation}. {one.licence}, {one.url}"
        for one in info.learnt_from
    ]
