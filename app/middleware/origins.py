"""Origins: which pages in a browser may change something or open a live stream.

CORS keeps pages of other sites from reading answers, and from sending all but the simplest requests. Neither a form
nor a WebSocket asks for leave; by Origin, or Sec-Fetch-Site, the browser says whose page it is that sends one.
"""

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import ForeignOrigin
from app.middleware.error_handler import answer
from app.state import state_of

SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""

ALL = "*"


class Origins:
    """Refuses pages of other origins than the service's own and those that are named.

    A request with an API key is let through, since no page of another site has one; a WebSocket is not, whose key a
    page may have been given.
    """

    def __init__(self, app: ASGIApp, allowed: Collection[str]) -> None:
        self.app = app
        self.allowed = allowed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if self._held(scope) and self._foreign(Headers(scope=scope)):
            refusal = ForeignOrigin(
                "got a request of a page of another origin, expected the service's own or one of CARDIODE_CORS_ORIGINS"
            )
            await answer(HTTPConnection(scope), refusal)(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _held(self, scope: Scope) -> bool:
        if scope["type"] == "http":
            return scope["method"] not in SAFE and state_of(HTTPConnection(scope)).keys is None
        return bool(scope["type"] == "websocket")

    def _foreign(self, headers: Headers) -> bool:
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        if origin is None:
            return site not in (None, "same-origin", "none") and ALL not in self.allowed
        # Not by the scheme, which a proxy may have changed, nor by the Host alone, which it may have too.
        own = site == "same-origin" or _authority(origin) == headers.get("host", "").lower()
        return not own and origin not in self.allowed and ALL not in self.allowed


def _authority(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None
