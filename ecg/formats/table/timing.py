"""Timing: the rate of a table, by the caller, its preamble or its times, and the times that show its gaps."""

from dataclasses import dataclass
from typing import Literal

from ecg.errors import InvalidSignals, UnreadableRecording
from ecg.formats.table.columns import TableColumn
from ecg.formats.table.notes import Notes
from ecg.formats.table.table import Table
from ecg.formats.table.timeline import AGREE, Timeline, find_timeline


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
            raise UnreadableRecording(f"{table.file.name} has fewer than two rows; no rate can be told")
        raise UnreadableRecording(
            f"{table.file.name}: the times in its column {timed.name.text!r} do not grow, or are none; expected "
            "seconds, hours:minutes:seconds or dates; say the rate (fs) instead"
        )


def find_timing(table: Table, fs: float | None, notes: Notes) -> Timing:
    """The timing of a table; `fs` is what the caller says."""
    said = fs if fs is not None else table.preamble.fs
    line = find_timeline(table.columns, said)
    if fs is None and said is not None and line is not None and not _agree(line.fs, said):
        line = _contradicting(table, said, notes)
        said = None
    if line is None:
        return Timing(said, "file" if fs is None else "option", None, None)
    if said is None:
        if line.guess:
            notes.warn("rate_guessed", line.guess)
        return Timing(line.fs, "times", line, line.column)
    if not _agree(line.fs, said):
        notes.warn(
            "times",
            f"its times mean {line.fs:g} samples a second, and the caller says {said:g}: what they show of gaps was "
            "not used",
        )
        return Timing(said, "option", None, line.column)
    return Timing(said, "file" if fs is None else "option", line, line.column)


def _agree(one: float, other: float) -> bool:
    return abs(one - other) < AGREE * other


def _contradicting(table: Table, said: float, notes: Notes) -> Timeline | None:
    """The times, where they mean another rate than the lines before the table say."""
    line = find_timeline(table.columns, None)
    if line is not None:
        notes.warn(
            "rate_guessed",
            f"the lines before its table say {said:g} samples a second, and its times {line.fs:g}, which was taken; if "
            "that is wrong, say the rate (fs)",
        )
    return line
