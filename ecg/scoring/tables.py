"""Comparisons as tables of a line each, to the letter as PhysioNet's bxb and sumstats 10.7 print them.

With `sveb` a table distinguishes supraventricular ectopic beats from normal ones, as by bxb's option -L. Without,
they count as normal beats, as by -l, and the false positive rate of ventricular ectopic beats is shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecg.scoring.comparison import Comparison
from ecg.scoring.confusion import Cells, Confusion, count, with_sveb_as_normal
from ecg.scoring.statistics import (
    MISSED_IN_SHUTDOWN,
    QRS,
    SVEB,
    SVEB_OF_MANY,
    VEB,
    VEB_FALSE_POSITIVE_RATE,
    Ratio,
    Statistic,
)
from ecg.scoring.summary import Summary

_QRS_AND_VEB = (QRS.sensitivity, QRS.positive_predictivity, VEB.sensitivity, VEB.positive_predictivity)

UNDEFINED = "      -"

_DIGITS = {VEB_FALSE_POSITIVE_RATE: 3}
"""After the point, where they are not 2."""


@dataclass(frozen=True)
class _BeatTable:
    """What is in the columns of a table of beats: counts, each with its width, and statistics."""

    heading: str
    counts: tuple[tuple[Cells, int], ...]
    statistics: tuple[Statistic, ...]
    statistics_of_many: tuple[Statistic, ...]
    sum_heading: str
    indent: int
    rule: int


_WITH_SVEB = _BeatTable(
    heading=(
        "Record Nn' Sn' Vn' Fn' On'  Ns  Ss  Vs  Fs' Os' Nv  Sv   Vv  Fv' Ov' No' So' Vo' Fo'"
        "  Q Se   Q +P   V Se   V +P   S Se   S +P RR err"
    ),
    counts=(
        (("N", "nfq"), 5), (("S", "nfq"), 3), (("V", "nfq"), 3), (("FQ", "nfq"), 3), (("OX", "nfq"), 3),
        (("N", "s"), 3), (("S", "s"), 3), (("V", "s"), 3), (("FQ", "s"), 3), (("OX", "s"), 3),
        (("N", "v"), 3), (("S", "v"), 3), (("V", "v"), 4), (("FQ", "v"), 3), (("OX", "v"), 3),
        (("N", "ox"), 3), (("S", "ox"), 3), (("V", "ox"), 3), (("FQ", "ox"), 3),
    ),
    statistics=(*_QRS_AND_VEB, SVEB.sensitivity, SVEB.positive_predictivity),
    statistics_of_many=(*_QRS_AND_VEB, SVEB_OF_MANY.sensitivity, SVEB_OF_MANY.positive_predictivity),
    sum_heading="Sum ",
    indent=83,
    rule=132,
)  # fmt: skip

_WITHOUT_SVEB = _BeatTable(
    heading="Record Nn' Vn' Fn' On'  Nv   Vv  Fv' Ov' No' Vo' Fo'  Q Se   Q +P   V Se   V +P  V FPR",
    counts=(
        (("N", "nfq"), 5), (("V", "nfq"), 3), (("FQ", "nfq"), 3), (("OX", "nfq"), 3),
        (("N", "v"), 3), (("V", "v"), 4), (("FQ", "v"), 3), (("OX", "v"), 3),
        (("N", "ox"), 3), (("V", "ox"), 3), (("FQ", "ox"), 3),
    ),
    statistics=(*_QRS_AND_VEB, VEB_FALSE_POSITIVE_RATE),
    statistics_of_many=(*_QRS_AND_VEB, VEB_FALSE_POSITIVE_RATE),
    sum_heading="Sum  ",
    indent=54,
    rule=86,
)  # fmt: skip

_SHUTDOWN_HEADING = """\
Record Nx   Sx   Vx   Fx   Qx  % beats  % N    % S    % V    % F   Total Shutdown
                                missed missed missed missed missed      Time
"""


def beat_table(comparisons: Sequence[Comparison], *, sveb: bool = True) -> str:
    """A line for each recording: what bxb's -L (or -l) writes into its first file."""
    table = _WITH_SVEB if sveb else _WITHOUT_SVEB
    return "".join([f"{table.heading}\n", *(_beat_line(_told(c, sveb), table, sveb) for c in comparisons)])


def summary_table(comparisons: Sequence[Comparison], *, sveb: bool = True) -> str:
    """What sumstats makes of `beat_table`: the same lines, their sums, gross statistics and averages."""
    table = _WITH_SVEB if sveb else _WITHOUT_SVEB
    summary = Summary([_told(comparison, sveb) for comparison in comparisons])
    (first, width), others = table.counts[0], table.counts[1:]
    sums = f"{table.sum_heading}{count(summary.confusion, first):{width + 1}d}{_counts(summary.confusion, others)}"
    gross = "".join(_column(summary.gross(statistic), statistic) for statistic in table.statistics_of_many)
    average = "".join(_column(summary.average(statistic), statistic) for statistic in table.statistics_of_many)
    if sveb:
        error = summary.average_interval_error
        average += UNDEFINED if error is None else f" {error:6.2f}"
    lines = [
        "_" * table.rule,
        sums,
        "Gross".ljust(table.indent) + gross,
        "Average".ljust(table.indent) + average,
        _totals(summary.confusion, sveb),
    ]
    return beat_table(comparisons, sveb=sveb) + "\n".join(lines) + "\n" + number_line(len(comparisons))


def shutdown_table(comparisons: Sequence[Comparison]) -> str:
    """What was missed in shutdown, a line for each recording: what bxb's -L writes into its second file."""
    return _SHUTDOWN_HEADING + "".join(_shutdown_line(comparison) for comparison in comparisons)


def shutdown_summary_table(comparisons: Sequence[Comparison]) -> str:
    """What sumstats makes of `shutdown_table`: the same lines, and their sums."""
    confusion = Summary(comparisons).confusion
    seconds = sum(comparison.shutdown for comparison in comparisons)
    return (
        shutdown_table(comparisons)
        + "_" * 72
        + f"\nSum  {_missed(confusion)}{seconds:42d} seconds\n"
        + number_line(len(comparisons))
    )


def _told(comparison: Comparison, sveb: bool) -> Comparison:
    return comparison if sveb else replace(comparison, confusion=with_sveb_as_normal(comparison.confusion))


def _beat_line(scored: Comparison, table: _BeatTable, sveb: bool) -> str:
    line = f"{scored.name:>4}{_counts(scored.confusion, table.counts)}"
    line += "".join(_column(statistic.of(scored.confusion), statistic) for statistic in table.statistics)
    if sveb:
        line += UNDEFINED[1:] if scored.interval_error is None else f" {scored.interval_error:6.2f}"
    return f"{line}\n"


def _counts(confusion: Confusion, columns: Sequence[tuple[Cells, int]]) -> str:
    return "".join(f" {count(confusion, cells):{width}d}" for cells, width in columns)


def _column(ratio: Ratio, statistic: Statistic) -> str:
    return UNDEFINED if ratio.percent is None else f" {ratio.percent:6.{_DIGITS.get(statistic, 2)}f}"


def _totals(confusion: Confusion, sveb: bool) -> str:
    totals = {"QRS complexes": "NSVFQ", "VEBs": "V", "SVEBs": "S"} if sveb else {"QRS complexes": "NSVFQ", "VEBs": "V"}
    return "  ".join(f"Total {name}: {count(confusion, (rows, 'nsvfqox'))}" for name, rows in totals.items())


def number_line(number: int) -> str:
    """How many recordings there are, as sumstats ends with."""
    return f"\nSummary of results from {number} record{'' if number == 1 else 's'}\n"


def _shutdown_line(comparison: Comparison) -> str:
    confusion = comparison.confusion
    shares = "".join(_column(statistic.of(confusion), statistic) for statistic in MISSED_IN_SHUTDOWN.values())
    beats = " ".join(str(count(confusion, (name, "nsvfqox"))) for name in "NSVFQ")
    return f"{comparison.name:>4} {_missed(confusion)}  {shares}{comparison.shutdown:5d} seconds {beats}\n"


def _missed(confusion: Confusion) -> str:
    return " ".join(f"{count(confusion, (name, 'x')):4d}" for name in "NSVFQ")
