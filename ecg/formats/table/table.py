"""A table: its rows, what stands before them, and its columns."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecg.errors import UnreadableRecording
from ecg.formats.table.columns import TableColumn, table_columns
from ecg.formats.table.layout import Layout, find_layout
from ecg.formats.table.names import Name, kind_of, name_of
from ecg.formats.table.preamble import Preamble, read_preamble
from ecg.formats.table.rows import Rows
from ecg.formats.table.text import measure, read_text

SAMPLED = 2**14
"""Rows of the beginning that columns are judged by."""

A_BEAT = range(186, 190)
"""Columns of a table of beats, a row each, as the data sets of heartbeats on Kaggle have them."""

MOSTLY = 0.6
"""Of their values, in 0..1: where pandas has written a row of numbers above them, that is no beat."""

RDSAMP, POLAR, SHIMMER, NEUROKIT = "PhysioNet rdsamp", "Polar Sensor Logger", "Shimmer", "NeuroKit"
MARKS = {"'elapsed time'": RDSAMP, "'time and date'": RDSAMP, "'sample #'": RDSAMP, "phone timestamp;sensor": POLAR,
         "shimmer_": SHIMMER, "ecg_raw,ecg_clean": NEUROKIT}  # fmt: skip
"""What the row of names of a program begins with."""


@dataclass(frozen=True)
class Table:
    """A table in a file. `format` is the program or device that wrote it, or `CSV`, or `table`."""

    rows: Rows
    preamble: Preamble
    columns: tuple[TableColumn, ...]
    format: str

    @property
    def file(self) -> Path:
        """Where it lies."""
        return self.rows.text.file


def read_table(file: Path) -> Table:
    """Find the table of a file, and its columns. Raises UnreadableRecording."""
    text = read_text(file)
    layout = find_layout(text)
    rows = Rows(text, layout, measure(text, layout.first, layout.separator, layout.quote))
    preamble = read_preamble(layout.preamble)
    names, named = _names(layout, preamble)
    columns = table_columns(rows, names, named=named, sampled=SAMPLED)
    check_no_beats(file, columns)
    return Table(rows, preamble, tuple(columns), _format(layout, preamble))


def _names(layout: Layout, preamble: Preamble) -> tuple[list[Name], bool]:
    """The columns' names, and whether the file gives them."""
    if layout.names:
        units = [*layout.units, *[""] * layout.columns]
        return [name_of(name, unit or None) for name, unit in zip(layout.names, units, strict=False)], True
    if layout.columns == 1 and preamble.lead:
        return [Name(preamble.lead)], True
    labels = next((fitted for names in preamble.labels if (fitted := _fitted(names, layout.columns))), None)
    if labels is None:
        return [Name(f"column {place + 1}") for place in range(layout.columns)], False
    stated = _fitted(preamble.units, layout.columns) or ("",) * layout.columns
    return [name_of(name, unit or None) for name, unit in zip(labels, stated, strict=True)], True


def _fitted(names: tuple[str, ...], columns: int) -> tuple[str, ...] | None:
    """As many names as columns: the first may be the times', without a name, and the last empty."""
    if len(names) == columns:
        return names
    if len(names) == columns - 1 and names:
        return (*names, "") if kind_of(names[0], None) in ("index", "time") else ("", *names)
    return None


def check_no_beats(file: Path, columns: list[TableColumn]) -> None:
    """Raises UnreadableRecording for a table of beats, of which each row is one."""
    if len(columns) not in A_BEAT:
        return
    values = [column.values.stretches[0] for column in columns[1:-2]]
    inside = [float(((each >= 0) & (each <= 1)).mean()) for each in values if len(each)]
    if inside and np.mean(inside) > MOSTLY:
        raise UnreadableRecording(
            f"{file.name} holds beats, not a recording: each row is one of 187 samples, scaled to 0..1, with its class "
            'last; send them to POST /classify as {"beats": [[187 numbers], ...]}, without the class'
        )


def _format(layout: Layout, preamble: Preamble) -> str:
    """Who wrote it, as far as it shows."""
    names = layout.separator.join(layout.names).lower()
    quoted = layout.separator.join(f"'{name}'" for name in layout.names).lower()
    marked = (program for mark, program in MARKS.items() if names.startswith(mark) or quoted.startswith(mark))
    return preamble.dialect or next(marked, "CSV" if layout.separator in ",;" else "table")
