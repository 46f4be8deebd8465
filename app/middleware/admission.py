"""Admission: beats that would have to wait too long are refused at the door, before anything else is done for them.

While far more is asked than can be solved, most requests are refused: every step that those are spared is left to the
others.
"""

from dataclasses import dataclass
from functools import cached_property
from re import Pattern

from starlette.requests import HTTPConnection
from starlette.routing import compile_path
from starlette.types import ASGIApp, Receive, Scope, Send

from app.batching.batcher import Batcher
from app.batching.limiter import Busy
from app.http import problems


@dataclass(frozen=True)
class GuardedRoute:
    """One whose requests may be refused for the queue: its path, as the API's description has it."""

    path: str

    @cached_property
    def pattern(self) -> Pattern[str]:
        """What the paths of its requests look like."""
        return compile_path(self.path)[0]


MODEL = f"{problems.INFERENCE}/models/{{name}}"
GUARDED = tuple(map(GuardedRoute, ("/classify", f"{MODEL}/infer", f"{MODEL}/versions/{{version}}/infer")))


class Admission:
    """Refuses requests of these routes while the batcher takes no more."""

    def __init__(self, app: ASGIApp, batcher: Batcher) -> None:
        self.app = app
        self.batcher = batcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["method"] == "POST":
            for route in GUARDED:
                if route.pattern.match(scope["path"]):
                    try:
                        self.batcher.check()
                    except Busy as busy:
                        scope["route"] = route  # it will not be routed, and is counted where it was sent
                        await problems.answer(HTTPConnection(scope), busy)(scope, receive, send)
                        return
        await self.app(scope, receive, send)
