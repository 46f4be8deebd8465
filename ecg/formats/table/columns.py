"""Columns: what each of a table is, by its name, its unit and its values."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ecg.formats.table.names import COUNTS, Kind, Name
from ecg.formats.table.rows import Rows
from ecg.formats.table.times import Style, style_of
from ecg.formats.table.values import ENOUGH, ColumnValues, Look
from ecg.leads import plain_name
from ecg.messages import shortened
from ecg.reading import LeftOut
from ecg.source import MAX_NAME
from ecg.units import millivolts

SHOWN = 100
"""Cells of a column of words that are looked at."""

REASONS: dict[Look, str] = {
    "words": "it holds words",
    "empty": "it is empty",
    "constant": "it never changes",
    "counter": "it counts",
    "times": "it only grows",
    "levels": "it has a few values only",
    "slow": "it stands still for most of the time",
}


@dataclass(frozen=True)
class TableColumn:
    """A column as it is found: its place, its name, and its values from all over the table."""

    place: int
    name: Name
    named: bool
    values: ColumnValues
    look: Look
    style: Style | None
    cells: tuple[str, ...]
    """Some of those of a column of words."""
    beginning: "pd.Series[float] | pd.Series[str]"
    """Its first rows, as they are."""

    @property
    def kind(self) -> Kind:
        """What its name means; of one without a name nothing."""
        return self.name.kind if self.named else "unknown"

    @property
    def described(self) -> str:
        """Its name and unit, as errors and answers show them."""
        return shortened(f"{self.name.text} ({self.name.unit or 'no unit'})", MAX_NAME)

    @property
    def rows(self) -> int:
        """How many were looked at."""
        return sum(map(len, self.values.stretches))

    @property
    def may_be_times(self) -> bool:
        """Whether the values may be times, of whatever name."""
        few = self.rows < ENOUGH
        if self.style or self.kind == "time":
            return True
        return self.look == "times" and self.kind in ("unknown", "index", "axis") and (not few or self._first_unnamed)

    @property
    def _first_unnamed(self) -> bool:
        return self.place == 0 and not self.named

    def is_called(self, lead: str | None) -> bool:
        """Whether a caller means this column."""
        return lead is not None and (self.name.text == lead or plain_name(self.name.text) == plain_name(lead))


@dataclass(frozen=True)
class Signals:
    """The columns that are leads, and those that are not, with the reason."""

    leads: tuple[TableColumn, ...]
    left_out: tuple[tuple[TableColumn, str], ...]

    @property
    def reasons(self) -> tuple[LeftOut, ...]:
        """Of each that is left out."""
        return tuple(LeftOut(shortened(column.name.text, MAX_NAME), why) for column, why in self.left_out)


def table_columns(rows: Rows, names: Sequence[Name], *, named: bool, sampled: int) -> list[TableColumn]:
    """All of a table. Raises UnreadableRecording."""
    frames = list(rows.samples(sampled))
    return [_column(rows, frames, place, name, named) for place, name in enumerate(names)]


def _column(rows: Rows, frames: Sequence[pd.DataFrame], place: int, name: Name, named: bool) -> TableColumn:
    series = [frame[place] for frame in frames]
    stretches = [rows.numbers(each) for each in series]
    filled = sum(int(each.notna().sum()) for each in series)
    words = filled - sum(int(np.isfinite(each).sum()) for each in stretches)
    values = ColumnValues(stretches, filled, words)
    cells = tuple(str(cell) for cell in series[0].dropna().head(SHOWN)) if words else ()
    return TableColumn(place, name, named and bool(name.text), values, values.look, style_of(cells), cells, series[0])


def signals(columns: Sequence[TableColumn], time: TableColumn | None, lead: str | None) -> Signals:
    """Which of the columns are leads; `lead` is one that the caller names, whatever it looks like."""
    found = [
        (column, None if column.is_called(lead) else _objection(column)) for column in columns if column is not time
    ]
    sure = any(why is None and column.kind == "lead" for column, why in found)
    other = any(why is None and column.kind == "unknown" for column, why in found)
    judged = [
        (column, why if column.is_called(lead) else why or _doubt(column, sure=sure, other=other))
        for column, why in found
    ]
    leads = tuple(column for column, why in judged if why is None)
    return Signals(
        leads, tuple((column, why) for column, why in judged if why is not None and _is_worth_a_word(column))
    )


def _is_worth_a_word(column: TableColumn) -> bool:
    """Whether it is not just what a separator at the end of each row leaves."""
    return column.named or column.look != "empty"


def _objection(column: TableColumn) -> str | None:
    """Why a column cannot be a lead, by itself."""
    unit = column.name.unit
    if column.kind == "time" or column.style:
        return "it holds times"
    if column.kind == "index" and (column.look != "signal" or column.rows < ENOUGH):
        return "it counts the rows"
    if column.kind == "other":
        return "its name is not that of a lead"
    if unit and millivolts(unit) is None and not (column.kind == "lead" and unit.lower() in COUNTS):
        return f"its unit, {shortened(unit)}, is no voltage"
    if column.look in ("words", "empty"):
        return REASONS[column.look]
    if column.kind == "lead" or column.look == "signal" or column.rows < ENOUGH:
        return None
    return REASONS[column.look]


def _doubt(column: TableColumn, *, sure: bool, other: bool) -> str | None:
    """Why a column is none beside others, of which some are `sure` to be leads by their names."""
    if column.kind == "axis" and (sure or other):
        return "it is an axis of movement"
    if column.kind == "unknown" and sure and column.name.unit is None:
        return "its name is not that of a lead, and those of others are"
    return None
