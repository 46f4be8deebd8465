"""Attacks: what somebody may send over one connection to freeze the service, fill its memory or end it.

Each kind is a function of a size in bytes and of chance; it gives what is sent, piece by piece, about so much of it.
They are those that have once worked, and their neighbours.
"""

import asyncio
import base64
import gzip
import io
import json
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

from soak.service import HOST

Pieces = Iterator[bytes]
Kind = Callable[[int, random.Random], Pieces]

FROM = "127.0.0.2"
"""The address of whoever attacks: not that of those who suffer."""

PATIENCE = 1.0
"""Seconds that an attack goes on for after all of it was sent."""

HOST_LINE = b"Host: localhost\r\n"
UPGRADE = (
    b"GET /stream HTTP/1.1\r\n" + HOST_LINE + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: " + base64.b64encode(bytes(16)) + b"\r\n"
)
FIRST = b'{"fs": 250, "leads": ["II"], "model": "resnet"}'
TEXT, BINARY, PING = 1, 2, 9


def post(path: str, body: bytes, kind: str = "application/json", *more: str) -> bytes:
    """A request."""
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *more]
    lines.append("Connection: close")
    return "\r\n".join([*lines, "\r\n"]).encode() + body


def frame(opcode: int, payload: bytes, *, last: bool = True, compressed: bool = False) -> bytes:
    """One of a client's, masked by zeros."""
    head = bytes([opcode | (0x80 if last else 0) | (0x40 if compressed else 0)])
    if len(payload) < 126:
        length = struct.pack("!B", 0x80 | len(payload))
    elif len(payload) < 2**16:
        length = struct.pack("!BH", 0x80 | 126, len(payload))
    else:
        length = struct.pack("!BQ", 0x80 | 127, len(payload))
    return head + length + bytes(4) + payload


def file(name: str, content: bytes, more: str = "") -> bytes:
    """A recording, as a form."""
    head = f'--b\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'.encode()
    options = '--b\r\nContent-Disposition: form-data; name="fs"\r\n\r\n250\r\n' if more == "" else more
    body = options.encode() + head + content + b"\r\n--b--\r\n"
    return post("/recordings", body, "multipart/form-data; boundary=b")


def zipped(name: str, content: bytes) -> bytes:
    """A zip of one file."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return archive.getvalue()


def head_without_end(size: int, _: random.Random) -> Pieces:
    """A header after another."""
    yield b"GET /health/live HTTP/1.1\r\n"
    yield from repeated(b"X-More: " + b"a" * 1000 + b"\r\n", size)


def tiny_headers(size: int, _: random.Random) -> Pieces:
    yield b"GET /health/live HTTP/1.1\r\n"
    yield from repeated(b"X:\r\n" * 100, size)


def one_header(size: int, _: random.Random) -> Pieces:
    yield b"GET /health/live HTTP/1.1\r\nX: "
    yield from repeated(b"a" * 1000, size)


def trailers(size: int, _: random.Random) -> Pieces:
    yield b"POST /classify HTTP/1.1\r\n" + HOST_LINE + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\n"
    yield from repeated(b"X-More: " + b"a" * 100 + b"\r\n", size)


def tiny_chunks(size: int, rng: random.Random) -> Pieces:
    path = rng.choice(["/classify", "/recordings", "/v2/models/resnet/infer"])
    yield f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n".encode()
    yield b"Transfer-Encoding: chunked\r\n\r\n"
    yield from repeated(rng.choice([b"1\r\n \r\n", b"1;a=b\r\n \r\n", b"1" + b";" * 50 + b"\r\n \r\n"]), size)


def pipelined(size: int, rng: random.Random) -> Pieces:
    path = rng.choice(["/health/live", "/metrics", "/openapi.json", "/models"])
    yield from repeated(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode(), size)


def upgrades(size: int, rng: random.Random) -> Pieces:
    """Handshakes that are none."""
    wrong = [b"Content-Length: 1000\r\n", b"X: " + b"a" * 9000 + b"\r\n", b"X: a\r\n" * 90, b"Origin: null\r\n"]
    yield UPGRADE + rng.choice(wrong) + b"\r\n"
    yield from repeated(b"a" * 1000, size)


def pings(size: int, _: random.Random) -> Pieces:
    """Whose answers nobody reads."""
    yield UPGRADE + b"\r\n"
    yield from repeated(frame(PING, b"a" * 125), size)


def parts(size: int, _: random.Random) -> Pieces:
    """A message in parts of nothing or a byte."""
    yield UPGRADE + b"\r\n"
    yield frame(TEXT, FIRST) + frame(TEXT, b"{", last=False)
    yield from repeated(frame(0, b" ", last=False), size)


def compressed_messages(size: int, _: random.Random) -> Pieces:
    yield UPGRADE + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    inner = b'{"signals": [[' + b'"a",' * (250 * size) + b"0]]}" if size < 50_000 else b"[" * 10_000_000
    squeezed = zlib.compressobj(wbits=-15)
    yield frame(TEXT, squeezed.compress(inner) + squeezed.flush(zlib.Z_SYNC_FLUSH), compressed=True)


def wrong_messages(size: int, rng: random.Random) -> Pieces:
    """To a stream: samples that are none, names, lists in lists."""
    yield UPGRADE + b"\r\n"
    yield frame(TEXT, FIRST)
    value = rng.choice([b'"a",', b"{},", b"[],", b"true,", b"1e999,", b"null,"])
    yield frame(TEXT, b'{"signals": [[' + value * (size // len(value)) + b"0]]}")


def wrong_json(size: int, rng: random.Random) -> Pieces:
    path, start, end = rng.choice(
        [
            ("/classify", b'{"beats": [[', b"0]]}"),
            ("/classify", b'{"beats": [', b"0]}"),
            ("/recordings", b'{"fs": 250, "signals": {"II": [', b"0]}}"),
            ("/recordings", b'{"fs": 250, "signals": {', b'"a": 0}}'),
            ("/v2/models/resnet/infer", b'{"inputs": [', b"0]}"),
            ("/v2/models/resnet/infer", b'{"inputs": [{"name": "beats", "shape": [', b"0]}]}"),
        ]
    )
    value = rng.choice([b'"a",', b"{},", b"[],", b"true,", b"-1,", b'"a":[],', b"[", b'{"a":'])
    yield post(path, start + value * (size // len(value)) + end)


def packed(size: int, rng: random.Random) -> Pieces:
    """What becomes a thousand times as much."""
    inner = rng.choice([b" ", b"0,", b"[", b'{"a":'])
    body = gzip.compress(inner * (min(1000 * size, 100_000_000) // len(inner)), mtime=0)
    path = rng.choice(["/classify", "/v2/models/resnet/infer", "/recordings"])
    yield post(path, body, "application/json", f"Content-Encoding: {rng.choice(['gzip', 'deflate', 'identity'])}")


def tables(size: int, rng: random.Random) -> Pieces:
    """A CSV: long names, many columns, times of many parts, quotes that do not close."""
    cell = rng.choice([b"1:", b"a(", b"[", b'"', b",", b"\r", b"1e9", b"(mV) ", b"\xff"])
    content = rng.choice(
        [
            b"time,II\n" + cell * (size // len(cell)),
            b"time," + cell * (size // len(cell)) + b"\n0,1\n1,2\n",
            (cell * 60_000 + b"\n") * max(size // (60_000 * len(cell)), 1),
            (cell + b"\n") * (size // (len(cell) + 1)),
        ]
    )
    yield file("a.csv", content)


def archives(size: int, rng: random.Random) -> Pieces:
    """A zip of a table that is a thousand times as large."""
    cell = rng.choice([b"1:", b",", b'"', b"0,0\n", b"a"])
    content = b"time,II\n" + cell * (min(1000 * size, 200_000_000) // len(cell))
    yield file("a.zip", zipped(rng.choice(["a.csv", "a.hea", "a.edf"]), content))


def headers_of_recordings(size: int, rng: random.Random) -> Pieces:
    """A WFDB header: a long line, many signals, many segments, numbers without an end."""
    line = rng.choice([b"1" * size, b"a" * size, b"/" * size, b"(" * size, b"a 1 250 " + b"9" * size])
    signals = b"a 1 250 10\n" + b"a.dat 16 200 16 0 0 0 0 II\n" * (size // 30)
    segments = b"a/" + str(size // 10).encode() + b" 1 250 10\n" + b"b 1\n" * (size // 4)
    yield file("a.hea", rng.choice([line, signals, segments]))


def edf(size: int, rng: random.Random) -> Pieces:
    """An EDF that says it has more than it has."""
    records, signals = rng.choice([(20_000_000, 1), (-1, 1), (1, 4000), (10**7, 200)])
    head = b"0".ljust(8) + b" " * 160 + b"01.01.0101.01.01" + str(256 * (1 + signals)).encode().ljust(8)
    head += rng.choice([b"EDF+D", b"EDF+C", b""]).ljust(44) + str(records).encode().ljust(8) + b"1".ljust(8)
    head += str(signals).encode().ljust(4)
    ranges = ((b"-1", 8), (b"1", 8), (b"-32768", 8), (b"32767", 8))
    samples = rng.choice([b"250", b"1", b"0"])
    for value, width in ((b"II", 16), (b"", 80), (b"mV", 8), *ranges, (b"", 80), (samples, 8), (b"", 32)):
        head += value.ljust(width) * signals
    yield file("a.edf", head.ljust(size, b"\0"))


def forms(size: int, rng: random.Random) -> Pieces:
    """Of many parts, long names, or without an end."""
    one = b'--b\r\nContent-Disposition: form-data; name="files"; filename="%d.dat"\r\n\r\na\r\n'
    many = b"".join(one % number for number in range(size // len(one)))
    long = b'--b\r\nContent-Disposition: form-data; name="' + b"a" * size + b'"\r\n\r\na\r\n--b--\r\n'
    lines = b"--b\r\n" + b"X: a\r\n" * (size // 6)
    body = rng.choice([many + b"--b--\r\n", long, lines, b"-" * size, b"\r\n--b" * (size // 5)])
    yield post("/recordings", body, "multipart/form-data; boundary=b")


def arrays(size: int, rng: random.Random) -> Pieces:
    """What numpy.save did not write."""
    claims = rng.choice([f"{10**12}, 187", "9" * (size // 2), "(" * 500, "1," * (size // 3)])
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': ({claims}), }}".encode()
    body = b"\x93NUMPY\x02\x00" + struct.pack("<I", len(header)) + header
    yield post("/classify", body.ljust(size, b"\0"), "application/x-npy")


def dear(size: int, rng: random.Random) -> Pieces:
    """Few beats that take long."""
    method = rng.choice(["implicit_euler", "crank_nicolson", "rk4", "dopri8"])
    solver = {"method": method, "max_evaluations": 100_000} | ({} if method == "dopri8" else {"step": 1e-4})
    beats = [[0.5] * 187] * max(min(size // 1000, 500), 1)
    yield post("/classify", json.dumps({"model": "odenet", "beats": beats, "solver": solver}).encode())


KINDS: tuple[Kind, ...] = (
    head_without_end,
    tiny_headers,
    one_header,
    trailers,
    tiny_chunks,
    pipelined,
    upgrades,
    pings,
    parts,
    compressed_messages,
    wrong_messages,
    wrong_json,
    packed,
    tables,
    archives,
    headers_of_recordings,
    edf,
    forms,
    arrays,
    dear,
)


UNREAD = (pings, pipelined)
"""Kinds of those who do not read what they are answered."""


def repeated(piece: bytes, size: int) -> Pieces:
    """Again and again, up to the size."""
    block = piece * max(16_384 // len(piece), 1)
    for _ in range(max(size // len(block), 1)):
        yield block


@dataclass(frozen=True)
class Attacker:
    """Somebody who attacks a service over one connection at a time."""

    port: int
    patience: float = PATIENCE

    async def attack(self, kind: Kind, size: int, seed: int) -> bytes:
        """Send it, and wait until the connection is closed or patience ends: what was answered, where that is read."""
        reader, writer = await asyncio.open_connection(HOST, self.port, local_addr=(FROM, 0))
        answer = bytearray()
        # Beside the event loop, in which others look at the service meanwhile: some pieces take seconds to make.
        pieces = await asyncio.to_thread(lambda: list(kind(size, random.Random(seed))))  # noqa: S311 - no secret
        try:
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(self.patience + 2):
                    for piece in pieces:
                        writer.write(piece)
                        await writer.drain()
                        if piece.startswith(UPGRADE) and kind is not upgrades:
                            answer += await reader.readuntil(b"\r\n\r\n")  # frames before it are lost
                        if kind in UNREAD:
                            writer.transport.pause_reading()  # type: ignore[attr-defined] # that of a socket can
            with suppress(OSError, TimeoutError):
                async with asyncio.timeout(self.patience):
                    while part := await reader.read(2**16):
                        answer += part
        finally:
            writer.transport.abort()
        return bytes(answer)
