"""Submission: beats of a request are charged, go to the batcher by a plan, and come back while its client is there."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from fastapi import Request
from jaxtyping import Float32

from app.batching.batch import BatchKey
from app.errors import TooLate
from app.keys.allowance import Allowance
from app.middleware.access import allowance_of
from app.state import state_of
from models import Decisions, Plan

LEFT = 499
"""Logged where the client has left before its answer was there; nobody gets to see it."""

SOON = 0.1
"""Seconds until anybody looks whether the client is still there: most answers are there by then."""

USUAL_EVALUATIONS = 200
"""Of a beat, that one beat pays for: no released setting costs as many. Each more as many cost as another beat."""

MANY_BEATS = 128
"""Beats whose answer is written beside the event loop: writing it takes longer than going there."""


class ClientLeft(Exception):
    """Nobody waits for the answer any more."""


async def submit(
    request: Request, plan: Plan, beats: Float32[np.ndarray, "beat 187"], seconds: float, cost: int = 1
) -> Decisions | None:
    """The decisions on a request's beats, which are counted; None where its client has left. Its body must be read.

    Each beat is charged as so many, and for what it costs to solve beyond the usual. Raises OverLimit, and what
    `Batcher.submit` raises, then and later.
    """
    state, allowance = state_of(request), allowance_of(request)
    model = plan.classifier.identity.name
    with charged(allowance, cost * len(beats), cost), state.tracing.span("decide", model=model, beats=len(beats)):
        key = BatchKey.of(plan, "prompt")
        decisions = await _while_there(request, state.batcher.submit(key, beats, plan.least_confidence, seconds))
    if decisions is not None:
        allowance.pay(dear(decisions))
        state.metrics.count(model, beats, decisions)
    return decisions


def dear(decisions: Decisions) -> int:
    """Beats' worth of what was spent on each beat beyond the usual."""
    if decisions.receipts is None:
        return 0
    return int((decisions.receipts.evaluations // USUAL_EVALUATIONS).sum())


@contextmanager
def charged(allowance: Allowance, beats: int, cost: int = 1) -> Iterator[None]:
    """Pay for so many beats, unless they fail: what can was checked before, so it is the service's fault.

    What was solved for an answer that came too late is paid, each beat at this cost. Raises OverLimit.
    """
    allowance.charge(beats)
    try:
        yield
    except TooLate as error:
        allowance.pay(min(cost * error.solved, beats) - beats)
        raise
    except Exception:
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
