import contextlib
import json
import re
import select
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2 as httpx
import pytest
from websockets.sync.client import connect

from app.server.http_protocol import MOST_HEAD_BYTES, MOST_HEADERS
from tests.app.conftest import started

FIRST = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n"


def flood(address, line):
    """The answer to a head that goes on and on, and how much of it was taken."""
    url, sent = httpx.URL(address), 0
    with socket.create_connection((url.host, url.port), timeout=30) as connection:
        connection.sendall(FIRST)
        try:
            while sent < 100 * MOST_HEAD_BYTES:
                sent += connection.send(line)
        except OSError:
            pass
        try:
            return connection.recv(1000), sent
        except OSError:  # closed with some of it unread
            return b"", sent


@pytest.mark.parametrize("line", [b"X-More: " + b"a" * 1000 + b"\r\n", b"a" * 10_000])
def test_a_head_without_an_end_is_broken_off(serving, line):
    answer, sent = flood(serving, line)
    assert answer.startswith(b"HTTP/1.1 400") or not answer
    assert sent < 100 * MOST_HEAD_BYTES
    assert httpx.get(f"{serving}/health/live").status_code == 200


def test_a_large_head_and_many_requests_on_one_connection_are_answered(serving):
    with httpx.Client() as client:
        for _ in range(5):
            headers = {"X-More": "a" * (MOST_HEAD_BYTES // 3)}
            assert client.get(f"{serving}/health/live", headers=headers).status_code == 200


UPGRADE = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + b"a" * 22
UPGRADE += b"==\r\n"


@pytest.mark.parametrize("kind", [b"", b"Content-Length: 100\r\n", UPGRADE])
def test_a_request_may_have_a_hundred_headers(serving, kind):
    others = FIRST.count(b"\r\n") - 1 + kind.count(b"\r\n")
    head = FIRST.replace(b"/health/live", b"/stream") if kind == UPGRADE else FIRST
    for more, refused in ((MOST_HEADERS - others, False), (MOST_HEADERS - others + 1, True)):
        with connected(serving) as connection:
            connection.sendall(head + kind + b"X: 1\r\n" * more + b"\r\n")
            answer = connection.recv(10_000)
        assert (b"may have 100 headers" in answer) == answer.startswith(b"HTTP/1.1 400") == refused


def test_trailers_count_as_headers(serving, beat):
    trailers = b"0\r\n" + b"X: 1\r\n" * MOST_HEADERS + b"\r\n"
    with connected(serving) as connection:
        connection.sendall(CHUNKED + trailers)
        assert said(connection).startswith(b"HTTP/1.1 400")


def connected(address, **options):
    url = httpx.URL(address)
    return socket.create_connection((url.host, url.port), timeout=60, **options)


def said(connection):
    """All that still comes, until the other end closes."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


@pytest.fixture(scope="module")
def impatient(checkpoints):
    """The address of a service that gives heads and answers half a second."""
    with started(checkpoints.values(), CARDIODE_HEAD_SECONDS="0.5", CARDIODE_ANSWER_SECONDS="0.5") as (_, (address,)):
        yield address


def ask(connection):
    """A first request, and all of its answer."""
    connection.sendall(FIRST + b"\r\n")
    answer = b""
    while not answer.endswith(b"}"):
        answer += connection.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 200")


def trickle(connection, content):
    """Send it byte by byte, again and again, until the other end has closed."""
    with contextlib.suppress(OSError):
        for _ in range(100_000):
            connection.sendall(content)
            if select.select([connection], [], [], 0.02)[0]:
                return


@pytest.mark.parametrize("after_another", [False, True])
def test_a_head_that_trickles_is_broken_off_and_its_client_told(impatient, after_another):
    with connected(impatient) as connection:
        if after_another:
            ask(connection)
        connection.sendall(FIRST)
        trickle(connection, b"a")
        assert said(connection).startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(
    ("after_another", "content"), [(False, b""), (False, b"\r\n"), (True, b"\r\n")], ids=["nothing", "lines", "later"]
)
def test_a_connection_on_which_no_head_begins_is_closed(impatient, after_another, content):
    with connected(impatient) as connection:
        if after_another:
            ask(connection)
        if content:
            trickle(connection, content)
        assert said(connection) == b""


def test_a_connection_that_rests_between_requests_is_kept(impatient):
    with connected(impatient) as connection:
        ask(connection)
        time.sleep(1)  # twice what a head may take
        ask(connection)


def test_a_request_that_goes_on_after_its_answer_is_broken_off(impatient):
    with connected(impatient) as connection:
        connection.sendall(b"POST /nothing HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 404")
        with pytest.raises(OSError):
            for _ in range(100_000):
                connection.sendall(b"5\r\nbeats\r\n")
                time.sleep(0.02)


def test_a_slow_body_and_a_long_answer_are_not_taken_for_slow_heads(impatient, beat):
    content = json.dumps({"beats": [beat] * 100, "solver": {"rtol": 1e-6, "atol": 1e-6}}).encode()
    with connected(impatient) as connection:
        head = b"POST /classify HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
        connection.sendall(head % len(content))
        time.sleep(1)  # twice what a head may take
        connection.sendall(content)
        assert said(connection).startswith(b"HTTP/1.1 200")


def test_a_websocket_that_lasts_is_not_taken_for_a_slow_head(impatient):
    with connect(f"{impatient.replace('http', 'ws')}/stream") as stream:
        stream.send('{"fs": 250, "leads": ["II"]}')
        assert "stream" in json.loads(stream.recv())
        time.sleep(1)  # twice what a head may take
        stream.send('{"end": true}')
        assert "rhythm" in json.loads(stream.recv())


CHUNKED = b"POST /classify HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("begun", "more"),
    [
        (b"1\r\n[\r\n0\r\n", b"X-More: " + b"a" * 1000 + b"\r\n"),
        (b"1\r\n[\r\n0\r\n", b"a:\r\n" * 1000),
        (b"1\r\n[\r\n0\r\nX-More: ", b"a" * 10_000),
        (b"1;", b"more" * 1000),
        (b"", b"0" * 10_000),
    ],
    ids=["trailers", "short trailers", "a trailer", "what stands beside a size", "zeros of a size"],
)
def test_what_has_no_end_beside_a_body_is_broken_off(serving, begun, more):
    sent = 0
    with connected(serving) as connection:
        connection.sendall(CHUNKED + begun)
        with contextlib.suppress(OSError):
            while sent < 100 * MOST_HEAD_BYTES:
                sent += connection.send(more)
        assert said(connection).startswith(b"HTTP/1.1 400") or sent < 100 * MOST_HEAD_BYTES
    assert sent < 100 * MOST_HEAD_BYTES
    assert httpx.get(f"{serving}/health/live").status_code == 200


def test_trailers_and_what_stands_beside_sizes_are_read_over(serving, beat):
    content = json.dumps({"beats": [beat]}).encode()
    with connected(serving) as connection:
        connection.sendall(CHUNKED.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        connection.sendall(
            b"%x;a=b\r\n%s\r\n0\r\nContent-Type: image/png\r\nX-More: %s\r\n\r\n" % (len(content), content, b"a" * 5000)
        )
        assert said(connection).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("requests", [10, 5000])
def test_requests_that_come_before_earlier_ones_are_answered_are_answered_all(serving, requests):
    last = FIRST + b"Connection: close\r\n\r\n"
    with connected(serving) as connection, ThreadPoolExecutor() as other:
        answers = other.submit(said, connection)
        connection.sendall((FIRST + b"\r\n") * requests + last)
        assert answers.result().count(b"HTTP/1.1 200") == requests + 1


def test_what_is_no_request_is_refused_after_those_before_it_are_answered(serving, beat):
    content = json.dumps({"beats": [beat] * 50}).encode()
    head = b"POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % len(content)
    for wrong in (b"no request\r\n\r\n", b"X: " + b"a" * 2 * MOST_HEAD_BYTES, CHUNKED + b"no size\r\n"):
        with connected(serving) as connection:
            connection.sendall(head + content + FIRST + b"\r\n" + wrong)
            assert re.findall(rb"HTTP/1.1 (\d+)", said(connection)) == [b"200", b"200", b"400"]


def status(address, request):
    with connected(address) as connection:
        connection.sendall(request)
        return int(connection.recv(1000).split()[1])


def test_spaces_around_a_header_are_none_of_it(serving, beat):
    content = json.dumps({"beats": [beat]}).encode()
    head = b"POST /classify HTTP/1.1\r\nHost: localhost \r\nContent-Length: \t %d \t\r\n\r\n"
    assert status(serving, head % len(content) + content) == 200


@pytest.mark.parametrize("codings", [[b"gzip, chunked"], [b"gzip", b"chunked"], [b"chunked", b"chunked"]])
def test_a_body_that_is_encoded_otherwise_than_in_chunks_is_refused(serving, codings):
    lines = b"".join(b"Transfer-Encoding: %s\r\n" % coding for coding in codings)
    head = b"POST /classify HTTP/1.1\r\nHost: localhost\r\n%s\r\n" % lines
    assert status(serving, head + b"2\r\n{}\r\n0\r\n\r\n") in (400, 501)
