import contextlib
import json
import signal

import httpx2 as httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode
from websockets.sync.client import connect

from app.recordings.live import MAX_PIECE
from tests.app.conftest import started
from tests.app.server.test_http_protocol import connected, said
from tests.app.test_hostile_bodies import SLACK, resident

UPGRADE = (
    b"GET /stream HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)
WRONG = {
    "a long header": b"X-More: " + b"a" * 9000 + b"\r\n",
    "many headers": b"".join(b"X-%d: 1\r\n" % number for number in range(200)),
    "a body": b"Content-Length: 2\r\n",
    "a coding": b"Transfer-Encoding: chunked\r\n",
    "another version": b"Sec-WebSocket-Version: 12\r\n",
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_request_that_opens_no_websocket_is_told_so_and_its_connection_is_closed(serving, wrong):
    with connected(serving) as connection:
        connection.sendall(UPGRADE + wrong + b"\r\n")
        assert said(connection).startswith(b"HTTP/1.1 4")


def upgraded(address):
    connection = connected(address)
    connection.sendall(UPGRADE + b"\r\n")
    assert connection.recv(65_536).startswith(b"HTTP/1.1 101")
    return connection


def frame(opcode, content, *, fin=True):
    return Frame(opcode, content, fin=fin).serialize(mask=True)


def test_frames_that_come_before_the_handshake_is_answered_do_no_harm(serving):
    for content in (frame(Opcode.PING, b""), frame(Opcode.CLOSE, b""), b"\xff" * 100):
        with connected(serving) as connection:
            connection.sendall(UPGRADE + b"\r\n")
            connection.sendall(content)
            connection.shutdown(1)
            said(connection)
    assert httpx.get(f"{serving}/health/live").status_code == 200


def test_the_end_comes_in_time_with_any_such_connection_open(checkpoints):
    with (
        started(checkpoints.values(), CARDIODE_SHUTDOWN_SECONDS="2") as (process, (address,)),
        contextlib.ExitStack() as open_ones,
    ):
        for wrong in WRONG.values():
            open_ones.enter_context(connected(address)).sendall(UPGRADE + wrong + b"\r\n")
        closed = open_ones.enter_context(upgraded(address))
        closed.sendall(frame(Opcode.CLOSE, b""))
        unread = open_ones.enter_context(upgraded(address))
        unread.settimeout(0.5)
        with contextlib.suppress(TimeoutError):
            while True:
                unread.sendall(frame(Opcode.PING, b"x" * 125) * 1000)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) in (0, -signal.SIGTERM)


def test_messages_are_not_compressed(serving):
    with connect(f"{serving.replace('http', 'ws')}/stream", compression="deflate") as stream:
        assert not stream.protocol.extensions


def test_a_message_over_the_limit_is_not_taken(serving):
    with (
        connect(f"{serving.replace('http', 'ws')}/stream") as stream,
        pytest.raises(ConnectionClosed) as closed,
    ):
        stream.send(b"\0" * (4 * MAX_PIECE + 1))
        stream.recv()
    assert closed.value.rcvd.code == 1009


def test_pings_whose_answers_are_not_read_are_not_taken_and_broken_off(checkpoints):
    with started(checkpoints.values(), CARDIODE_ANSWER_SECONDS="0.5") as (process, (address,)):
        with upgraded(address) as connection:
            before = resident(process)
            with pytest.raises(ConnectionError):
                for _ in range(100_000):
                    connection.sendall(frame(Opcode.PING, b"x" * 125) * 1000)
            assert resident(process) - before < SLACK
        assert httpx.get(f"{address}/health/live").status_code == 200


def said_in_frames(connection):
    """All that still comes, up to the frame that closes: what is said is ASCII, which has no such byte."""
    heard = b""
    while bytes([0x80 | Opcode.CLOSE]) not in heard:
        heard += connection.recv(65_536)
    return heard


@pytest.mark.parametrize("part", [1, 1000])
def test_a_message_in_parts_is_one(serving, part):
    first = json.dumps({"fs": 250, "leads": ["II"]}).encode()
    opening = frame(Opcode.TEXT, b"", fin=False)
    parts = [frame(Opcode.CONT, first[at : at + part], fin=False) for at in range(0, len(first), part)]
    with upgraded(serving) as connection:
        connection.sendall(opening + b"".join(parts) + frame(Opcode.CONT, b""))
        assert b'"lead":"II"' in connection.recv(65_536)
        signal = frame(Opcode.BINARY, b"\0\0", fin=False) + frame(Opcode.CONT, b"\0\0")
        end = frame(Opcode.TEXT, b'{"end": true}')
        connection.sendall(signal + end)
        assert b'"rhythm"' in said_in_frames(connection)


def test_messages_that_come_at_once_are_all_taken(serving):
    first, piece = b'{"fs": 250, "leads": ["II"]}', b"\0" * 4 * 25
    with upgraded(serving) as connection:
        connection.sendall(frame(Opcode.TEXT, first) + frame(Opcode.BINARY, piece) * 500)
        connection.sendall(frame(Opcode.TEXT, b'{"end": true}'))
        answer = said_in_frames(connection)
    assert b'"stream"' in answer and b'"rhythm"' in answer


def test_parts_without_an_end_take_no_memory(checkpoints):
    with started(checkpoints.values()) as (process, (address,)), upgraded(address) as connection:
        connection.sendall(frame(Opcode.TEXT, b"", fin=False))
        before = resident(process)
        for _ in range(40):
            connection.sendall(frame(Opcode.CONT, b"", fin=False) * 10_000)
        assert httpx.get(f"{address}/health/live").status_code == 200
        assert resident(process) - before < 5_000_000
