"""EDF and EDF+, the European Data Format (Kemp et al. 1992; Kemp and Olivan 2003), read by edfio.

The header's figures are held against the file before edfio is given it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from edfio import EdfSignal, read_edf
from jaxtyping import Float32, Float64, Int16, Shaped

from ecg.errors import UnreadableRecording
from ecg.formats.gaps import spread
from ecg.leads import distinct_names, may_be_ecg
from ecg.messages import listed, reason
from ecg.reading import ReadOptions
from ecg.source import MAX_LEADS, MAX_SAMPLES, Source, check_layout
from ecg.units import millivolts

FIXED = 256
"""Bytes of the header's first part, and of each signal's."""

SECONDS_AT_ONCE = 300.0
VALUES_AT_ONCE = 2**21

MAX_RECORDS = 2**20
"""Data records of a discontinuous file, each of which says when it begins: twelve days, at one a second."""

MAX_ONSET = 64
"""Bytes."""

RECORDS_AT_ONCE = 2**14
"""Of which the beginnings are read."""

ANNOTATIONS = "EDF Annotations"

LONGEST_GAP = 7 * 24 * 3600.0
"""Seconds between two data records; more is a lie, not a gap."""

Block = Float32[np.ndarray, "lead sample"]
Number = TypeVar("Number", int, float)


@dataclass(frozen=True)
class _Header:
    """What the file's first bytes say, found true."""

    size: int
    discontinuous: bool
    records: int
    seconds: float
    labels: tuple[str, ...]
    samples: tuple[int, ...]
    """Of each signal in a data record."""


@dataclass(frozen=True)
class _Lead:
    """A signal whose values are (digital + offset) gain factor mV."""

    label: str
    place: int
    """In a data record, in samples."""
    gain: float
    offset: float
    factor: float


def open_edf(file: Path, options: ReadOptions = ReadOptions()) -> Source:
    """The recording of an .edf file; of its leads, those of the highest rate. Its gaps (EDF+D) are gaps.

    Raises UnreadableRecording and InvalidSignals.
    """
    header = _read_header(file)
    onsets = _onsets(file, header) if header.discontinuous else None
    try:
        edf = read_edf(file, lazy_load_data=True, header_encoding="latin-1")
        signals = list(zip(edf.signals, _places(header), strict=True))
        fs = max((signal.sampling_frequency for signal in edf.signals if _is_lead(signal)), default=0.0)
        leads = [
            _lead(file, signal, place)
            for signal, place in signals
            if _is_lead(signal) and signal.sampling_frequency == fs
        ]
        kept = {lead.place for lead in leads}
        left_out = tuple(
            f"{signal.label} ({signal.physical_dimension})" for signal, place in signals if place not in kept
        )
    except UnreadableRecording:
        raise
    except Exception as error:  # a parser of strangers' files may raise anything
        raise UnreadableRecording(f"{file.name} is no EDF file that can be read: {reason(error, file)}") from error
    if not leads:
        return Source(file.stem, (), 0.0, 0, iter(()), left_out)
    check_layout(fs, len(leads))
    names = distinct_names([lead.label for lead in leads])
    length = round(header.records * header.seconds * fs)
    if onsets is not None:
        length = round((onsets[-1] + header.seconds - onsets[0]) * fs)
    if length * len(leads) > MAX_SAMPLES:
        raise UnreadableRecording(f"{file.name} claims {length:,} samples, which no recording has")
    return Source(file.stem, names, fs, length, _blocks(file, leads, header, fs, onsets), left_out)


def _is_lead(signal: EdfSignal) -> bool:
    return millivolts(signal.physical_dimension) is not None and may_be_ecg(signal.label)


def _places(header: _Header) -> list[int]:
    """Where the signals, but for annotations, begin in a data record, in samples."""
    before = np.cumsum([0, *header.samples]).tolist()
    return [place for label, place in zip(header.labels, before, strict=False) if label != ANNOTATIONS]


def _lead(file: Path, signal: EdfSignal, place: int) -> _Lead:
    """Raises UnreadableRecording for a range that is none."""
    digital, physical = signal.digital_max - signal.digital_min, signal.physical_max - signal.physical_min
    if digital <= 0 or physical == 0:
        raise UnreadableRecording(
            f"{file.name}: {signal.label} goes from {signal.digital_min} to {signal.digital_max} for "
            f"{signal.physical_min:g} to {signal.physical_max:g} {signal.physical_dimension}, which is no range"
        )
    gain = physical / digital
    factor = millivolts(signal.physical_dimension) or 1.0
    return _Lead(signal.label, place, gain, signal.physical_max / gain - signal.digital_max, factor)


def _read_header(file: Path) -> _Header:
    with file.open("rb") as opened:
        fixed = opened.read(FIXED)
        if len(fixed) < FIXED or fixed[:8].strip() != b"0":
            raise UnreadableRecording(f"{file.name} does not begin as an EDF file does")
        signals = _number(int, file, fixed[252:256], "number of signals")
        if not 0 < signals <= 4 * MAX_LEADS:
            raise UnreadableRecording(f"{file.name} says {signals} signals, expected 1 to {4 * MAX_LEADS}")
        rest = opened.read(FIXED * signals)
    own_size = _number(int, file, fixed[184:192], "number of header bytes")
    records = _number(int, file, fixed[236:244], "number of data records")
    if own_size != FIXED * (signals + 1) or len(rest) < FIXED * signals:
        raise UnreadableRecording(f"{file.name}: the header says that it has {own_size} bytes, with {signals} signals")
    seconds = _number(float, file, fixed[244:252], "seconds of a data record")
    labels = tuple(rest[16 * n : 16 * n + 16].decode("latin-1").strip() for n in range(signals))
    samples = tuple(
        _number(int, file, rest[216 * signals + 8 * n : 216 * signals + 8 * n + 8], "number of samples")
        for n in range(signals)
    )
    header = _Header(own_size, fixed[192:197] == b"EDF+D", records, seconds, labels, samples)
    _check_records(file, header)
    return header


def _check_records(file: Path, header: _Header) -> None:
    """That the file holds the data records that its header says."""
    if not 0 <= header.seconds < np.inf or (header.seconds == 0 and set(header.labels) != {ANNOTATIONS}):
        raise UnreadableRecording(
            f"{file.name} says that a data record lasts {header.seconds:g} s, expected more than 0"
        )
    if min(header.samples) < 1:
        raise UnreadableRecording(
            f"{file.name} says that its signals have {listed(header.samples)} samples in a data record, expected 1 or "
            "more of each"
        )
    if header.records < 0:
        raise UnreadableRecording(
            f"{file.name} says {header.records} data records: the program that recorded it never closed it; save it "
            "with one that repairs EDF files"
        )
    size, needed = file.stat().st_size, header.size + 2 * sum(header.samples) * header.records
    if size == needed and header.discontinuous and header.records > MAX_RECORDS:
        raise UnreadableRecording(
            f"{file.name} has gaps (EDF+D) and {header.records:,} data records, expected at most {MAX_RECORDS:,}; save "
            "it with longer ones"
        )
    if size != needed:
        raise UnreadableRecording(
            f"{file.name} is {'truncated' if size < needed else 'longer than it says'}, or its header lies: got "
            f"{size:,} bytes, expected {needed:,} for {header.records:,} data records"
        )


def _number(kind: type[Number], file: Path, text: bytes, what: str) -> Number:
    try:
        return kind(text)
    except ValueError as error:
        got = text.decode("latin-1").strip()
        raise UnreadableRecording(f"{file.name}: got {got!r} for the {what}, expected a number") from error


def _onsets(file: Path, header: _Header) -> Float64[np.ndarray, "record"]:
    """When each data record of a discontinuous file begins: the first entry of its annotations."""
    if ANNOTATIONS not in header.labels:
        raise UnreadableRecording(f"{file.name} says that it has gaps (EDF+D), and has no annotations that say where")
    place = header.labels.index(ANNOTATIONS)
    length, before = min(2 * header.samples[place], MAX_ONSET), 2 * sum(header.samples[:place])
    records = _records(file, header, np.uint8)
    onsets = np.zeros(header.records)
    for first in range(0, header.records, RECORDS_AT_ONCE):
        entries = np.array(records[first : first + RECORDS_AT_ONCE, before : before + length])
        onsets[first : first + RECORDS_AT_ONCE] = [
            _onset(file, entry) for entry in entries.view(f"S{length}")[:, 0].tolist()
        ]
    gaps = np.diff(onsets) - header.seconds
    if not len(onsets) or not np.isfinite(onsets).all() or (gaps < -1e-3).any() or (gaps > LONGEST_GAP).any():
        raise UnreadableRecording(f"{file.name}: its data records do not follow each other in time")
    return onsets


def _onset(file: Path, entry: bytes) -> float:
    text = entry.split(b"\x14", 1)[0]
    try:
        return float(text)
    except ValueError as error:
        got = text[:20].decode("latin-1")
        raise UnreadableRecording(f"{file.name}: a data record begins at {got!r}, expected seconds") from error


def _records(file: Path, header: _Header, kind: type[np.generic]) -> Shaped[np.ndarray, "record value"]:
    """What follows the header, a row a data record."""
    width = 2 * sum(header.samples) // np.dtype(kind).itemsize
    return np.memmap(file, np.dtype(kind).newbyteorder("<"), "r", header.size, (header.records, width))


def _blocks(
    file: Path, leads: Sequence[_Lead], header: _Header, fs: float, onsets: Float64[np.ndarray, "record"] | None
) -> Iterator[Block]:
    length = round(header.seconds * fs)
    records = _records(file, header, np.int16)
    begins = None
    if onsets is not None:
        before = np.arange(header.records) * length
        begins = np.maximum.accumulate(np.rint((onsets - onsets[0]) * fs).astype(np.int64) - before) + before
    written = 0
    for several, within in _parts(header, length, len(leads)):
        with np.errstate(over="ignore", invalid="ignore"):
            block = np.array([_values(records[several], lead, within) for lead in leads], dtype=np.float32)
        block = np.where(np.isfinite(block), block, np.float32(np.nan))
        if begins is None:
            yield block
            continue
        places = (begins[several, None] + np.arange(within.start, within.stop)).reshape(-1)
        for piece in spread(block, places, written):
            written += piece.shape[1]
            yield piece


def _values(records: Int16[np.ndarray, "record value"], lead: _Lead, within: slice) -> Float64[np.ndarray, "sample"]:
    digital = records[:, lead.place + within.start : lead.place + within.stop].reshape(-1)
    return (digital + lead.offset) * lead.gain * lead.factor


def _parts(header: _Header, length: int, leads: int) -> Iterator[tuple[slice, slice]]:
    """The data records, and the samples within them, of which no part has too many values: whole ones where it can."""
    at_once = max(1, VALUES_AT_ONCE // leads)
    several = max(1, min(int(SECONDS_AT_ONCE / header.seconds), at_once // length))
    for first in range(0, header.records, several):
        for start in range(0, length, at_once):
            yield slice(first, min(first + several, header.records)), slice(start, min(start + at_once, length))
