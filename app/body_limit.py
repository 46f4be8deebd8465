"""The limit of bytes that a request's body may have."""

import contextlib

from fastapi import FastAPI
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import body_too_large


class BodyLimit:
    """Refuses bodies over the limit: at once where their length is declared, else as soon as they pass it."""

    def __init__(self, app: ASGIApp, service: FastAPI, limit: int) -> None:
        self.app = app
        self.service = service
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdecimal() and int(declared) > self.limit:
            await self._refuse(scope, receive, send)
            return
        received, refused = 0, False

        async def receive_within() -> Message:
            nonlocal received, refused
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.limit:
                refused = True
                raise _BodyTooLargeError
            return message

        async def send_unless_refused(message: Message) -> None:
            if not refused:  # what the app says of the broken-off body is not the reason
                await send(message)

        with contextlib.suppress(_BodyTooLargeError):
            await self.app(scope, receive_within, send_unless_refused)
        if refused:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.service.state.metrics.errors.labels(kind="BodyTooLarge").inc()
        await body_too_large(self.limit)(scope, receive, send)


class _BodyTooLargeError(Exception):
    """The body has passed the limit."""
