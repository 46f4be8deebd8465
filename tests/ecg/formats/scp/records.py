"""SCP-ECG records, written as EN 1064 has them."""

import binascii
import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

PATIENT = b"".join(
    struct.pack("<BH", tag, len(value)) + value
    for tag, value in (
        (0, b"Mustermann\0"), (1, b"Erika\0"), (2, b"0815\0"), (5, struct.pack("<HBB", 1951, 3, 2)),
        (25, struct.pack("<HBB", 2019, 12, 31)), (26, bytes((23, 59, 58))), (255, b""),
    )
)  # fmt: skip

CODES = {
    "I": 1,
    "II": 2,
    "V1": 3,
    "V2": 4,
    "V3": 5,
    "V4": 6,
    "V5": 7,
    "V6": 8,
    "III": 61,
    "aVR": 62,
    "aVL": 63,
    "aVF": 64,
}

DEFAULT = struct.pack("<H", 19999)
OWN = struct.pack("<HH", 1, 3) + b"".join(
    struct.pack("<BBBhI", *code) for code in ((1, 1, 1, 0, 0), (2, 10, 1, 0, 1), (2, 18, 1, 0, 3))
)
"""0 for 0, 10 before eight bits, 11 before sixteen."""


def record(
    signals: Mapping[str, Any],
    *,
    nanovolts: int = 1000,
    interval: int = 2000,
    table: bytes | None = None,
    order: int = 0,
    starts: Sequence[int] | None = None,
    beat: tuple[np.ndarray, int, Sequence[int]] | None = None,
    **changed: bytes | None,
) -> bytes:
    """The bytes of a record of signals by lead, in figures of so many nV; `beat` is (reference, centre, fiducials).

    `changed` replaces sections, such as `section3`, or takes them out where it is None.
    """
    starts = starts or [1] * len(signals)
    rests = [np.array(signal) for signal in signals.values()]
    sections = {1: PATIENT, 2: table if table in (None, OWN) else DEFAULT + b"\0\0"}
    sections[3] = bytes((len(signals), 4 | (beat is not None))) + b"".join(
        struct.pack("<IIB", start, start + len(signal) - 1, CODES[name])
        for start, (name, signal) in zip(starts, signals.items(), strict=True)
    )
    if beat is not None:
        reference, centre, fiducials = beat
        rests = [rest - subtracted(len(rest), reference, centre, fiducials) for rest in rests]
        sections[4] = struct.pack("<HHH", len(reference) * interval // 1000, centre, len(fiducials)) + b"".join(
            struct.pack("<HIII", 0, f - centre + 1, f, f - centre + len(reference)) for f in fiducials
        )
        sections[5] = coded([reference] * len(signals), nanovolts, interval, table, order)
    sections[6] = coded(rests, nanovolts, interval, table, order)
    sections |= {int(name.removeprefix("section")): content for name, content in changed.items()}
    return joined({number: content for number, content in sections.items() if content is not None})


def subtracted(length: int, reference: np.ndarray, centre: int, fiducials: Sequence[int]) -> np.ndarray:
    """What the reference beat is at its places, counted from 1."""
    whole = np.zeros(length, np.int64)
    for fiducial in fiducials:
        whole[fiducial - centre : fiducial - centre + len(reference)] += reference
    return whole


def coded(signals: Iterable[np.ndarray], nanovolts: int, interval: int, table: bytes | None, order: int) -> bytes:
    written = [packed(differences(signal, order), table) for signal in signals]
    lengths = struct.pack(f"<{len(written)}H", *map(len, written))
    return struct.pack("<HHBB", nanovolts, interval, order, 0) + lengths + b"".join(written)


def differences(signal: np.ndarray, order: int) -> np.ndarray:
    return np.concatenate((signal[:order], np.diff(signal, order)))


def packed(values: np.ndarray, table: bytes | None) -> bytes:
    if table is None:
        return values.astype("<i2").tobytes()
    bits = "".join((own if table is OWN else default)(value) for value in values.tolist())
    bits += "1" * (-len(bits) % 16)  # no code
    return int(bits or "0", 2).to_bytes(len(bits) // 8, "big")


def default(value: int) -> str:
    if value == 0:
        return "0"
    if abs(value) <= 8:
        return "1" * abs(value) + "0" + ("1" if value < 0 else "0") if abs(value) > 0 else "0"
    if -128 <= value < 128:
        return f"1111111110{value & 0xFF:08b}"
    return f"1111111111{value & 0xFFFF:016b}"


def own(value: int) -> str:
    if value == 0:
        return "0"
    return f"10{value & 0xFF:08b}" if -128 <= value < 128 else f"11{value & 0xFFFF:016b}"


def joined(sections: Mapping[int, bytes]) -> bytes:
    numbers = sorted({*range(12), *sections})
    place = 6 + 16 + 10 * len(numbers)
    pointers, body = struct.pack("<HII", 0, place - 6, 7), b""
    for number in numbers[1:]:
        content = sections.get(number)
        long = len(content) + 16 if content is not None else 0
        pointers += struct.pack("<HII", number, long, place + 1 if long else 0)
        if long:
            body += section(number, content)
            place += long
    whole = section(0, pointers, b"SCPECG") + body
    rest = struct.pack("<I", len(whole) + 6) + whole
    return struct.pack("<H", binascii.crc_hqx(rest, 0xFFFF)) + rest


def section(number: int, content: bytes, reserved: bytes = bytes(6)) -> bytes:
    rest = struct.pack("<HIBB6s", number, len(content) + 16, 20, 20, reserved) + content
    return struct.pack("<H", binascii.crc_hqx(rest, 0xFFFF)) + rest
