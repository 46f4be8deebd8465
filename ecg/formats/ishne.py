"""ISHNE, the Holter format of the International Society for Holter and Noninvasive Electrocardiology.

Badilini 1998, "The ISHNE Holter Standard Output File Format". A header of 522 bytes, a block of any length, then the
samples, 16 bits each, of all leads in turn. The fields that name a patient are never read.
"""

import binascii
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int16

from ecg.errors import UnreadableRecording
from ecg.formats.rates import Block
from ecg.formats.reading import Reading
from ecg.formats.signals import Signal
from ecg.reading import ReadOptions
from ecg.source import BLOCK, Source

MAGIC = b"ISHNE1.0"
ANNOTATIONS = b"ANN  1.0"
"""How a file of annotations begins, which has no samples."""

FIXED = 522
CHECKED_FROM = 10
"""The first byte of the header that its checksum is made of; it ends where the samples begin."""

MAX_HEADER = 2**20
MAX_LEADS = 12
NANOVOLTS = "nV"
GUESSED_BY = 2**14
"""Samples by which the unit of a lead is guessed that states none."""

NOT_A_SAMPLE = -(2**15)

LEADS = (
    *("unknown", "bipolar", "X", "Y", "Z", "I", "II", "III", "aVR", "aVL", "aVF"),
    *("V1", "V2", "V3", "V4", "V5", "V6", "ES", "AS", "AI"),
)
"""By their codes."""


@dataclass(frozen=True)
class _Header:
    """What the first bytes say: where the samples begin, how many of each lead there are by it, and what they are."""

    start: int
    length: int
    names: tuple[str, ...]
    sizes: tuple[int, ...]
    """Of the last figure of each lead's samples, in nV; none where nobody wrote one."""
    fs: int
    begun: datetime | None


def is_ishne(first: bytes) -> bool:
    """Whether a file that begins so is in this format, or its annotations."""
    return first.startswith((MAGIC, ANNOTATIONS))


def open_ishne(file: Path, options: ReadOptions = ReadOptions()) -> Source:
    """The recording of an ISHNE file. Warned of are samples that are missing, and a checksum that does not come out.

    Raises UnreadableRecording, where the options are strict also for what is warned of otherwise, and InvalidSignals.
    """
    reading = Reading(file, "ISHNE", options)
    header = _read_header(reading)
    width = 2 * len(header.names)
    there = max(file.stat().st_size - header.start, 0) // width
    # Some write the samples of a lead there, some those of all leads together.
    if there < header.length and there != header.length // len(header.names):
        reading.doubt(
            "truncated",
            f"{file.name} is truncated: its header says {header.length:,} samples, read the {there:,} that are there",
        )
    if not there:
        raise UnreadableRecording(f"{file.name} holds no sample; send it anew")
    samples = np.memmap(file, "<i2", "r", header.start, (there, len(header.names)))
    signals = [
        Signal(name, NANOVOLTS if size > 0 else "") for name, size in zip(header.names, header.sizes, strict=True)
    ]
    chosen = reading.choose(
        signals, lambda place: (samples[:GUESSED_BY, place].astype(float), GUESSED_BY / reading.rate(header.fs))
    )
    sizes = [max(header.sizes[place], 0) or 1 for place in chosen.places]
    blocks = _blocks(samples, list(chosen.places), np.array(sizes) * np.array(chosen.factors))
    return reading.source(chosen, float(header.fs), there, blocks, header.begun)


def _read_header(reading: Reading) -> _Header:
    file = reading.file
    with file.open("rb") as opened:
        first = opened.read(MAX_HEADER)
    if first.startswith(ANNOTATIONS):
        raise UnreadableRecording(f"{file.name} holds the annotations of a Holter; send the file of its ECG")
    if len(first) < FIXED or not first.startswith(MAGIC):
        raise UnreadableRecording(f"{file.name} does not begin as an ISHNE file does")
    checksum, _, length, _, start = struct.unpack_from("<Hiiii", first, 8)
    (leads,) = struct.unpack_from("<h", first, 156)
    (fs,) = struct.unpack_from("<h", first, 272)
    codes, sizes = (struct.unpack_from("<12h", first, place)[: max(leads, 0)] for place in (158, 206))
    if not 0 < leads <= MAX_LEADS:
        raise UnreadableRecording(f"{file.name} says {leads} leads, expected 1 to {MAX_LEADS}")
    if fs <= 0 and not reading.options.fs:
        raise UnreadableRecording(f"{file.name} says {fs} samples a second; say the rate (fs)")
    if not FIXED <= start <= MAX_HEADER or length < 0:
        raise UnreadableRecording(
            f"{file.name} says that {length:,} samples begin at byte {start:,}, expected {FIXED} to {MAX_HEADER:,}"
        )
    if checksum and binascii.crc_hqx(first[CHECKED_FROM:start], 0xFFFF) != checksum:
        reading.doubt("checksum", f"{file.name}: the checksum of its header does not come out; it was damaged")
    names = tuple(LEADS[code] if 0 <= code < len(LEADS) else LEADS[0] for code in codes)
    names = tuple(f"lead {n}" if name in LEADS[:2] else name for n, name in enumerate(names, 1))
    return _Header(start, length, names, sizes, fs, _begun(first))


def _begun(first: bytes) -> datetime | None:
    day, month, year = struct.unpack_from("<3h", first, 138)
    try:
        return datetime(year, month, day, *struct.unpack_from("<3h", first, 150))
    except ValueError:
        return None


def _blocks(
    samples: Int16[np.ndarray, "sample lead"], places: list[int], factors: Float64[np.ndarray, "chosen"]
) -> Iterator[Block]:
    for start in range(0, len(samples), BLOCK):
        digital = samples[start : start + BLOCK, places].T
        yield np.where(digital == NOT_A_SAMPLE, np.nan, digital * factors[:, None]).astype(np.float32)
