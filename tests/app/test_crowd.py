from contextlib import ExitStack

import pytest

from app.crowd import SECONDS, Crowd


@pytest.fixture
def clock():
    class Clock:
        now = 1000.5 * SECONDS

        def __call__(self):
            return self.now

    return Clock()


def test_requests_that_are_there_are_counted(clock):
    crowd = Crowd(clock)
    assert crowd.lately == 0
    with crowd.one_more(), crowd.one_more():
        assert crowd.lately == 2


def test_one_that_has_left_is_remembered_for_a_turn_or_two(clock):
    crowd = Crowd(clock)
    with crowd.one_more(), crowd.one_more():
        pass
    seen = []
    for _ in range(4):
        seen.append(crowd.lately)
        clock.now += SECONDS
    assert seen == [2, 2, 0, 0]


def test_a_lone_client_that_asks_again_and_again_is_alone(clock):
    crowd = Crowd(clock)
    for _ in range(50):
        with crowd.one_more():
            assert crowd.lately == 1
        clock.now += SECONDS / 7


def test_those_who_stay_are_counted_however_long_it_takes(clock):
    crowd = Crowd(clock)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(crowd.one_more())
        clock.now += 100 * SECONDS
        assert crowd.lately == 3
        with crowd.one_more():
            assert crowd.lately == 4
    clock.now += 100 * SECONDS
    assert crowd.lately == 0
