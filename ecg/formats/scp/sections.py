"""The sections of an SCP-ECG record (EN 1064, 5.2 to 5.9): a record of a CRC and its length, then sections by pointers.

Section 1, which names the patient, is read for the date and time of the recording alone.
"""

import binascii
import struct
from dataclasses import dataclass
from datetime import datetime

from ecg.errors import UnreadableRecording
from ecg.formats.reading import Reading
from ecg.formats.scp.huffman import ADVICE

NAME = b"SCPECG"
NAMED_AT = 16
"""Byte of the record where Section 0 says what it is."""

PREAMBLE, HEADER = 6, 16
"""Bytes before Section 0, and at the beginning of each section."""

POINTER = struct.Struct("<HII")
MAX_SECTIONS = 1000

PATIENT, TABLES, LEADS, BEATS, REFERENCE, RHYTHM, LONG_RHYTHM = 1, 2, 3, 4, 5, 6, 12
"""Sections by their numbers."""

WANTED = (PATIENT, TABLES, LEADS, BEATS, REFERENCE, RHYTHM, LONG_RHYTHM)

DATE, TIME, END_OF_TAGS = 25, 26, 255

MAX_LEADS = 64
LEAD = struct.Struct("<IIB")


@dataclass(frozen=True)
class Lead:
    """One of Section 3: the first and last sample, counted from 1, and the code of its name."""

    first: int
    last: int
    code: int

    @property
    def length(self) -> int:
        """In samples."""
        return self.last - self.first + 1


@dataclass(frozen=True)
class Coded:
    """Samples of Sections 5 or 6: one is so many nV, `interval` µs after the one before, in differences of an order."""

    nanovolts: int
    interval: int
    order: int
    bimodal: bool
    leads: tuple[bytes, ...]


def is_scp(first: bytes) -> bool:
    """Whether a file that begins so is an SCP-ECG record."""
    return first[NAMED_AT : NAMED_AT + len(NAME)] == NAME


def read_sections(reading: Reading, content: bytes) -> dict[int, bytes]:
    """What each section holds, after its header, by number. Raises UnreadableRecording."""
    name = reading.file.name
    if len(content) < PREAMBLE + HEADER:
        raise UnreadableRecording(f"{name} is no SCP-ECG record: it has {len(content)} bytes")
    checksum, size = struct.unpack_from("<HI", content)
    if size > len(content):
        reading.doubt("truncated", f"{name} is truncated: got {len(content):,} bytes, expected {size:,}")
    elif checksum and binascii.crc_hqx(memoryview(content)[2:size], 0xFFFF) != checksum:
        reading.doubt("checksum", f"{name}: its checksum (CRC) does not come out; it was damaged")
    (length,) = struct.unpack_from("<I", content, PREAMBLE + 4)
    if not is_scp(content) and length > len(content):
        raise UnreadableRecording(f"{name} does not begin as an SCP-ECG record does")
    pointers = content[PREAMBLE + HEADER : PREAMBLE + length][: POINTER.size * MAX_SECTIONS]
    whole = len(pointers) // POINTER.size * POINTER.size
    found = {number: (place, long) for number, long, place in POINTER.iter_unpack(pointers[:whole]) if number in WANTED}
    return {
        number: content[place - 1 + HEADER : place - 1 + long]
        for number, (place, long) in found.items()
        if long > HEADER and 0 < place <= len(content)
    }


def begun(section: bytes) -> datetime | None:
    """The date and time of Section 1, where it states both."""
    place, found = 0, dict[int, bytes]()
    while place + 3 <= len(section) and section[place] != END_OF_TAGS:
        tag, length = struct.unpack_from("<BH", section, place)
        found[tag] = section[place + 3 : place + 3 + length]
        place += 3 + length
    try:
        year, month, day = struct.unpack("<HBB", found[DATE])
        return datetime(year, month, day, *found[TIME][:3])
    except (KeyError, ValueError, struct.error):
        return None


def read_leads(name: str, section: bytes) -> tuple[tuple[Lead, ...], bool]:
    """Section 3, and whether a reference beat was taken off the samples. Raises UnreadableRecording."""
    if len(section) < 2 or len(section) < 2 + LEAD.size * section[0]:
        raise UnreadableRecording(f"{name} describes no leads (Section 3)")
    if not 0 < section[0] <= MAX_LEADS:
        raise UnreadableRecording(f"{name} says {section[0]} leads, expected 1 to {MAX_LEADS}")
    leads = tuple(Lead(*fields) for fields in LEAD.iter_unpack(section[2 : 2 + LEAD.size * section[0]]))
    for lead in leads:
        if not 0 < lead.first <= lead.last:
            raise UnreadableRecording(f"{name} says that a lead goes from sample {lead.first:,} to {lead.last:,}")
    return leads, bool(section[1] & 1)


def read_coded(name: str, section: bytes, leads: int) -> Coded:
    """Section 5 or 6; a lead that is cut off is as long as it is. Raises UnreadableRecording."""
    if len(section) < 6 + 2 * leads:
        raise UnreadableRecording(f"{name} holds no samples of {leads} leads")
    nanovolts, interval, order, bimodal = struct.unpack_from("<HHBB", section)
    if order > 2:
        raise UnreadableRecording(f"{name} has differences of the order {order}, expected 0 to 2; {ADVICE}")
    if not nanovolts or not interval:
        raise UnreadableRecording(f"{name} says that a sample is {nanovolts} nV, and each after {interval} µs")
    lengths = struct.unpack_from(f"<{leads}H", section, 6)
    place, pieces = 6 + 2 * leads, []
    for length in lengths:
        pieces.append(section[place : place + length])
        place += length
    return Coded(nanovolts, interval, order, bimodal == 1, tuple(pieces))
