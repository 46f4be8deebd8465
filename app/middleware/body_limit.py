"""The limits of a request's body: how many bytes it and all together may have, and how slowly they may come."""

import asyncio
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.errors import BodyTooLarge, BodyTooSlow, Busy, UnreadableBody
from app.http.bodies import FORM, media_type
from app.http.paths import RECORDINGS

UNREAD = ("GET", "HEAD")
"""Methods whose bodies no route reads: an answer that is streamed only waits there for the client to leave."""

STEP = 2**16
"""Bytes of a body that have so much time each: a slow client that goes on sending is not cut off."""


@dataclass(frozen=True)
class Limits:
    """What bodies may have."""

    bytes: int
    recording_bytes: int
    """Of a recording that is sent as files."""
    recordings_bytes: int
    """Of all recordings that are being sent as files, or were and are worked on: they lie on disk."""
    others_bytes: int
    """Of all other bodies, which lie in memory."""
    seconds: float
    """That each 64 KiB may take to come, or what is left of the body."""


class Held:
    """The bytes of bodies that lie in one place: of each what is more than `STEP`, so that small ones always pass."""

    def __init__(self, what: str, most: int) -> None:
        self.what = what
        self.most = most
        self.bytes = 0

    def grow(self, before: int, after: int) -> None:
        """A body is larger than it was. Raises Busy where there is no room for that."""
        more = max(after - STEP, 0) - max(before - STEP, 0)
        self.bytes += more
        if more and self.bytes > self.most:
            raise Busy(f"the limit of {self.most:,} bytes of {self.what} at once is reached")

    def free(self, length: int) -> None:
        """A body of that length has gone."""
        self.bytes -= max(length - STEP, 0)


class BodyLimit:
    """Refuses a body over the limits: unread where its length is declared, else as soon as it passes them."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.app = app
        self.limits = limits
        self.recordings = Held("recordings", limits.recordings_bytes)
        self.others = Held("requests", limits.others_bytes)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] in UNREAD:
            await self.app(scope, receive, send)
            return
        body = _Body(self, scope, receive)
        try:
            await self.app(scope, body.receive, send)
        finally:
            body.release()


class _Body:
    """The body of one request.

    What is wrong with it is raised where the app reads it, so it is answered like every other error.
    """

    def __init__(self, limit: BodyLimit, scope: Scope, receive: Receive) -> None:
        headers = Headers(scope=scope)
        self.limits = limit.limits
        self.recording = scope["path"] == RECORDINGS  # with a limit for files: JSON takes many times its size in memory
        self.as_files = self.recording and media_type(headers) == FORM
        self.held = limit.recordings if self.as_files else limit.others
        self.most = self.limits.recording_bytes if self.as_files else self.limits.bytes
        length = headers.get("content-length", "0")
        # More digits than any body has bytes: they are not worth being made a number.
        self.declared = int(length) if length.isdecimal() and len(length) < 20 else self.most + 1
        self.received = 0
        self.seconds = self.limits.seconds
        """That are left for this step."""
        self.whole = False
        """All of it is there; what comes then is that the client has left."""
        self._receive = receive

    async def receive(self) -> Message:
        """The next piece. Raises UnreadableBody, BodyTooSlow, BodyTooLarge, and Busy where others send too much."""
        if self.whole:
            return await self._receive()
        if self.declared > self.most:
            raise self._too_large()
        message = await self._in_time()
        if message["type"] == "http.disconnect":
            raise UnreadableBody("the connection was closed before the whole body had arrived")
        self._count(len(message.get("body", b"")))
        self.whole = not message.get("more_body", False)
        return message

    def release(self) -> None:
        """Its bytes are no longer held."""
        self.held.free(self.received)

    async def _in_time(self) -> Message:
        """Only the waiting counts, not what the app does between two pieces."""
        started = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self.seconds):
                message = await self._receive()
        except TimeoutError:
            raise BodyTooSlow(
                f"the body arrived too slowly: after {self.received:,} bytes neither {STEP:,} more nor the rest came "
                f"within {self.limits.seconds:g} s; send it again over a faster connection",
                {"Connection": "close"},
            ) from None
        self.seconds -= asyncio.get_running_loop().time() - started
        return message

    def _count(self, length: int) -> None:
        if (self.received + length) // STEP > self.received // STEP:
            self.seconds = self.limits.seconds
        before, self.received = self.received, self.received + length
        self.held.grow(before, self.received)
        if self.received > self.most:
            raise self._too_large()

    def _too_large(self) -> BodyTooLarge:
        less = "a shorter recording, or fewer of its leads" if self.as_files else "fewer beats in one request"
        less = "the recording as a file, which may be larger" if self.recording and not self.as_files else less
        return BodyTooLarge(f"the body is over the limit of {self.most:,} bytes; send {less}")
