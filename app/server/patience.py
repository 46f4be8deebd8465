"""Patience: how long the other end of a connection may take, before the connection is broken off."""

import asyncio
import sys
from dataclasses import dataclass
from typing import Any, cast

import uvicorn

from app.server.room import Room

LINGER_SECONDS = 5
"""That a client has to read an answer which came before it had sent all of its request."""


@dataclass(frozen=True)
class Patience:
    """Seconds."""

    head: float
    """That the first line and the headers of a request may take to come."""
    answer: float
    """That the other end may take none of what is waiting to be sent to it."""


class PatientConfig(uvicorn.Config):
    """What protocols are made with, and the patience and the room that they have."""

    def __init__(self, app: Any, patience: Patience, room: Room | None = None, **others: Any) -> None:
        super().__init__(app, **others)
        self.patience = patience
        self.room = room or Room(sys.maxsize)


class AnswersTaken(asyncio.Protocol):
    """Breaks off a connection whose other end does not read what is sent to it: to be put before uvicorn's protocols.

    Whoever is sending then learns that the client has left, and lets go of all that the answer holds.
    """

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    config: uvicorn.Config
    waiting: asyncio.TimerHandle | None = None
    """Until the other end has read."""

    @property
    def patience(self) -> Patience:
        """What the connection is given."""
        return cast(PatientConfig, self.config).patience

    @property
    def room(self) -> Room:
        """The connections that it is one of."""
        return cast(PatientConfig, self.config).room

    def pause_writing(self) -> None:
        """More waits to be sent than may."""
        super().pause_writing()
        self.waiting = self.loop.call_later(self.patience.answer, self.transport.abort)

    def resume_writing(self) -> None:
        """Most of it has been sent."""
        self._stop_waiting()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _stop_waiting(self) -> None:
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None
