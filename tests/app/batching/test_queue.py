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


def pending(loop, beats, deadline=10.0, since=0.0):
    return PendingRequest(np.zeros((beats, 187), np.float32), deadline, 0.0, loop.create_future(), since)


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
        pieces = queue.take(room)
        assert sum(len(piece.beats) for piece in pieces) == min(room, waiting)
        for piece in pieces:
            taken[piece.request] += range(piece.start, piece.stop)
        assert queue.beats == sum(request.left for request in requests)
        assert queue.before_a_newcomer == sum(min(request.left, MOST) for request in requests)
    assert [taken[request] for request in requests] == [list(range(size)) for size in sizes]


def test_requests_take_turns(loop):
    large, small = pending(loop, 6), pending(loop, 2)
    queue = queue_of([large, small])
    turns = [[(piece.request, len(piece.beats)) for piece in queue.take(MOST)] for _ in range(2)]
    assert turns == [[(large, 4)], [(small, 2), (large, 2)]]


def test_it_knows_when_the_first_of_those_that_wait_came(loop):
    assert queue_of([pending(loop, 1, since=2.0), pending(loop, 1, since=1.0)]).since == 1.0


def test_those_who_left_and_those_who_are_too_late_are_dropped_and_no_others(loop):
    left, late, last = pending(loop, 3), pending(loop, 5, deadline=2.9), pending(loop, 7, deadline=3.1)
    queue = queue_of([left, late, last])
    left.answer.cancel()
    assert queue.drop(now=1.0, seconds=2.0) == [left, late]
    assert queue.beats == 7
    assert queue.before_a_newcomer == MOST
    assert queue.drop(now=1.0, seconds=2.0) == []
