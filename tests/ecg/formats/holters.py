"""ISHNE Holters (Badilini 1998), of a patient with a name."""

import binascii
import struct
from collections.abc import Sequence

import numpy as np


def holter(
    signals: np.ndarray,
    *,
    codes: Sequence[int] = (6, 11),
    sizes: Sequence[int] = (1000, 1000),
    fs: int = 250,
    length: int | None = None,
    leads: int | None = None,
    checksum: int | None = None,
    block: bytes = b"x",
) -> bytes:
    """The bytes of an ISHNE file (Badilini 1998) of signals [lead, sample], in figures of so many nV."""
    count = len(signals) if leads is None else leads
    start = 522 + len(block)
    header = struct.pack("<iiii", len(block), signals.shape[1] if length is None else length, 522, start)
    header += struct.pack("<h40s40s20shh3h", 1, b"Erika", b"Mustermann", b"0815", 2, 1, 2, 3, 1951)
    header += struct.pack("<3h3h3hh", 31, 12, 2019, 1, 1, 2020, 23, 59, 58, count)
    header += struct.pack("<12h12h12h", *[*codes, *[-9] * 12][:12], *[0] * 12, *[*sizes, *[0] * 12][:12])
    header += struct.pack("<h40sh80s80s88s", 0, b"digital", fs, b"", b"", b"") + block
    assert len(header) == start - 10
    own = binascii.crc_hqx(header, 0xFFFF) if checksum is None else checksum
    return b"ISHNE1.0" + struct.pack("<H", own) + header + signals.T.astype("<i2").tobytes()
