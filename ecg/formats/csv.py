"""CSV: a column a lead, a row a sample.

The first row may name the columns, with units (`II (mV)`); so may a second one give the units, as PhysioNet's rdsamp
writes it. A column of times gives the rate, in seconds, milliseconds (`time (ms)`) or as minutes:seconds; without one
the rate has to be said. An empty cell, NaN or "-" is a gap; so is what is missing between two times. The text is in
UTF-8, or in UTF-16 with a byte order mark.
"""

import codecs
import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float32, Float64

from ecg.errors import InvalidSignals, UnreadableRecording
from ecg.leads import distinct_names, may_be_ecg
from ecg.messages import reason, shortened
from ecg.source import BLOCK, MAX_LEADS, Source, check_layout, check_unit
from ecg.units import millivolts

FIRST_BYTES = 2**16
MAX_COLUMNS = 4 * MAX_LEADS
LINE_ENDS = re.compile(r"\r\n|\r|\n")
"""Where pandas begins another row: at no other of those that Unicode knows."""

GAPS = ["", "-", "NaN", "nan", "NA", "null"]
TIME = re.compile(r"^(elapsed )?time|^seconds$|^t$|^timestamp", re.IGNORECASE)
INDEX = re.compile(r"^(sample( ?#| number)?|index|n|row|unnamed.*|)$", re.IGNORECASE)
BRACKETED = re.compile(r"^(?P<name>.*?)[ _]*[\[(](?P<unit>[^\])]*)[\])]$")
BARE = re.compile(r"^(?P<name>.+?)[ _]+(?P<unit>[mµμu]V|[num]?s|seconds)$", re.IGNORECASE)
UNITS = re.compile(r"^([mµμun]?V|[num]?s|seconds|mmHg|bpm|%|1/min|l/min|NU|g|°C)$", re.IGNORECASE)
"""In brackets; `ECG (II)` has no unit."""

LONGEST_GAP = 24 * 3600.0
"""Seconds between two rows; more is a lie, not a gap."""

FASTEST = 1e6
LONGEST_RECORDING = 31 * LONGEST_GAP

JITTER = 0.5
"""Of a sample's time: how far a row may be from where the rate puts it before a gap is seen."""

Block = Float32[np.ndarray, "lead sample"]


@dataclass(frozen=True)
class _Column:
    place: int
    name: str
    unit: str | None


@dataclass(frozen=True)
class _Table:
    """How a file is laid out."""

    file: Path
    encoding: str
    delimiter: str
    skipped: int
    """Rows before the first sample."""
    time: _Column | None
    leads: tuple[_Column, ...]
    left_out: tuple[str, ...]

    def chunks(self) -> Iterator[pd.DataFrame]:
        """The columns that matter, so many rows at once. Raises UnreadableRecording."""
        places = [column.place for column in (*((self.time,) if self.time else ()), *self.leads)]
        try:
            with pd.read_csv(
                self.file,
                sep=self.delimiter,
                header=None,
                skiprows=self.skipped,
                usecols=places,
                quotechar="'" if self._quotes() else '"',
                na_values=GAPS,
                dtype={column.place: np.float64 for column in self.leads},
                chunksize=BLOCK,
                encoding=self.encoding,
                encoding_errors="replace",
                skipinitialspace=True,
            ) as reader:
                for chunk in reader:
                    if not set(places) <= set(chunk.columns):  # its first row is shorter than those after it
                        raise UnreadableRecording(
                            f"{self.file.name}: got a first row with fewer columns than those after it, expected equal"
                        )
                    yield chunk
        except UnreadableRecording:
            raise
        except Exception as error:  # a parser of strangers' files may raise anything
            raise UnreadableRecording(f"{self.file.name} is no table of numbers: {reason(error, self.file)}") from error

    def _quotes(self) -> bool:
        with self.file.open("rb") as opened:
            return b"'" in opened.read(FIRST_BYTES)


def open_csv(file: Path, *, fs: float | None = None, unit: str = "mV") -> Source:
    """The recording of a .csv file. `fs` and `unit` are those of columns that do not say.

    Raises UnreadableRecording and InvalidSignals.
    """
    table = _layout(file)
    factors = np.array([check_unit(column.unit or unit) for column in table.leads])[:, None]
    if not table.leads and not table.left_out:
        raise UnreadableRecording(
            f"{table.file.name} has no column that may be a lead; expected a row a sample, numbers between commas, "
            "semicolons or tabs, and names, if any, in the first row"
        )
    if not table.leads:
        return Source(file.stem, (), 0.0, 0, iter(()), table.left_out)
    rate = fs if table.time is None else _rate(table)
    if rate is None:
        raise InvalidSignals(f"{file.name} has no column of times; say its rate (fs), in samples a second")
    check_layout(rate, len(table.leads))
    names = tuple(column.name for column in table.leads)
    return Source(file.stem, names, rate, None, _blocks(table, rate, factors), table.left_out)


def _check_rows(file: Path) -> None:
    """That no row is so long that to split it would fill the memory."""
    with file.open("rb") as opened:
        while len(piece := opened.read(FIRST_BYTES)) == FIRST_BYTES:
            if b"\n" not in piece and b"\r" not in piece:
                raise UnreadableRecording(f"{file.name} is no table: it has a row of over {FIRST_BYTES:,} bytes")


def _first_lines(file: Path) -> tuple[str, list[str]]:
    """The encoding, and the first three lines."""
    with file.open("rb") as opened:
        first = opened.read(FIRST_BYTES)
    encoding = "utf-16" if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    text = first.decode(encoding, errors="replace")
    lines = LINE_ENDS.split(text, 3)[:3]
    if not text or "\0" in text or (len(first) == FIRST_BYTES and len(lines) < 3):
        raise UnreadableRecording(
            f"{file.name} is no table: expected a row a sample, with numbers between commas, in UTF-8, or in UTF-16 "
            "with a byte order mark"
        )
    return encoding, lines


def _layout(file: Path) -> _Table:
    _check_rows(file)
    encoding, lines = _first_lines(file)
    delimiter = max(",;\t", key=lines[0].count)
    rows = [[cell.strip().strip("'\"") for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    if len(rows[0]) > MAX_COLUMNS:
        raise UnreadableRecording(f"{file.name} has {len(rows[0])} columns, expected at most {MAX_COLUMNS}")
    skipped = 0
    names: Sequence[str] = [f"lead {place + 1}" for place in range(len(rows[0]))]
    units: list[str | None] = [None] * len(names)
    if not all(_is_number(cell) for cell in rows[0]):
        names, skipped = rows[0], 1
        if len(rows) > 1 and any(rows[1]) and not any(letter.isdigit() for cell in rows[1] for letter in cell):
            units = [cell or None for cell in rows[1]] + [None] * len(names)
            skipped = 2
    columns = [_column(place, name, units[place]) for place, name in enumerate(names)]
    named = skipped > 0
    time = next((column for column in columns if named and TIME.match(column.name)), None)
    others = [column for column in columns if column is not time and not (named and INDEX.match(column.name))]
    leads = tuple(c for c in others if may_be_ecg(c.name) and (c.unit is None or millivolts(c.unit)))
    left_out = tuple(f"{c.name} ({c.unit or 'no unit'})" for c in others if c not in leads)
    names = distinct_names([lead.name for lead in leads])
    leads = tuple(replace(lead, name=name) for lead, name in zip(leads, names, strict=True))
    return _Table(file, encoding, delimiter, skipped, time, leads, left_out)


def _column(place: int, name: str, unit: str | None) -> _Column:
    found = BRACKETED.match(name) or BARE.match(name)
    if unit is None and found and found["name"] and UNITS.match(found["unit"]):
        return _Column(place, found["name"], found["unit"])
    return _Column(place, name, unit)


def _is_number(cell: str) -> bool:
    if cell in GAPS:
        return True
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _rate(table: _Table) -> float:
    """Samples a second, by the times of the first rows."""
    first = next(table.chunks(), None)
    if first is None or len(first) < 2 or table.time is None:
        raise UnreadableRecording(f"{table.file.name} has fewer than two rows; no rate can be told")
    times = _seconds(table, first[table.time.place])
    step = float(np.median(np.diff(times)))
    if not step > 1 / FASTEST:
        raise UnreadableRecording(f"{table.file.name}: its times do not grow from row to row")
    regular = np.flatnonzero(np.abs(np.diff(times)) > 2 * step)
    last = int(regular[0]) if len(regular) else len(times) - 1
    rate = last / (times[last] - times[0]) if times[last] > times[0] else 0.0
    if not 0 < rate < FASTEST:
        raise UnreadableRecording(f"{table.file.name}: its times tell no rate, a step is {step:g} s; say the rate (fs)")
    return float(round(rate)) if abs(rate - round(rate)) < 2e-3 * rate else rate


def _seconds(table: _Table, column: "pd.Series[float] | pd.Series[str]") -> Float64[np.ndarray, "row"]:
    unit = (table.time.unit or "s").lower() if table.time else "s"
    if not pd.api.types.is_numeric_dtype(column):
        times = _clock_seconds(column)
    else:
        times = column.to_numpy(dtype=np.float64) * {"ms": 1e-3, "us": 1e-6, "ns": 1e-9}.get(unit, 1.0)
    if not np.isfinite(times).all():
        got = shortened(str(column.iloc[int(np.flatnonzero(~np.isfinite(times))[0])]))
        raise UnreadableRecording(
            f"{table.file.name}: got the time {got!r}, expected seconds, or hours:minutes:seconds; "
            "leave the column out and say the rate (fs) instead"
        )
    return times


def _clock_seconds(column: "pd.Series[float] | pd.Series[str]") -> Float64[np.ndarray, "row"]:
    """Of hours:minutes:seconds, from the right; NaN for what is none."""
    parts = column.astype(str).str.strip("'\" []").str.split(":", expand=True)
    seconds: Float64[np.ndarray, row] = np.zeros(len(column))
    for place in range(parts.shape[1]):
        values = pd.to_numeric(parts[place], errors="coerce").to_numpy(dtype=np.float64)
        seconds = np.asarray(np.where(parts[place].notna(), 60 * seconds + values, seconds))
    return seconds


def _blocks(table: _Table, fs: float, factors: Float64[np.ndarray, "lead 1"]) -> Iterator[Block]:
    start, written = None, 0
    for chunk in table.chunks():
        values = chunk[[column.place for column in table.leads]].to_numpy(dtype=np.float64).T
        with np.errstate(over="ignore", invalid="ignore"):
            block = (values * factors).astype(np.float32)
        block = np.where(np.isfinite(block), block, np.float32(np.nan))
        if table.time is None:
            yield block
            continue
        times = _seconds(table, chunk[table.time.place])
        start = times[0] if start is None else start
        if np.abs(times - start).max(initial=0.0) > LONGEST_RECORDING:
            raise UnreadableRecording(f"{table.file.name}: its times span more than a month, which is no recording")
        for piece in _with_gaps(table, block, (times - start) * fs, written, LONGEST_GAP * fs):
            written += piece.shape[1]
            yield piece


def _with_gaps(
    table: _Table, block: Block, places: Float64[np.ndarray, "row"], written: int, longest: float
) -> Iterator[Block]:
    """The rows, with NaN in place of those that their times say are missing."""
    steps = np.diff(places, prepend=places[0])
    if (steps < -JITTER).any():
        row = int(np.flatnonzero(steps < -JITTER)[0])
        raise UnreadableRecording(f"{table.file.name}: its times go back, {row:,} rows after sample {written:,}")
    before = 0
    for row in [0, *(np.flatnonzero(steps > 1 + JITTER)).tolist()]:
        if row > before:
            yield block[:, before:row]
            written += row - before
            before = row
        missing = round(places[row]) - written
        if missing > longest:
            raise UnreadableRecording(f"{table.file.name}: its times jump by {missing:,} samples, which is no gap")
        if missing > JITTER and (row or written):
            for first in range(0, missing, BLOCK):
                yield np.full((len(block), min(BLOCK, missing - first)), np.nan, np.float32)
            written += missing
    yield block[:, before:]
