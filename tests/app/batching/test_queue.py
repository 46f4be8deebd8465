import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.batching.batch import PendingRequest
from app.batching.queue import Queue

MOST = 4


@pytest.fixture(scope="module")
def loop():
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def pending(loop, beats, deadline=10.0, since=0.0, client=""):
    return PendingRequest(np.zeros((beats, 187), np.float32), deadline, 0.0, loop.create_future(), since, client)


def equal(_):
    """The place of a client."""
    return 0, 0.0


def queue_of(requests):
    queue = Queue(MOST)
    for request in requests:
        queue.append(request)
    return queue


@given(
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=8),
    rooms=st.lists(st.integers(1, 12), min_size=72, max_size=80),
)
def test_every_beat_is_taken_once_and_in_the_order_of_its_request(loop, sizes, rooms):
    requests = [pending(loop, size) for size in sizes]
    queue, taken = queue_of(requests), {request: [] for request in requests}
    for room in rooms:
        waiting = queue.beats
        pieces = queue.take(room, equal)
        assert sum(len(piece.beats) for piece in pieces) == min(room, waiting)
        for piece in pieces:
            taken[piece.request] += range(piece.start, piece.stop)
        assert queue.beats == sum(request.left for request in requests)
        before = sum(min(request.left, MOST) for request in requests)
        assert queue.before == ({"": before} if before else {})
    assert [taken[request] for request in requests] == [list(range(size)) for size in sizes]


def test_requests_take_turns(loop):
    large, small = pending(loop, 6), pending(loop, 2)
    queue = queue_of([large, small])
    turns = [[(piece.request, len(piece.beats)) for piece in queue.take(MOST, equal)] for _ in range(2)]
    assert turns == [[(large, 4)], [(small, 2), (large, 2)]]


PLACES = {"first": (0, 1.0), "second": (0, 2.0), "third": (1, 0.0)}


def taken(queue, room, few=0):
    return [(piece.request.client, len(piece.beats)) for piece in queue.take(room, PLACES.get, few)]


def test_the_client_whose_turn_it_is_comes_first_whoever_asked_first(loop):
    queue = queue_of([pending(loop, 3, client=client) for client in ("third", "second", "first", "second")])
    assert queue.first(PLACES.get) == (PLACES["first"], "first")
    assert taken(queue, 100) == [("first", 3), ("second", 3), ("third", 3)]
    assert taken(queue, 100) == [("second", 3)]
    assert not queue.beats and not queue.before


def test_others_add_no_more_than_the_client_has_whose_turn_it_is_or_a_few(loop):
    requests = [pending(loop, 2, client="first")] + [pending(loop, 9, client=client) for client in ("second", "third")]
    assert taken(queue_of(requests), 100) == [("first", 2), ("second", 2), ("third", 2)]
    assert taken(queue_of(requests[1:]), 100, few=3) == [("second", 7), ("third", 7)]
    requests = [pending(loop, 2, client="first"), pending(loop, 9, client="second")]
    assert taken(queue_of(requests), 100, few=5) == [("first", 2), ("second", 5)]
    assert taken(queue_of([pending(loop, 9, client="first")]), 6) == [("first", 6)]


def test_it_knows_when_the_first_of_those_that_wait_came(loop):
    assert queue_of([pending(loop, 1, since=2.0), pending(loop, 1, since=1.0)]).since == 1.0


def test_those_who_left_and_those_who_are_too_late_are_dropped_and_no_others(loop):
    left, late, last = pending(loop, 3), pending(loop, 5, deadline=2.9), pending(loop, 7, deadline=3.1)
    queue = queue_of([left, late, last])
    left.answer.cancel()
    assert queue.drop(now=1.0, seconds=2.0) == [left, late]
    assert queue.beats == 7
    assert queue.before == {"": MOST}
    assert queue.drop(now=1.0, seconds=2.0) == []
