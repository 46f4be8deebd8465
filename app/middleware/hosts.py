"""Hosts: by which name the service is asked, where only its own machine may reach it.

A page of another site can let its own name lead to 127.0.0.1 (DNS rebinding): its browser then takes the service for
that site, and lets it read all answers. The Host header has the name that it was asked by.
"""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import ForeignOrigin
from app.http.loopback import is_loopback, names_loopback
from app.middleware.error_handler import answer


class Hosts:
    """Refuses what came in at loopback under another name than one of loopback, where no key is asked for."""

    def __init__(self, app: ASGIApp, held: bool) -> None:
        self.app = app
        self.held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self.held and scope["type"] in ("http", "websocket") and _renamed(scope):
            refusal = ForeignOrigin("expected a Host of this machine, such as 127.0.0.1 or localhost")
            await answer(HTTPConnection(scope), refusal)(scope, receive, send)
            return
        await self.app(scope, receive, send)


def _renamed(scope: Scope) -> bool:
    server = scope.get("server")
    if server is None or not is_loopback(server[0]):
        return False
    return not all(names_loopback(value.decode("latin-1")) for name, value in scope["headers"] if name == b"host")
