"""EDF and EDF+, the European Data Format (Kemp et al. 1992; Kemp and Olivan 2003), and BDF, which is EDF of 24 bits.

The header's figures are held against the file before anything is read by them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np
from jaxtyping import Float64, Int64, Shaped

from ecg.errors import UnreadableRecording
from ecg.formats.edf.header import ANNOTATIONS, EdfSignal, Header, Range, is_edf, read_header
from ecg.formats.gaps import spread
from ecg.formats.rates import Block, at_one_rate, fits
from ecg.formats.reading import Reading
from ecg.formats.signals import Chosen, Signal
from ecg.reading import ReadOptions
from ecg.source import Source

__all__ = ["is_edf", "open_edf"]

SECONDS_AT_ONCE = 300.0
VALUES_AT_ONCE = 2**21

MAX_ONSET = 64
"""Bytes."""

RECORDS_AT_ONCE = 2**14
"""Of which the beginnings are read."""

LONGEST_GAP = 7 * 24 * 3600.0
"""Seconds between two data records; more is a lie, not a gap."""

GUESSED_BY, MOST_OF_EACH = 30, 2**14
"""Data records, and samples of each, by which a signal's unit is guessed."""


@dataclass(frozen=True)
class _Lead:
    """A signal of the file that is a lead; one of its unit is `factor` mV."""

    signal: EdfSignal
    range: Range
    factor: float

    def part(self, part: int, parts: int) -> tuple[int, int]:
        """The first of its samples in one of so many parts of a data record, and the first after it."""
        return self.signal.samples * part // parts, self.signal.samples * (part + 1) // parts

    def there(self, header: Header) -> int:
        """How many samples there are of it in the record that is cut off, and after them."""
        return max(header.rest // header.width - self.signal.place, 0)


def open_edf(file: Path, options: ReadOptions = ReadOptions()) -> Source:
    """The recording of an EDF or BDF file, of whatever name. Its gaps (EDF+D) are gaps.

    Each signal is read at its own rate, and leads of a lower one are brought up to the highest. A signal whose range is
    none is left out. Warned of are data records that are missing, a header that says no number of them, and a unit that
    had to be guessed. Raises UnreadableRecording, where the options are strict also for what is warned of otherwise,
    and InvalidSignals.
    """
    reading = Reading(file, "EDF", options)
    header = read_header(reading)
    if header.width != 2:
        reading = Reading(file, "BDF", options, reading.warnings)
    onsets = _onsets(header) if header.discontinuous else None
    signals = [signal for signal in header.signals if signal.label not in ANNOTATIONS]
    chosen = _chosen(reading, header, signals)
    leads = [
        _Lead(signals[place], _range(signals[place]), factor)
        for place, factor in zip(chosen.places, chosen.factors, strict=True)
    ]
    samples = max((lead.signal.samples for lead in leads), default=0)
    fs = samples / header.seconds if header.seconds else 0.0
    if onsets is None:
        length = header.records * samples + (int(_share(header, leads) * samples) if leads else 0)
        return reading.source(chosen, fs, length, _blocks(header, leads), header.begun)
    length = round((onsets[-1] + header.seconds - onsets[0]) * fs)
    begun = header.begun and header.begun + timedelta(seconds=float(onsets[0]))
    return reading.source(chosen, fs, length, _with_gaps(_blocks(header, leads), onsets, samples, fs), begun)


def _chosen(reading: Reading, header: Header, signals: list[EdfSignal]) -> Chosen:
    """The leads, but for those whose rate does not go into the highest."""
    described = [
        Signal(signal.label, signal.unit, wrong=signal.range if isinstance(signal.range, str) else None)
        for signal in signals
    ]

    def values(place: int) -> tuple[Float64[np.ndarray, "sample"], float]:
        return _some_values(header, signals[place])

    chosen = reading.choose(described, values)
    samples = max((signals[place].samples for place in chosen.places), default=1)
    odd = [place for place in chosen.places if not fits(Fraction(samples, signals[place].samples))]
    if not odd:
        return chosen
    for place in odd:
        wrong = f"its rate does not go into that of others: {signals[place].samples:,} samples for {samples:,}"
        described[place] = Signal(described[place].name, described[place].unit, wrong=wrong)
    return reading.choose(described, values)


def _range(signal: EdfSignal) -> Range:
    if isinstance(signal.range, str):
        raise UnreadableRecording(f"{signal.label}: {signal.range}")
    return signal.range


def _some_values(header: Header, signal: EdfSignal) -> tuple[Float64[np.ndarray, "sample"], float]:
    """Those of data records from the whole file, and how many seconds they last."""
    if not header.records:
        return np.zeros(0), 0.0
    which = np.unique(np.linspace(0, header.records - 1, GUESSED_BY).astype(np.int64))
    most = min(signal.samples, MOST_OF_EACH)
    digital = _numbers(_records(header), header.width, slice(signal.place, signal.place + most), which)
    return digital * _range(signal).gain, len(which) * header.seconds * most / signal.samples


def _onsets(header: Header) -> Float64[np.ndarray, "record"]:
    """When each data record of a discontinuous file begins: the first entry of its annotations."""
    name, annotations = header.file.name, header.annotations
    if annotations is None or not annotations.samples:
        raise UnreadableRecording(f"{name} says that it has gaps (EDF+D), and has no annotations that say where")
    before = header.width * annotations.place
    length = min(header.width * annotations.samples, MAX_ONSET)
    records = _records(header)
    onsets = np.zeros(header.records)
    for first in range(0, header.records, RECORDS_AT_ONCE):
        entries = np.array(records[first : first + RECORDS_AT_ONCE, before : before + length])
        onsets[first : first + RECORDS_AT_ONCE] = [
            _onset(name, entry) for entry in entries.view(f"S{length}")[:, 0].tolist()
        ]
    gaps = np.diff(onsets) - header.seconds
    if not np.isfinite(onsets).all() or (gaps < -1e-3).any() or (gaps > LONGEST_GAP).any():
        raise UnreadableRecording(f"{name}: its data records do not follow each other in time")
    return onsets


def _onset(name: str, entry: bytes) -> float:
    text = entry.split(b"\x14", 1)[0]
    try:
        return float(text)
    except ValueError as error:
        got = text[:20].decode("latin-1")
        raise UnreadableRecording(f"{name}: a data record begins at {got!r}, expected seconds") from error


def _records(header: Header) -> Shaped[np.ndarray, "record byte"]:
    """What follows the header, a row a data record."""
    shape = (header.records, header.width * header.samples)
    if not header.records:
        return np.zeros(shape, np.uint8)
    return np.memmap(header.file, np.uint8, "r", header.size, shape)


def _numbers(
    records: Shaped[np.ndarray, "record byte"], width: int, samples: slice, which: slice | Int64[np.ndarray, "some"]
) -> Float64[np.ndarray, "sample"]:
    """The digital values of some samples of some data records."""
    raw = np.ascontiguousarray(records[which, width * samples.start : width * samples.stop])
    if width == 2:
        return raw.view("<i2").reshape(-1).astype(np.float64)
    low, middle, high = raw.reshape(-1, 3).T.astype(np.int32)
    return (low | middle << 8 | high.astype(np.int8).astype(np.int32) << 16).astype(np.float64)


def _blocks(header: Header, leads: list[_Lead]) -> Iterator[Block]:
    """The leads at one rate, as if there were no gaps."""
    samples = max(lead.signal.samples for lead in leads)
    yield from at_one_rate(_pieces(header, leads), [Fraction(samples, lead.signal.samples) for lead in leads])


def _pieces(header: Header, leads: list[_Lead]) -> Iterator[list[Float64[np.ndarray, "sample"]]]:
    """Of whole data records, or parts of one, in mV: none has too many values."""
    records = _records(header)
    longest = max(lead.signal.samples for lead in leads)
    at_once = max(1, VALUES_AT_ONCE // len(leads))
    several = max(1, min(int(SECONDS_AT_ONCE / header.seconds), at_once // longest))
    parts = -(-longest // at_once)
    for first in range(0, header.records, several):
        for part in range(parts):
            yield [
                _values(records, header.width, lead, slice(first, first + several), lead.part(part, parts))
                for lead in leads
            ]
    if header.rest:
        yield from _cut_off(header, leads, parts)


def _share(header: Header, leads: list[_Lead]) -> Fraction:
    """How much of the record that is cut off is there of the fastest lead."""
    fastest = max(leads, key=lambda lead: lead.signal.samples)
    return Fraction(min(fastest.there(header), fastest.signal.samples), fastest.signal.samples)


def _cut_off(header: Header, leads: list[_Lead], parts: int) -> Iterator[list[Float64[np.ndarray, "sample"]]]:
    """The record that is cut off, in so many parts; what it has not got is missing."""
    share = _share(header, leads)
    start = header.size + header.records * header.width * header.samples
    record = np.memmap(header.file, np.uint8, "r", start, (1, header.rest))
    for part in range(parts):
        pieces = []
        for lead in leads:
            begin, end = lead.part(part, parts)
            end = max(min(end, int(share * lead.signal.samples)), begin)
            piece = np.full(end - begin, np.nan)
            there = min(max(lead.there(header) - begin, 0), len(piece))
            piece[:there] = _values(record, header.width, lead, slice(None), (begin, begin + there))
            pieces.append(piece)
        yield pieces


def _values(
    records: Shaped[np.ndarray, "record byte"], width: int, lead: _Lead, several: slice, part: tuple[int, int]
) -> Float64[np.ndarray, "sample"]:
    """Those of a part of these data records, in mV."""
    place = lead.signal.place
    digital = _numbers(records, width, slice(place + part[0], place + part[1]), several)
    with np.errstate(over="ignore", invalid="ignore"):
        values = (digital + lead.range.offset) * lead.range.gain * lead.factor
        return np.where(np.isfinite(values.astype(np.float32)), values, np.nan)


def _with_gaps(
    blocks: Iterator[Block], onsets: Float64[np.ndarray, "record"], samples: int, fs: float
) -> Iterator[Block]:
    """The samples where their data records begin, so many of each, with NaN between them."""
    before = np.arange(len(onsets)) * samples
    begins = np.maximum.accumulate(np.rint((onsets - onsets[0]) * fs).astype(np.int64) - before) + before
    done = written = 0
    for block in blocks:
        numbers = np.arange(done, done + block.shape[1])
        done += block.shape[1]
        for piece in spread(block, begins[numbers // samples] + numbers % samples, written):
            written += piece.shape[1]
            yield piece
