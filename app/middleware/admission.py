"""Admission: beats that would have to wait too long are refused at the door, before anything else is done for them.

While far more is asked than can be solved, most requests are refused: every step that those are spared is left to the
others.
"""

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from app.batching.batcher import Batcher
from app.errors import Busy
from app.http.paths import rules_of
from app.middleware.access import client_of
from app.middleware.error_handler import answer


class Admission:
    """Refuses requests of guarded paths while the batcher takes no more."""

    def __init__(self, app: ASGIApp, batcher: Batcher) -> None:
        self.app = app
        self.batcher = batcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "POST":
            rules = rules_of(scope["path"])
            if rules.guarded:
                try:
                    self.batcher.check(client_of(HTTPConnection(scope)))
                except Busy as busy:
                    scope["route"] = rules  # it will not be routed, and is counted where it was sent
                    await answer(HTTPConnection(scope), busy)(scope, receive, send)
                    return
        await self.app(scope, receive, send)
