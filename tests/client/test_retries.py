from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx2 as httpx
import pytest

from client.retries import Pauses, Retries

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    """Seconds that pass when somebody says so."""

    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


def answer(status, retry_after=None):
    return httpx.Response(status, headers={} if retry_after is None else {"Retry-After": retry_after})


def first_pause(outcome, *, repeatable=True, **retries):
    return Pauses(Retries(**retries, now=lambda: NOW), repeatable=repeatable).next(outcome)


@pytest.mark.parametrize("status", [429, 503])
def test_the_service_says_when_to_come_again(status):
    assert first_pause(answer(status, "7")) == 7
    assert first_pause(answer(status, format_datetime(NOW + timedelta(seconds=9), usegmt=True))) == 9
    assert first_pause(answer(status, format_datetime((NOW + timedelta(seconds=9)).replace(tzinfo=None)))) == 9
    assert first_pause(answer(status, format_datetime(NOW - timedelta(days=1), usegmt=True))) == 0


@pytest.mark.parametrize("told", [None, "", "soon", "-3", "1.5", "²"])
def test_what_says_nothing_of_when_is_tried_again_after_a_pause(told):
    headers = [] if told is None else [(b"Retry-After", told.encode())]
    assert first_pause(httpx.Response(503, headers=headers), pause=0.2) == 0.2


@pytest.mark.parametrize("status", [200, 400, 404, 413, 422, 500, 504])
def test_other_answers_are_final(status):
    assert first_pause(answer(status, "1")) is None


def test_pauses_grow_and_end_after_so_many_tries():
    pauses = Pauses(Retries(most=3, pause=1), repeatable=True)
    assert [pauses.next(answer(503)) for _ in range(4)] == [1, 2, 4, None]


def test_no_try_begins_after_the_time_is_up():
    clock = Clock()
    pauses = Pauses(Retries(seconds=10, clock=clock), repeatable=True)
    assert pauses.next(answer(503, "10")) == 10
    clock.seconds = 9.0
    assert pauses.next(answer(503, "2")) is None
    assert pauses.next(answer(503, "1")) == 1
    assert pauses.next(answer(503, "9" * 400)) is None


def test_where_no_answer_came_only_what_may_be_repeated_is():
    error = httpx.ReadError("broken off")
    assert first_pause(error, pause=0.2) == 0.2
    assert first_pause(error, repeatable=False) is None
    assert first_pause(answer(503, "1"), repeatable=False) == 1  # it was refused, so nothing was done


def test_a_service_that_is_started_anew_is_outlasted():
    pauses = Pauses(Retries(), repeatable=True)
    assert sum(iter(lambda: pauses.next(httpx.ConnectError("down")), None)) > 45
