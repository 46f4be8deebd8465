"""Submission: beats of a request are charged, go to the batcher by a plan, and come back while its client is there."""

import asyncio
from functools import partial

import numpy as np
from fastapi import Request
from jaxtyping import Float32
from starlette.requests import HTTPConnection

from app.batching.batch import BatchKey
from app.http.presence import ClientLeft, give_up, until_left
from app.keys.bill import Bill, check_affordable
from app.middleware.access import allowance_of, client_of
from app.state import state_of
from models import Decisions, Plan, weight_of

LEFT = 499
"""Logged where the client has left before its answer was there; nobody gets to see it."""

SOON = 0.1
"""Seconds until anybody looks whether the client is still there: most answers are there by then."""

MANY_BEATS = 128
"""Beats whose answer is written beside the event loop: writing it takes longer than going there."""


async def submit(
    request: Request,
    plan: Plan,
    beats: Float32[np.ndarray, "beat 187"],
    seconds: float,
    bill: Bill | None = None,
    cost: int = 1,
) -> Decisions | None:
    """The decisions on a request's beats, which are counted; None where its client has left. Its body must be read.

    Its key pays for each beat, and for what it costs to solve beyond the usual: as it is expected before, and as it was
    after. Where more comes onto a bill that is open, each beat costs as many as `cost` says. Raises OverLimit and
    TooDear, and what `Batcher.submit` raises, then and later.
    """
    state, model = state_of(request), plan.classifier.identity.name
    key, bill = BatchKey.of(plan, "prompt"), bill or Bill(allowance_of(request))
    check_payable(request, plan)
    with bill, state.tracing.span("decide", model=model, beats=len(beats)):
        bill.hold(len(beats), cost, max(key.effort, state.batcher.expected_effort(key)))
        answer = state.batcher.submit(key, beats, plan.least_confidence, seconds, client_of(request), bill)
        decisions = await _while_there(request, answer)
    if decisions is not None:
        state.metrics.count(model, beats, decisions)
    return decisions


def check_payable(connection: HTTPConnection, plan: Plan) -> None:
    """Raises TooDear where a beat may cost more by this plan than whoever asks can pay for."""
    if plan.solver is not None:
        check_affordable(allowance_of(connection), plan.solver.max_evaluations, weight_of(plan.solver))


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
    watching = asyncio.ensure_future(until_left(request, partial(give_up, answer)))
    answer.add_done_callback(lambda _: watching.cancel())
