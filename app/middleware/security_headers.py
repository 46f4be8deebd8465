"""Security headers: what a browser may make of an answer. They stand on every one, errors too."""

from dataclasses import dataclass
from functools import cached_property

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.http.paths import rules_of

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}

STARTS = ("http.response.start", "websocket.http.response.start")


@dataclass(frozen=True)
class Policy:
    """What a browser may do with some answers, and whether it may keep them."""

    content_security: str
    cache: str

    @cached_property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """All headers, as an answer has them."""
        own = {"Content-Security-Policy": self.content_security, "Cache-Control": self.cache}
        return [(name.lower().encode(), value.encode()) for name, value in (HEADERS | own).items()]


DATA = Policy("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'", cache="no-store")
"""Answers are no pages, and what they say may be of a patient."""

PAGE = Policy(
    "default-src 'self'; img-src 'self' data: blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    cache="no-cache",
)
"""The page may ask this service, and no other host."""


class SecurityHeaders:
    """Puts them on each answer; what a route has set itself stays."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] in STARTS:
                headers = list(message.get("headers", ()))
                there = {name for name, _ in headers}
                headers += [header for header in policy_of(scope["path"]).headers if header[0] not in there]
                message["headers"] = headers
            await send(message)

        await self.app(scope, receive, send_with_headers)


def policy_of(path: str) -> Policy:
    return PAGE if rules_of(path).page else DATA
