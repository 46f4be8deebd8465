import socket

import httpx2 as httpx
import pytest

from app.http_protocol import MOST_HEAD_BYTES

FIRST = b"GET /health/live HTTP/1.1\r\nHost: heart\r\n"


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
    _, address = serving
    answer, sent = flood(address, line)
    assert answer.startswith(b"HTTP/1.1 400") or not answer
    assert sent < 100 * MOST_HEAD_BYTES
    assert httpx.get(f"{address}/health/live").status_code == 200


def test_a_large_head_and_many_requests_on_one_connection_are_answered(serving):
    _, address = serving
    with httpx.Client() as client:
        for _ in range(5):
            headers = {"X-More": "a" * (MOST_HEAD_BYTES // 3)}
            assert client.get(f"{address}/health/live", headers=headers).status_code == 200
