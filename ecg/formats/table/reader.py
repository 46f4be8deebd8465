"""The reader of tables: finds the table in a text and what its columns are, and gives the recording."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64

from ecg.errors import UnreadableRecording
from ecg.formats.gaps import spread
from ecg.formats.table import scale
from ecg.formats.table.clock import Places
from ecg.formats.table.columns import Signals, TableColumn, signals
from ecg.formats.table.names import COUNTS
from ecg.formats.table.scale import Scale
from ecg.formats.table.table import Table, read_table
from ecg.formats.table.timeline import Timeline, begun, find_timing
from ecg.leads import distinct_names
from ecg.messages import shortened
from ecg.reading import LeadRead, ReadAs, ReadOptions, WarningKind, Warnings
from ecg.source import Source, check_layout, check_unit
from ecg.units import millivolts

Block = Float32[np.ndarray, "lead sample"]


@dataclass(frozen=True)
class Notes:
    """What is warned of while a table is read, and refused where the caller is strict."""

    name: str
    strict: bool
    warnings: Warnings = field(default_factory=Warnings)

    def doubt(self, kind: WarningKind, message: str) -> None:
        """Warn of what can be read all the same. Raises UnreadableRecording where the caller is strict."""
        if self.strict:
            raise UnreadableRecording(f"{self.name}: {message}; leave out strict to read it all the same")
        self.warnings.add(kind, message)


def open_table(file: Path, options: ReadOptions = ReadOptions()) -> Source:
    """The recording of a file that holds a table, a column a lead and a row a sample, whatever stands around it.

    What the options say is stronger than what the file says. Raises UnreadableRecording and InvalidSignals.
    """
    if options.unit is not None:
        check_unit(options.unit)
    table, notes = read_table(file), Notes(file.name, options.strict)
    timing = find_timing(table, options.fs, notes.doubt)
    found = signals(table.columns, timing.column, options.lead)
    if not found.leads:
        return _without_leads(table, found)
    fs = timing.rate(table)
    check_layout(fs, len(found.leads))
    scales = _scales(table, found.leads, fs, options.unit, notes)
    names = _lead_names(table, found.leads)
    factors = np.array([[each.factor] for each in scales])
    return Source(
        file.stem,
        names,
        fs,
        None,
        _blocks(table, found.leads, timing.gaps, fs, factors, notes),
        _left_out(found),
        ReadAs(table.format, fs, timing.fs_from, _leads_read(names, scales, found.leads), found.reasons),
        notes.warnings,
        table.preamble.begun or begun(table.columns, timing.gaps),
    )


def _without_leads(table: Table, found: Signals) -> Source:
    if not found.left_out:
        raise UnreadableRecording(
            f"{table.file.name} has no column that may be a lead; expected a row a sample, numbers between commas, "
            "semicolons, tabs or blanks, and names, if any, in the row above"
        )
    left_out = _left_out(found) or tuple(column.described for column, _ in found.left_out)
    read_as = ReadAs(table.format, 0.0, "file", (), found.reasons)
    return Source(table.file.stem, (), 0.0, 0, iter(()), left_out, read_as)


def _left_out(found: Signals) -> tuple[str, ...]:
    """The signals that are no leads; times and counts are no signals."""
    return tuple(column.described for column, _ in found.left_out if column.kind not in ("time", "index"))


def _lead_names(table: Table, leads: Sequence[TableColumn]) -> tuple[str, ...]:
    """Of the only one, which has no name in the table, that in the lines before it."""
    if len(leads) == 1 and not leads[0].named and table.preamble.lead:
        return (table.preamble.lead,)
    return distinct_names([column.name.text for column in leads])


def _leads_read(names: Sequence[str], scales: Sequence[Scale], columns: Sequence[TableColumn]) -> tuple[LeadRead, ...]:
    return tuple(
        LeadRead(name, each.unit, each.unit_from, column.place + 1)
        for name, each, column in zip(names, scales, columns, strict=True)
    )


def _scales(table: Table, leads: Sequence[TableColumn], fs: float, unit: str | None, notes: Notes) -> list[Scale]:
    """Of each lead, by the caller, its column, the lines before the table, or the values of all that say nothing."""
    said = [_said(table, column, unit) for column in leads]
    silent = [column for column, each in zip(leads, said, strict=True) if each is None]
    guess = scale.guessed([column.values.stretches for column in silent], fs, table.preamble.bits, table.preamble.count)
    _check_stated(leads, said, fs, notes)
    scales = [each or guess for each in said]
    if any(each.guessed for each in scales):
        guess = next(each for each in scales if each.guessed)
        notes.doubt("uncalibrated" if guess.unit == scale.COUNTS else "unit_guessed", _warning(guess))
    return scales


def _check_stated(leads: Sequence[TableColumn], said: Sequence[Scale | None], fs: float, notes: Notes) -> None:
    """Warn of a lead that the file says to be in a unit that its waves cannot be in."""
    stated = [(column, each) for column, each in zip(leads, said, strict=True) if each and each.unit_from == "file"]
    for column, each in stated:
        size = scale.height([column.values.stretches], fs) * each.factor
        if size and not scale.VOLTS_BELOW <= size <= scale.COUNTS_ABOVE:
            notes.doubt(
                "unit_guessed",
                f"{shortened(column.name.text)} is said to be in {each.unit}, and was read so: its waves are then "
                f"{size:.3g} mV high; if it is in another unit, say it (unit)",
            )


def _said(table: Table, column: TableColumn, unit: str | None) -> Scale | None:
    if unit is not None:
        return scale.stated(unit, "option")
    own = column.name.unit
    if own and own.lower() in COUNTS:
        return scale.counted(table.preamble.bits, table.preamble.count)
    if own and millivolts(own):
        return scale.stated(own, "file")
    return scale.stated(table.preamble.unit, "file") if table.preamble.unit else None


def _warning(guess: Scale) -> str:
    if guess.unit == scale.COUNTS:
        return (
            f"its values are, or look like, counts of a converter, and were read as {1 / guess.factor:g} a mV: heights "
            "in mV are not calibrated; if they are in a unit of voltage, say it (unit)"
        )
    return f"its values look like {guess.unit}, and were read so; if they are in another unit, say it (unit)"


def _blocks(
    table: Table,
    leads: Sequence[TableColumn],
    line: Timeline | None,
    fs: float,
    factors: Float64[np.ndarray, "lead 1"],
    notes: Notes,
) -> Iterator[Block]:
    """The leads in mV, with what their times say is missing as gaps. Raises UnreadableRecording."""
    places = Places(table.file.name, fs, line.pace, line.period) if line else None
    written = 0
    wanted = [*([line.column.place] if line else []), *(column.place for column in leads)]
    for chunk in table.rows.chunks(wanted):
        values = np.array([table.rows.numbers(chunk[column.place]) for column in leads])
        with np.errstate(over="ignore", invalid="ignore"):
            block = (values * factors).astype(np.float32)
        block = np.where(np.isfinite(block), block, np.float32(np.nan))
        if line is None or places is None:
            yield block
            continue
        times = line.seconds(chunk[line.column.place], table.rows)
        held = np.isfinite(times) | np.isfinite(block).any(axis=0)  # what is left is no row, but a line below the table
        for piece in spread(block[:, held], places.place(times[held]), written):
            written += piece.shape[1]
            yield piece
    if places:
        _note_times(places, notes)


def _note_times(places: Places, notes: Notes) -> None:
    if places.went_back:
        notes.doubt("times", "its times go back: the rows from there on were taken to follow those before")
    if places.unknown:
        notes.doubt("times", f"it has {places.unknown:,} rows without a time, which were taken to follow those before")
