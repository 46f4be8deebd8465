"""Listening: the ports that the service answers on, and how it ends."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from fastapi import FastAPI

from app.http_protocol import BoundedHeads
from app.loopback import is_loopback
from app.patience import Patience, PatientConfig
from app.service import create_operations
from app.settings import Settings
from app.websocket_protocol import PatientWebSockets

OPERATIONS_SECONDS = 1
"""What requests for health or metrics may take to finish at the end, once all others have."""


class OpenToAll(Exception):
    """Others than this machine could reach the service, and it would ask nobody for a key."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"CARDIODE_HOST is {host!r}, where other machines may reach the service, and no API keys are asked for. "
            "Name a file of keys in CARDIODE_API_KEYS_FILE (`python -m app keys add NAME` makes one), or set "
            "CARDIODE_ANONYMOUS=true to serve whoever can reach it"
        )


def check(settings: Settings) -> None:
    """Raises OpenToAll."""
    if not (settings.api_keys_file or settings.anonymous or is_loopback(settings.host)):
        raise OpenToAll(settings.host)


def listen(service: FastAPI, settings: Settings) -> None:
    """Answer until a signal comes, and then finish the requests in flight. Ends the process where a port is taken."""
    patience = Patience(settings.head_seconds, settings.answer_seconds)
    main = _config(service, patience, settings.host, settings.port, settings.shutdown_seconds)
    if settings.operations_port is None:
        server = uvicorn.Server(main)
    else:
        host = settings.operations_host or settings.host
        beside = _config(create_operations(service), patience, host, settings.operations_port, OPERATIONS_SECONDS)
        server = _Both(main, _Beside(beside), beside.bind_socket())
    with contextlib.suppress(KeyboardInterrupt):  # Ctrl-C, once all is finished
        server.run()


def _config(app: FastAPI, patience: Patience, host: str, port: int, seconds: int) -> PatientConfig:
    return PatientConfig(
        app,
        patience,
        host=host,
        port=port,
        http=BoundedHeads,
        ws=PatientWebSockets,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=seconds,
    )


class _Beside(uvicorn.Server):
    """A server that another one ends: it takes no notice of signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield


class _Both(uvicorn.Server):
    """The service, with another server that begins when it listens and ends when it has finished.

    The other one's port is taken already: that it cannot be is known before anything runs.
    """

    def __init__(self, config: uvicorn.Config, beside: _Beside, port: socket.socket) -> None:
        super().__init__(config)
        self.beside = beside
        self.port = port
        self._running: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then let the other one listen."""
        await super().startup(sockets)
        self._running = asyncio.create_task(self.beside.serve([self.port]))

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish, then end the other one: until then it tells how things are."""
        await super().shutdown(sockets)
        self.beside.should_exit = True
        if self._running is not None:
            await self._running
