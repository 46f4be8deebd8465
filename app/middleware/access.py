"""Access: who may ask the service, and for what.

With a file of API keys every request needs one, but for those that say whether the service works and those that show
the page and the interface, which hold nothing of anybody's. A key comes as `Authorization: Bearer KEY`. A WebSocket of
a browser can set no headers, so there it may come among the subprotocols, as `cardiode.key.KEY` beside `cardiode`,
which the service chooses: unlike a query, those are not in what servers and proxies log of a request.
"""

import re

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.http import problems
from app.http.loopback import is_loopback
from app.keys.allowance import Allowance
from app.keys.file import Key

HEALTH = frozenset({"/health/live", "/health/ready", "/v2/health/live", "/v2/health/ready"})
OPEN = HEALTH | {"/", "/docs", "/openapi.json"}
OPEN_FOLDERS = ("/page/", "/static-offline-docs/")
"""What needs no key, whoever asks."""

BEARER = re.compile(rb"bearer +([A-Za-z0-9._~+/=-]+)", re.IGNORECASE)
"""RFC 6750, 2.1; the name of a scheme has no case (RFC 9110, 11.1)."""

SUBPROTOCOL = "cardiode"
KEY_SUBPROTOCOL = "cardiode.key."

NO_KEY = "expected a known API key, in the header Authorization: Bearer KEY; ask whoever runs this service for one"
"""The same whatever was wrong with what came, so that nothing is learnt from it."""


class Access:
    """Lets nobody in without a key, where keys are asked for: before a body is read or a WebSocket is accepted."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        ring = connection.app.state.key_ring
        key = None if ring is None else ring.find(_secret(scope))
        connection.state.key = key
        connection.state.allowance = Allowance(None) if key is None else connection.app.state.allowances.of(key)
        if ring is None or key is not None or _open(scope):
            await self.app(scope, receive, send)
            return
        refused = HTTPException(401, NO_KEY, headers={"WWW-Authenticate": "Bearer"})
        await problems.answer(connection, refused)(scope, receive, send)


def _open(scope: Scope) -> bool:
    path: str = scope["path"]
    return scope["type"] == "http" and (path in OPEN or path.startswith(OPEN_FOLDERS))


def _secret(scope: Scope) -> bytes:
    """What came as a key; nothing where that is not one thing."""
    headers = [value for name, value in scope["headers"] if name == b"authorization"]
    found = [match[1] if (match := BEARER.fullmatch(value)) else b"" for value in headers]
    offered = [name for name in scope.get("subprotocols", ()) if name.startswith(KEY_SUBPROTOCOL)]
    found += [name.removeprefix(KEY_SUBPROTOCOL).encode() for name in offered]
    return found[0] if len(found) == 1 else b""


def allowance_of(connection: HTTPConnection) -> Allowance:
    """What whoever asks may still ask for."""
    allowance: Allowance = connection.state.allowance
    return allowance


def require_admin(request: Request) -> None:
    """For routes that change what the service serves: `dependencies=[Depends(require_admin)]`.

    They need a key of the role admin; where no keys are asked for, somebody on this machine. Raises HTTPException
    (403).
    """
    if request.app.state.key_ring is not None:
        key: Key = request.state.key
        if key.role != "admin":
            raise HTTPException(
                403, "expected an API key of the role admin; `python -m app keys add --admin` makes one"
            )
    elif not _local(request):
        raise HTTPException(
            403, "without API keys this is answered on the service's own machine alone; set CARDIODE_API_KEYS_FILE"
        )


def _local(request: Request) -> bool:
    """Whether somebody on this machine asks: neither another one, nor a page from elsewhere that is open in a browser.

    The page of another site may send requests to loopback, which then come from this machine; its Origin tells. One
    whose own name leads to loopback (DNS rebinding) is told by the Host.
    """
    near = request.client is not None and is_loopback(request.client.host) and is_loopback(request.url.hostname or "")
    return near and request.headers.get("origin") in (None, f"{request.url.scheme}://{request.url.netloc}")
