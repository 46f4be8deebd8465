"""CSV: a column a lead, a row a sample.

The first row may name the columns, with units (`II (mV)`); so may a second one give the units, as PhysioNet's rdsamp
writes it. A column of times gives the rate, in seconds, milliseconds (`time (ms)`) or as minutes:seconds; without one
the rate has to be said. An empty cell, NaN or "-" is a gap; so is what is missing between two times. The text is in
UTF-8, or in UTF-16 with a byte order mark.

Each row is one line, even where cells are in quotes: its length and its columns are bounded before pandas reads it, and
so is what pandas reads at once.
"""

import codecs
import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

import numpy as np
import pandas as pd
from jaxtyping import Float32, Float64

from ecg.errors import InvalidSignals, UnreadableRecording
from ecg.formats.gaps import spread
from ecg.leads import distinct_names, may_be_ecg
from ecg.messages import reason, shortened
from ecg.reading import ReadOptions
from ecg.source import BLOCK, MAX_LEADS, Source, check_layout, check_unit
from ecg.units import millivolts

FIRST_BYTES = 2**16
PIECE = 2**18
UTF_8 = "utf-8-sig"
MAX_COLUMNS = 4 * MAX_LEADS
MAX_ROW = 2**16
MAX_TEXT = 2**22
"""Bytes that pandas reads at once: it takes some thirty times as much, where each of them begins a cell."""

LINE_ENDS = re.compile(r"\r\n|\r|\n")
"""Where pandas begins another row: at no other of those that Unicode knows."""

GAPS = ["", "-", "NaN", "nan", "NA", "null"]
TIME = re.compile(r"^(elapsed )?time|^seconds$|^t$|^timestamp", re.IGNORECASE)
INDEX = re.compile(r"^(sample( ?#| number)?|index|n|row|unnamed.*|)$", re.IGNORECASE)
TIMES = frozenset(("s", "ms", "us", "ns", "seconds"))
BARE = TIMES | {"mv", "uv", "µv", "μv"}
"""Units that a name may end in; `Lead V` has none."""

BRACKETED = BARE | {"v", "nv", "mmhg", "bpm", "%", "1/min", "l/min", "nu", "g", "°c"}
"""In brackets; `ECG (II)` has no unit."""

LONGEST_GAP = 24 * 3600.0
"""Seconds between two rows; more is a lie, not a gap."""

FASTEST = 1e6
MAX_TIME, CLOCK = 100, 3
"""Characters of a time, and its parts: hours, minutes, seconds."""

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
    quote: str | None
    """What cells are in; None where none is."""
    skipped: int
    """Rows before the first sample."""
    rows: int
    """That can be read at once."""
    time: _Column | None
    leads: tuple[_Column, ...]
    left_out: tuple[str, ...]

    def chunks(self) -> Iterator[pd.DataFrame]:
        """The columns that matter, so many rows at once. Raises UnreadableRecording."""
        places = [column.place for column in (*((self.time,) if self.time else ()), *self.leads)]
        try:
            with _opened(self.file, self.encoding) as text:
                for _ in range(self.skipped):
                    text.readline()
                with pd.read_csv(
                    text,
                    sep=self.delimiter,
                    header=None,
                    usecols=places,
                    quotechar=self.quote or '"',
                    quoting=csv.QUOTE_MINIMAL if self.quote else csv.QUOTE_NONE,
                    na_values=GAPS,
                    dtype={column.place: np.float64 for column in self.leads},
                    chunksize=self.rows,
                    skipinitialspace=True,
                ) as reader:
                    for chunk in reader:
                        if not set(places) <= set(chunk.columns):  # its first row is shorter than those after it
                            raise UnreadableRecording(
                                f"{self.file.name}: got a first row with fewer columns than those after it, expected "
                                "equal"
                            )
                        yield chunk
        except UnreadableRecording:
            raise
        except Exception as error:  # a parser of strangers' files may raise anything
            raise UnreadableRecording(f"{self.file.name} is no table of numbers: {reason(error, self.file)}") from error


def open_csv(file: Path, options: ReadOptions = ReadOptions()) -> Source:
    """The recording of a .csv file. The options' `fs` and `unit` are those of columns that do not say.

    Raises UnreadableRecording and InvalidSignals.
    """
    table = _layout(file)
    factors = np.array([check_unit(column.unit or options.unit or "mV") for column in table.leads])[:, None]
    if not table.leads and not table.left_out:
        raise UnreadableRecording(
            f"{table.file.name} has no column that may be a lead; expected a row a sample, numbers between commas, "
            "semicolons or tabs, and names, if any, in the first row"
        )
    if not table.leads:
        return Source(file.stem, (), 0.0, 0, iter(()), table.left_out)
    rate = options.fs if table.time is None else _rate(table, table.time)
    if rate is None:
        raise InvalidSignals(f"{file.name} has no column of times; say its rate (fs), in samples a second")
    check_layout(rate, len(table.leads))
    names = tuple(column.name for column in table.leads)
    return Source(file.stem, names, rate, None, _blocks(table, rate, factors), table.left_out)


def _opened(file: Path, encoding: str) -> TextIO:
    return file.open(encoding=encoding, errors="replace", newline="")


def _measure(file: Path, encoding: str, delimiter: str, quote: str) -> tuple[int, bool]:
    """The bytes of the longest row, and whether cells are in quotes; what this takes does not grow with the file.

    Raises UnreadableRecording for a row that is too long, or has too many columns.
    """
    longest, quoted = 1, False
    for lines in _lines(file, encoding):
        codes = np.frombuffer(lines, np.uint8)
        ends = np.flatnonzero((codes == ord("\n")) | (codes == ord("\r")))
        length = int(np.diff(ends, prepend=-1).max()) - 1
        if length > MAX_ROW:
            raise _long_row(file)
        columns = 1
        if quote.encode() in lines:
            quoted = True
            columns = _columns_in_quotes(file, lines.decode(errors="replace"), delimiter, quote)
        elif length >= MAX_COLUMNS:
            starts = np.concatenate([[0], ends[:-1] + 1])
            columns += int(np.add.reduceat(codes == ord(delimiter), starts, dtype=np.int64).max())
        if columns > MAX_COLUMNS:
            raise _many_columns(file, columns)
        longest = max(longest, length)
    return longest, quoted


def _lines(file: Path, encoding: str) -> Iterator[bytes]:
    """The text in UTF-8, whole lines of it at once; each ends as a line does."""
    rest = b""
    for piece in _pieces(file, encoding):
        end = max(piece.rfind(b"\n"), piece.rfind(b"\r")) + 1
        if end:
            yield rest + piece[:end]
            rest = b""
        rest += piece[end:]
        if len(rest) > MAX_ROW:
            raise _long_row(file)
    if rest:
        yield rest + b"\n"


def _pieces(file: Path, encoding: str) -> Iterator[bytes]:
    if encoding == UTF_8:
        with file.open("rb") as opened:
            yield from iter(lambda: opened.read(PIECE), b"")
    else:
        with _opened(file, encoding) as text:
            yield from iter(lambda: text.read(PIECE).encode(), b"")


def _long_row(file: Path) -> UnreadableRecording:
    return UnreadableRecording(
        f"{file.name} is no table: it has a row of over {MAX_ROW:,} bytes, expected a row a sample"
    )


def _many_columns(file: Path, columns: int) -> UnreadableRecording:
    return UnreadableRecording(
        f"{file.name} has a row of {columns:,} columns, expected at most {MAX_COLUMNS}; send fewer signals"
    )


def _columns_in_quotes(file: Path, lines: str, delimiter: str, quote: str) -> int:
    """The most columns of a row, where cells are in quotes, each of which ends before its line does."""
    rows = LINE_ENDS.split(lines)  # the last one is empty: a quote before it that is left open takes it in
    read = csv.reader(rows, delimiter=delimiter, quotechar=quote, skipinitialspace=True)
    try:
        counts = [len(cells) for cells in read]
    except csv.Error:  # an open quote took in more than a cell may hold
        counts = []
    if len(counts) != len(rows):
        raise UnreadableRecording(
            f"{file.name} has a cell in quotes ({quote}) that does not end in its row; expected a row a line: close "
            "the quotes, or leave the column out"
        )
    return max(counts)


def _first_lines(file: Path) -> tuple[str, str, list[str]]:
    """The encoding, the character for quotes, and the first three lines."""
    with file.open("rb") as opened:
        first = opened.read(FIRST_BYTES)
    encoding = "utf-16" if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else UTF_8
    text = first.decode(encoding, errors="replace")
    lines = LINE_ENDS.split(text, 3)[:3]
    if not text or "\0" in text or (len(first) == FIRST_BYTES and len(lines) < 3):
        raise UnreadableRecording(
            f"{file.name} is no table: expected a row a sample, with numbers between commas, in UTF-8, or in UTF-16 "
            "with a byte order mark"
        )
    return encoding, "'" if "'" in text else '"', lines


def _layout(file: Path) -> _Table:
    encoding, quote, lines = _first_lines(file)
    delimiter = max(",;\t", key=lines[0].count)
    longest, quoted = _measure(file, encoding, delimiter, quote)
    rows = [[cell.strip().strip("'\"") for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    if len(rows[0]) > MAX_COLUMNS:  # where the quotes are not those that pandas is given
        raise _many_columns(file, len(rows[0]))
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
    rows_at_once = max(1, min(BLOCK, MAX_TEXT // longest))
    return _Table(file, encoding, delimiter, quote if quoted else None, skipped, rows_at_once, time, leads, left_out)


def _column(place: int, name: str, unit: str | None) -> _Column:
    """Of what the first row says, with the unit that it may end in: `II (mV)`, `II [mV]`, `II_mV`."""
    if unit is None and name.endswith((")", "]")):
        outer = max(name.rfind(")", 0, -1), name.rfind("]", 0, -1)) + 1
        opening = min((at for at in (name.find("(", outer), name.find("[", outer)) if at >= 0), default=0)
        plain, inner = name[:opening].rstrip(" _"), name[opening + 1 : -1]
        if plain and inner.lower() in BRACKETED:
            return _Column(place, plain, inner)
    elif unit is None:
        after = max(name.rfind(" "), name.rfind("_")) + 1
        plain, last = name[:after].rstrip(" _"), name[after:]
        if plain and last.lower() in BARE:
            return _Column(place, plain, last)
    return _Column(place, name, unit)


def _is_number(cell: str) -> bool:
    if cell in GAPS:
        return True
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _rate(table: _Table, column: _Column) -> float:
    """Samples a second, by the times of the first rows."""
    times = _first_times(table, column)
    if len(times) < 2:
        raise UnreadableRecording(f"{table.file.name} has fewer than two rows; no rate can be told")
    step = float(np.median(np.diff(times)))
    if not step > 1 / FASTEST:
        raise UnreadableRecording(f"{table.file.name}: its times do not grow from row to row")
    regular = np.flatnonzero(np.abs(np.diff(times)) > 2 * step)
    last = int(regular[0]) if len(regular) else len(times) - 1
    rate = last / (times[last] - times[0]) if times[last] > times[0] else 0.0
    if not 0 < rate < FASTEST:
        raise UnreadableRecording(f"{table.file.name}: its times tell no rate, a step is {step:g} s; say the rate (fs)")
    return float(round(rate)) if abs(rate - round(rate)) < 2e-3 * rate else rate


def _first_times(table: _Table, column: _Column) -> Float64[np.ndarray, "row"]:
    """Of as many rows as the rate is known by."""
    found: list[Float64[np.ndarray, "row"]] = []
    for chunk in table.chunks():
        found.append(_seconds(table, chunk[column.place]))
        if sum(map(len, found)) >= BLOCK:
            break
    return np.concatenate(found, dtype=np.float64)[:BLOCK] if found else np.zeros(0)


def _seconds(table: _Table, column: "pd.Series[float] | pd.Series[str]") -> Float64[np.ndarray, "row"]:
    unit = (table.time.unit or "s").lower() if table.time else "s"
    times: Float64[np.ndarray, row]
    if not pd.api.types.is_numeric_dtype(column):
        times = np.array([_clock_seconds(str(cell)) for cell in column.tolist()], dtype=np.float64)
    else:
        times = column.to_numpy(dtype=np.float64) * {"ms": 1e-3, "us": 1e-6, "ns": 1e-9}.get(unit, 1.0)
    if not np.isfinite(times).all():
        got = shortened(str(column.iloc[int(np.flatnonzero(~np.isfinite(times))[0])]))
        raise UnreadableRecording(
            f"{table.file.name}: got the time {got!r}, expected seconds, or hours:minutes:seconds; "
            "leave the column out and say the rate (fs) instead"
        )
    return times


def _clock_seconds(text: str) -> float:
    """Of hours:minutes:seconds, from the right; NaN for what is none."""
    if len(text) > MAX_TIME or text.count(":") >= CLOCK or "_" in text:  # 1_0 is a number to Python alone
        return math.nan
    seconds = 0.0
    try:
        for part in text.strip("'\" []").split(":"):
            seconds = 60 * seconds + float(part)
    except ValueError:
        return math.nan
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
    runs = np.concatenate([[0], np.flatnonzero(steps > 1 + JITTER)])
    ahead = np.maximum.accumulate(np.concatenate([[written], np.rint(places[runs]) - runs]))
    if np.diff(ahead).max() > longest:
        raise UnreadableRecording(
            f"{table.file.name}: its times jump by {np.diff(ahead).max():,.0f} samples, which is no gap"
        )
    lengths = np.diff(runs, append=len(places))
    return spread(block, np.arange(len(places)) + np.repeat(ahead[1:].astype(np.int64), lengths), written)
