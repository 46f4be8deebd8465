"""A comparison as a matrix with its statistics, to the letter as PhysioNet's bxb 10.7 prints it."""

from ecg.scoring.comparison import Comparison
from ecg.scoring.confusion import Confusion, count, with_sveb_as_normal
from ecg.scoring.statistics import MISSED_IN_SHUTDOWN, QRS, SVEB, VEB, VEB_FALSE_POSITIVE_RATE, Ratio

UNDEFINED = "     -"


def matrix_report(comparison: Comparison, reference: str, test: str, *, sveb: bool = True) -> str:
    """The report of one recording, with the names of both annotators: that of bxb's option -S.

    Without `sveb`, supraventricular ectopic beats count as normal ones: option -s.
    """
    confusion = comparison.confusion if sveb else with_sveb_as_normal(comparison.confusion)
    columns = "nsvfqox" if sveb else "nvfqox"
    lines = [
        f"Beat-by-beat comparison results for record {comparison.name}",
        f"Reference annotator: {reference}",
        f"     Test annotator: {test}",
        "",
        "               Algorithm",
        "    " + "".join(f"{column:>5}" for column in columns),
        "   " + "_" * (5 * len(columns) + 1),
        *(_row(confusion, row, columns) for row in columns.upper()),
        "",
        _ratio("QRS sensitivity", QRS.sensitivity.of(confusion)),
        _ratio("QRS positive predictivity", QRS.positive_predictivity.of(confusion)),
        _ratio("VEB sensitivity", VEB.sensitivity.of(confusion)),
        _ratio("VEB positive predictivity", VEB.positive_predictivity.of(confusion)),
        *(_of_sveb(confusion, comparison.interval_error) if sveb else _without_sveb(confusion)),
        "",
        *(
            _ratio(f"{name} missed in shutdown", statistic.of(confusion))
            for name, statistic in MISSED_IN_SHUTDOWN.items()
            if sveb or name != "S"
        ),
        _line("Total shutdown time", f"{comparison.shutdown:5d} seconds"),
    ]
    return "\n".join(lines) + "\n"


def _row(confusion: Confusion, row: str, columns: str) -> str:
    there = columns if row not in "OX" else columns.replace("ox", "")
    return f" {row} |" + "".join(f" {count(confusion, (row, column)):4d}" for column in there)


def _of_sveb(confusion: Confusion, interval_error: float | None) -> list[str]:
    return [
        _ratio("SVEB sensitivity", SVEB.sensitivity.of(confusion)),
        _ratio("SVEB positive predictivity", SVEB.positive_predictivity.of(confusion)),
        _line("RMS RR interval error", UNDEFINED if interval_error is None else f"{interval_error:6.2f} ms"),
    ]


def _without_sveb(confusion: Confusion) -> list[str]:
    return [_ratio("VEB false positive rate", VEB_FALSE_POSITIVE_RATE.of(confusion), digits=3), ""]


def _ratio(label: str, ratio: Ratio, digits: int = 2) -> str:
    share = f"{UNDEFINED} " if ratio.percent is None else f"{ratio.percent:6.{digits}f}%"
    return _line(label, f"{share} ({ratio.part:.0f}/{ratio.whole})")


def _line(label: str, value: str) -> str:
    return f"{label:>26}: {value}"
