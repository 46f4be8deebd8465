"""Bodies: what kind of them a request says it has, and reading large ones."""

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread
from starlette.datastructures import Headers

FORM = "multipart/form-data"

Read = TypeVar("Read")


def media_type(headers: Headers, default: str = "") -> str:
    """What a body is said to be, without parameters and in lower case (RFC 9110, 8.3.1)."""
    return headers.get("content-type", default).split(";")[0].strip().lower()


async def read_beside(reader: Callable[[], Read], readers: anyio.CapacityLimiter) -> Read:
    """What a reader makes of a body, beside the event loop: a few at once, since each takes a body's size in memory."""
    return await anyio.to_thread.run_sync(reader, limiter=readers)
