"""What a key may still ask for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import OverLimit
from app.keys.allowance import BURST_SECONDS, Allowance, Allowances
from app.keys.file import Key
from tests.app.keys.test_file import Clock


def asked(allowance, beats):
    """The seconds to wait, 0 where it was granted."""
    try:
        allowance.charge(beats)
    except OverLimit as refused:
        return refused.seconds
    return 0


def test_the_burst_is_granted_at_once_and_then_the_rate():
    clock = Clock()
    allowance = Allowance(4.0, clock)
    granted = sum(4 for _ in range(100) if not asked(allowance, 4))
    assert granted == 4 * BURST_SECONDS + 4  # the last one owes
    later = 0
    for _ in range(100):
        clock.now += 1
        later += 0 if asked(allowance, 4) else 4
    assert later == 400


def test_a_request_of_any_size_is_granted_and_paid_for_by_waiting():
    clock = Clock()
    allowance = Allowance(10.0, clock)
    assert asked(allowance, 4096) == 0
    wait = asked(allowance, 1)
    assert wait == 400  # 409.6 s, less the burst that was saved up, rounded up
    clock.now += wait - 1
    assert asked(allowance, 1) == 1
    clock.now += 1
    assert asked(allowance, 1) == 0


def test_a_refused_request_pays_nothing():
    clock = Clock()
    allowance = Allowance(1.0, clock)
    allowance.pay(100)
    waits = [asked(allowance, 1000) for _ in range(5)]
    assert waits == [90] * 5
    allowance.pay(0)
    with pytest.raises(OverLimit, match=r"1 beats a second.*90 s"):
        allowance.check()


def test_what_is_found_is_paid_for_without_being_asked():
    clock = Clock()
    allowance = Allowance(1.0, clock)
    for _ in range(3):
        allowance.pay(10)
    assert asked(allowance, 1) == 20


def test_without_a_rate_there_is_no_limit():
    allowance = Allowance(None, Clock())
    allowance.pay(10**9)
    assert asked(allowance, 10**9) == asked(allowance, 1) == 0


STEPS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 200)), min_size=1, max_size=60)


@given(st.sampled_from([1.0, 2.0, 8.0]), STEPS)
def test_over_any_time_no_more_is_granted_than_rate_burst_and_the_last_request(rate, steps):
    clock = Clock()
    allowance = Allowance(rate, clock)
    granted = last = 0
    for seconds, beats in steps:
        clock.now += seconds
        wait = asked(allowance, beats)
        if not wait:
            granted, last = granted + beats, beats
        assert granted - last <= rate * (clock.now + BURST_SECONDS)


@given(st.sampled_from([0.5, 1.0, 4.0]), st.integers(0, 1000))
def test_who_waits_as_long_as_he_is_told_is_served_and_not_before(rate, beats):
    clock = Clock()
    allowance = Allowance(rate, clock)
    allowance.pay(beats)
    wait = asked(allowance, 1)
    if wait:
        clock.now += wait - 1
        assert asked(allowance, 1) == 1
        clock.now += 1
        assert asked(allowance, 1) == 0


def test_each_key_has_its_own_until_its_rate_changes():
    clock = Clock()
    allowances = Allowances(clock)

    def key(name, rate):
        return Key(name=name, beats_per_second=rate, salt="00", hash="00")

    allowances.of(key("a", 1.0)).pay(100)
    assert asked(allowances.of(key("a", 1.0)), 1) == 90
    assert asked(allowances.of(key("b", 1.0)), 1) == 0
    assert asked(allowances.of(key("a", 2.0)), 1) == 0
