"""The HTTP protocol of the server: uvicorn's by httptools, with bounds for all of a request that is no body, and for
what follows an answer.

httptools waits for the end of headers, of trailers and of a chunk's size however long they are and however long they
take, and keeps most of it meanwhile; what comes after an answer that did not wait for its request is read for ever;
and requests that come before earlier ones are answered queue up without end.
"""

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.flow_control import FlowControl, service_unavailable
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.http.paths import rules_of
from app.server.patience import LINGER_SECONDS, AnswersTaken
from app.server.turns import Turns

MOST_HEAD_BYTES = 65_536
"""Of a request's first line and headers together, to within a slice; as much as uvicorn takes by h11. As many may come
without a byte of a body among them: trailers, and what stands beside the sizes of chunks."""


MOST_HEADERS = 100
"""Of a request, with its trailers: each becomes objects of Python's, which take many times its bytes."""


class BoundedHeads(Turns, AnswersTaken, HttpToolsProtocol):
    """Breaks off a connection on which a head does not end in time, or a request does not that has its answer.

    A head is awaited from the beginning of the connection on, and after an answer from the first byte that comes: until
    then the connection rests, for as long as uvicorn is set to keep it. Where part of a head has come the client is
    answered, by status 400 or 408. While a request waits until an earlier one is answered, no further one is looked at.
    """

    bytes_without_body = 0
    """That came since a head began or ended, or a piece of a body came."""
    headers_seen = 0
    """Of this request, trailers too."""
    in_head = False
    in_message = False
    """Some of a request has come, and not all of it."""
    timer: asyncio.TimerHandle | None = None
    """Until the connection is broken off for what has not come."""
    running: RequestResponseCycle | None = None
    """The request that is being answered, or was the last to be."""
    refusal: str | None = None
    """What is said, once all is answered that was asked before: what follows is no request."""
    flow: "HeldFlow"

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """A connection begins."""
        super().connection_made(transport)
        self.flow = HeldFlow(transport)
        self._await(self.patience.head)
        self.room.enter(self)
        self.crowded = self.room.crowded
        if self.room.overfull:
            transport.write(STATUS_LINE[503] + b"content-length: 0\r\nconnection: close\r\n\r\n")
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        self.room.leave(self)
        super().connection_lost(exc)
        for cycle in (self.running, *(cycle for cycle, _ in self.pipeline)):  # uvicorn notifies the latest alone
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

    def give_way(self) -> None:
        """Make place for another connection."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()  # it would wait for the other end to read
        else:
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.bytes_without_body = self.headers_seen = 0
        self.in_head = self.in_message = True
        self._await(self.patience.head)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header without the spaces around it; not a trailer, which would come to stand among the headers."""
        self.headers_seen += 1
        if self.headers_seen > MOST_HEADERS:
            raise ValueError("too many headers")  # for the parser, which then parses no more
        if self.in_head:
            super().on_header(name, value.strip(b" \t"))

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self.bytes_without_body = 0
        self.in_head = False
        self._stop()

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        super().on_body(body)
        self.bytes_without_body = 0

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.bytes_without_body = 0
        self.in_message = False
        self._stop()  # that of an answer which came first

    def on_response_complete(self) -> None:
        """The request is answered, maybe before all of it has come."""
        super().on_response_complete()
        if self._answered:
            self.room.rests(self)
        if self.refusal is not None and self._answered and not self.transport.is_closing():
            super().send_400_response(self.refusal)
            return
        if self.cycle.response_complete and self.in_message and not self.in_head:
            self._await(LINGER_SECONDS)
        self._go_on()

    def handle_websocket_upgrade(self) -> None:
        """Another protocol takes the connection over."""
        self._stop()
        self._stop_waiting()
        self.room.leave(self)
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """What came is no request: the last that is said, and not before what was asked earlier is answered."""
        if self.headers_seen > MOST_HEADERS:
            msg = f"A request may have {MOST_HEADERS} headers, with its trailers."
        in_body = self.in_message and not self.in_head
        if in_body and self.pipeline:
            self.pipeline.popleft()  # of which this was the body
            self.cycle = self.pipeline[0][0] if self.pipeline else cast(RequestResponseCycle, self.running)
        elif in_body and not self._answered:
            if self.running is not None and self.running.response_started:
                self.transport.close()
            else:
                super().send_400_response(msg)
            return
        if self._answered:
            super().send_400_response(msg)
        else:
            self._stop()
            self.refusal = msg

    @property
    def _answered(self) -> bool:
        """All that was asked."""
        return not self.pipeline and (self.running is None or self.running.response_complete)

    @property
    def _takes(self) -> bool:
        return not (self.pipeline or self.refusal or self.transport.is_closing()) and self._whole

    @property
    def _whole(self) -> bool:
        """The connection has not become a WebSocket."""
        return self.transport.get_protocol() is self

    def _settle(self) -> None:
        if not self._whole:
            self.rest = b""
        if self.rest and self.pipeline:
            self._stop()  # it is not the other end that keeps the rest of this head waiting
        elif self.in_head and self.timer is None and not self.refusal and not self.transport.is_closing():
            self._await(self.patience.head)
        self.flow.hold(bool(self.rest) or self.refusal is not None)

    def _slice(self, data: bytes) -> None:
        self.bytes_without_body += len(data)
        super()._slice(data)
        if self.timer is None and self._rests:
            self._await(self.patience.head)  # what came is not the beginning of a request
        if self.bytes_without_body > MOST_HEAD_BYTES and self._takes:
            self.send_400_response(f"A request may have {MOST_HEAD_BYTES:,} bytes of headers, and of trailers.")

    def _should_upgrade(self) -> bool:
        # Not while something is being answered: that would be written among the messages.
        return self._answered and not self.crowded and super()._should_upgrade()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.running = cycle
        self.room.works(self)
        if _coded(cycle):
            app, cycle.keep_alive = _not_implemented, False
        elif self.crowded:
            cycle.keep_alive = False
            rules = rules_of(cycle.scope["path"])
            app = service_unavailable if rules.needs_key or rules.traced else app  # it may ask about health
        super()._start_asgi_task(cycle, app)

    @property
    def _rests(self) -> bool:
        """No request is coming or being answered."""
        return self._answered and not self.in_message and self._whole

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
            detail = b"The head of a request may take %g s." % self.patience.head
            head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n" % len(
                detail
            )
            self.transport.write(STATUS_LINE[408] + head + detail)
        self.transport.close()


class HeldFlow(FlowControl):
    """Reads from a transport while neither uvicorn nor the protocol wants a rest."""

    held = False

    def pause_reading(self) -> None:
        """As uvicorn wants."""
        self.read_paused = True
        self._turn()

    def resume_reading(self) -> None:
        """As uvicorn wants."""
        self.read_paused = False
        self._turn()

    def hold(self, held: bool) -> None:
        """As the protocol wants."""
        self.held = held
        self._turn()

    def _turn(self) -> None:
        reads = not (self.held or self.read_paused)
        if self._transport.is_closing() or reads == self._transport.is_reading():
            return
        if reads:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()


def _coded(cycle: RequestResponseCycle) -> bool:
    """Whether its body is encoded for the way here otherwise than in chunks, which alone are read (RFC 9112, 6.1)."""
    codings = [value.lower() for name, value in cycle.scope["headers"] if name == b"transfer-encoding"]
    return bool(codings) and codings != [b"chunked"]


async def _not_implemented(_scope: Any, _receive: Any, send: Any) -> None:
    said = b"Of transfer codings a request may have chunked alone."
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(said)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 501, "headers": headers})
    await send({"type": "http.response.body", "body": said})
