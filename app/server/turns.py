"""Turns: what one connection sends is taken a slice at a time, so that it neither holds up the others nor piles up.

A transport delivers up to 256 KiB at once. Small messages, frames or chunks, of which that may be tens of thousands,
cost far more than their bytes.
"""

import asyncio
import time
from abc import abstractmethod

TURN_BYTES = 16_384
"""That are parsed without a look at whether more may be."""
TURN_SECONDS = 0.01
"""After which other connections have their turn."""


class Turns(asyncio.Protocol):
    """Gives uvicorn's protocol, before which it is to be put, a slice at a time of what has come.

    Reading rests while some of that is left, so at most one delivery waits.
    """

    loop: asyncio.AbstractEventLoop
    transport: asyncio.Transport
    rest = b""
    """That has come and is not parsed."""
    turn: asyncio.Handle | None = None
    """The next."""

    def data_received(self, data: bytes) -> None:
        self.rest += data
        if self.turn is None:
            self._take()

    @property
    @abstractmethod
    def _takes(self) -> bool:
        """Whether more may be parsed now."""

    @abstractmethod
    def _settle(self) -> None:
        """Read from the transport where nothing is left, and only then."""

    def _slice(self, data: bytes) -> None:
        super().data_received(data)

    def _take(self) -> None:
        self.turn = None
        content, at = self.rest, 0
        until = time.perf_counter() + TURN_SECONDS
        while at < len(content) and self._takes and (not at or time.perf_counter() < until):
            self._slice(content[at : at + TURN_BYTES])
            at += TURN_BYTES
        self.rest = b"" if self.transport.is_closing() else content[at:]
        self._go_on()

    def _go_on(self) -> None:
        """Let the rest have its turn, if it may have one: to be called where that has changed."""
        if self.rest and self.turn is None and self._takes:
            self.turn = self.loop.call_soon(self._take)
        self._settle()
