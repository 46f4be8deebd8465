"""Access: who may ask the service, and for what.

With a file of API keys every request needs one, but for those that say whether the service works and those that show
the page and the interface, which hold nothing of anybody's. A key comes as `Authorization: Bearer KEY`. A WebSocket of
a browser can set no headers, so there it may come among the subprotocols, as `cardiode.key.KEY` beside `cardiode`,
which the service chooses: unlike a query, those are not in what servers and proxies log of a request.
"""

import ipaddress
import re

from fastapi import Request
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import NoKey, NotAdmin
from app.http.loopback import is_loopback
from app.http.paths import rules_of
from app.keys.allowance import Allowance
from app.keys.file import Key
from app.middleware.error_handler import answer
from app.state import state_of

BEARER = re.compile(rb"bearer +([A-Za-z0-9._~+/=-]+)", re.IGNORECASE)
"""RFC 6750, 2.1; the name of a scheme has no case (RFC 9110, 11.1)."""

SUBPROTOCOL = "cardiode"
KEY_SUBPROTOCOL = "cardiode.key."


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
        state = state_of(connection)
        key = None if state.keys is None else state.keys.find(_secret(scope))
        connection.state.key = key
        connection.state.allowance = Allowance(None) if key is None else state.allowances.of(key)
        connection.state.client = network_of(connection) if key is None else f"key {key.name}"
        if state.keys is None or key is not None or (scope["type"] == "http" and not rules_of(scope["path"]).needs_key):
            await self.app(scope, receive, send)
            return
        await answer(connection, NoKey())(scope, receive, send)


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


def client_of(connection: HTTPConnection) -> str:
    """Who asks, as those take turns that ask at the same time: a key, or without one where it comes from."""
    client: str = connection.state.client
    return client


def network_of(connection: HTTPConnection) -> str:
    """The address that a request comes from; of IPv6 the /64 that one client has all of. "" where it is not known."""
    host = "" if connection.client is None else connection.client.host
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    return host if address.version == 4 else str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))


def require_admin(request: Request) -> None:
    """For routes that change what the service serves: `dependencies=[Depends(require_admin)]`.

    They need a key of the role admin; where no keys are asked for, somebody on this machine. Raises NotAdmin.
    """
    if state_of(request).keys is not None:
        key: Key = request.state.key
        if key.role != "admin":
            raise NotAdmin("expected an API key of the role admin; `cardiode keys add --admin` makes one")
    elif not _local(request):
        raise NotAdmin(
            "without API keys this is answered on the service's own machine alone; set CARDIODE_API_KEYS_FILE"
        )


def _local(request: Request) -> bool:
    """Whether somebody on this machine asks: neither another one, nor a page from elsewhere that is open in a browser.

    The page of another site may send requests to loopback, which then come from this machine; its Origin shows it. One
    whose own name leads to loopback (DNS rebinding) is detected by the Host.
    """
    near = request.client is not None and is_loopback(request.client.host) and is_loopback(request.url.hostname or "")
    return near and request.headers.get("origin") in (None, f"{request.url.scheme}://{request.url.netloc}")
