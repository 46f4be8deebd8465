"""The limits of a request's body: how many bytes it may have, and how slowly they may come."""

from dataclasses import dataclass

import anyio
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.places import Busy

RECORDINGS = "/recordings"
"""The route that has a limit of its own, for files: JSON takes many times its size in memory."""

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
    """Of all recordings that are being sent, or were and are worked on: they lie on disk before it is their turn."""
    seconds: float
    """That each 64 KiB may take to come, or what is left of the body."""


class BodyLimit:
    """Refuses a body over the limits: unread where its length is declared, else as soon as it passes them."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self.app = app
        self.limits = limits
        self.held = 0
        """Bytes of the recordings whose requests are not yet answered."""

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
        self.limit, self.limits = limit, limit.limits
        self.recording = scope["path"] == RECORDINGS
        self.as_files = self.recording and headers.get("content-type", "").lower().startswith("multipart/")
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
        """The next piece. Raises HTTPException, and Busy where others are sending too much."""
        if self.whole:
            return await self._receive()
        if self.declared > self.most:
            raise self._too_large()
        message = await self._in_time()
        if message["type"] == "http.disconnect":
            raise HTTPException(400, "the connection was closed before the whole body had come")
        self._count(len(message.get("body", b"")))
        self.whole = not message.get("more_body", False)
        return message

    def release(self) -> None:
        """Its bytes are no longer held."""
        if self.recording:
            self.limit.held -= self.received

    async def _in_time(self) -> Message:
        """Only the waiting counts, not what the app does between two pieces."""
        started = anyio.current_time()
        with anyio.move_on_after(self.seconds):
            message = await self._receive()
            self.seconds -= anyio.current_time() - started
            return message
        raise HTTPException(
            408,
            f"the body came too slowly: after {self.received:,} bytes neither {STEP:,} more nor the rest came within "
            f"{self.limits.seconds:g} s; send it again, over a faster connection",
            headers={"Connection": "close"},
        )

    def _count(self, length: int) -> None:
        if (self.received + length) // STEP > self.received // STEP:
            self.seconds = self.limits.seconds
        self.received += length
        if self.recording:
            self.limit.held += length
        if self.received > self.most:
            raise self._too_large()
        if self.limit.held > self.limits.recordings_bytes and self.recording:
            raise Busy(f"{self.limits.recordings_bytes:,} bytes of recordings are being sent or worked on")

    def _too_large(self) -> HTTPException:
        less = "a shorter recording, or fewer of its leads" if self.as_files else "fewer beats in one request"
        less = "the recording as a file, which may be larger" if self.recording and not self.as_files else less
        return HTTPException(413, f"the body is over the limit of {self.most:,} bytes; send {less}")
