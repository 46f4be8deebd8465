"""What a request costs: held, added up, settled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import OverLimit, TooDear
from app.keys.allowance import BURST_SECONDS, Allowance
from app.keys.bill import USUAL_EFFORT, USUAL_MOST, Bill, check_affordable
from tests.app.keys.test_allowance import asked
from tests.app.keys.test_file import Clock

RATE = 1.0


@pytest.fixture
def allowance():
    """That of a key that has saved nothing up."""
    allowance = Allowance(RATE, Clock())
    allowance.pay(int(BURST_SECONDS * RATE))
    return allowance


def owed(allowance):
    """Seconds until nothing is, which are beats."""
    return asked(allowance, 0)


def test_what_was_held_is_given_back_where_nothing_was_solved(allowance):
    with Bill(allowance) as bill:
        bill.hold(100)
        assert owed(allowance) == 100
    assert owed(allowance) == 0


def test_each_beat_pays_its_price_and_one_more_for_each_usual_effort(allowance):
    with Bill(allowance) as bill:
        bill.hold(20)
        bill.spend(np.array([0, USUAL_EFFORT - 1, USUAL_EFFORT, 5.5 * USUAL_EFFORT]))
    assert owed(allowance) == 4 + 1 + 5
    with Bill(allowance, price=0) as bill:
        bill.spend(np.full(10, 2.0 * USUAL_EFFORT))
    assert owed(allowance) == 10 + 20


def test_it_is_settled_by_who_closes_it_last(allowance):
    bill = Bill(allowance)
    with bill:
        bill.hold(50)
        bill.open()
    assert owed(allowance) == 50
    bill.spend(np.zeros(30))
    bill.close()
    assert owed(allowance) == 30


def test_what_is_expected_to_be_dear_is_held_as_that(allowance):
    with Bill(allowance) as bill:
        bill.hold(10, effort=3.9 * USUAL_EFFORT)
        assert owed(allowance) == 10 * 4


def test_nothing_is_held_while_anything_is_owed(allowance):
    allowance.pay(1)
    with Bill(allowance) as bill:
        with pytest.raises(OverLimit):
            bill.hold(5)
        assert owed(allowance) == 1
    assert owed(allowance) == 1


@given(st.lists(st.lists(st.floats(0, 1e5), max_size=5), max_size=8), st.integers(0, 30))
def test_however_it_is_added_up_what_was_spent_is_paid_and_no_more_beats_than_were_asked_for(pieces, held):
    clock = Clock()
    allowance = Allowance(RATE, clock)
    allowance.pay(int(BURST_SECONDS * RATE))
    with Bill(allowance) as bill:
        bill.hold(held)
        for piece in pieces:
            bill.open()
            bill.spend(np.array(piece))
            bill.close()
    dear = sum(int(effort // USUAL_EFFORT) for piece in pieces for effort in piece)
    assert owed(allowance) == min(sum(map(len, pieces)), held) + dear


@pytest.mark.parametrize(("rate", "most"), [(0.1, USUAL_MOST), (1.0, 11 * USUAL_EFFORT), (50.0, 501 * USUAL_EFFORT)])
def test_one_beat_may_take_what_a_key_can_save_up_for_or_the_usual(rate, most):
    allowance = Allowance(rate, Clock())
    check_affordable(allowance, int(most), 1.0)
    check_affordable(allowance, int(most) // 4, 4.0)
    for evaluations, weight in ((int(most) + 1, 1.0), (int(most) // 4 + 1, 4.0)):
        with pytest.raises(TooDear, match=f"got {evaluations:,} evaluations"):
            check_affordable(allowance, evaluations, weight)


def test_a_key_without_a_limit_may_ask_for_anything():
    check_affordable(Allowance(None, Clock()), 100_000, 4.0)
