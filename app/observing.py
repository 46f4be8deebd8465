"""What stands around every request: its id, its limit of bytes, one line of log, and its figures."""

import contextlib
import logging
import re
import time
import uuid

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.problems import body_too_large

REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")
"""What a client's own X-Request-ID may look like; any other is replaced."""

logger = logging.getLogger("cardiode.requests")


class Observing:
    """Gives each request an id, and tells log and metrics how it ended."""

    def __init__(self, app: ASGIApp, service: FastAPI) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        given = Headers(scope=scope).get("x-request-id", "")
        request_id = given if REQUEST_ID.match(given) else uuid.uuid4().hex
        started, status = time.perf_counter(), 500

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        in_progress = self.service.state.metrics.in_progress
        in_progress.inc()
        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            logger.exception("failed", extra={"request_id": request_id})
            raise
        finally:
            in_progress.dec()
            self._tell(scope, request_id, status, time.perf_counter() - started)

    def _tell(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "unmatched")
        labels = {"method": scope["method"], "route": route, "status": str(status)}
        if route == "unmatched":  # a stranger may send any method: it must not make a label each
            labels["method"] = "any"
        metrics = self.service.state.metrics
        metrics.requests.labels(**labels).inc()
        metrics.request_seconds.labels(**labels).observe(seconds)
        logger.info("answered", extra=labels | {"request_id": request_id, "seconds": round(seconds, 6)})


class BodyLimit:
    """Refuses bodies over the limit: at once where their length is declared, else as soon as they pass it."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        declared = Headers(scope=scope).get("content-length", "0")
        if declared.isdecimal() and int(declared) > self.limit:
            await body_too_large(self.limit)(scope, receive, send)
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
            await body_too_large(self.limit)(scope, receive, send)


class _BodyTooLargeError(Exception):
    """The body has passed the limit."""
