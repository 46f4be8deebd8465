"""Ending: once the service has been told to end, it takes nothing new; what it has taken is answered.

It goes on to tell that it lives, and its metrics, so that it can be watched until it is gone. It says no to all else,
and to whether it is ready, which sends load balancers and clients elsewhere. What has been taken and is not done in
time is told so.
"""

import asyncio

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http import problems

STILL_TOLD = frozenset({"/health/live", "/v2/health/live", "/metrics"})

RETRY_SECONDS = 5
"""Another may have taken its place by then."""


class Ending:
    """Refuses what comes while the app's state says that it is `ending`, and closes the connection."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket") or scope["path"] in STILL_TOLD or not scope["app"].state.ending:
            await self._taken(scope, receive, send)
        else:
            await _refuse("the service is ending and takes nothing new", scope, receive, send)

    async def _taken(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_closing(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start" and scope["app"].state.ending:
                MutableHeaders(scope=message)["Connection"] = "close"  # or its client would ask by it again
            await send(message)

        try:
            await self.app(scope, receive, send_closing)
        except asyncio.CancelledError:  # by the server, which waits no longer
            if begun or scope["type"] != "http":
                raise
            await _refuse("the service has ended before this was answered", scope, receive, send)


async def _refuse(why: str, scope: Scope, receive: Receive, send: Send) -> None:
    refused = HTTPException(
        503,
        f"{why}; ask another one, or come again in {RETRY_SECONDS} s",
        headers={"Retry-After": str(RETRY_SECONDS), "Connection": "close"},
    )
    await problems.answer(HTTPConnection(scope), refused)(scope, receive, send)
