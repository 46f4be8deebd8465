"""Layout: where in a text the table begins, how its cells are parted, and what stands above its columns.

A row is what most lines of the text's beginning are like: so many cells, of which these are numbers or times. What
stands before the first row is the preamble, but for the rows of names and of units right above the table.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ecg.errors import UnreadableRecording
from ecg.formats.table.cells import GAPS, has_value, is_datum, is_value
from ecg.formats.table.names import is_unit, kind_of, plain_unit
from ecg.formats.table.preamble import is_comment
from ecg.formats.table.text import BLANKS, MAX_COLUMNS, Text, many_columns

LOOKED_AT = 100
"""Lines that the separator is told by, from the end of the text's beginning."""

CHARACTERS = 2**15
"""Of these lines together."""

NEXT = 4
"""Lines after the first row, half of which are rows too."""

FORMS = tuple((separator, decimal) for decimal in (".", ",") for separator in ("\t", ",", ";", "|", BLANKS))
"""Separators, and signs before decimals: of those that explain as much, the first."""

DECIMAL_COMMA = re.compile(r"[-+\N{MINUS SIGN}]?\d{1,30}(,\d{1,30})?")
ZERO_FIRST = re.compile(r"[-\N{MINUS SIGN}]0,|[^,]*,0\d")
"""What no pair of whole numbers looks like."""

PERSONAL = re.compile(
    r"(patient|subject|name|nom|nombre|nome|first ?name|last ?name|surname|vorname|nachname|birth|date of birth|dob|"
    r"geburtsdatum|sex|gender|age|id|mrn|patient ?id|device|recorded date|classification|symptoms|software version|"
    r"sample rate|sampling rate|unit|lead|filter|gain|fs)",
    re.IGNORECASE,
)
"""First words of a line that is no row of names, where there are two columns."""

MAX_TITLE = 40
"""Characters of the name of a column that stands alone: more is a title."""

Cells = list[str]


@dataclass(frozen=True)
class Layout:
    """How a table is laid out: `first` is the line of its first row, `names` and `units` are above it if not empty."""

    separator: str
    decimal: str
    quote: str
    first: int
    columns: int
    names: tuple[str, ...]
    units: tuple[str, ...]
    preamble: tuple[str, ...]


def find_layout(text: Text) -> Layout:
    """Raises UnreadableRecording where no line is a row, or one has too many columns."""
    lines = text.head
    quote = "'" if any(re.match(r"'|[^']{0,200}[,;\t]'", line) for line in lines[-LOOKED_AT:]) else '"'
    shape, first = _find_table(text, quote)
    above = [(number, line) for number, line in enumerate(lines[:first]) if line.strip()]
    heading = _Heading.of([line for _, line in above], shape)
    kept = above[: len(above) - heading.lines]
    preamble = tuple(line for _, line in kept)
    return Layout(shape.separator, shape.decimal, quote, first, shape.columns, heading.names, heading.units, preamble)


def _find_table(text: Text, quote: str) -> tuple["_Shape", int]:
    """The shape of its rows, and the line of the first one. Raises UnreadableRecording."""
    for shape in _Shape.likely(text.head, quote):
        if shape.columns > MAX_COLUMNS:
            raise many_columns(text.file, shape.columns)
        first = shape.first_row(text.head)
        if first is not None:
            return shape, first
    raise _no_table(text)


def _no_table(text: Text) -> UnreadableRecording:
    return UnreadableRecording(
        f"{text.file.name} has no column that may be a lead: no table was found in it; expected a row a sample, "
        "numbers between commas, semicolons, tabs or blanks, and names, if any, in the row above"
    )


def split(line: str, separator: str, quote: str) -> Cells:
    """The cells of a line, bare."""
    if separator == BLANKS:
        return [cell.strip("'\"") for cell in line.split()]
    cells = next(csv.reader([line], delimiter=separator, quotechar=quote, skipinitialspace=True), [])
    return [cell.strip().strip("'\"").strip() for cell in cells]


@dataclass(frozen=True)
class _Shape:
    """What a row is like: so many cells, of which those of `data` are values or gaps, and others may be words."""

    separator: str
    decimal: str
    quote: str
    columns: int
    data: tuple[int, ...]
    numbered: bool = False
    """Whether whole numbers come first, which R writes before each row, and has no name for."""

    @classmethod
    def likely(cls, head: Sequence[str], quote: str) -> list["_Shape"]:
        """Those that explain any of the lines, that which explains most first."""
        lines = _sample(head)
        if _is_decimal_comma_alone(lines):
            return [cls(";", ",", quote, 1, (0,))]
        shapes = [cls._explaining(lines, *form, quote) for form in FORMS]
        return [shape for score, shape in sorted(shapes, key=lambda each: -each[0]) if score]

    @classmethod
    def _explaining(cls, lines: Sequence[str], separator: str, decimal: str, quote: str) -> tuple[float, "_Shape"]:
        """The share of cells that it explains, and the shape."""
        rows = [split(line, separator, quote) for line in lines]
        rows = [row for row in rows if has_value(row, decimal)]
        columns = Counter(map(len, rows)).most_common(1)[0][0] if rows else 0
        rows = [row for row in rows if len(row) == columns]
        values = [sum(is_value(row[place], decimal) for row in rows) for place in range(columns)]
        gaps = [sum(row[place] in GAPS for row in rows) for place in range(columns)]
        data = tuple(place for place in range(columns) if values[place] > (len(rows) - gaps[place]) / 2)
        score = (sum(values) + sum(gaps)) / columns / len(lines) if columns else 0.0
        return round(score, 3), cls(separator, decimal, quote, columns, data, all(row[0].isdigit() for row in rows))

    def first_row(self, lines: Sequence[str]) -> int | None:
        """The line that the table begins in."""
        for number, line in enumerate(lines):
            after = [each for each in lines[number + 1 : number + 1 + 2 * NEXT] if each.strip()][:NEXT]
            if self._is_row(line) and self._goes_on(line, after):
                return number
        return None

    def cells(self, line: str) -> Cells:
        """Those of a line, which may have too few or too many."""
        return split(line, self.separator, self.quote)

    def _goes_on(self, line: str, after: Sequence[str]) -> bool:
        """Whether rows like this one follow: one that begins with nothing where they do not is none."""
        begun = bool(self.cells(line)[0])
        alike = sum(self._is_row(each) and bool(self.cells(each)[0]) <= begun for each in after)
        return 2 * alike >= len(after)

    def _is_row(self, line: str) -> bool:
        if not line.strip() or is_comment(line):
            return False
        cells = self.cells(line)
        held = [cells[place] for place in self.data if place < len(cells)]
        if _is_counted(cells) or (self.columns == 1) != (len(cells) == 1):
            return False
        values = sum(is_value(cell, self.decimal) for cell in held)
        return 2 * values >= len(self.data) and all(is_datum(cell, self.decimal) for cell in held)


def _sample(lines: Sequence[str]) -> list[str]:
    """The last lines that may be rows."""
    found: list[str] = []
    characters = 0
    for line in _backwards(lines):
        characters += len(line)
        if found and (len(found) >= LOOKED_AT or characters > CHARACTERS):
            break
        found.append(line)
    return found


def _backwards(lines: Sequence[str]) -> Iterator[str]:
    return (line for line in reversed(lines) if line.strip() and not is_comment(line))


def _is_decimal_comma_alone(lines: Sequence[str]) -> bool:
    """Whether the lines are one column with decimal commas, and not two columns of whole numbers."""
    numbers = [line.strip().strip("'\"") for line in lines]
    numbers = [number for number in numbers if number[:1] in "-+\N{MINUS SIGN}0123456789"]
    alike = len(numbers) > len(lines) / 2 and all(DECIMAL_COMMA.fullmatch(number) for number in numbers)
    return alike and any(ZERO_FIRST.match(number) for number in numbers)


def _is_counts(cells: Cells, shape: _Shape) -> bool:
    return bool(cells) and all(is_datum(cell, shape.decimal) for cell in cells) and not _is_counted(cells)


def _is_counted(cells: Cells) -> bool:
    """Whether pandas counted columns that have no names: the first one is its index."""
    return len(cells) > 1 and not cells[0] and cells[1:] == [str(number) for number in range(len(cells) - 1)]


@dataclass(frozen=True)
class _Heading:
    """The rows of names and units, which are so many lines."""

    names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    lines: int = 0

    @classmethod
    def of(cls, above: Sequence[str], shape: _Shape) -> "_Heading":
        """Of the lines above a table; AcqKnowledge writes how many samples there are between them."""
        if above and _is_counts(_row_of(above[-1], shape), shape):
            below = cls.of(above[:-1], shape)
            return replace(below, lines=below.lines + 1)
        if not above:
            return cls()
        units = _row_of(above[-1], shape)
        names = _names(above[:-1], shape) if len(above) > 1 and units and _are_units(units) else ()
        if names:
            return cls(names, tuple(map(plain_unit, units)), 2)
        names = _names(above, shape)
        return cls(names, (), 1) if names else cls()


def _names(above: Sequence[str], shape: _Shape) -> tuple[str, ...]:
    """The names in the last of the lines; none where it is one of the preamble's."""
    cells = _row_of(above[-1], shape)
    if not cells or _is_counts(cells, shape):
        return ()
    known = any(kind_of(cell, None) != "unknown" for cell in cells if cell)
    if is_comment(above[-1]) and not known:
        return ()
    if len(cells) == 1:
        titled = _has_key(above[-1].strip(" \"'")) or (
            not known and (is_comment(above[-1]) or len(cells[0]) > MAX_TITLE)
        )
        return () if titled else tuple(cells)
    pairs = sum(len(shape.cells(line)) == 2 for line in above)
    said = len(shape.cells(above[-1])) == 2 and (PERSONAL.fullmatch(cells[0].strip(": ")) or (pairs > 1 and not known))
    keyed = cells[0].endswith((":", "=")) or (is_comment(above[-1]) and _has_key(cells[0]))
    return () if said or keyed else tuple(cells)


def _has_key(line: str) -> bool:
    return any(mark in line for mark in ":=,;\t")


def _row_of(line: str, shape: _Shape) -> Cells:
    """The cells of a row above a table, as many as it has columns; none where that cannot be.

    R gives no name to its first column; a row may end in a separator where the others do not; and where blanks stand
    between the columns, a name may hold one itself.
    """
    plain = line.strip().lstrip("#%/ ") if is_comment(line) else line
    ways = [shape.cells(plain)]
    if shape.separator == BLANKS:
        ways.append([cell for cell in re.split(r"\t| {2,}", plain.strip()) if cell])
    for cells in ways:
        if len(cells) == shape.columns:
            return cells
    cells = ways[0]
    if len(cells) == shape.columns + 1 and cells[-1] in GAPS:
        return cells[:-1]
    if len(cells) == shape.columns - 1 and len(cells) > 0:
        return ["", *cells] if shape.numbered and shape.columns - 1 in shape.data else [*cells, ""]
    return []


def _are_units(cells: Cells) -> bool:
    """Whether a row is one of units, as far as half of it shows."""
    stated = [plain_unit(cell) for cell in cells if cell]
    return 2 * sum(map(is_unit, stated)) >= max(len(stated), 1)
