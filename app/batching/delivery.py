"""Delivery: what was solved together goes home, each part to its request, its bill and its client's turns."""

import time
from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate

import numpy as np

from app.batching.batch import BatchKey, PendingRequest, Piece, broken_off
from app.errors import SolveTooLong, TooLate
from models import Decisions


def parts_of(decisions: Decisions, pieces: Sequence[Piece]) -> list[Decisions | Exception]:
    """Those on each piece, which may ask for another coverage than its neighbour."""
    sizes = [len(piece.beats) for piece in pieces]
    least = np.repeat(np.array([piece.request.least_confidence for piece in pieces], np.float32), sizes)
    decisions = replace(decisions, least_confidence=least)
    if len(pieces) > 1:
        _ = decisions.rows  # found of all at once, which costs a tenth of finding it of each part
    return [decisions.part(end - size, end) for size, end in zip(sizes, accumulate(sizes), strict=True)]


def deliver(
    key: BatchKey, pieces: Sequence[Piece], parts: Sequence[Decisions | Exception], most_seconds: float
) -> None:
    """Give each request what is complete, failed or is too late, and put what it took on its bill.

    A batch was broken off after so many seconds, whoever waits for it.
    """
    for piece, part in zip(pieces, parts, strict=True):
        request = piece.request
        request.being_solved -= 1
        if isinstance(part, Exception):
            if piece.expected:
                request.answer.set_exception(part)
        else:
            if request.bill is not None:
                request.bill.spend(key.spent_on(part))
            if piece.expected:
                _add(request, piece, part, most_seconds)
        request.settle()


def _add(request: PendingRequest, piece: Piece, part: Decisions, seconds: float) -> None:
    """Give a request a part of its decisions; one that was broken off at the deadline is none."""
    if broken_off(part):
        # Else the batch was, after as many seconds as one may take.
        late = time.monotonic() >= request.deadline
        request.answer.set_exception(_too_late(request) if late else SolveTooLong(seconds))
        return
    request.parts[piece.start] = part
    if whole := request.whole:
        request.answer.set_result(whole)


def seconds_by_client(
    pieces: Sequence[Piece], parts: Sequence[Decisions | Exception], seconds: float
) -> dict[str, float]:
    """What a worker has spent on each client, by the evaluations that its beats took."""
    shares = [_share(piece, part) for piece, part in zip(pieces, parts, strict=True)]
    whole, spent = sum(shares), dict.fromkeys((piece.request.client for piece in pieces), 0.0)
    for piece, share in zip(pieces, shares, strict=True):
        spent[piece.request.client] += seconds * share / whole
    return spent


def _share(piece: Piece, part: Decisions | Exception) -> int:
    if isinstance(part, Exception) or part.receipts is None:
        return len(piece.beats)
    return len(piece.beats) + int(part.receipts.evaluations.sum())


def expire(request: PendingRequest) -> None:
    """Give a request up that nothing can be delivered to in time any more, unless it has its answer."""
    if not request.answer.done():
        request.answer.set_exception(_too_late(request))


def _too_late(request: PendingRequest) -> TooLate:
    return TooLate(request.deadline - request.since)
