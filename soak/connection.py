"""A connection that asks over HTTP/1.1 and costs little: what a client library does besides would be the load's."""

import asyncio
import re
from dataclasses import dataclass
from typing import Self

from soak.service import HOST

STATUS = re.compile(rb"^HTTP/1\.1 (\d{3})")
LENGTH = re.compile(rb"^content-length: *(\d+)\r$", re.IGNORECASE | re.MULTILINE)
CLOSES = re.compile(rb"^connection: *close\r$", re.IGNORECASE | re.MULTILINE)
RETRY = re.compile(rb"^retry-after: *(\d+)\r$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Reply:
    """What was answered; `retry` is in seconds, None where nothing says when to come again."""

    status: int
    retry: int | None
    body: bytes


class Unreached(Exception):
    """Nobody takes connections there, so nothing can have been done."""


class Connection:
    """Asks one question after the other; it is opened when one is asked, and kept while the service keeps it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it."""
        if self._streams:
            self._streams[1].close()
            self._streams = None

    async def ask(self, request: bytes) -> Reply:
        """The answer. Raises Unreached, and OSError or EOFError where the connection ends before it."""
        reader, writer = self._streams = self._streams or await self._open()
        try:
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length, retry = LENGTH.search(head), RETRY.search(head)
            body = await reader.readexactly(int(length[1]) if length else 0)
        except BaseException:
            self.close()
            raise
        if CLOSES.search(head):
            self.close()
        status = STATUS.match(head)
        return Reply(int(status[1]) if status else 0, int(retry[1]) if retry else None, body)

    async def _open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await asyncio.open_connection(HOST, self._port, limit=2**24)
        except OSError as error:
            raise Unreached from error
