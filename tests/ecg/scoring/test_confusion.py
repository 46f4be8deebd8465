import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ecg.scoring import CLASSES, count
from ecg.scoring.confusion import counts, places, with_sveb_as_normal

NUMBERED = np.arange(49).reshape(7, 7)


def test_cells_are_named_by_their_rows_and_columns():
    assert count(NUMBERED, ("V", "s")) == NUMBERED[2, 1]
    assert count(NUMBERED, ("NO", "fx")) == NUMBERED[[0, 0, 5, 5], [3, 6, 3, 6]].sum()
    assert count(NUMBERED, ("".join(CLASSES), "nsvfqox")) == NUMBERED.sum()


@given(st.sets(st.sampled_from(CLASSES)).map("".join), st.sets(st.sampled_from("nsvfqox")).map("".join))
def test_any_cells_of_many_matrices_are_counted_one_by_one(rows, columns):
    many = np.random.default_rng(0).integers(0, 1000, (4, 7, 7))
    by_hand = [sum(int(one[r, c]) for r in places(rows) for c in places(columns)) for one in many]
    assert counts(many, (rows, columns)).tolist() == by_hand == [count(one, (rows, columns)) for one in many]


def test_without_supraventricular_beats_they_are_normal():
    merged = with_sveb_as_normal(NUMBERED)
    assert count(merged, ("N", "n")) == count(NUMBERED, ("NS", "ns"))
    assert count(merged, ("N", "v")) == count(NUMBERED, ("NS", "v"))
    assert count(merged, ("O", "n")) == count(NUMBERED, ("O", "ns"))
    assert count(merged, ("NSVFQOX", "s")) == count(merged, ("S", "nsvfqox")) == 0
    assert merged.sum() == NUMBERED.sum()


def test_what_is_merged_is_a_copy():
    before = NUMBERED.copy()
    with_sveb_as_normal(NUMBERED)
    np.testing.assert_array_equal(NUMBERED, before)
