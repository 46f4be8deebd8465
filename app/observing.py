"""What stands around every request: its id, one line of log, and its figures."""

import logging
import re
import time
import uuid

from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

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
