"""Comparisons of runs in print, to the letter as PhysioNet's rxr and sumstats 10.7 write them."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Int64

from ecg.scoring.rhythm.columns import columns, columns_of_many, line
from ecg.scoring.rhythm.runs import KINDS, LONG, Ectopy, RunComparison
from ecg.scoring.statistics import Ratio
from ecg.scoring.summary import mean
from ecg.scoring.tables import number_line

HEADINGS: dict[Ectopy, str] = {"VE": "", "SVE": "(SVE run detection)\n"}
HEADING = "Record CTs CFN CTp CFP STs SFN STp SFP LTs LFN LTp LFP  CSe C+P SSe S+P LSe L+P\n"


def run_table(comparisons: Sequence[RunComparison]) -> str:
    """A line for each recording, all of one kind of ectopy: what rxr's -L writes into one of its files."""
    return (HEADINGS[comparisons[0].ectopy] + HEADING if comparisons else "") + "".join(map(_line, comparisons))


def run_summary_table(comparisons: Sequence[RunComparison]) -> str:
    """What sumstats makes of `run_table`: the same lines, their sums, gross statistics and averages."""
    ratios = np.array([[(ratio.part, ratio.whole) for ratio in _ratios(one)] for one in comparisons]).reshape(-1, 6, 2)
    gross = [Ratio(int(part), int(whole)) for part, whole in ratios.sum(axis=0)]
    average = [mean([Ratio(int(part), int(whole)).value for part, whole in column]) for column in ratios.swapaxes(0, 1)]
    totals = "  ".join(f"Total {kind.lower()}s: {gross[2 * place].whole}" for place, kind in enumerate(KINDS))
    first, *others = _counts(gross)
    return (
        run_table(comparisons)
        + f"{'_' * 77}\n"
        + f"Sum   {first:4d}{''.join(f' {count:3d}' for count in others)}\n"
        + f"Gross{'':50}{columns_of_many(gross)}\n"
        + f"Average{'':48}{columns_of_many(average)}\n"
        + f"{totals}\n"
        + number_line(len(comparisons))
    )


def run_report(comparison: RunComparison, reference: str, test: str) -> str:
    """The report of one recording, with the names of both annotators: rxr's -S."""
    labels = [f"{kind} {what}" for kind in KINDS for what in ("sensitivity", "positive predictivity")]
    lines = [
        f"{comparison.ectopy} run-by-run comparison results for record {comparison.name}",
        f"Reference annotator: {reference}",
        f"     Test annotator: {test}",
        "",
        *_matrix(comparison.found),
        "",
        "      (Run Sensitivity Summary Matrix)",
        "",
        "",
        *_matrix(comparison.called),
        "",
        " (Run Positive Predictivity Summary Matrix)",
        "",
        *(
            line(f"{label:>31}", ratio, f"{ratio.part:.0f}/{ratio.whole}")
            for label, ratio in zip(labels, _ratios(comparison), strict=True)
        ),
        "",
    ]
    return "\n".join(lines) + "\n"


def _matrix(matrix: Int64[np.ndarray, "7 7"]) -> list[str]:
    first, *others = ([f" {count:4d}" for count in row] for row in matrix.tolist())
    names = [*(str(length) for length in range(1, LONG)), f">{LONG - 1}"]
    return [
        "               Algorithm Run Length",
        "          0    1    2    3    4    5   >5",
        "     ____________________________________",
        f"   0 |     {''.join(first[1:])}",
        *(f"{name:>4} |{''.join(row)}" for name, row in zip(names, others, strict=True)),
    ]


def _ratios(comparison: RunComparison) -> list[Ratio]:
    return [of(kind) for kind in KINDS for of in (comparison.sensitivity, comparison.positive_predictivity)]


def _counts(ratios: Sequence[Ratio]) -> list[int]:
    return [count for ratio in ratios for count in (int(ratio.part), int(ratio.whole - ratio.part))]


def _line(comparison: RunComparison) -> str:
    ratios = _ratios(comparison)
    counts = " ".join(f"{count:3d}" for count in _counts(ratios))
    return f"{comparison.name:>4} {counts} {columns(ratios)}\n"
