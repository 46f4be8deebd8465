"""EDF and EDF+, the European Data Format (Kemp et al. 1992; Kemp and Olivan 2003), read by edfio.

The header's figures are held against the file before edfio is given it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from edfio import Edf, EdfSignal, read_edf
from jaxtyping import Float32

from ecg.errors import UnreadableRecording
from ecg.leads import distinct_names, may_be_ecg
from ecg.messages import listed, reason
from ecg.source import BLOCK, MAX_LEADS, MAX_SAMPLES, Source, check_layout
from ecg.units import millivolts

FIXED = 256
"""Bytes of the header's first part, and of each signal's."""

SECONDS_AT_ONCE = 300.0

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


def open_edf(file: Path) -> Source:
    """The recording of an .edf file; of its leads, those of the highest rate. Its gaps (EDF+D) are gaps.

    Raises UnreadableRecording and InvalidSignals.
    """
    header = _read_header(file)
    onsets = _onsets(file, header) if header.discontinuous else None
    try:
        edf = read_edf(file, lazy_load_data=True, header_encoding="latin-1")
        found = [signal for signal in edf.signals if _is_lead(signal)]
        fs = max((signal.sampling_frequency for signal in found), default=0.0)
        leads = [signal for signal in found if signal.sampling_frequency == fs]
        kept = {id(signal) for signal in leads}
        left_out = tuple(
            f"{signal.label} ({signal.physical_dimension})" for signal in edf.signals if id(signal) not in kept
        )
        for signal in leads:
            _check_range(file, signal)
    except UnreadableRecording:
        raise
    except Exception as error:  # a parser of strangers' files may raise anything
        raise UnreadableRecording(f"{file.name} is no EDF file that can be read: {reason(error, file)}") from error
    if not leads:
        return Source(file.stem, (), 0.0, 0, iter(()), left_out)
    check_layout(fs, len(leads))
    names = distinct_names([signal.label for signal in leads])
    length = round(header.records * header.seconds * fs)
    if onsets is not None:
        length = round((onsets[-1] + header.seconds - onsets[0]) * fs)
    if length * len(leads) > MAX_SAMPLES:
        raise UnreadableRecording(f"{file.name} claims {length:,} samples, which no recording has")
    return Source(file.stem, names, fs, length, _blocks(file, edf, leads, header, onsets), left_out)


def _is_lead(signal: EdfSignal) -> bool:
    return millivolts(signal.physical_dimension) is not None and may_be_ecg(signal.label)


def _check_range(file: Path, signal: EdfSignal) -> None:
    if signal.digital_min >= signal.digital_max or signal.physical_min == signal.physical_max:
        raise UnreadableRecording(
            f"{file.name}: {signal.label} goes from {signal.digital_min} to {signal.digital_max} for "
            f"{signal.physical_min:g} to {signal.physical_max:g} {signal.physical_dimension}, which is no range"
        )


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


def _onsets(file: Path, header: _Header) -> list[float]:
    """When each data record of a discontinuous file begins: the first entry of its annotations."""
    if ANNOTATIONS not in header.labels:
        raise UnreadableRecording(f"{file.name} says that it has gaps (EDF+D), and has no annotations that say where")
    place = header.labels.index(ANNOTATIONS)
    length, before = 2 * header.samples[place], 2 * sum(header.samples[:place])
    records = np.memmap(file, np.uint8, "r", header.size, (header.records, 2 * sum(header.samples)))
    onsets = []
    for record in records[:, before : before + length]:
        text = record.tobytes().split(b"\x14")[0]
        try:
            onsets.append(float(text))
        except ValueError as error:
            got = text[:20].decode("latin-1")
            raise UnreadableRecording(f"{file.name}: a data record begins at {got!r}, expected seconds") from error
    gaps = np.diff(onsets) - header.seconds
    if not onsets or not np.isfinite(onsets).all() or (gaps < -1e-3).any() or (gaps > LONGEST_GAP).any():
        raise UnreadableRecording(f"{file.name}: its data records do not follow each other in time")
    return onsets


def _blocks(
    file: Path, edf: Edf, leads: Sequence[EdfSignal], header: _Header, onsets: Sequence[float] | None
) -> Iterator[Block]:
    fs = leads[0].sampling_frequency
    factors = np.array([millivolts(lead.physical_dimension) for lead in leads], dtype=np.float64)[:, None]
    at_once = max(1, int(SECONDS_AT_ONCE / header.seconds)) if onsets is None else 1
    written = 0
    for first in range(0, header.records, at_once):
        last = min(first + at_once, header.records)
        if onsets is not None:
            missing = round((onsets[first] - onsets[0]) * fs) - written
            for start in range(0, missing, BLOCK):
                yield np.full((len(leads), min(BLOCK, missing - start)), np.nan, np.float32)
            written += max(missing, 0)
        try:
            values = [
                lead.get_data_slice(first * edf.data_record_duration, last * edf.data_record_duration) for lead in leads
            ]
        except Exception as error:  # a parser of strangers' files may raise anything
            raise UnreadableRecording(f"cannot read the signals of {file.name}: {reason(error, file)}") from error
        with np.errstate(over="ignore", invalid="ignore"):
            block = (np.array(values) * factors).astype(np.float32)
        written += block.shape[1]
        yield np.where(np.isfinite(block), block, np.float32(np.nan))
