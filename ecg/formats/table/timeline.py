"""The timeline: the column of times of a table, the unit that they are in, and the rate, by them or by who says it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Float64

from ecg.errors import InvalidSignals, UnreadableRecording
from ecg.formats.table.clock import Pace, pace
from ecg.formats.table.columns import TableColumn
from ecg.formats.table.names import SECONDS
from ecg.formats.table.rows import Rows
from ecg.formats.table.table import Table
from ecg.formats.table.times import DAY, Style, day_is_first, moment, seconds
from ecg.reading import WarningKind
from ecg.source import FS

UNITS = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9, "min": 60.0, "days": DAY}
"""Those that times may be in which name none, the likeliest first: for a rate that can be worked with, one fits."""

UNIX = (946_684_800.0, 4_102_444_800.0)
"""Seconds since 1970 that are dates, from 2000 to 2100, and no time since something began."""

EXCEL, DAYS = datetime(1899, 12, 30), (29_221.0, 73_051.0)
"""The day that Excel counts from, and the days of the same years."""

HOUR = 3600.0

Doubt = Callable[[WarningKind, str], None]
"""Receives the warnings."""

AGREE = 0.02
"""Of a rate: how far apart two of them are that mean the same."""


@dataclass(frozen=True)
class Timeline:
    """A column of times. `unit` is in seconds, of numbers; `fs` is in samples a second.

    `guess` says what was decided by values alone; None where nothing was.
    """

    column: TableColumn
    unit: float
    style: Style | None
    pace: Pace
    fs: float
    day_first: bool | None
    guess: str | None = None

    @property
    def period(self) -> float | None:
        """That of a clock, which begins anew at midnight; one of minutes and seconds, as Excel shows it, each hour."""
        if self.style != "clock":
            return None
        return HOUR if all(cell.count(":") == 1 for cell in self.column.cells) else DAY

    def seconds(self, column: "pd.Series[float] | pd.Series[str]", rows: Rows) -> Float64[np.ndarray, "row"]:
        """The times of some rows, in seconds; NaN for what is none."""
        if self.style and not pd.api.types.is_numeric_dtype(column):
            return seconds(column.astype(str), self.style, day_first=self.day_first is not False)
        with np.errstate(over="ignore"):
            return rows.numbers(column) * self.unit


def find_timeline(columns: Sequence[TableColumn], fs: float | None) -> Timeline | None:
    """The best of the columns that may be times: named so, of a rate that can be worked with, and even.

    `fs` is the rate that somebody states, which decides on the unit of times that name none.
    """
    found = [line for column in columns if column.may_be_times and (line := _timeline(column, fs))]
    return min(found, key=lambda line: _rank(line, fs), default=None)


def begun(columns: Sequence[TableColumn], line: Timeline | None) -> datetime | None:
    """The date and time of the first row, where columns show a date, or count since the days of Unix or Excel."""
    dated = next((column for column in columns if column.style == "date"), None)
    if dated is not None:
        day = moment(next(iter(dated.cells), ""), day_first=_day_first(dated))
        apart = day is not None and day.time() == time() and line is not None and line.style == "clock"
        return day + timedelta(seconds=_first(line)) if day and line and apart else day
    if line is None or line.style:
        return None
    first = _first(line)
    if line.unit == DAY:
        return EXCEL + timedelta(days=first) if DAYS[0] <= first <= DAYS[1] else None
    return datetime.fromtimestamp(first * line.unit, UTC) if UNIX[0] <= first * line.unit <= UNIX[1] else None


def _first(line: Timeline) -> float:
    """The first time that is known: in seconds, or in the unit of numbers."""
    times = _read(line.column, line.day_first) if line.style else line.column.values.stretches[0]
    return float(times[np.isfinite(times)][0])


def _rank(line: Timeline, fs: float | None) -> tuple[bool, bool, bool, float, bool]:
    """What decides between several columns, the least first."""
    odd = not _fits(line.fs, fs)
    return odd, line.column.kind != "time", line.column.look == "counter", round(line.pace.packet, 1), bool(line.guess)


def _fits(rate: float, fs: float | None) -> bool:
    return FS[0] <= rate <= FS[1] if fs is None else abs(rate - fs) < AGREE * fs


def _timeline(column: TableColumn, fs: float | None) -> Timeline | None:
    """Of one column; None of one that does not grow, or whose values make no clock and whose name does not say so."""
    numeric = column.style is None
    first = _day_first(column)
    times = column.values.stretches[0] if numeric else _read(column, first)
    steps = pace(times) if len(times) else None
    if steps is None:
        return None
    if not numeric:
        return Timeline(column, 1.0, column.style, steps, steps.a_second(1.0), first)
    unit, guess = _unit(column, steps, times, fs)
    line = Timeline(column, unit, None, steps, steps.a_second(unit), None, guess)
    return line if column.kind == "time" or _fits(line.fs, None) else None


def _day_first(column: TableColumn) -> bool | None:
    """Whether it is the day that dates begin with, where that is known."""
    form = (column.name.unit or "").lower()
    if "dd/mm" in form or "mm/dd" in form:
        return "dd/mm" in form
    return day_is_first(column.cells) if column.style == "date" else None


def _read(column: TableColumn, day_first: bool | None) -> Float64[np.ndarray, "row"]:
    """The times of the column's first rows, which are words."""
    return seconds(column.beginning.astype(str), column.style or "clock", day_first=day_first is not False)


def _stated(column: TableColumn) -> float | None:
    """The unit that a column's name states, in seconds: it may be a part of a second, as s/256."""
    unit = (column.name.unit or "").lower()
    if unit.startswith("s/") and unit[2:].isdecimal() and int(unit[2:]):
        return 1 / int(unit[2:])
    return SECONDS.get(unit) or SECONDS.get(column.name.text.lower())


def _unit(
    column: TableColumn, steps: Pace, times: Float64[np.ndarray, "row"], fs: float | None
) -> tuple[float, str | None]:
    """The unit in seconds, and what was guessed of it."""
    stated = _stated(column)
    if stated and (_fits(steps.rate / stated, fs) or column.look == "counter"):
        return stated, None
    start = float(np.abs(times[np.isfinite(times)][0]))
    likely = next(((name, unit) for name, unit in UNITS.items() if _fits(steps.rate / unit, fs)), None)
    if likely is None or (column.look == "counter" and column.kind != "time"):
        return stated or 1.0, None
    name, unit = likely
    if not stated and (name == "s" or fs is not None or UNIX[0] <= start * unit <= UNIX[1]):
        return unit, None
    return unit, (
        f"its times {'are said to be in ' + str(column.name.unit) if stated else 'name no unit'} and were taken as "
        f"{name}, which makes {steps.a_second(unit):g} samples a second; if that is wrong, say the rate (fs)"
    )


@dataclass(frozen=True)
class Timing:
    """`fs` is None where nobody says it. `gaps` are the times that gaps are seen by; None where none can be.

    `column` holds the times, be they used or not.
    """

    fs: float | None
    fs_from: Literal["file", "option", "times"]
    gaps: Timeline | None
    column: TableColumn | None

    def rate(self, table: Table) -> float:
        """Samples a second. Raises InvalidSignals and UnreadableRecording where nobody says it."""
        if self.fs is not None:
            return self.fs
        timed = next((column for column in table.columns if column.kind == "time"), None)
        if timed is None:
            raise InvalidSignals(f"{table.file.name} has no column of times; say its rate (fs), in samples a second")
        if timed.rows < 2:
            raise UnreadableRecording(
                f"{table.file.name} has fewer than two rows, from which no rate can be determined"
            )
        raise UnreadableRecording(
            f"{table.file.name}: the times in its column {timed.name.text!r} do not grow, or are none; expected "
            "seconds, hours:minutes:seconds or dates; say the rate (fs) instead"
        )


def find_timing(table: Table, fs: float | None, doubt: Doubt) -> Timing:
    """The timing of a table; `fs` is what the caller says."""
    said = fs if fs is not None else table.preamble.fs
    line = find_timeline(table.columns, said)
    if fs is None and said is not None and line is not None and not _agree(line.fs, said):
        line = _contradicting(table, said, doubt)
        said = None
    if line is None:
        return Timing(said, "file" if fs is None else "option", None, None)
    if said is None:
        if line.guess:
            doubt("rate_guessed", line.guess)
        return Timing(line.fs, "times", line, line.column)
    if not _agree(line.fs, said):
        doubt(
            "times",
            f"its times mean {line.fs:g} samples a second, and the caller says {said:g}: what they show of gaps was "
            "not used",
        )
        return Timing(said, "option", None, line.column)
    return Timing(said, "file" if fs is None else "option", line, line.column)


def _agree(one: float, other: float) -> bool:
    return abs(one - other) < AGREE * other


def _contradicting(table: Table, said: float, doubt: Doubt) -> Timeline | None:
    """The times, where they mean another rate than the lines before the table say."""
    line = find_timeline(table.columns, None)
    if line is not None:
        doubt(
            "rate_guessed",
            f"the lines before its table say {said:g} samples a second, and its times {line.fs:g}, which was taken; if "
            "that is wrong, say the rate (fs)",
        )
    return line
