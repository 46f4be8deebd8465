"""The variables of a MATLAB file (MAT-File Format, R2023): of level 4, and of level 5, perhaps packed.

Only arrays of numbers are read, each of bounded size: what unpacks to more than its file can hold of an ECG is no ECG.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Shaped

from ecg.errors import LargeRecording, UnreadableRecording
from ecg.formats.reading import Reading

MAX_SIZE = 2**28
MAX_UNPACKED = 2**25
"""Bytes that a packed variable may have, or `TIMES` as many as its file."""

TIMES = 8

MAX_VARIABLES = 1000

LEVEL_4 = struct.Struct("<iiiii")
"""Type, rows, columns, whether it is complex, and the length of the name with its zero."""

NUMBERS_4 = {0: "<f8", 1: "<f4", 2: "<i4", 3: "<i2", 4: "<u2", 5: "u1"}
"""By the tens of a type of level 4 whose thousands and ones are 0: little endian, a full matrix."""

MAGIC_5 = b"MATLAB 5.0"
HEADER_5, TAG = 128, 8
MATRIX, PACKED = 14, 15
NUMBERS_5 = {1: "i1", 2: "u1", 3: "<i2", 4: "<u2", 5: "<i4", 6: "<u4", 7: "<f4", 9: "<f8", 12: "<i8", 13: "<u8"}
CLASSES = range(6, 16)
"""Of arrays of numbers, double to uint64."""

COMPLEX = 0x0800

Numbers = Shaped[np.ndarray, "_ _"]


@dataclass(frozen=True)
class _Part:
    """An element of level 5: its type, its bytes, and where the next one begins."""

    kind: int
    content: memoryview
    end: int


def is_matlab(first: bytes) -> bool:
    """Whether a file that begins so is in one of the two levels."""
    return first.startswith(MAGIC_5) or _is_level_4(first)


def read_variables(reading: Reading) -> dict[str, Numbers]:
    """The arrays of numbers, of two dimensions, by name; one that is cut off is as long as it is, with a warning.

    Raises UnreadableRecording and LargeRecording.
    """
    file = reading.file
    size = file.stat().st_size
    if size > MAX_SIZE:
        raise LargeRecording(f"{file.name} has {size:,} bytes, expected at most {MAX_SIZE:,}")
    content = file.read_bytes()
    try:
        return dict(_level_4(reading, content) if _is_level_4(content) else _level_5(reading, content))
    except (struct.error, ValueError, KeyError, zlib.error, UnicodeDecodeError) as error:
        raise UnreadableRecording(f"{file.name} is no MATLAB file that can be read ({type(error).__name__})") from error


def _is_level_4(first: bytes) -> bool:
    if len(first) < LEVEL_4.size:
        return False
    kind, rows, columns, is_complex, name = LEVEL_4.unpack_from(first)
    return kind % 10 == 0 and kind // 10 in NUMBERS_4 and rows > 0 < columns and is_complex == 0 and 1 < name <= 64


def _level_4(reading: Reading, content: bytes) -> Iterator[tuple[str, Numbers]]:
    place = 0
    for _ in range(MAX_VARIABLES):
        if not _is_level_4(content[place : place + LEVEL_4.size]):
            return
        kind, rows, columns, _, length = LEVEL_4.unpack_from(content, place)
        place += LEVEL_4.size
        name = content[place : place + length].rstrip(b"\0").decode("ascii")
        place += length
        number = np.dtype(NUMBERS_4[kind // 10])
        yield name, _array(reading, memoryview(content)[place:], number, rows, columns)
        place += rows * columns * number.itemsize


def _level_5(reading: Reading, content: bytes) -> Iterator[tuple[str, Numbers]]:
    if content[126:128] != b"IM":
        raise UnreadableRecording(
            f"{reading.file.name} is a MATLAB file of another byte order than little endian; save it anew"
        )
    whole, place = memoryview(content), HEADER_5
    for _ in range(MAX_VARIABLES):
        if place + TAG > len(whole):
            return
        part = _part(whole, place, padded=False)
        place = part.end
        if part.kind == PACKED:
            part = _part(memoryview(_unpacked(reading.file.name, part.content, len(content))), 0)
        if part.kind == MATRIX:
            yield from _matrix(reading, part.content)


def _part(content: memoryview, place: int, padded: bool = True) -> _Part:
    """The element at a place; a small one has its bytes within its tag."""
    (kind,) = struct.unpack_from("<I", content, place)
    if kind >> 16:
        return _Part(kind & 0xFFFF, content[place + 4 : place + 4 + (kind >> 16)], place + TAG)
    (length,) = struct.unpack_from("<I", content, place + 4)
    end = place + TAG + length
    return _Part(kind, content[place + TAG : end], -(-end // TAG) * TAG if padded else end)


def _unpacked(name: str, packed: memoryview, size: int) -> bytes:
    most = max(MAX_UNPACKED, TIMES * size)
    unpacker = zlib.decompressobj()
    content = unpacker.decompress(packed, most + 1)
    if len(content) > most:
        raise LargeRecording(f"{name} has a variable of over {most:,} bytes when unpacked; send less at once")
    return content


def _matrix(reading: Reading, content: memoryview) -> Iterator[tuple[str, Numbers]]:
    """The variable, if it is an array of real numbers and of two dimensions."""
    flags = _part(content, 0)
    shape = _part(content, flags.end)
    name = _part(content, shape.end)
    (flag,) = struct.unpack_from("<I", flags.content)
    if flag & 0xFF not in CLASSES or flag & COMPLEX or len(shape.content) != 8:
        return
    rows, columns = struct.unpack("<ii", shape.content)
    values = _part(content, name.end)
    number = np.dtype(NUMBERS_5[values.kind])
    if rows < 1 or columns < 1:
        return
    numbers = _array(reading, values.content, number, rows, columns)
    yield bytes(name.content).rstrip(b"\0").decode("ascii"), numbers


def _array(reading: Reading, content: memoryview, number: np.dtype[Any], rows: int, columns: int) -> Numbers:
    """Column by column, as many of them as there are."""
    there = min(columns, len(content) // (rows * number.itemsize))
    if there < columns:
        reading.doubt(
            "truncated",
            f"{reading.file.name} is truncated: it says {columns:,} columns, read the {there:,} that are there",
        )
    return np.frombuffer(content, number, rows * there).reshape(there, rows).T
