"""The header of a WFDB recording (.hea), as header(5) of the WFDB Applications Guide describes it.

It comes from strangers. Each line is held against the standard before wfdb reads it, for wfdb takes what it does not
understand for a description: `16x-1 200/mV` would silently be another gain. And each file that it names must be a bare
name that lies beside it.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import wfdb

from ecg.errors import UnreadableRecording
from ecg.messages import reason, shortened
from ecg.source import MAX_LEADS

SUFFIX = ".hea"
MAX_HEADER = 2**20
MAX_LINE = 1000
MAX_SEGMENTS = 4000
"""Of which each is a header to read, or a gap."""

LINE_ENDS = re.compile(r"[\n\r\v\f\x1c-\x1e]+")
"""Where wfdb ends a line of ASCII; other alphabets have more line ends, which it drops."""

BLANKS = re.compile(r"[ \t]+")
RECORD = re.compile(
    r"[-\w]++(/(?P<segments>\d++))?[ \t]++(?P<signals>\d++)"
    r"([ \t]++(?P<fs>\d++(\.\d*+)?|\.\d++)(/-?+\d++(\.\d*+)?(\(-?+\d++(\.\d*+)?\))?)?"
    r"([ \t]++(?P<length>\d++)([ \t].*+)?)?)?",
    re.ASCII,
)
"""What is repeated, here and below, is not tried at another length: to match takes as long as the line is."""

SEGMENT = re.compile(r"(?P<name>~|[-\w]++)[ \t]++\d++", re.ASCII)
FILE = re.compile(r"[-\w]++(\.\w*+)?", re.ASCII)
FORMAT = re.compile(r"\d++(x0*+[1-9]\d*+)?(:\d++)?(\+\d++)?", re.ASCII)
GAIN = re.compile(
    r"(?P<a_unit>-?+(\d++(\.\d*+)?|\.\d++)(e[-+]?+\d++)?)(\(-?+\d++\))?(/(?P<unit>[\w^?%/\-\x80-\U0010ffff]++))?",
    re.ASCII,
)
DEFAULT_UNIT = "mV"
"""Of a signal whose header states none."""

DEFAULT_FS = 250.0
NUMBERS = {
    "ADC resolution": re.compile(r"\d++", re.ASCII),
    "ADC zero": re.compile(r"-?+\d++", re.ASCII),
    "initial value": re.compile(r"-?+\d++", re.ASCII),
    "checksum": re.compile(r"-?+\d++", re.ASCII),
    "block size": re.compile(r"\d++", re.ASCII),
}
"""Of a signal, between its gain and its description, which may begin early."""

NOTHING = "~"
"""A segment without a recording, or the file of a signal without samples."""


@dataclass(frozen=True)
class Extent:
    """The rate that a header gives, and its number of samples, None where it gives none."""

    fs: float
    length: int | None


def read_extent(header: Path) -> Extent:
    """The extent of a recording whose signal files need not be there. Raises UnreadableRecording."""
    first = _first(header, _lines(header))
    return Extent(float(first["fs"] or DEFAULT_FS), int(first["length"] or 0) or None)


@dataclass(frozen=True)
class Header:
    """What a header says, of a recording or of one that is made up of segments (`wfdb.MultiRecord`).

    Of each signal `units` has what is stated, empty where nothing is; `uncalibrated` whether its gain is 0 or missing.
    """

    file: Path
    record: wfdb.Record | wfdb.MultiRecord
    units: tuple[str, ...] = ()
    uncalibrated: tuple[bool, ...] = ()

    @property
    def has_segments(self) -> bool:
        """Whether it is that of a recording which is made up of others."""
        return isinstance(self.record, wfdb.MultiRecord)


def read_header(file: Path) -> Header:
    """What a header says; the files that it names are there. Raises UnreadableRecording."""
    lines = _lines(file)
    first = _first(file, lines)
    if first["segments"] is None:
        _check_signals(file, lines[1:], int(first["signals"]), int(first["length"] or 1))
    else:
        _check_segments(file, lines[1:], int(first["segments"]))
    try:
        record = wfdb.rdheader(str(file.with_suffix("")))
    except Exception as error:  # a parser of strangers' files may raise anything
        raise UnreadableRecording(f"{file.name} is no WFDB header: {reason(error, file)}") from error
    if first["segments"] is not None:
        return Header(file, record)
    gains = [GAIN.fullmatch("".join(BLANKS.split(line)[2:3])) for line in lines[1:]]
    units = tuple((gain and gain["unit"]) or "" for gain in gains)  # wfdb would take µV for V: it drops the µ
    return Header(file, record, units, tuple(gain is None or not float(gain["a_unit"]) for gain in gains))


def _first(header: Path, lines: Sequence[str]) -> re.Match[str]:
    """What the first line says."""
    first = RECORD.fullmatch(lines[0])
    if first is None:
        raise UnreadableRecording(
            f"{header.name} begins with {shortened(lines[0])!r}, expected a name of ASCII letters, digits, - and _, "
            "the number of signals, their rate and their number of samples, such as 100 2 360 650000"
        )
    return first


def _lines(header: Path) -> list[str]:
    """Those that are no comments, at least one, once it is certain that this can be a header."""
    if header.suffix != SUFFIX:
        raise UnreadableRecording(
            f"got the header {header.name}, expected the ending {SUFFIX} in small letters; rename it"
        )
    try:
        if header.stat().st_size > MAX_HEADER:
            raise UnreadableRecording(f"{header.name} has over {MAX_HEADER:,} bytes, which no header has")
        content = header.read_bytes()
    except OSError as error:
        raise UnreadableRecording(f"cannot read {header.name}: {error.strerror}; expected a WFDB header") from error
    lines = [line.strip() for line in LINE_ENDS.split(_decoded(content))]
    if any(len(line) > MAX_LINE for line in lines):
        raise UnreadableRecording(f"{header.name} has a line of over {MAX_LINE:,} characters, which no header has")
    lines = [line for line in lines if line and not line.startswith("#")]
    if not lines:
        raise UnreadableRecording(f"{header.name} is empty, expected a WFDB header")
    return lines


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _check_segments(header: Path, lines: Sequence[str], segments: int) -> None:
    if len(lines) != segments or not segments:
        raise UnreadableRecording(f"{header.name} says {segments} segments and names {len(lines)}")
    if segments > MAX_SEGMENTS:
        raise UnreadableRecording(
            f"{header.name} has {segments:,} segments, expected at most {MAX_SEGMENTS:,}; send a shorter part"
        )
    for line in lines:
        segment = SEGMENT.fullmatch(line)
        if segment is None:
            raise UnreadableRecording(
                f"{header.name} has the segment {shortened(line)!r}, expected a bare name, which is that of a header "
                "beside it, and its number of samples, such as 100_1 5000"
            )
        if segment["name"] != NOTHING:
            _check_there(header, f"{segment['name']}{SUFFIX}")


def _check_signals(header: Path, lines: Sequence[str], signals: int, length: int) -> None:
    if not 0 < signals <= MAX_LEADS:
        raise UnreadableRecording(f"{header.name} has {signals} signals, expected 1 to {MAX_LEADS}")
    if len(lines) != signals:
        raise UnreadableRecording(f"{header.name} says {signals} signals and describes {len(lines)}")
    for line in lines:
        name, *fields = BLANKS.split(line)
        if name != NOTHING or length:  # without samples: the layout of a recording whose segments differ
            if not FILE.fullmatch(name):
                raise UnreadableRecording(
                    f"{header.name} names the file {shortened(name)!r}, expected a bare name without a folder, of "
                    "ASCII letters, digits, - and _, such as 100.dat"
                )
            _check_there(header, name)
        _check_fields(header, name, fields)


def _check_fields(header: Path, name: str, fields: Sequence[str]) -> None:
    """Those of one signal after the name of its file: format, gain, five numbers, a description."""
    if not fields or not FORMAT.fullmatch(fields[0]):
        raise _bad_field(header, name, "format", fields[0] if fields else "", "such as 16, 212 or 16x2:0+24")
    for gain in fields[1:2]:
        found = GAIN.fullmatch(gain)
        if found is None or not math.isfinite(float(found["a_unit"])):
            raise _bad_field(header, name, "gain", gain, "units a mV, perhaps with a baseline, such as 200(1024)/mV")
    for (what, pattern), field in zip(NUMBERS.items(), fields[2:], strict=False):
        if field[0].isalpha():
            return
        if not pattern.fullmatch(field):
            raise _bad_field(header, name, what, field, "a whole number")


def _bad_field(header: Path, name: str, what: str, got: str, expected: str) -> UnreadableRecording:
    return UnreadableRecording(
        f"{header.name} gives a signal in {name} the {what} {shortened(got)!r}, expected {expected}"
    )


def _check_there(header: Path, name: str) -> None:
    """Only a file that lies beside the header, and no link, is opened."""
    file = header.with_name(name)
    try:
        there = file.is_file() and not file.is_symlink()
    except OSError:  # no file can have a name so long
        there = False
    if not there:
        raise UnreadableRecording(f"{header.name} names the file {shortened(name)}, which is not there; send it too")
