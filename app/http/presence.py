"""Presence: whether the client that waits for an answer is still there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from starlette.requests import Request

Answer = TypeVar("Answer")


class ClientLeft(Exception):
    """Nobody waits for the answer any more."""


@asynccontextmanager
async def watched(request: Request, left: Callable[[], object]) -> AsyncIterator[None]:
    """Call `left` where the client leaves meanwhile. All of the request's body must have been read."""
    watching = asyncio.ensure_future(until_left(request, left))
    try:
        yield
    finally:
        watching.cancel()


def give_up(answer: "asyncio.Future[Answer]") -> None:
    """Let whoever waits for an answer know that its client has left, unless it is there."""
    if not answer.done():
        answer.set_exception(ClientLeft())


async def until_left(request: Request, left: Callable[[], object]) -> None:
    """Call `left` once the client has."""
    await request.receive()  # the body is whole, so nothing else can come
    left()
