"""The heading of a table: the rows of names and of units right above it, among what else stands there."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ecg.formats.table.cells import GAPS, is_datum
from ecg.formats.table.names import is_unit, kind_of, plain_unit
from ecg.formats.table.preamble import is_comment
from ecg.formats.table.shape import Cells, Shape, is_counted
from ecg.formats.table.text import BLANKS

PERSONAL = re.compile(
    r"patient|paciente|subject|\bname\b|\bnom\b|nombre|\bnome\b|\bnaam\b|navn|surname|vorname|nachname|birth|geburt|naiss|"
    r"nacim|nasc|\bdob\b|\bmrn\b|姓名|氏名|имя|фамилия",
    re.IGNORECASE,
)
"""In the first cell of a line that says who was recorded, and is no row of names."""

SETTING = re.compile(
    r"sex|gender|age|id|device|recorded date|classification|symptoms|software version|sample rate|sampling rate|unit|"
    r"lead|filter|gain|fs",
    re.IGNORECASE,
)
"""The first cell of two in a line that is none either."""

MAX_TITLE = 40
"""Characters of the name of a column that stands alone: more is a title."""


def _is_counts(cells: Cells, shape: Shape) -> bool:
    return bool(cells) and all(is_datum(cell, shape.decimal) for cell in cells) and not is_counted(cells)


@dataclass(frozen=True)
class Heading:
    """The rows of names and units, which are so many lines."""

    names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    lines: int = 0

    @classmethod
    def of(cls, above: Sequence[str], shape: Shape) -> "Heading":
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


def _names(above: Sequence[str], shape: Shape) -> tuple[str, ...]:
    """The names in the last of the lines; none where it is one of the preamble's."""
    cells = _row_of(above[-1], shape)
    if not cells or _is_counts(cells, shape):
        return ()
    known = any(kind_of(cell, None) != "unknown" for cell in cells if cell)
    if is_comment(above[-1]) and (not known or _has_key(cells[0])):
        return ()
    if len(cells) == 1:
        return () if _is_title(above[-1], known=known) else tuple(cells)
    return () if _says_something(above, cells, shape, known=known) else tuple(cells)


def _is_title(line: str, *, known: bool) -> bool:
    """Whether a line above one column is no name of it."""
    plain = line.strip(" \"'")
    return _has_key(plain) or (not known and (" " in plain or len(plain) > MAX_TITLE))


def _says_something(above: Sequence[str], cells: Cells, shape: Shape, *, known: bool) -> bool:
    """Whether the last of the lines is a key and a value, as those before it may be, and not names."""
    if any(mark in cells[0] for mark in ":=") or PERSONAL.search(cells[0]):
        return True
    if len(shape.cells(above[-1])) != 2:
        return False
    pairs = sum(len(shape.cells(line)) == 2 for line in above)
    return SETTING.fullmatch(cells[0].strip(": ")) is not None or (pairs > 1 and not known)


def _has_key(line: str) -> bool:
    return any(mark in line for mark in ":=,;\t")


def _row_of(line: str, shape: Shape) -> Cells:
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
    if stated and ":" in stated[0] and not is_unit(stated[0]):
        return False
    return 2 * sum(map(is_unit, stated)) >= max(len(stated), 1)
