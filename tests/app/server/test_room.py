import contextlib
import resource
import socket
import subprocess
import sys

import pytest

from app.server.room import MOST_CONNECTIONS, SPARE_CONNECTIONS, Room, most_connections
from tests.app.server.test_http_protocol import said
from tests.app.server.test_patience import serve  # noqa: F401 - a fixture

HEALTH = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


class Connection:
    open = True

    def give_way(self):
        self.open = False


def test_the_eldest_that_rests_makes_place():
    room = Room(3)
    first, second, third, fourth, fifth = connections = [Connection() for _ in range(5)]
    for connection in (first, second, third):
        room.enter(connection)
    room.works(first)
    room.works(second)
    room.rests(second)
    room.enter(fourth)  # the third has rested longest
    room.enter(fifth)
    assert [connection.open for connection in connections] == [True, False, False, True, True]


def test_where_none_rests_there_is_no_place_until_one_has_ended():
    room = Room(2)
    for connection in (first := Connection(), Connection()):
        room.enter(connection)
        room.works(connection)
    room.enter(third := Connection())
    assert first.open and room.crowded and not room.overfull
    room.leave(third)
    assert room.full and not room.crowded
    room.leave(first)
    room.rests(first)  # what has ended rests no more
    room.enter(Connection())
    room.enter(last := Connection())
    assert last.open and not room.crowded


@pytest.mark.parametrize("files", [64, 256, 1024, 20_000, 2**30])
def test_files_are_left_for_all_else(files):
    most = most_connections(files)
    assert 1 <= most <= MOST_CONNECTIONS
    assert files < 256 or files - most - SPARE_CONNECTIONS >= 96


def test_the_process_may_open_as_many_files_as_it_may_at_most():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    program = (
        "import resource; from app.server.room import raise_limit; raise_limit();"
        "print(*resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    shell = ["bash", "-c", 'ulimit -Sn 64; exec "$0" -c "$1"', sys.executable, program]
    told = subprocess.run(shell, capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.split() == [str(hard)] * 2


def asked(address, request=HEALTH):
    connection = socket.create_connection(address, timeout=60)
    connection.sendall(request)
    return connection


def test_connections_that_rest_keep_nobody_out(serve):  # noqa: F811
    _, address = serve(30, most=4)
    with contextlib.ExitStack() as open_ones:
        for _ in range(20):
            connection = open_ones.enter_context(asked(address))
            assert connection.recv(65_536).startswith(b"HTTP/1.1 200")
        for _ in range(20):
            open_ones.enter_context(asked(address, b"GET /health/live HTTP/1.1\r\nX: "))
        assert open_ones.enter_context(asked(address)).recv(65_536).startswith(b"HTTP/1.1 200")


def test_while_all_are_at_work_only_health_is_told(serve):  # noqa: F811
    _, address = serve(30, most=4)
    with contextlib.ExitStack() as open_ones:
        for _ in range(4):
            stalled = b"POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n"
            assert open_ones.enter_context(asked(address, stalled)).recv(100).startswith(b"HTTP/1.1 100")
        for request, status in ((HEALTH, b"200"), (HEALTH.replace(b"/health/live", b"/models"), b"503")):
            answer = said(open_ones.enter_context(asked(address, request)))
            assert answer.startswith(b"HTTP/1.1 " + status) and b"connection: close" in answer.lower()
