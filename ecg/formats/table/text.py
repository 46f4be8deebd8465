"""Text: a file's encoding and lines, whose number and length are bounded before anything takes them in."""

import codecs
import csv
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path

import numpy as np

from ecg.errors import UnreadableRecording
from ecg.source import MAX_LEADS

HEAD = 2**18
"""Bytes that a table is found by: what stands before it, and its first rows."""

PIECE = HEAD
WINDOW = 2**15
"""Bytes of a place in a long file that columns are also judged by."""

UTF_8, UTF_16, WINDOWS_1252 = "utf-8-sig", "utf-16", "cp1252"
MAX_COLUMNS = 4 * MAX_LEADS
MAX_ROW = 2**16

LINE_ENDS = re.compile(r"\r\n|\r|\n")
"""Where pandas begins another row: at no other of those that Unicode knows."""

BLANKS = " "
"""The separator of columns that one blank or more stand between."""


@dataclass(frozen=True)
class Text:
    """A file that is text, and its first whole lines."""

    file: Path
    encoding: str
    head: tuple[str, ...]

    def opened(self) -> TextIOWrapper:
        """The file, as text whose line ends are as they were."""
        return self.file.open(encoding=self.encoding, errors="replace", newline="")

    def windows(self, count: int) -> Iterator[str]:
        """Whole lines from so many places all over a long file; none of one that its beginning shows enough of."""
        size = self.file.stat().st_size
        if size < HEAD + count * WINDOW:
            return
        with self.file.open("rb") as opened:
            mark = opened.read(2)
            for place in np.linspace(HEAD, size - WINDOW, count, dtype=np.int64).tolist():
                opened.seek(place - place % 2)
                yield _whole_lines(_decoded(opened.read(WINDOW), self.encoding, mark))


@dataclass(frozen=True)
class Measure:
    """The bytes of the longest row, at least so many columns as one has, and whether cells are in quotes."""

    longest: int
    columns: int
    quoted: bool


def read_text(file: Path) -> Text:
    """Raises UnreadableRecording for what is no text, or has lines that are too long for rows."""
    with file.open("rb") as opened:
        first = opened.read(HEAD)
    whole = file.stat().st_size <= len(first)
    encoding = _encoding(first, whole)
    text = first.decode(encoding, errors="replace")
    lines = LINE_ENDS.split(text)
    if not text.strip() or "\0" in text:
        raise UnreadableRecording(
            f"{file.name} is no table: expected a row a sample, with numbers between commas, in UTF-8, or in UTF-16 "
            "with a byte order mark"
        )
    if max(map(len, lines)) > MAX_ROW:
        raise long_row(file)
    return Text(file, encoding, tuple(lines if whole else lines[:-1]))


def measure(text: Text, skipped: int, separator: str, quote: str) -> Measure:
    """That of the rows after so many lines; what this takes does not grow with the file.

    Raises UnreadableRecording for a row that is too long, has too many columns, or a cell in quotes that does not end
    in it.
    """
    longest, most, quoted = 1, 1, False
    for lines in _blocks_of_lines(text, skipped):
        codes = np.frombuffer(lines, np.uint8)
        ends = np.flatnonzero((codes == ord("\n")) | (codes == ord("\r")))
        length = int(np.diff(ends, prepend=-1).max()) - 1
        if length > MAX_ROW:
            raise long_row(text.file)
        if separator != BLANKS and quote.encode() in lines:
            quoted = True
            columns = _columns_in_quotes(text.file, lines.decode(errors="replace"), separator, quote)
        else:  # to count them takes as long as all the rest
            columns = _columns(codes, ends, separator) if length >= MAX_COLUMNS else length + 1
        if columns > MAX_COLUMNS:
            raise many_columns(text.file, columns)
        longest, most = max(longest, length), max(most, columns)
    return Measure(longest, most, quoted)


def long_row(file: Path) -> UnreadableRecording:
    """The error of a row that is too long."""
    return UnreadableRecording(
        f"{file.name} is no table: it has a row of over {MAX_ROW:,} bytes, expected a row a sample; where a row is a "
        "lead, turn the table round"
    )


def many_columns(file: Path, columns: int) -> UnreadableRecording:
    """The error of a row with too many columns."""
    return UnreadableRecording(
        f"{file.name} has a row of {columns:,} columns, expected at most {MAX_COLUMNS}; send fewer signals, and "
        "where a row is a lead, turn the table round: a row is a sample"
    )


def _encoding(first: bytes, whole: bool) -> str:
    """What it is written in: Excel writes the code page of its country, or UTF-16 with its mark."""
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return UTF_16
    try:
        codecs.getincrementaldecoder("utf-8")().decode(first, final=whole)
    except UnicodeDecodeError:
        return WINDOWS_1252
    return UTF_8


def _decoded(content: bytes, encoding: str, mark: bytes) -> str:
    if encoding == UTF_16:
        encoding = "utf-16-be" if mark == codecs.BOM_UTF16_BE else "utf-16-le"
    return content.decode(encoding, errors="replace")


def _whole_lines(text: str) -> str:
    begins = min((at for at in (text.find("\n"), text.find("\r")) if at >= 0), default=len(text))
    return text[begins + 1 : max(text.rfind("\n"), text.rfind("\r")) + 1]


def _blocks_of_lines(text: Text, skipped: int) -> Iterator[bytes]:
    """The rows after so many lines, whole lines of them at once, each of which ends as a line does."""
    rest = b""
    for piece in _pieces(text, skipped):
        end = max(piece.rfind(b"\n"), piece.rfind(b"\r")) + 1
        if end:
            yield rest + piece[:end]
            rest = b""
        rest += piece[end:]
        if len(rest) > MAX_ROW:
            raise long_row(text.file)
    if rest:
        yield rest + b"\n"


def _pieces(text: Text, skipped: int) -> Iterator[bytes]:
    """What follows so many lines, in an encoding whose separators are those of ASCII."""
    if text.encoding == UTF_16:
        with text.opened() as opened:
            for _ in range(skipped):
                opened.readline()
            yield from iter(lambda: opened.read(PIECE).encode(), b"")
    else:
        with text.file.open("rb") as raw:
            ends = re.finditer(rb"\r\n|\r|\n", raw.read(HEAD))
            raw.seek([0, *(end.end() for end in itertools.islice(ends, skipped))][-1])
            yield from iter(lambda: raw.read(PIECE), b"")


def _columns(codes: np.ndarray, ends: np.ndarray, separator: str) -> int:
    """The most columns of a row without quotes."""
    starts = np.concatenate([[0], ends[:-1] + 1])
    if separator != BLANKS:
        return 1 + int(np.add.reduceat(codes == ord(separator), starts, dtype=np.int64).max())
    blank = (codes == ord(" ")) | (codes == ord("\t")) | (codes == ord("\n")) | (codes == ord("\r"))
    words = ~blank & np.concatenate([[True], blank[:-1]])
    return int(np.add.reduceat(words, starts, dtype=np.int64).max())


def _columns_in_quotes(file: Path, lines: str, separator: str, quote: str) -> int:
    """The most columns of a row, where cells are in quotes, each of which ends before its line does."""
    rows = LINE_ENDS.split(lines)  # the last one is empty: a quote before it that is left open takes it in
    read = csv.reader(rows, delimiter=separator, quotechar=quote, skipinitialspace=True)
    try:
        counts = [len(cells) for cells in read]
    except csv.Error:  # an open quote took in more than a cell may hold
        counts = []
    if len(counts) != len(rows):
        raise UnreadableRecording(
            f"{file.name} has a cell in quotes ({quote}) that does not end in its row; expected a row a line: close "
            "the quotes, or leave the column out"
        )
    return max(counts)
