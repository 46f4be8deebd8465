import numpy as np
import pytest

from ecg.scoring import QRS, SVEB, SVEB_OF_MANY, VEB, Ratio
from ecg.scoring.confusion import places
from ecg.scoring.statistics import MISSED_IN_SHUTDOWN

ALL = (*(QRS.sensitivity, QRS.positive_predictivity), *vars(VEB).values(), *vars(SVEB).values())


def confusion(**cells):
    """`confusion(Nv=3)` has three normal beats called ventricular, and nothing else."""
    made = np.zeros((7, 7), np.int64)
    for cell, number in cells.items():
        made[places(cell[0])[0], places(cell[1])[0]] = number
    return made


def test_a_share_of_nothing_is_undefined():
    assert Ratio(0, 0).value is Ratio(0, 0).percent is None
    assert (Ratio(1, 4).value, Ratio(1, 4).percent) == (0.25, 25)
    for statistic in ALL:
        assert statistic.of(confusion()).value is None


def test_a_beat_is_found_whatever_it_is_called_and_missed_in_shutdown_too():
    told = QRS.of(confusion(Nn=10, Vn=5, Qs=1, No=3, Fx=1, Os=2, Xv=2))
    assert (told.sensitivity, told.positive_predictivity) == (Ratio(16, 20), Ratio(16, 20))
    assert told.false_positive_rate is None


def test_ventricular_beats_are_right_only_if_called_so():
    told = VEB.of(confusion(Vv=6, Vn=1, Vs=1, Vf=1, Vq=1, Vo=1, Vx=1))
    assert told.sensitivity == Ratio(6, 12)
    assert told.positive_predictivity == Ratio(6, 6)


def test_beats_called_ventricular_are_wrong_but_for_fusion_and_unknown_ones():
    told = VEB.of(confusion(Vv=6, Nv=1, Sv=1, Ov=1, Xv=1, Fv=100, Qv=100))
    assert told.positive_predictivity == Ratio(6, 10)
    assert told.sensitivity == Ratio(6, 6)


def test_their_false_positives_are_a_share_of_all_beats_that_are_none_or_called_none():
    told = VEB.of(confusion(Nv=1, Ov=1, Nn=90, Ss=5, Ff=1, Qq=1, On=1, Fv=100, Qv=100, Vv=7, Vn=7, No=50))
    assert told.false_positive_rate == Ratio(2, 100)


def test_supraventricular_beats_are_right_only_if_called_so():
    told = SVEB.of(confusion(Ss=6, Sn=1, Sv=1, Sf=1, Sq=1, So=1, Sx=1))
    assert told.sensitivity == Ratio(6, 12)
    assert told.positive_predictivity == Ratio(6, 6)


def test_beats_called_supraventricular_are_wrong_but_for_unknown_ones():
    told = SVEB.of(confusion(Ss=6, Ns=1, Vs=1, Fs=1, Os=1, Xs=1, Qs=100))
    assert told.positive_predictivity == Ratio(6, 11)


def test_over_many_recordings_fusion_beats_called_so_are_not_wrong_either():
    cells = confusion(Ss=6, Ns=1, Vs=1, Fs=50, Os=1, Xs=1, Qs=100)
    assert SVEB_OF_MANY.of(cells).positive_predictivity == Ratio(6, 10)
    assert SVEB_OF_MANY.sensitivity == SVEB.sensitivity


def test_their_false_positives_are_a_share_formed_in_the_same_way():
    told = SVEB.of(confusion(Ns=1, Fs=1, Nn=90, Vv=5, Ff=1, Qq=1, On=1, Qs=100, Ss=7, Sn=7, No=50))
    assert told.false_positive_rate == Ratio(2, 100)


@pytest.mark.parametrize("name", "NSVF")
def test_missed_in_shutdown_is_a_share_of_all_beats_of_a_class(name):
    told = MISSED_IN_SHUTDOWN[name].of(confusion(**{f"{name}x": 1, f"{name}n": 2, f"{name}o": 1}, Qx=9))
    assert told == Ratio(1, 4)


def test_of_all_that_are_missed_bxb_leaves_supraventricular_ones_out():
    assert MISSED_IN_SHUTDOWN["Beats"].of(confusion(Nx=1, Sx=1, Vx=1, Fx=1, Qx=1)) == Ratio(4, 5)
