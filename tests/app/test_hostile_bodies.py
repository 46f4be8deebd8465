"""Bodies that are meant to do harm, sent to a service that runs: each is refused, and its memory stays what it was."""

import contextlib
import gzip
import io
import json
import re
import socket
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2 as httpx
import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from models.process import MOST_KEPT
from tests.app.conftest import started
from tests.app.metrics.test_metrics import parsed, total

MOST = 4_000_000
"""Bytes of a body that the service takes."""
SLACK = 40_000_000
"""Bytes by which memory may differ: less than the bodies of a round have."""
ROUNDS = 10
"""In which the process has kept what it keeps of freed memory, up to `MOST_KEPT`."""
REFUSALS = {400, 413, 415, 422, 503}

JSON, RAW, NPY = "application/json", "application/octet-stream", "application/x-npy"
INFER = "/v2/models/resnet/infer"


@pytest.fixture(scope="module")
def running(checkpoints):
    with started([checkpoints["resnet"]], CARDIODE_MAX_BODY_BYTES=str(MOST)) as (process, (address,)):
        yield process, address


def resident(process):
    """The process's memory in bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return 1024 * int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])


def json_bodies(beat):
    """What is no request, whatever is asked."""
    yield b"[" * 1_000_000
    yield b'{"a":' * 500_000
    yield b'{"beats":' + b"[" * 1_000_000
    yield b"9" * 1_000_000
    yield b'"' + b"x" * 3_000_000
    yield b"{" + b",".join(b'"%d":1' % n for n in range(200_000)) + b"}"
    yield json.dumps({"beats": [beat]}).encode()[:-1]
    yield b'{"beats": [[1e400]]}'
    yield b'{"fs": 250, "signals": {"II": [1e400, "x"]}}'
    yield rb'{"beats": "\ud800"}'
    yield rb'{"\ud800": 1}'
    yield b"\xff\xfe{"
    yield b"\0" * 100_000
    yield json.dumps({"beats": [beat, [0.5] * 186]}).encode()
    yield b'{"beats": [' + b",".join([b"[]"] * 900_000) + b"]}"
    yield b'{"beats": 1, "beats": 2}'
    yield b'{"beats": %b, "beats": %b}' % ((json.dumps([beat]).encode(),) * 2)
    yield b'{"beats": 1}' + b" " * (MOST - 20)
    yield b" " * (MOST + 1)


def binary_bodies(beat):
    yield b"1"
    yield np.float32(beat).tobytes()[:-1]
    yield np.float32(beat).tobytes() + b"1"
    yield np.zeros((4097, 187), "<f4").tobytes()
    yield np.full(187, np.nan, "<f4").tobytes()


def npy_bodies(beat):
    content = io.BytesIO()
    np.save(content, np.float32([beat]))
    whole = content.getvalue()
    yield whole[:100]
    yield whole.replace(b"(1, 187)", b"(9, 187)")
    yield whole.replace(b"'<f4'", b"'|O8'")
    yield whole.replace(b"(1, 187)", b"(" * 8)
    yield b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b"(" * 100_000


def hostile(beat):
    """Each request: path, headers and body."""
    for content in json_bodies(beat):
        for path in ("/classify", INFER, "/recordings"):
            yield path, {"content-type": JSON}, content
    for content in binary_bodies(beat):
        yield "/classify", {"content-type": RAW}, content
        yield INFER, {"content-type": RAW, "inference-header-content-length": "1"}, content
    for content in npy_bodies(beat):
        yield "/classify", {"content-type": NPY}, content
    for name, pack in (("gzip", gzip.compress), ("deflate", zlib.compress)):
        for content in (bytes(100_000_000), b"[" * 3_900_000, pack(b" " * 100_000_000)):
            yield INFER, {"content-encoding": name}, pack(content)
        yield INFER, {"content-encoding": name}, pack(b"{}" * 1000)[:-4]
    for kind in ("multipart/form-data; boundary=b", "multipart/form-data"):
        for content in (b"--b\r\n" * 100_000, b"--b\r\n" + b"X: y\r\n" * 100_000, b"--b\r\nX: " + b"a" * 3_000_000):
            yield "/recordings", {"content-type": kind}, content


def test_hostile_bodies_are_refused_and_memory_stays_flat(running, beat):
    process, address = running
    requests = list(hostile(beat))
    assert sum(len(content) for _, _, content in requests) > SLACK  # else a service that kept them all would pass
    with httpx.Client(base_url=address, timeout=120) as client, ThreadPoolExecutor(8) as pool:

        def status(request):
            path, headers, content = request
            return client.post(path, headers=headers, content=content).status_code

        memory = [resident(process)]
        while len(memory) < 3 or memory[-1] - memory[-2] > SLACK:
            statuses = list(pool.map(status, requests))
            told = [(path, headers, content[:50]) for path, headers, content in requests]
            other = [(asked, got) for asked, got in zip(told, statuses, strict=True) if got not in REFUSALS]
            assert not other
            memory.append(resident(process))
            assert len(memory) < ROUNDS and memory[-1] - memory[0] < MOST_KEPT + 2 * SLACK, memory
        assert client.post("/classify", json={"beats": [beat]}).status_code == 200
        assert total(parsed(client.get("/metrics").text), "cardiode_errors_total", kind="internal") == 0


@pytest.mark.parametrize("path", ["/classify", INFER, "/recordings", "/nothing", "/models/reload"])
def test_a_chunked_body_without_an_end_is_broken_off(running, path):
    process, address = running
    url, before, sent = httpx.URL(address), resident(process), 0
    kind = b"multipart/form-data; boundary=b" if path == "/recordings" else b"application/json"
    head = b"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n"
    if path == "/recordings":
        head += b"5\r\n--b\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 65_536 + b"\r\n"
    with socket.create_connection((url.host, url.port), timeout=60) as connection:
        connection.sendall(head % (path.encode(), kind))
        with pytest.raises(OSError):
            while sent < 1_000_000 * len(chunk):  # more than comes before the connection is closed
                connection.sendall(chunk)
                sent += len(chunk)
    assert resident(process) - before < SLACK
    assert httpx.get(f"{address}/health/live", timeout=60).status_code == 200


def test_large_bodies_of_many_clients_are_bounded_together_and_small_requests_go_on(running, beat):
    process, address = running
    url, before, clients = httpx.URL(address), resident(process), 60
    body = b" " * (MOST - 1)  # of which a byte never comes
    head = b"POST /classify HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n" % MOST
    with contextlib.ExitStack() as open_ones:
        connections = [
            open_ones.enter_context(socket.create_connection((url.host, url.port), timeout=60)) for _ in range(clients)
        ]
        for connection in connections:
            with contextlib.suppress(OSError):  # refused before all of it was sent
                connection.sendall(head + body)
        assert resident(process) - before < 10 * MOST + 2 * SLACK < clients * MOST
        assert httpx.post(f"{address}/classify", json={"beats": [beat]}, timeout=60).status_code == 200
        refused = httpx.post(f"{address}/classify", content=body, timeout=60)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")


@pytest.mark.parametrize(
    "content",
    [
        "[" * 1_000_000,
        '{"fs":' * 500_000,
        '{"fs": 1e400, "leads": ["II"]}',
        r'{"fs": 250, "leads": ["\ud800"]}',
        "9" * 1_000_000,
        " " * 100_000_000,  # which the client compresses
        b"\xff" * 1_000_000,
        b"",
        "",
    ],
    ids=range(9),
)
@pytest.mark.parametrize("begun", [False, True])
def test_hostile_messages_end_a_stream_and_harm_nothing(running, content, begun):
    process, address = running
    before = resident(process)
    with connect(f"{address.replace('http', 'ws')}/stream", max_size=None) as stream:
        if begun:
            stream.send('{"fs": 250, "leads": ["I", "II", "III"]}')
            stream.recv()
        with pytest.raises(ConnectionClosed) as closed:
            for _ in range(20):
                stream.send(content if content or not begun else b"1")
                stream.recv(timeout=60)
    assert closed.value.rcvd.code in (1007, 1008, 1009)
    assert resident(process) - before < SLACK
    assert httpx.get(f"{address}/health/live", timeout=60).status_code == 200
