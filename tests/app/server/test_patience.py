import contextlib
import json
import socket
import threading

import pytest
import uvicorn
from websockets.frames import Frame, Opcode

from app import service
from app.errors import Busy
from app.server.http_protocol import BoundedHeads
from app.server.patience import Patience, PatientConfig
from app.server.room import Room
from app.server.websocket_protocol import PatientWebSockets
from app.settings import Settings
from ecg.synthetic import synthesize
from tests.app.routes.test_classify import wait_for

SIGNAL = synthesize(600, fs=50.0, seed=2).signals[0].round(3)


class SmallBuffers(BoundedHeads):
    """The system keeps little of what is sent: else it would take all of these answers."""

    def connection_made(self, transport):
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        super().connection_made(transport)


@pytest.fixture
def serve(served):
    """Starts a service of one place for each kind of work on a port, in a thread, and gives both."""
    with contextlib.ExitStack() as ending:

        def start(seconds, most=1000):
            app = service.create(served, Settings(recordings_at_once=1, streams=1))
            protocols = {"http": SmallBuffers, "ws": PatientWebSockets}
            patience = Patience(head=60, answer=seconds)
            server = uvicorn.Server(PatientConfig(app, patience, Room(most), port=0, log_config=None, **protocols))
            thread = threading.Thread(target=server.run)
            thread.start()
            ending.callback(thread.join)
            ending.callback(setattr, server, "should_exit", True)
            wait_for(lambda: server.started)
            return app, server.servers[0].sockets[0].getsockname()

        yield start


def taken(places):
    try:
        places.check()
    except Busy:
        return True
    return False


def post_recording(connection):
    body = json.dumps({"signals": {"II": SIGNAL.tolist()}, "fs": 50}).encode()
    kinds = b"Accept: application/x-ndjson\r\nContent-Type: application/json\r\nConnection: close\r\n"
    head = b"POST /recordings HTTP/1.1\r\nHost: localhost\r\n%sContent-Length: %d\r\n\r\n" % (kinds, len(body))
    connection.sendall(head + body)


def said(connection):
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(4096):
            parts.append(part)
    return b"".join(parts)


def slow_connection(address):
    """One whose own end keeps little too."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(60)
    connection.connect(address)
    return connection


def test_an_answer_that_is_not_read_is_broken_off_and_its_place_is_free(serve):
    app, address = serve(0.5)
    with slow_connection(address) as connection:
        post_recording(connection)
        wait_for(lambda: taken(app.state.service.recording_limiter))
        wait_for(lambda: not taken(app.state.service.recording_limiter))
        answer = said(connection)
    assert answer.startswith(b"HTTP/1.1 200") and b'{"rhythm":' not in answer


def test_an_answer_that_is_read_comes_whole_however_small_the_buffers_are(serve):
    _, address = serve(30)
    with slow_connection(address) as connection:
        post_recording(connection)
        assert b'{"rhythm":' in said(connection)


def test_a_stream_whose_messages_are_not_read_is_broken_off_and_its_place_is_free(serve):
    app, address = serve(0.5)
    piece = Frame(Opcode.BINARY, SIGNAL.astype("<f4").tobytes()).serialize(mask=True)
    with slow_connection(address) as connection:
        upgrade = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        key = b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
        connection.sendall(b"GET /stream HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n" % (upgrade, key))
        assert connection.recv(4096).startswith(b"HTTP/1.1 101")
        connection.sendall(Frame(Opcode.TEXT, b'{"fs": 50, "leads": ["II"], "model": "resnet"}').serialize(mask=True))
        wait_for(lambda: taken(app.state.service.stream_limiter))
        with contextlib.suppress(OSError):
            for _ in range(3):
                connection.sendall(piece)
        wait_for(lambda: not taken(app.state.service.stream_limiter))
        assert b"problem" not in said(connection)
