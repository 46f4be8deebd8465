"""An SCP-ECG recording: its rhythm data (Section 6), of which a reference beat (Section 5) may have been taken off."""

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int, Int64

from ecg.errors import LargeRecording, UnreadableRecording
from ecg.formats.reading import Reading
from ecg.formats.scp.huffman import ADVICE, Table, read_table
from ecg.formats.scp.names import LEAD_NAMES
from ecg.formats.scp.sections import (
    BEATS,
    LEADS,
    LONG_RHYTHM,
    PATIENT,
    REFERENCE,
    RHYTHM,
    TABLES,
    Coded,
    Lead,
    begun,
    read_coded,
    read_leads,
    read_sections,
)
from ecg.formats.strips import Strip, open_strips
from ecg.reading import ReadOptions
from ecg.source import Source

MAX_SIZE = 2**24
"""Bytes of a record: its lengths have 16 bits for a lead, so that an honest one is much smaller."""

SECOND = 1_000_000
"""In the microseconds of an interval."""

BEAT = struct.Struct("<HIII")
MAX_BEATS = 10_000
OVERLAP = 2
"""Times that beats may cover the samples: an honest record's do not overlap."""

BEAT_TO_SUBTRACT = 0
"""The type of the beats that the reference beat was taken off."""

Samples = Int[np.ndarray, "sample"]


@dataclass(frozen=True)
class _Signal:
    """A lead, and its samples, each of so many nV; they may be fewer than it says."""

    lead: Lead
    samples: Samples
    nanovolts: int


def open_scp(file: Path, options: ReadOptions = ReadOptions()) -> Source:
    """The rhythm data of an SCP-ECG record, of all leads; where one was recorded later than another, the rest is a gap.

    Warned of are a record that is cut off, and a CRC that does not come out, but for one of 0. Raises
    UnreadableRecording, also for what is encoded in a way that is not read (bimodal, several Huffman tables) and, where
    the options are strict, for what is warned of otherwise; InvalidSignals, and LargeRecording.
    """
    reading = Reading(file, "SCP-ECG", options)
    if file.stat().st_size > MAX_SIZE:
        raise LargeRecording(f"{file.name} has {file.stat().st_size:,} bytes, expected at most {MAX_SIZE:,}")
    sections = read_sections(reading, file.read_bytes())
    if LONG_RHYTHM in sections:
        raise UnreadableRecording(f"{file.name} holds long-term rhythm data (Section 12), which is not read; {ADVICE}")
    if RHYTHM not in sections:
        raise UnreadableRecording(
            f"{file.name} holds no rhythm data (Section 6): a mean beat alone has no beats that follow each other"
        )
    leads, subtracted = read_leads(file.name, sections.get(LEADS, b""))
    rhythm = read_coded(file.name, sections[RHYTHM], len(leads))
    signals = _signals(reading, sections, leads, rhythm, subtracted)
    fs = SECOND / rhythm.interval
    strips = [Strip(_name(one.lead.code), "nV", one.samples, fs, one.lead.first / fs, one.nanovolts) for one in signals]
    return open_strips(reading, strips, begun(sections.get(PATIENT, b"")))


def _name(code: int) -> str:
    return LEAD_NAMES.get(code, f"lead {code}")


def _signals(
    reading: Reading, sections: dict[int, bytes], leads: tuple[Lead, ...], rhythm: Coded, subtracted: bool
) -> list[_Signal]:
    name = reading.file.name
    if rhythm.bimodal:
        raise UnreadableRecording(f"{name} has fewer samples between its beats (bimodal), which is not read; {ADVICE}")
    table = read_table(name, sections[TABLES]) if TABLES in sections else None
    signals = []
    for lead, content in zip(leads, rhythm.leads, strict=True):
        signals.append(_Signal(lead, _decoded(content, lead.length, table, rhythm.order), rhythm.nanovolts))
    short = sum(len(signal.samples) < signal.lead.length for signal in signals)
    if short:
        reading.doubt(
            "truncated", f"{name} is truncated: {short} of {len(leads)} leads have fewer samples than it says"
        )
    if not any(len(signal.samples) for signal in signals):
        raise UnreadableRecording(f"{name} holds no sample; send it anew")
    return _with_reference(name, sections, signals, rhythm, table) if subtracted else signals


def _decoded(content: bytes, length: int, table: Table | None, order: int) -> Samples:
    """The samples of a lead, whose differences of an order are written."""
    if table is None:
        written = np.frombuffer(content[: 2 * length], "<i2", min(length, len(content) // 2)).astype(np.int64)
    else:
        written = table.decode(content, length)
    if order == 2 and len(written) > 1:
        steps = np.concatenate(([written[1] - written[0]], written[2:])).cumsum()
        written = np.concatenate((written[:1], written[0] + steps.cumsum()))
    elif order:
        written = written.cumsum()
    return written.astype(np.int16)  # they are differences of 16 bits, with no carry


def _with_reference(
    name: str, sections: dict[int, bytes], signals: list[_Signal], rhythm: Coded, table: Table | None
) -> list[_Signal]:
    """The reference beat, put back wherever it was taken off (5.7, 5.8)."""
    beats, section = sections.get(BEATS, b""), sections.get(REFERENCE, b"")
    if len(beats) < 6 or not section:
        raise UnreadableRecording(f"{name} lacks the reference beat that was taken off its samples (Sections 4 and 5)")
    reference = read_coded(name, section, len(signals))
    if reference.interval != rhythm.interval:
        raise UnreadableRecording(f"{name} has a reference beat of another rate than its samples; {ADVICE}")
    _, centre, count = struct.unpack_from("<HHH", beats)
    places = _places(name, beats[6 : 6 + BEAT.size * min(count, (len(beats) - 6) // BEAT.size)], signals)
    whole = []
    for signal, content in zip(signals, reference.leads, strict=True):
        beat = _decoded(content, len(content) * 8, table, reference.order).astype(np.int64) * reference.nanovolts
        nanovolts = signal.samples.astype(np.int64) * signal.nanovolts
        first = signal.lead.first
        for begin, fiducial, end in places:
            _add(nanovolts, beat, begin - first, end - first + 1, centre - fiducial + first - 1)
        whole.append(_Signal(signal.lead, nanovolts, 1))
    return whole


def _places(name: str, beats: bytes, signals: list[_Signal]) -> list[tuple[int, int, int]]:
    """The beginning, the fiducial point and the end of each beat that was taken off. They do not overlap."""
    places = [place for kind, *place in BEAT.iter_unpack(beats) if kind == BEAT_TO_SUBTRACT]
    length = max(signal.lead.first + len(signal.samples) - 1 for signal in signals)
    covered = sum(min(end, length) - begin + 1 for begin, _, end in places if begin <= min(end, length))
    if len(places) > MAX_BEATS or covered > OVERLAP * length:
        raise UnreadableRecording(f"{name} takes off {len(places):,} beats over {covered:,} samples of {length:,}")
    return [(begin, fiducial, end) for begin, fiducial, end in places]


def _add(
    samples: Int64[np.ndarray, "sample"], beat: Int64[np.ndarray, "other"], begin: int, end: int, ahead: int
) -> None:
    """Add to the samples of a stretch those of the beat that are `ahead` places further on in it."""
    begin = max(begin, -ahead, 0)
    end = max(min(end, len(samples), len(beat) - ahead), begin)
    samples[begin:end] += beat[begin + ahead : end + ahead]
