"""The shape of rows: how a table's cells are parted, and how many of them there are, by what most lines are like."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ecg.errors import UnreadableRecording
from ecg.formats.table.cells import GAPS, has_value, is_datum, is_value
from ecg.formats.table.preamble import is_comment
from ecg.formats.table.text import BLANKS, MAX_COLUMNS, Text, many_columns

LOOKED_AT = 100
"""Lines that the separator is recognised by, from the end of the text's beginning."""

CHARACTERS = 2**15
"""Of these lines together."""

NEXT = 4
"""Lines after the first row, half of which are rows too."""

FORMS = tuple((separator, decimal) for decimal in (".", ",") for separator in ("\t", ",", ";", "|", BLANKS))
"""Separators, and signs before decimals: of those that explain as much, the first."""

QUOTED = re.compile(r"'|[^']{0,200}[,;\t]'")
"""A line with cells between apostrophes."""

DECIMAL_COMMA = re.compile(r"[-+\N{MINUS SIGN}]?(\d{1,30}|[1-9]\d{0,2}\.\d{3}(?=,))(,\d{1,30})?")
ZERO_FIRST = re.compile(r"[-\N{MINUS SIGN}]0,|[^,]*,0\d")
"""What no pair of whole numbers looks like."""

Cells = list[str]


def find_shape(text: Text) -> tuple["Shape", int]:
    """The shape of its rows, and the line of the first one. Raises UnreadableRecording."""
    quote = "'" if any(QUOTED.match(line) for line in text.head[-LOOKED_AT:]) else '"'
    for shape in Shape.likely(text.head, quote):
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
class Shape:
    """What a row is like: so many cells, of which those of `data` are values or gaps, and others may be words."""

    separator: str
    decimal: str
    quote: str
    columns: int
    data: tuple[int, ...]
    numbered: bool = False
    """Whether whole numbers come first, which R writes before each row, and has no name for."""

    @classmethod
    def likely(cls, head: Sequence[str], quote: str) -> list["Shape"]:
        """Those that explain any of the lines, that which explains most first."""
        lines = _sample(head)
        if _is_decimal_comma_alone(lines):
            return [cls(";", ",", quote, 1, (0,))]
        shapes = [cls._explaining(lines, *form, quote) for form in FORMS]
        found = sorted(shapes, key=lambda each: (-each[0], *each[1].rank))
        return [shape for score, shape in found if score]

    @classmethod
    def _explaining(cls, lines: Sequence[str], separator: str, decimal: str, quote: str) -> tuple[float, "Shape"]:
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

    @property
    def rank(self) -> tuple[bool, int]:
        """Of those that explain as much: a blank may be part of a date, and a comma too, so more columns come first."""
        return self.separator == BLANKS, -self.columns

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
        """Whether rows like this one follow: one that begins with nothing where they do not is none.

        One before a row of names is that of another table.
        """
        begun = bool(self.cells(line)[0])
        alike = [self._is_row(each) and bool(self.cells(each)[0]) <= begun for each in after]
        another = bool(after) and not alike[0] and not has_value(self.cells(after[0]), self.decimal)
        return not another and 2 * sum(alike) >= len(after)

    def _is_row(self, line: str) -> bool:
        if not line.strip() or is_comment(line):
            return False
        cells = self.cells(line)
        held = [cells[place] for place in self.data if place < len(cells)]
        if is_counted(cells) or (self.columns == 1) != (len(cells) == 1):
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


def is_counted(cells: Cells) -> bool:
    """Whether pandas counted columns that have no names: the first one is its index."""
    return len(cells) > 1 and not cells[0] and cells[1:] == [str(number) for number in range(len(cells) - 1)]
