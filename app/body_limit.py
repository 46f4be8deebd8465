"""The limit of bytes that a request's body may have."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

RECORDINGS = "/recordings"
"""The route that has a limit of its own, for files: JSON takes many times its size in memory."""


class BodyLimit:
    """Refuses a body over the limit: unread where its length is declared, else as soon as it passes the limit."""

    def __init__(self, app: ASGIApp, limit: int, recording_limit: int) -> None:
        self.app = app
        self.limit = limit
        self.recording_limit = recording_limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        recording = scope["path"] == RECORDINGS
        as_files = recording and headers.get("content-type", "").lower().startswith("multipart/")
        most = self.recording_limit if as_files else self.limit
        length = headers.get("content-length", "0")
        # More digits than any body has bytes: they are not worth being made a number.
        declared = int(length) if length.isdecimal() and len(length) < 20 else most + 1
        received = 0

        async def receive_within() -> Message:
            nonlocal received
            if declared <= most:
                message = await receive()
                received += len(message.get("body", b""))
            if max(declared, received) > most:
                # Raised where the app reads the body, so it is answered like every other error.
                limit = f"the body is over the limit of {most:,} bytes"
                less = "a shorter recording, or fewer of its leads" if as_files else "fewer beats in one request"
                less = "the recording as a file, which may be larger" if recording and not as_files else less
                raise HTTPException(413, f"{limit}; send {less}")
            return message

        await self.app(scope, receive_within, send)
