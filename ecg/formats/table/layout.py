"""Layout: where in a text the table begins, how its cells are parted, and what stands above its columns.

A row is what most lines of the text's beginning are like: so many cells, of which these are numbers or times. What
stands before the first row is the preamble, but for the rows of names and of units right above the table.
"""

from dataclasses import dataclass

from ecg.formats.table.heading import Heading
from ecg.formats.table.shape import find_shape
from ecg.formats.table.text import Text


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
    shape, first = find_shape(text)
    above = [(number, line) for number, line in enumerate(text.head[:first]) if line.strip()]
    heading = Heading.of([line for _, line in above], shape)
    kept = above[: len(above) - heading.lines]
    preamble = tuple(line for _, line in kept)
    return Layout(
        shape.separator, shape.decimal, shape.quote, first, shape.columns, heading.names, heading.units, preamble
    )
