"""Running: the ports that the service answers on, and how it ends.

The first signal lets it finish what it has taken, for as long as the settings allow; a second one ends it at once. It
never lasts much longer than allowed: work that cannot be broken off, such as a solve, may not hold it up.
"""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from app.errors import OpenToAll
from app.http.loopback import is_loopback
from app.recordings.live import MAX_PIECE
from app.server.http_protocol import BoundedHeads
from app.server.patience import Patience, PatientConfig
from app.server.room import Room, most_connections, raise_limit, reserve
from app.server.websocket_protocol import PatientWebSockets
from app.service import create_operations
from app.settings import Settings
from app.state import ServiceState

OPERATIONS_SECONDS = 1
"""What requests for health or metrics may take to finish at the end, once all others have."""

OPERATIONS_CONNECTIONS = 32
"""At once, on the port for operations."""

KEEP_ALIVE_SECONDS = 75
"""How long a connection is kept over which nothing is asked: longer than clients and load balancers keep theirs (60 s
are usual), so that they close it. Were it the service, a request that is on its way would be lost."""

LAST_CALL_SECONDS = 0.2
"""For requests that are on their way over open connections: they are answered that the service is draining, where they
would meet a closed connection and not know what had become of them."""

LAST_SECONDS = 5
"""How much longer than its requests the process may take to end; less than a container is given more (compose file)."""

BY_SIGNAL = 128
"""What shells add to a signal's number for the status of a process that it has ended."""


def check(settings: Settings) -> None:
    """Raises OpenToAll."""
    if not (settings.api_keys_file or settings.anonymous or is_loopback(settings.host)):
        raise OpenToAll(settings.host)


def listen(service: FastAPI, settings: Settings) -> None:
    """Answer until a signal comes, and then finish the requests in flight. Ends the process where a port is taken."""
    files = raise_limit()
    main = _config(
        service, settings, files, Room(most_connections(files)),
        host=settings.host, port=settings.port, timeout_graceful_shutdown=settings.shutdown_seconds,
    )  # fmt: skip
    if settings.operations_port is None:
        server = _Main(main, service.state.service)
    else:
        beside = _config(
            create_operations(service), settings, files, Room(OPERATIONS_CONNECTIONS),
            host=settings.operations_host or settings.host, port=settings.operations_port,
            timeout_graceful_shutdown=OPERATIONS_SECONDS,
        )  # fmt: skip
        server = _Both(main, service.state.service, _Beside(beside), beside.bind_socket())
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C, once all is finished
        server.run()


def _config(app: FastAPI, settings: Settings, files: int, room: Room, **others: Any) -> PatientConfig:
    return PatientConfig(
        app,
        Patience(settings.head_seconds, settings.answer_seconds),
        room,
        http=BoundedHeads,
        ws=PatientWebSockets,
        # Else a few bytes of a message would become megabytes of it.
        ws_per_message_deflate=False,
        ws_max_size=min(4 * MAX_PIECE, settings.max_body_bytes),
        # So many are accepted before there is a look at whether there is room for them.
        backlog=reserve(files) // 2,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        **others,
    )


class _Main(uvicorn.Server):
    """The server that signals end."""

    def __init__(self, config: uvicorn.Config, state: ServiceState) -> None:
        super().__init__(config)
        self.state = state
        self._seconds = (config.timeout_graceful_shutdown or 0) + LAST_SECONDS

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take nothing new from now on, and finish; if that was asked for already, end."""
        if self.state.drain.begun:
            # Not here, where it might wait for what it has interrupted.
            self._loop.call_soon_threadsafe(self._end, BY_SIGNAL + sig)
        self.state.drain.begun = True
        super().handle_exit(sig, frame)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A thread, since what holds it up may be the event loop itself.
        limit = threading.Timer(self._seconds, self._end, [1])
        limit.daemon = True
        limit.start()
        await asyncio.sleep(LAST_CALL_SECONDS)
        await super().shutdown(sockets)

    def _end(self, status: int) -> None:
        self.state.recordings.close()
        os._exit(status)


class _Beside(uvicorn.Server):
    """A server that another one ends: it takes no notice of signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """No signals: those are the other server's."""
        yield


class _Both(_Main):
    """The service, with another server that begins when it listens and ends when it has finished.

    The other one's port is taken already: that it cannot be is known before anything runs.
    """

    def __init__(self, config: uvicorn.Config, state: ServiceState, beside: _Beside, port: socket.socket) -> None:
        super().__init__(config, state)
        self.beside = beside
        self.port = port
        self._running: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then let the other one listen."""
        await super().startup(sockets)
        self._running = asyncio.create_task(self.beside.serve([self.port]))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish, then end the other one: until then it reports health and metrics."""
        await super().shutdown(sockets)
        self.beside.should_exit = True
        if self._running is not None:
            await self._running
