import numpy as np
import pytest

from ecg.scoring import QRS, SVEB_OF_MANY, VEB, Comparison, Ratio, Summary
from tests.ecg.scoring.test_statistics import confusion


def compared(interval_error=None, **cells):
    return Comparison("r", confusion(**cells), interval_error, 0)


def test_gross_statistics_weigh_beats_and_averages_weigh_recordings():
    summary = Summary([compared(Vv=1, Vn=1), compared(Vv=98)])
    assert summary.gross(VEB.sensitivity).value == 0.99
    assert summary.average(VEB.sensitivity).value == 0.75


def test_recordings_in_which_a_statistic_is_undefined_are_not_averaged():
    summary = Summary([compared(Vv=1, Vn=1), compared(Nn=5)])
    assert summary.average(VEB.sensitivity) == Ratio(0.5, 1)
    assert summary.average(QRS.sensitivity) == Ratio(2, 2)
    assert summary.average(SVEB_OF_MANY.sensitivity).value is None


def test_nothing_can_be_said_of_no_recording():
    summary = Summary([])
    assert summary.gross(QRS.sensitivity).value is summary.average(QRS.sensitivity).value is None
    assert summary.average_interval_error is None


def test_interval_errors_are_averaged_as_they_are_printed():
    assert Summary([compared(1.004), compared(2.0), compared()]).average_interval_error == pytest.approx(1.5)


def test_the_matrix_is_the_sum_of_all():
    total = Summary([compared(Nn=1, Vo=2), compared(Nn=3)]).confusion
    np.testing.assert_array_equal(total, confusion(Nn=4, Vo=2))


def test_gross_statistics_are_those_that_sumstats_prints_for_these_sums():
    """A published report on the 44 recordings of mitdb without pacemakers."""
    summary = Summary(
        [
            compared(
                Nn=72061, Sn=1109, Vn=303, Fn=367, On=30, Ns=2435, Ss=1514, Vs=248, Fs=1, Os=3,
                Nv=79, Sv=106, Vv=5264, Fv=251, Ov=38, No=120, So=16, Vo=85, Fo=19,
            )
        ]
    )  # fmt: skip
    printed = [
        f"{summary.gross(statistic).percent:.2f}"
        for events in (QRS, VEB, SVEB_OF_MANY)
        for statistic in (events.sensitivity, events.positive_predictivity)
    ]
    assert printed == ["99.71", "99.92", "89.22", "95.94", "55.15", "36.05"]
