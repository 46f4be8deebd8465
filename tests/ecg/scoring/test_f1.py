import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.metrics import f1_score

from ecg.scoring.f1 import f1, macro_f1
from ecg.scoring.five_classes import FIVE_CLASSES
from ecg.scoring.intervals import interval
from tests.ecg.scoring.test_statistics import confusion
from tests.ecg.scoring.test_summary import compared

matrices = arrays.arrays(np.int64, (3, 7, 7), elements=st.integers(0, 1000))


@given(matrices, st.sampled_from(list(FIVE_CLASSES)))
def test_it_is_the_harmonic_mean_of_sensitivity_and_positive_predictivity(confusions, name):
    told = FIVE_CLASSES[name].of(confusions.sum(axis=0))
    sensitivity, predictivity = told.sensitivity.value, told.positive_predictivity.value
    value = f1(FIVE_CLASSES[name])(confusions)
    if sensitivity and predictivity:
        assert value == pytest.approx(2 / (1 / sensitivity + 1 / predictivity))
    else:
        assert not np.nan_to_num(value)


def test_of_beats_that_are_all_found_it_is_that_of_scikit_learn():
    five = np.random.default_rng(1).integers(1, 30, (5, 5))
    cells = np.zeros((1, 7, 7), np.int64)
    cells[0, :5, :5] = five
    truth = np.repeat(np.arange(25) // 5, five.ravel())
    said = np.repeat(np.arange(25) % 5, five.ravel())
    expected = f1_score(truth, said, average=None)
    assert [f1(kind)(cells) for kind in FIVE_CLASSES.values()] == pytest.approx(expected.tolist())
    assert macro_f1(FIVE_CLASSES.values())(cells) == pytest.approx(f1_score(truth, said, average="macro"))


def test_where_nothing_is_right_it_is_0_and_where_there_is_nothing_undefined():
    assert f1(FIVE_CLASSES["V"])(confusion(Vn=1)[None]) == f1(FIVE_CLASSES["V"])(confusion(Nv=1)[None]) == 0
    assert np.isnan(f1(FIVE_CLASSES["V"])(confusion(Nn=1)[None]))


def test_the_mean_is_undefined_where_one_of_them_is_and_of_none():
    kinds = [FIVE_CLASSES["N"], FIVE_CLASSES["V"]]
    assert macro_f1(kinds)(confusion(Nn=1, Vv=1)[None]) == 1
    assert np.isnan(macro_f1(kinds)(confusion(Nn=1)[None]))
    assert np.isnan(macro_f1([])(confusion(Nn=1)[None]))


def test_it_has_bounds():
    some = [compared(Vv=9, Vn=1), compared(Vv=5, Vn=5, Nv=5)]
    told = interval(some, f1(FIVE_CLASSES["V"]))
    assert told.value == pytest.approx(2 * 14 / (20 + 19))
    assert told.low < told.value < told.high
