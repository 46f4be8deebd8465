"""The limit of bytes that a request's body may have."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Refuses a body over the limit: unread where its length is declared, else as soon as it passes the limit."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        length = Headers(scope=scope).get("content-length", "0")
        # More digits than any body has bytes: they are not worth being made a number.
        declared = int(length) if length.isdecimal() and len(length) < 20 else self.limit + 1
        received = 0

        async def receive_within() -> Message:
            nonlocal received
            if declared <= self.limit:
                message = await receive()
                received += len(message.get("body", b""))
            if max(declared, received) > self.limit:
                # Raised where the app reads the body, so it is answered like every other error.
                limit = f"the body is over the limit of {self.limit:,} bytes"
                raise HTTPException(413, f"{limit}; send fewer beats in one request")
            return message

        await self.app(scope, receive_within, send)
