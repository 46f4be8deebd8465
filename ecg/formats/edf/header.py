"""The header of an EDF or BDF file: a part of the whole file, then each of several fields, of all signals.

Whoever wrote it may have written numbers otherwise than the standard wants: `256.0`, `0,5`, or zero bytes around them.
The fields that name a patient are never read.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from ecg.errors import UnreadableRecording
from ecg.formats.reading import Reading
from ecg.messages import listed
from ecg.source import MAX_LEADS

FIXED = 256
"""Bytes of the header's first part, and of each signal's."""

VERSIONS = {b"0       ": 2, b"\xffBIOSEMI": 3}
"""How a file begins, and the bytes of its samples: EDF's, and BDF's."""

MAX_RECORDS = 2**20
"""Data records of a discontinuous file, each of which says when it begins: twelve days, at one a second."""

ANNOTATIONS = ("EDF Annotations", "BDF Annotations")

FIELDS = {
    "label": (0, 16),
    "unit": (96, 8),
    "physical minimum": (104, 8),
    "physical maximum": (112, 8),
    "digital minimum": (120, 8),
    "digital maximum": (128, 8),
    "number of samples": (216, 8),
}
"""Of each signal: how many bytes of a signal are before all of this field, and how many it has."""

STARTDATE = re.compile(rb"Startdate (\d\d-[A-Za-z]{3}-\d{4}|X) ")
CENTURY = 85
"""Of two figures for a year, the first that means 19.."""


@dataclass(frozen=True)
class Range:
    """What makes a physical value of a digital one: (digital + offset) gain."""

    gain: float
    offset: float


@dataclass(frozen=True)
class EdfSignal:
    """One of the file; `place` is where it begins in a data record, in samples.

    `range` is a text that says what is wrong where there is none.
    """

    label: str
    unit: str
    samples: int
    place: int
    range: Range | str


@dataclass(frozen=True)
class Header:
    """What the file's first bytes say, found true. `width` is the bytes of a sample.

    After whole data records a file that was cut off may hold `rest` bytes of another one.
    """

    file: Path
    size: int
    width: int
    discontinuous: bool
    records: int
    rest: int
    seconds: float
    signals: tuple[EdfSignal, ...]
    begun: datetime | None

    @property
    def samples(self) -> int:
        """Of all signals in a data record."""
        return sum(signal.samples for signal in self.signals)

    @property
    def annotations(self) -> EdfSignal | None:
        """The signal that says when each data record begins."""
        return next((signal for signal in self.signals if signal.label in ANNOTATIONS), None)


def is_edf(first: bytes) -> bool:
    """Whether a file that begins so is an EDF or BDF: two figures stand where its header says how long it is."""
    return _width(first) is not None and first[184:192].strip(b" \0").isdigit()


def _width(first: bytes) -> int | None:
    """The bytes of a sample, by how a file begins."""
    return VERSIONS.get(first[:8].replace(b"\0", b" "))


def read_header(reading: Reading) -> Header:
    """What the header says, with a warning where the file holds more or less. Raises UnreadableRecording."""
    file = reading.file
    with file.open("rb") as opened:
        fixed = opened.read(FIXED)
        width = _width(fixed)
        if len(fixed) < FIXED or width is None:
            raise UnreadableRecording(f"{file.name} does not begin as an EDF file does")
        count = _whole(file, fixed[252:256], "number of signals")
        if not 0 < count <= 4 * MAX_LEADS:
            raise UnreadableRecording(f"{file.name} says {count} signals, expected 1 to {4 * MAX_LEADS}")
        rest = opened.read(FIXED * count)
    size = _whole(file, fixed[184:192], "number of header bytes")
    if size != FIXED * (count + 1) or len(rest) < FIXED * count:
        raise UnreadableRecording(f"{file.name}: the header says that it has {size} bytes, with {count} signals")
    signals = _signals(file, rest, count)
    seconds = _seconds(reading, fixed[244:252], signals)
    discontinuous = fixed[192:197] in (b"EDF+D", b"BDF+D")
    said = _whole(file, fixed[236:244], "number of data records")
    records, rest_of_one = _records(reading, size, width * sum(signal.samples for signal in signals), said)
    if discontinuous and not records:
        raise UnreadableRecording(f"{file.name} holds no whole data record; send it anew")
    if discontinuous:
        rest_of_one = 0  # nobody knows when it begins
    if discontinuous and records > MAX_RECORDS:
        raise UnreadableRecording(
            f"{file.name} has gaps (EDF+D) and {records:,} data records, expected at most {MAX_RECORDS:,}; save it "
            "with longer ones"
        )
    return Header(file, size, width, discontinuous, records, rest_of_one, seconds, signals, _begun(fixed))


def number(text: bytes) -> float:
    """What is written, be it with a comma, or among zero bytes. Raises ValueError."""
    plain = text.replace(b"\0", b" ").strip().replace(b",", b".")
    if b"_" in plain:  # 1_0 is a number to Python alone
        raise ValueError(plain)
    return float(plain)


def _whole(file: Path, text: bytes, what: str) -> int:
    value = _number(file, text, what)
    if not value.is_integer():
        raise UnreadableRecording(f"{file.name}: got {value:g} for the {what}, expected a whole number")
    return int(value)


def _number(file: Path, text: bytes, what: str) -> float:
    try:
        return number(text)
    except ValueError as error:
        raise UnreadableRecording(f"{file.name}: got {_text(text)!r} for the {what}, expected a number") from error


def _text(field: bytes) -> str:
    """In ASCII by the standard, but for what writes µV."""
    field = field.replace(b"\0", b" ").strip()
    try:
        return field.decode()
    except UnicodeDecodeError:
        return field.decode("latin-1")


def _signals(file: Path, rest: bytes, count: int) -> tuple[EdfSignal, ...]:
    def field(name: str, signal: int) -> bytes:
        before, length = FIELDS[name]
        return rest[before * count + length * signal :][:length]

    samples = [
        _whole(file, field("number of samples", n), f"number of samples of signal {n + 1}") for n in range(count)
    ]
    if min(samples) < 0 or not any(samples):
        raise UnreadableRecording(
            f"{file.name} says that its signals have {listed(samples)} samples in a data record, expected 1 or more"
        )
    places = np.cumsum([0, *samples]).tolist()
    return tuple(
        EdfSignal(
            _text(field("label", n)),
            _text(field("unit", n)),
            samples[n],
            places[n],
            _range({name: field(name, n) for name in FIELDS if "mum" in name}) if samples[n] else "it has no samples",
        )
        for n in range(count)
    )


def _range(fields: dict[str, bytes]) -> Range | str:
    """That of a signal, or what is wrong with it."""
    values: dict[str, float] = {}
    for name, text in fields.items():
        try:
            values[name] = number(text)
        except ValueError:
            return f"its {name} is {_text(text)!r}, expected a number"
    least, most, digital_least, digital_most = values.values()
    with np.errstate(all="ignore"):
        gain = np.float64(most - least) / np.float64(digital_most - digital_least)
        offset = most / gain - digital_most
    if digital_most <= digital_least or gain == 0 or not np.isfinite([gain, offset]).all():
        return f"it goes from {digital_least:g} to {digital_most:g} for {least:g} to {most:g}, which is no range"
    return Range(float(gain), float(offset))


def _seconds(reading: Reading, text: bytes, signals: tuple[EdfSignal, ...]) -> float:
    """Of a data record; where the file says 0, what the caller says of the rate decides."""
    seconds = _number(reading.file, text, "seconds of a data record")
    others = [signal.samples for signal in signals if signal.label not in ANNOTATIONS]
    if seconds == 0 and others and reading.options.fs:
        return max(others) / reading.options.fs
    if not 0 <= seconds < np.inf or (seconds == 0 and others):
        raise UnreadableRecording(
            f"{reading.file.name} says that a data record lasts {seconds:g} s, expected more than 0; say the rate (fs)"
        )
    return seconds


def _records(reading: Reading, header: int, record: int, said: int) -> tuple[int, int]:
    """The data records that are there, and the bytes of one that is cut off."""
    name, size = reading.file.name, reading.file.stat().st_size
    there, rest = divmod(max(size - header, 0), record)
    if said < 0:
        reading.doubt(
            "truncated",
            f"{name} says {said} data records: the program that recorded it never closed it; read what is there, "
            f"{there:,}",
        )
    elif there != said or rest:
        reading.doubt(
            "truncated",
            f"{name} is {'truncated' if there < said else 'longer than it says'}, or its header lies: got {size:,} "
            f"bytes, expected {header + record * said:,} for {said:,} data records; read what is there, {there:,}",
        )
    rest = 0 if 0 <= said <= there else rest
    if not there and not rest:
        raise UnreadableRecording(f"{name} holds no data record; send it anew")
    return there, rest


def _begun(fixed: bytes) -> datetime | None:
    """Where the file states a date: EDF+ may say that it does not, and its first fields then mean nothing."""
    full = STARTDATE.match(fixed[88:168])
    date, time = (re.findall(rb"\d+", field) for field in (fixed[168:176], fixed[176:184]))
    if len(date) != 3 or len(time) != 3 or (full and full[1] == b"X"):
        return None
    day, month, year = map(int, date)
    hour, minute, second = map(int, time)
    year = int(full[1][-4:]) if full else year + (1900 if year >= CENTURY else 2000)
    try:
        begun = datetime(year, month, day, hour, minute, second)
    except ValueError:
        return None
    return None if begun == datetime(1900 + CENTURY, 1, 1) else begun
