"""XLI, in which Philips packs the leads of an ECG: second differences, their high bytes before their low ones, in LZW.

Each lead is a chunk: its bytes (32 bits), two that mean nothing here, the first difference (16 bits), then codes of ten
bits. The format is not published; sierraecg and ecgdatakit have found it out, and are what tests hold this against.
"""

import struct
from collections.abc import Iterator

import numpy as np
from jaxtyping import Int64

from ecg.errors import LargeRecording, UnreadableRecording

CHUNK = struct.Struct("<ihh")
BITS = 10
LAST_CODE = 2**BITS - 2
"""The code after it ends a chunk."""

MIDDLE = 64
"""The number that stands for a difference of 0."""

Samples = Int64[np.ndarray, "sample"]


def unpack_leads(name: str, content: bytes, most: int) -> Iterator[Samples]:
    """The samples of each chunk, of at most so many samples; the last chunk may be cut off.

    Raises UnreadableRecording for codes that stand for nothing, and LargeRecording.
    """
    place = 0
    while place + CHUNK.size <= len(content):
        size, _, first = CHUNK.unpack_from(content, place)
        place += CHUNK.size
        if size <= 0:
            raise UnreadableRecording(f"{name}: a packed lead (XLI) has {size} bytes")
        yield _samples(_unpacked(name, content[place : place + size], 2 * most), first)
        place += size


def _samples(content: bytes, first: int) -> Samples:
    """Of the bytes of a lead: the first two samples are written as they are."""
    halves = np.frombuffer(content.ljust(len(content) + len(content) % 2, b"\0"), np.uint8).reshape(2, -1)
    written: Samples = (halves[0].astype(np.uint16) << 8 | halves[1]).view(np.int16).astype(np.int64)
    if len(written) < 2:
        return written
    changes = -np.concatenate(([first], written[2:-1] - MIDDLE))[: len(written) - 2]
    steps = np.concatenate(([written[1] - written[0]], changes)).cumsum()
    samples: Samples = np.concatenate((written[:1], written[0] + steps.cumsum()))
    return samples


def _unpacked(name: str, content: bytes, most: int) -> bytes:
    """By LZW (Welch 1984), whose table is full at the last code."""
    table = [bytes((byte,)) for byte in range(256)]
    pieces: list[bytes] = []
    length, before = 0, b""
    for code in _codes(content):
        if code > LAST_CODE:
            break
        if code < len(table):
            piece = table[code]
        elif before and code == len(table):
            piece = before + before[:1]
        else:
            raise UnreadableRecording(f"{name}: a packed lead (XLI) has the code {code}, which stands for nothing")
        if before and len(table) <= LAST_CODE:
            table.append(before + piece[:1])
        length += len(piece)
        if length > most + 2:
            raise LargeRecording(f"{name}: a packed lead (XLI) has over {most // 2:,} samples, which it says it has")
        pieces.append(piece)
        before = piece
    return b"".join(pieces)


def _codes(content: bytes) -> list[int]:
    """Of ten bits each, the highest first."""
    bits = np.unpackbits(np.frombuffer(content, np.uint8))
    whole = bits[: len(bits) // BITS * BITS].reshape(-1, BITS)
    codes: list[int] = (whole @ (1 << np.arange(BITS)[::-1])).tolist()
    return codes
