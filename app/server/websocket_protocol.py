"""The WebSocket protocol of the server: uvicorn's by websockets, with bounds.

They are for handshakes, for what is not read, and for messages in many parts.
"""

import asyncio
from asyncio.transports import BaseTransport
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from app.server.patience import LINGER_SECONDS, AnswersTaken
from app.server.turns import Turns

NO_HANDSHAKE = b"The request is not one that can open a WebSocket."


class PatientWebSockets(Turns, AnswersTaken, WebSocketsSansIOProtocol):
    """Breaks off a connection whose messages are not read, or whose handshake fails or takes long.

    While something waits to be sent, nothing is read: whoever sends pings must read what they are answered.
    """

    deadline: asyncio.TimerHandle | None = None
    """Of the handshake."""
    parts: bytearray | None = None
    """Of a message that has more than one, those that have come."""

    def connection_made(self, transport: BaseTransport) -> None:
        """A request to open one is there."""
        super().connection_made(transport)
        self.deadline = self.loop.call_later(self.patience.head, self._break_off)
        self.room.enter(self)
        self.room.works(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        if self.deadline is not None:
            self.deadline.cancel()
        self.room.leave(self)
        super().connection_lost(exc)

    def give_way(self) -> None:
        """Make place for another connection: this one is being closed, and its other end does not answer that."""
        self.transport.abort()

    def shutdown(self) -> None:
        """The service ends."""
        if self.transport.is_closing() or self.conn.eof_sent:
            self.stop_keepalive()
            self.transport.abort()  # there is nothing to say any more
        else:
            super().shutdown()

    def pause_writing(self) -> None:
        """More waits to be sent than may."""
        super().pause_writing()
        self._settle()

    def resume_writing(self) -> None:
        """Most of it has been sent."""
        super().resume_writing()
        self._go_on()

    def handle_cont(self, event: Frame) -> None:
        """Part of a message: put to the others, since each by itself takes many times its bytes."""
        if self.parts is None:
            self.parts = bytearray(self.frames[0])
            self.frames = []
        self.parts += event.data
        if event.fin:
            self.frames, self.parts = [bytes(self.parts)], None
            self.send_receive_event_to_app()

    def handle_parser_exception(self) -> None:
        """What came is no frame, or too large a one: the other end gets the reason, though it may be sending still."""
        if self.conn.close_sent is None:  # nor is the connection a WebSocket yet
            self.transport.abort()
        elif not self.close_sent:
            self.stop_keepalive()
            code, reason = self.conn.close_sent.code, self.conn.close_sent.reason
            self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
            self.close_sent = self.disconnected = True
            self.read_paused = False
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.write_eof()
            self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)
            self.room.rests(self)

    async def receive(self) -> Any:
        """The next message: once it is taken more may be parsed, and once all of it is, read."""
        message = await self.queue.get()
        if self.read_paused and self.queue.empty():
            self.read_paused = False
            self._go_on()
        return message

    async def send(self, message: Any) -> None:
        """Send one, or close."""
        await super().send(message)
        if self.close_sent:
            self.room.rests(self)
            self._go_on()

    @property
    def _takes(self) -> bool:
        return not self.read_paused and self.writable.is_set() and not self.transport.is_closing()

    def _settle(self) -> None:
        reads = not self.rest and self._takes
        if self.transport.is_closing() or reads == self.transport.is_reading():
            return
        if reads:
            self.transport.resume_reading()
        else:
            self.transport.pause_reading()

    def _slice(self, data: bytes) -> None:
        super()._slice(data)
        if self.conn.handshake_exc is not None and not self.handshake_complete:
            self._refuse(b"".join(self.conn.data_to_send()))

    def _refuse(self, reply: bytes) -> None:
        """Answer a request that opens no WebSocket."""
        self.handshake_complete = self.close_sent = True
        head = b"content-type: text/plain; charset=utf-8\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(reply or STATUS_LINE[400] + head % len(NO_HANDSHAKE) + NO_HANDSHAKE)
        self.transport.close()

    def _break_off(self) -> None:
        if not self.handshake_complete:
            self.transport.abort()
