import numpy as np
import pytest

from ecg.scoring import Ratio
from ecg.scoring.five_classes import ACCURACY, FIVE_CLASSES
from tests.ecg.scoring.test_statistics import confusion


def test_where_all_is_found_and_classified_they_are_those_of_a_five_by_five_matrix():
    five = np.random.default_rng(0).integers(1, 50, (5, 5))
    cells = np.zeros((7, 7), np.int64)
    cells[:5, :5] = five
    for place, statistics in enumerate(FIVE_CLASSES.values()):
        told = statistics.of(cells)
        assert told.sensitivity == Ratio(int(five[place, place]), int(five[place].sum()))
        assert told.positive_predictivity == Ratio(int(five[place, place]), int(five[:, place].sum()))
    assert ACCURACY.of(cells) == Ratio(int(five.trace()), int(five.sum()))


def test_unlike_in_the_standard_a_fusion_or_unknown_beat_called_ventricular_is_wrong():
    told = FIVE_CLASSES["V"].of(confusion(Vv=6, Fv=1, Qv=3))
    assert told.positive_predictivity == Ratio(6, 10)


def test_a_missed_beat_is_not_called_what_it_is_and_an_extra_one_is_wrong_in_its_class():
    cells = confusion(Ss=5, So=1, Sx=2, Os=3, Xs=4)
    assert FIVE_CLASSES["S"].of(cells).sensitivity == Ratio(5, 8)
    assert FIVE_CLASSES["S"].of(cells).positive_predictivity == Ratio(5, 12)
    assert ACCURACY.of(cells) == Ratio(5, 8)


@pytest.mark.parametrize("name", FIVE_CLASSES)
def test_what_others_are_called_does_not_matter_to_a_class(name):
    column = name.lower()
    own = confusion(**{name + column: 3, name + "o": 2, "O" + column: 1})
    others = "".join({*"NSVFQ"} - {name})
    elsewhere = own + sum(confusion(**{row + other.lower(): 7}) for row in others for other in others)
    assert FIVE_CLASSES[name].of(own) == FIVE_CLASSES[name].of(elsewhere)
