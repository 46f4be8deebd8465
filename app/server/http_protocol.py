"""The HTTP protocol of the server: uvicorn's by httptools, with bounds for what comes before a body and what follows an
answer.

httptools waits for the end of the headers however long they are and however long they take, and keeps all of them
meanwhile; and what comes after an answer that did not wait for its request is read for ever.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from app.server.patience import LINGER_SECONDS, AnswersTaken

MOST_HEAD_BYTES = 65_536
"""Of a request's first line and headers together, to within what comes at once; as much as uvicorn takes by h11."""


class BoundedHeads(AnswersTaken, HttpToolsProtocol):
    """Breaks off a connection on which a head does not end in time, or a request does not that has its answer.

    A head is awaited from the beginning of the connection on, and after an answer from the first byte that comes: until
    then the connection rests, for as long as uvicorn is told to keep it. Where part of a head has come the client is
    told, by status 400 or 408.
    """

    head_bytes = 0
    """That came of a head which has not ended."""
    in_head = False
    in_message = False
    """Some of a request has come, and not all of it."""
    timer: asyncio.TimerHandle | None = None
    """Until the connection is broken off for what has not come."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """A connection begins."""
        super().connection_made(transport)
        self._await(self.patience.head)

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        self._stop()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self.in_head = self.in_message = True
        self._await(self.patience.head)

    def on_headers_complete(self) -> None:
        """It ends."""
        super().on_headers_complete()
        self.in_head = False
        self._stop()

    def on_message_complete(self) -> None:
        """So does its body."""
        super().on_message_complete()
        self.in_message = False
        self._stop()  # that of an answer which came first

    def on_response_complete(self) -> None:
        """The request is answered, maybe before all of it has come."""
        super().on_response_complete()
        if self.cycle.response_complete and self.in_message and not self.in_head:
            self._await(LINGER_SECONDS)

    def data_received(self, data: bytes) -> None:
        """What came next."""
        super().data_received(data)
        if self.timer is None and self._rests:
            self._await(self.patience.head)  # what came is not the beginning of a request
        self.head_bytes = self.head_bytes + len(data) if self.in_head else 0
        if self.head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response(f"The head of a request may have {MOST_HEAD_BYTES:,} bytes.")

    @property
    def _rests(self) -> bool:
        """No request is coming or being answered, and the connection has not become a WebSocket."""
        answered = self.cycle is None or self.cycle.response_complete
        return answered and not self.in_message and self.transport.get_protocol() is self

    def _await(self, seconds: float) -> None:
        self._stop()
        self.timer = self.loop.call_later(seconds, self._break_off)

    def _stop(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None

    def _break_off(self) -> None:
        self.timer = None
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False  # an earlier request is being answered: that answer is the last
            return
        if self.in_head:
            told = b"The head of a request may take %g s." % self.patience.head
            head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(
                told
            )
            self.transport.write(STATUS_LINE[408] + head + told)
        self.transport.close()
