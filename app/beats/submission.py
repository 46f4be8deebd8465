"""Asking the batcher: what every route that has beats decided on shares.

How long it may take, in which way the beats are solved, and waiting for their decisions while the client is there.
"""

import asyncio
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from fastapi import Request
from jaxtyping import Float32

from app.batching.batch import Way
from app.batching.batcher import TooLate
from app.batching.limiter import Busy
from app.http.schemas import SolverRequest
from app.http.validation import invalid, single
from app.middleware.access import allowance_of
from app.registry.models import ServedModel
from ecg.messages import shortened
from models import Decisions

DEADLINE = "Cardiode-Deadline-Ms"
MOST_DIGITS = 9

LEFT = 499
"""Logged where the client has left before its answer was there; nobody gets to see it."""

SOON = 0.1
"""Seconds until anybody looks whether the client is still there: most answers are there by then."""

MANY_BEATS = 128
"""Beats whose answer is written beside the event loop: writing it takes longer than going there."""


class ClientLeft(Exception):
    """Nobody waits for the answer any more."""


def deadline_parameter() -> dict[str, Any]:
    """The header, for the API's description."""
    bounds = {"type": "integer", "minimum": 1, "maximum": 10**MOST_DIGITS - 1}
    return {"name": DEADLINE, "in": "header", "description": "in how many ms it may take", "schema": bounds}


def seconds_for(request: Request) -> float:
    """What client and service allow. Raises RequestValidationError."""
    allowed: float = request.app.state.settings.deadline
    return min(_told(request), allowed)


def _told(request: Request) -> float:
    """What the client allows, in seconds; infinite where it says nothing."""
    told = single(request.headers, DEADLINE)
    if told is None:
        return math.inf
    if not (told.isascii() and told.isdigit() and len(told) <= MOST_DIGITS and int(told)):
        message = f"got {shortened(told)!r}, expected milliseconds: a whole number from 1 to {10**MOST_DIGITS - 1:,}"
        raise invalid(DEADLINE, message, "header")
    return int(told) / 1e3


def way_of(model: ServedModel, asked: SolverRequest | None) -> Way:
    """How a model's beats are solved where a request asks so of its solver. Raises InvalidSolver."""
    usual = model.classifier.solver
    return Way(model, usual if asked is None else asked.applied_to(usual))


async def decide(
    request: Request, way: Way, beats: Float32[np.ndarray, "beat 187"], coverage: float, seconds: float, each: int = 1
) -> Decisions | None:
    """The decisions on a request's beats, which are counted; None where its client has left. Its body must be read.

    Each beat costs the client's key as much as so many. Raises OverLimit and what `Batcher.ask` raises, then and later.
    """
    state = request.app.state
    with (
        _charged(request, each * len(beats)),
        state.tracing.span("decide", model=way.model.identity.name, beats=len(beats)),
    ):
        decisions = await _while_there(request, state.batcher.ask(way, beats, coverage, seconds))
    if decisions is not None:
        state.metrics.count(way.model.identity.name, beats, decisions)
    return decisions


@contextmanager
def _charged(request: Request, beats: int) -> Iterator[None]:
    """Pay for so many beats, unless the service is what is too busy for them. Raises OverLimit."""
    allowance = allowance_of(request)
    allowance.charge(beats)
    try:
        yield
    except (Busy, TooLate):
        allowance.pay(-beats)
        raise


async def _while_there(request: Request, answer: "asyncio.Future[Decisions]") -> Decisions | None:
    """What is decided, unless the client leaves first: then None, and what is not yet solved will not be."""
    later = asyncio.get_running_loop().call_later(SOON, _watch, request, answer)
    try:
        return await answer
    except ClientLeft:
        return None
    finally:
        later.cancel()
        answer.cancel()


def _watch(request: Request, answer: "asyncio.Future[Decisions]") -> None:
    """Let the answer know when the client has left."""
    watching = asyncio.ensure_future(_until_left(request, answer))
    answer.add_done_callback(lambda _: watching.cancel())


async def _until_left(request: Request, answer: "asyncio.Future[Decisions]") -> None:
    await request.receive()  # the body is whole, so nothing else can come
    if not answer.done():
        answer.set_exception(ClientLeft())
