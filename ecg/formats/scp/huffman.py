"""The Huffman codes of SCP-ECG (EN 1064, 5.5): of a table that a file brings, or of the standard's own (C.3.7.6)."""

import struct
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, UInt8, UInt16

from ecg.errors import UnreadableRecording

DEFAULT = 19999
"""The number of tables that stands for the standard's own."""

LONGEST = 16
"""Bits of a prefix: all that may follow a place are looked up at once."""

STRUCTURE = struct.Struct("<BBBhI")
"""Bits of the prefix, of the whole code, the mode (1: a value), the base value, and the prefix, its first bit last."""

WIDE = (8, 16)
"""Bits of a value that is written as it is, after a prefix of the standard's table."""

NOTHING = -1
"""Where a value would end that is none."""

Bits = UInt8[np.ndarray, "bit"]


@dataclass(frozen=True)
class Code:
    """`prefix` in so many bits, the first one being the highest; with more bits in all, these are the value."""

    prefix: int
    bits: int
    all_bits: int
    value: int


@dataclass(frozen=True)
class Table:
    """By the next 16 bits: the bits of the prefix, 0 where it is none, of the whole code, and the value."""

    prefixes: Int64[np.ndarray, "65536"]
    lengths: Int64[np.ndarray, "65536"]
    values: Int64[np.ndarray, "65536"]

    @classmethod
    def of(cls, codes: list[Code]) -> "Table":
        """Later codes give way to earlier ones."""
        prefixes, lengths, values = np.zeros((3, 2**LONGEST), np.int64)
        for code in reversed(codes):
            rest = LONGEST - code.bits
            same = slice(code.prefix << rest, (code.prefix + 1) << rest)
            prefixes[same], lengths[same], values[same] = code.bits, code.all_bits, code.value
        return cls(prefixes, lengths, values)

    def decode(self, content: bytes, most: int) -> Int64[np.ndarray, "value"]:
        """The values that are written, `most` at most; what is after the last whole one is nothing."""
        bits = np.unpackbits(np.frombuffer(content, np.uint8))
        following = _following(bits)
        ends = np.arange(len(bits)) + self.lengths[following]
        places = _places(np.where((self.lengths[following] == 0) | (ends > len(bits)), NOTHING, ends).tolist(), most)
        codes = following[places]
        values: Int64[np.ndarray, value] = self.values[codes]
        wide = self.lengths[codes] - self.prefixes[codes]
        for length in np.unique(wide[wide > 0]).tolist():
            those = wide == length
            values[those] = _numbers(bits, places[those] + self.prefixes[codes[those]], length)
        return values


def default_table() -> Table:
    """The standard's own: 0, then 100 and 101 for 1 and -1, 1100 and 1101 for 2 and -2, up to 8 (C.3.7.6)."""
    codes = [Code(0, 1, 1, 0)]
    for size in range(1, 9):
        ones = (1 << size) - 1
        codes += [Code(ones << 2, size + 2, size + 2, size), Code(ones << 2 | 1, size + 2, size + 2, -size)]
    return Table.of([*codes, *(Code(2**10 - 2 + n, 10, 10 + wide, 0) for n, wide in enumerate(WIDE))])


def read_table(name: str, section: bytes) -> Table:
    """That of Section 2. Raises UnreadableRecording for one that is none, or which switches between several."""
    if len(section) < 4:
        raise UnreadableRecording(f"{name}: its Huffman tables (Section 2) have {len(section)} bytes")
    tables, count = struct.unpack_from("<HH", section)
    if tables == DEFAULT:
        return default_table()
    if tables != 1 or len(section) < 4 + STRUCTURE.size * count:
        raise UnreadableRecording(
            f"{name} has {tables:,} Huffman tables (Section 2), expected one, or the standard's own; {ADVICE}"
        )
    return Table.of([_code(name, *fields) for fields in STRUCTURE.iter_unpack(section[4 : 4 + STRUCTURE.size * count])])


ADVICE = "convert it with BioSig (save2gdf -f=EDF FILE FILE.edf), and send the EDF"


def _code(name: str, bits: int, all_bits: int, mode: int, value: int, base: int) -> Code:
    if mode != 1 or not 0 < bits <= min(all_bits, LONGEST) or all_bits - bits > LONGEST or base >> bits:
        raise UnreadableRecording(
            f"{name} has a Huffman code of {bits} bits, {all_bits} in all, mode {mode}, which cannot be read; {ADVICE}"
        )
    return Code(int(f"{base:0{bits}b}"[::-1], 2), bits, all_bits, value)


def _following(bits: Bits) -> UInt16[np.ndarray, "bit"]:
    """Of each place, the number that the next 16 bits are; after the last of all come zeros."""
    longer = np.concatenate((bits, np.zeros(LONGEST, np.uint8))).astype(np.uint16)
    following = np.zeros(len(bits), np.uint16)
    for place in range(LONGEST):
        following = following << np.uint16(1) | longer[place : place + len(bits)]
    return following


def _places(ends: list[int], most: int) -> Int64[np.ndarray, "value"]:
    """Where each value begins, from the first on; each ends where the next one begins."""
    places: list[int] = []
    ends.append(NOTHING)
    place = 0
    while ends[place] != NOTHING and len(places) < most:
        places.append(place)
        place = ends[place]
    return np.array(places, np.int64)


def _numbers(bits: Bits, begins: Int64[np.ndarray, "value"], length: int) -> Int64[np.ndarray, "value"]:
    """Those that are written there in so many bits, in two's complement."""
    numbers = np.zeros(len(begins), np.int64)
    for place in range(length):
        numbers = numbers << 1 | bits[begins + place]
    return np.where(numbers >> (length - 1), numbers - (1 << length), numbers)
