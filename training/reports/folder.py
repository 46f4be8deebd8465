"""What is reported of a folder of recordings."""

from collections.abc import Mapping

from ecg.scoring import LEARNING
from ecg.scoring.tables import summary_table
from training.evaluation.folder import NOT_JUDGED, FolderResults
from training.reports.evaluation import confidence_report
from training.reports.scores import interval_tables
from training.table import table

COLUMNS = ("N", "S", "V", "F", "Q", NOT_JUDGED)


def folder_report(results: FolderResults) -> str:
    """The standard's tables with bounds, what beats were called where recordings are labelled, and confidence."""
    parts = [f"{results.model} on {results.folder}"]
    if results.learnt_from:
        parts.append(
            f"It has learnt from {len(results.learnt_from)} of these recordings: figures of them say nothing of new "
            "patients."
        )
    if results.comparisons:
        parts.append(f"From {LEARNING:g} s on, escape beats as N:")
        parts += [summary_table(results.comparisons), interval_tables(results.comparisons)]
    if results.called:
        rows = [
            [label, f"{sum(counts.values()):,}", *(_share(counts.get(name, 0), counts) for name in COLUMNS)]
            for label, counts in results.called.items()
        ]
        parts.append(table(["recordings labelled", "beats", *COLUMNS], rows))
    if results.confidence:
        parts.append(confidence_report(results.confidence))
    return "\n\n".join(parts)


def _share(part: int, counts: Mapping[str, int]) -> str:
    whole = sum(counts.values())
    return f"{part / whole:.2%}" if whole else "-"
