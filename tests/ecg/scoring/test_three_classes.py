import numpy as np
import pytest

from ecg.scoring import Ratio
from ecg.scoring.three_classes import ACCURACY, THREE_CLASSES
from tests.ecg.scoring.test_statistics import confusion


def test_fusion_beats_are_ventricular_as_reference_and_as_answer():
    told = THREE_CLASSES["V"].of(confusion(Vv=1, Vf=2, Fv=3, Ff=4, Vn=5, Fs=6, Nf=7, Sv=8))
    assert told.sensitivity == Ratio(10, 21)
    assert told.positive_predictivity == Ratio(10, 25)


@pytest.mark.parametrize("name", THREE_CLASSES)
def test_unknown_beats_of_the_reference_are_left_out(name):
    cells = confusion(Nn=1, Ns=2, Nv=3, Sn=4, Ss=5, Sv=6, Vn=7, Vs=8, Vv=9)
    with_unknown = cells + confusion(Qn=10, Qs=10, Qv=10, Qf=10, Qq=10, Qo=10)
    assert THREE_CLASSES[name].of(cells) == THREE_CLASSES[name].of(with_unknown)
    assert ACCURACY.of(cells) == ACCURACY.of(with_unknown)


def test_what_is_missed_or_called_unknown_is_not_called_what_it_is():
    told = THREE_CLASSES["N"].of(confusion(Nn=6, Nq=1, No=1, Nx=2))
    assert (told.sensitivity, told.positive_predictivity) == (Ratio(6, 10), Ratio(6, 6))


def test_an_extra_beat_is_wrong_in_the_class_it_was_given():
    told = {name: THREE_CLASSES[name].of(confusion(Nn=1, Ss=1, Vv=1, On=1, Os=2, Xv=1, Of=2)) for name in "NSV"}
    assert [told[name].positive_predictivity for name in "NSV"] == [Ratio(1, 2), Ratio(1, 3), Ratio(1, 4)]


def test_where_all_is_found_and_classified_they_are_those_of_a_three_by_three_matrix():
    three = np.random.default_rng(0).integers(1, 50, (3, 3))
    cells = np.zeros((7, 7), np.int64)
    cells[:3, :3] = three
    for place, statistics in enumerate(THREE_CLASSES.values()):
        assert statistics.of(cells).sensitivity.value == pytest.approx(three[place, place] / three[place].sum())
        assert statistics.of(cells).positive_predictivity.value == pytest.approx(
            three[place, place] / three[:, place].sum()
        )
    assert ACCURACY.of(cells).value == pytest.approx(three.trace() / three.sum())
