"""What stands around every request: its id, one line of log, and its figures."""

import logging
import random
import re
import time

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.methods import HTTP_METHODS
from app.http.problems import INTERNAL, internal
from app.state import ServiceState

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
"""What a client's own X-Request-ID may look like; any other is replaced."""

UNMATCHED = "unmatched"

logger = logging.getLogger("cardiode.requests")


class RequestLog:
    """Gives each request an id, and reports to log and metrics how it ended."""

    def __init__(self, app: ASGIApp, service: FastAPI, state: ServiceState) -> None:
        self.app = app
        self.state = state
        # FastAPI notes its own routes, but not these.
        self._plain = {route.endpoint: route.path for route in service.routes if isinstance(route, Route)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id = _id_of(scope)
        started, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", ()), (b"x-request-id", request_id.encode())]
            await send(message)

        metrics = self.state.metrics
        metrics.in_progress.inc()
        try:
            await self.app(scope, receive, send_with_id)
        except Exception:
            logger.exception("failed", extra={"request_id": request_id} | self._trace())
            metrics.errors.labels(kind=INTERNAL).inc()
            if status:  # the answer has begun: all that is left is to break it off
                raise
            await internal().on(scope["path"])(scope, receive, send_with_id)
        finally:
            metrics.in_progress.dec()
            self._report(scope, request_id, status, time.perf_counter() - started)

    def _report(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in HTTP_METHODS else "other"  # a stranger may send any
        labels = {"method": method, "route": self._route(scope), "status": str(status or 500)}
        self.state.metrics.count_answer(**labels, seconds=seconds)
        key = scope.get("state", {}).get("key")  # `app.middleware.access` notes it
        whose = {} if key is None else {"key": key.name}
        own = {"request_id": request_id, "seconds": round(seconds, 6)} | self._trace()
        logger.info("answered", extra=labels | own | whose)

    def _trace(self) -> dict[str, str]:
        """What leads from a line of log to the trace of its request, where there is one."""
        trace_id = self.state.tracing.trace_id()
        return {} if trace_id is None else {"trace_id": trace_id}

    def _route(self, scope: Scope) -> str:
        """The path of the route that is asked for, be it by a wrong method; never what a stranger has made up."""
        if "route" in scope:
            return str(scope["route"].path)
        # Without an endpoint it was refused before it was routed.
        return self._plain[scope["endpoint"]] if scope.get("endpoint") in self._plain else UNMATCHED


def _id_of(scope: Scope) -> str:
    """The client's own, if it gives one that may stand in a log; else one that is no secret, so `random` will do."""
    given: bytes = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"")
    return given.decode() if REQUEST_ID.fullmatch(given) else f"{random.getrandbits(128):032x}"
