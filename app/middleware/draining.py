"""Draining: once the service has been asked to stop, it takes nothing new; what it has taken is answered.

It goes on to say that it lives, and its metrics, so that it can be watched until it is gone. It says no to all else,
and to whether it is ready, which sends load balancers and clients elsewhere. What has been taken and is not done in
time is answered so.
"""

import asyncio

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import errors
from app.http.paths import rules_of
from app.middleware.error_handler import answer
from app.state import Drain


class Draining:
    """Refuses what comes once the drain has begun, and closes the connection."""

    def __init__(self, app: ASGIApp, drain: Drain) -> None:
        self.app = app
        self.drain = drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket") or not self.drain.begun or _stays_open(scope):
            await self._taken(scope, receive, send)
        else:
            await _refuse("the service is ending and takes nothing new", scope, receive, send)

    async def _taken(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def send_closing(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start" and self.drain.begun:
                MutableHeaders(scope=message)["Connection"] = "close"  # or its client would ask by it again
            await send(message)

        try:
            await self.app(scope, receive, send_closing)
        except asyncio.CancelledError:  # by the server, which waits no longer
            if begun or scope["type"] != "http":
                raise
            await _refuse("the service has ended before this was answered", scope, receive, send)


def _stays_open(scope: Scope) -> bool:
    return rules_of(scope["path"]).open_while_draining


async def _refuse(why: str, scope: Scope, receive: Receive, send: Send) -> None:
    await answer(HTTPConnection(scope), errors.Draining(why))(scope, receive, send)
