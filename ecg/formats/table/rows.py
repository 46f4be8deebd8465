"""Rows: the cells of a table's columns, a chunk of bounded size at once."""

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jaxtyping import Float64

from ecg.errors import UnreadableRecording
from ecg.formats.table.cells import GAPS, numbers
from ecg.formats.table.layout import Layout
from ecg.formats.table.text import BLANKS, Measure, Text
from ecg.messages import reason
from ecg.source import BLOCK

MAX_TEXT = 2**22
"""Bytes that pandas reads at once: it takes some thirty times as much, where each of them begins a cell."""

MAX_CELLS = 2**20
"""Cells of all columns that it reads at once, those that a row lacks included."""


WINDOWS = 16
"""Places all over a table that its columns are judged by too, fewer where they are many."""

SAMPLED_CELLS = 2**18
"""Cells that columns are judged by, from the beginning of a table."""


@dataclass(frozen=True)
class Rows:
    """The rows of a text that is laid out so."""

    text: Text
    layout: Layout
    measure: Measure

    @property
    def at_once(self) -> int:
        """Rows of a chunk."""
        return max(1, min(BLOCK, MAX_TEXT // self.measure.longest, MAX_CELLS // self.measure.columns))

    def chunks(self, places: Sequence[int], rows: int | None = None) -> Iterator[pd.DataFrame]:
        """The columns of these places, so many rows at once. Raises UnreadableRecording."""
        with self.text.opened() as opened:
            for _ in range(self.layout.first):
                opened.readline()
            yield from self._read(opened, places, min(rows or self.at_once, self.at_once))

    def samples(self, rows: int) -> Iterator[pd.DataFrame]:
        """All columns, of the first rows and of some from all over a long table. Raises UnreadableRecording."""
        everywhere = range(self.layout.columns)
        rows = max(1, min(rows, SAMPLED_CELLS // self.layout.columns))
        yield from itertools.islice(self.chunks(everywhere, rows), 1)
        for window in self.text.windows(max(2, WINDOWS // self.layout.columns)):
            yield from self._read(io.StringIO(window), everywhere, self.at_once)

    def numbers(self, column: "pd.Series[float] | pd.Series[str]") -> Float64[np.ndarray, "row"]:
        """A column's numbers; NaN for gaps and words."""
        return numbers(column, self.layout.decimal)

    def _read(self, opened: io.TextIOWrapper | io.StringIO, places: Sequence[int], rows: int) -> Iterator[pd.DataFrame]:
        blank = self.layout.separator == BLANKS
        try:
            with pd.read_csv(
                opened,
                sep=r"\s+" if blank else self.layout.separator,
                decimal=self.layout.decimal,
                header=None,
                names=range(max(places) + 1),  # rows may be longer: what is not used of them is not looked at
                index_col=False,
                usecols=list(places),
                quotechar=self.layout.quote,
                quoting=csv.QUOTE_MINIMAL if self.measure.quoted else csv.QUOTE_NONE,
                na_values=GAPS,
                chunksize=rows,
                skipinitialspace=not blank,
                low_memory=False,
            ) as reader:
                yield from reader
        except UnreadableRecording:
            raise
        except Exception as error:  # a parser of strangers' files may raise anything
            raise self._no_table(self.text.file, error) from error

    @staticmethod
    def _no_table(file: Path, error: Exception) -> UnreadableRecording:
        return UnreadableRecording(f"{file.name} is no table of numbers: {reason(error, file)}")
