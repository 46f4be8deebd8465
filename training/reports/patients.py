"""What is said of a classifier's figures on recordings of patients: tables that are printed, and a card's section."""

from collections.abc import Mapping

import numpy as np

from ecg.scoring import Summary
from ecg.scoring.confusion import count
from ecg.scoring.f1 import macro_f1
from ecg.scoring.five_classes import FIVE_CLASSES
from ecg.scoring.intervals import Measure, defined, gross
from ecg.scoring.tables import summary_table
from ecg.scoring.three_classes import ACCURACY as ACCURACY_OF_THREE
from ecg.scoring.three_classes import THREE_CLASSES
from models import CheckpointInfo
from training.data.databases import DS2, find_part
from training.evaluation.evaluation import Evaluation
from training.evaluation.folder import MEASURES as OF_ALL_BEATS
from training.evaluation.patients import AS_PAPERS, AS_SERVED, VIEWS, Patients, View
from training.reports.evaluation import confidence_section
from training.reports.scores import BOUNDS, STATISTICS, class_tables, statistics_table
from training.table import table

NOT_Q = [statistics for name, statistics in FIVE_CLASSES.items() if name != "Q"]
"""Almost all beats of Q are paced, and the recordings of paced patients are left out."""

ALL_FOUND = View("found", 0.0)

MEASURES: Mapping[str, Measure] = {
    **OF_ALL_BEATS,
    "macro-F1, five classes": macro_f1(FIVE_CLASSES.values()),
    "macro-F1 of N, S, V, F": macro_f1(NOT_Q),
    "accuracy, three classes": gross(ACCURACY_OF_THREE),
    "macro-F1, three classes": macro_f1(THREE_CLASSES.values()),
}
"""What is reported of every view, of the beats of all recordings."""

CONFIDENCE = "patients_confidence.png"
"""What the figure of confidence is called beside a card."""

COUNTED = """\
Escape beats (`e`, `j`) count as N, as in the literature; a beat that is found and not classified counts as called Q."""


def view_name(view: View) -> str:
    """The view in words."""
    return f"R peaks {view.peaks}, {f'from {view.start / 60:g} min on' if view.start else 'whole'}"


def value(patients: Patients, view: View, measure: Measure) -> float | None:
    """A measure in one view."""
    return defined(measure(np.array([comparison.confusion for comparison in patients.views[view]])))


def views_table(patients: Patients) -> str:
    """Every measure in every view."""
    rows = [[name, *(percent(value(patients, view, measure)) for view in VIEWS)] for name, measure in MEASURES.items()]
    return table(["all recordings together", *map(view_name, VIEWS)], rows)


def full_report(patients: Patients) -> str:
    """Everything of every view: each recording, gross and average, five and three classes, with bounds."""
    parts = [f"# {patients.name}: recordings of patients\n\n{COUNTED}\n{_warning(patients)}\n{views_table(patients)}"]
    for view in VIEWS:
        comparisons = patients.views[view]
        parts += [
            f"## {view_name(view)}",
            f"```\n{summary_table(comparisons)}```",
            statistics_table(comparisons, STATISTICS, "by the standard"),
            class_tables(comparisons),
        ]
    return "\n\n".join([*parts, BOUNDS.format(recordings=len(patients.recordings))]) + "\n"


def printed_report(patients: Patients) -> str:
    """What the command prints: the standard's table of the recordings, classes with bounds, and the other views."""
    comparisons = patients.views[AS_SERVED]
    parts = [
        f"{len(comparisons)} recordings of patients, by {patients.name}. {COUNTED}{_warning(patients).rstrip()}",
        f"{view_name(AS_SERVED)}:",
        summary_table(comparisons),
        class_tables(comparisons),
        BOUNDS.format(recordings=len(comparisons)),
        views_table(patients),
    ]
    return "\n\n".join(parts)


def card_section(patients: Patients, info: CheckpointInfo, beats: Evaluation | None) -> list[str]:
    """The lines of a card, first what a new patient may expect; `beats` is the evaluation on the test part."""
    comparisons = patients.views[AS_SERVED]
    number = count(Summary(comparisons).confusion, ("NSVFQ", "nsvfqox"))
    stated = {name: percent(value(patients, AS_SERVED, measure)) for name, measure in MEASURES.items()}
    return [
        "## On patients it has never seen",
        *_warning(patients).splitlines(),
        "",
        f"Of ventricular ectopic beats (VEB) **{stated['VEB sensitivity']}** are found and called so, of "
        f"supraventricular ones (SVEB) **{stated['SVEB sensitivity']}**; of those that are called so, "
        f"**{stated['VEB positive predictivity']}** and **{stated['SVEB positive predictivity']}** are. "
        f"Of all beats **{stated['accuracy, five classes']}** are found and called what they are.",
        "",
        f"{_whose(patients, info)} The {len(comparisons)} recordings, {number:,} beats without the first five minutes, "
        "are taken whole: R peaks are found, beats cut and classified as the service does it, then compared with the "
        f"annotations beat by beat by ANSI/AAMI EC57:2012. {COUNTED}{_same_man(patients)}",
        "",
        statistics_table(comparisons, STATISTICS, "by the standard"),
        "",
        class_tables(comparisons),
        "",
        f"{BOUNDS.format(recordings=len(comparisons))} Of five classes, each is held against all others; the three are "
        "N, S, and V with F, unknown beats of the reference left out. Paced recordings are left out, so there is "
        "hardly a beat of Q, and its F1 says nothing.",
        "",
        "![Sensitivity and positive predictivity of each recording](patients.png)",
        "",
        "![Confusion matrix](patients_confusion.png)",
        "",
        "Papers often take the R peaks from the annotations, and count the first five minutes too:",
        "",
        views_table(patients),
        "",
        "![The measures with their bounds](patients_intervals.png)",
        "",
        *_confidence(patients),
        "<details><summary>Each recording</summary>",
        "",
        *(line for view in (AS_SERVED, AS_PAPERS) for line in _recordings(patients, view)),
        "</details>",
        "",
        *(_side_by_side(patients, info, beats) if beats and not _has_learnt_from_ds1_alone(info) else []),
    ]


def _confidence(patients: Patients) -> list[str]:
    if patients.confidence is None:
        return []
    return [
        "How far its confidence can be believed, at R peaks that are given:",
        "",
        *confidence_section(patients.confidence, CONFIDENCE, "beats of other patients (DS1)"),
    ]


def _recordings(patients: Patients, view: View) -> list[str]:
    return [f"{view_name(view)}:", "", "```", *summary_table(patients.views[view]).splitlines(), "```", ""]


def _whose(patients: Patients, info: CheckpointInfo) -> str:
    if _has_learnt_from_ds1_alone(info):
        return (
            f"It has {info.figures['parameters']:,} parameters and was trained on recordings of other patients (DS1 of "
            f"de Chazal et al. 2004). `cardiode evaluate {info.name}` reproduces these figures from the file."
        )
    return (
        "The released file has learnt from all patients, so this cannot be measured on it, but on its sibling "
        f"`{patients.name}` (`{patients.sha256[:12]}`): the same network, trained by the recipe of that name on "
        f"recordings of other patients alone (DS1 of de Chazal et al. 2004). `cardiode evaluate {info.name} "
        "--sibling CHECKPOINT` measures it."
    )


def _has_learnt_from_ds1_alone(info: CheckpointInfo) -> bool:
    """Else the figures are its sibling's."""
    if not info.architecture.in_context:
        return info.recipe.get("split") == "inter_patient"
    databases = info.recipe.get("databases", ["mitdb/ds1"])  # as recipes have it by default
    return not {name for database in databases for name in find_part(database)[1]} & set(DS2)


def _same_man(patients: Patients) -> str:
    """The literature's split takes him apart."""
    return " Recording 202 is of a man who is in DS1 too, as 201." if "202" in patients.recordings else ""


def _warning(patients: Patients) -> str:
    """That it has seen some of them after all, where it has."""
    if not patients.known:
        return ""
    return f"\n**It was trained on {', '.join(patients.known)}: these figures say nothing of new patients.**\n"


def _side_by_side(patients: Patients, info: CheckpointInfo, beats: Evaluation) -> list[str]:
    """The same measures of the same kinds of beats in both worlds."""
    score = beats.score
    known = {
        "accuracy, five classes": score.accuracy,
        **{f"F1 of {name}": of_class.f1 for name, of_class in score.classes.items()},
        "macro-F1, five classes": score.macro_f1,
        "macro-F1 of N, S, V, F": float(np.mean([s.f1 for name, s in score.classes.items() if name != "Q"])),
    }
    rows = [
        [name, percent(share), *(percent(value(patients, view, MEASURES[name])) for view in (AS_PAPERS, ALL_FOUND))]
        for name, share in known.items()
    ]
    header = ["", f"patients it knows ({info.name})", *(f"new ones, {view_name(v)}" for v in (AS_PAPERS, ALL_FOUND))]
    return [
        "## Both worlds, side by side",
        "",
        "Beats of the random split, of patients in training and test alike and with R peaks given, against recordings "
        f"of new patients by {patients.name}. Most beats of Q are paced, and paced recordings are left out on the "
        "right, so F1 of Q and the macro-F1 of all five cannot be compared.",
        "",
        table(header, rows),
        "",
    ]


def percent(share: float | None) -> str:
    """A share as a card states it."""
    return "-" if share is None else f"{share:.2%}"
