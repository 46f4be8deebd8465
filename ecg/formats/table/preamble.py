"""The preamble: the lines before a table, and what they say of rate, unit, names and time, in any language.

Who was recorded, and when he was born, may stand there too: of what is read here, nothing of that is ever kept.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from ecg.formats.table.names import SECONDS, VOLTS, kind_of
from ecg.formats.table.times import day_is_first, moment
from ecg.leads import plain_name
from ecg.units import millivolts

COMMENTS = ("#", "%", "//")
AROUND = "#%/ \t\"'"
SEPARATORS = (":=", ":", "=", ",", "\t", ";")

MAX_LINES = 1000
MAX_VALUE = 200
"""Characters that are looked at for a rate, a unit or a date."""

SAMPLING = re.compile(
    r"sampl|abtast|messrate|chantillon|muestr|campion|amostr|\bfs\b|\bsr\b|\bsps\b|\brate\b|frequen|fréquen|frecuen|"
    r"częstotl|vzork|örnek|дискрет|частот|サンプ|采样|採樣|取样|取樣|샘플",
    re.IGNORECASE,
)
INTERVAL = re.compile(r"interval|period|time ?step|\bdt\b", re.IGNORECASE)
NO_RATE = re.compile(
    r"heart|herzf|puls|card|filter|pass|notch|cut|respir|beat|\bbit|baud|band|birth|geburt|naiss|nacim|nasc|phone",
    re.IGNORECASE,
)
HERTZ = re.compile(
    r"(\d{1,9}(?:[.,]\d{1,9})?)\s?[\[(]?(k?)(?:hz|hertz|herz|herc|hercio|sps|samples?/s|герц|гц|ヘルツ|赫|헤르츠)",
    re.IGNORECASE,
)
PLAIN = re.compile(r"\d{1,9}(?:[.,]\d{1,9})?")
STEP = re.compile(r"(\d{1,9}(?:[.,]\d{1,9})?(?:e-?\d{1,2})?)\s?([a-zµμ]{1,12})", re.IGNORECASE)
PER_SAMPLE = re.compile(r"(?:/|per) ?sample", re.IGNORECASE)
LABELS = re.compile(
    r"(labels?|channels?|columns?|leads?|signals?|channel ?titles?|ableitung(en)?|kanäle)", re.IGNORECASE
)
RANGE = re.compile(r"[-+\d., ]{1,20}([munµμ]?v)", re.IGNORECASE)
BIRTH = re.compile(r"birth|geburt|naiss|nacim|nasc|dob|urod|роду|рожд|生", re.IGNORECASE)

RESOLUTION = re.compile(r"resol|auflös|lsb|sensitiv|gain|scal|per bit|adc", re.IGNORECASE)
VOLTS_A_COUNT = re.compile(r"(\d{1,9}(?:[.,]\d{1,9})?) ?([nuµμm]v)(?!/)", re.IGNORECASE)
COUNTS_A_MILLIVOLT = re.compile(r"(\d{1,9}(?:[.,]\d{1,9})?) ?(?:adu|counts?|lsb|units?|bits?)? ?/ ?mv", re.IGNORECASE)

OPENSIGNALS = "OpenSignals"
BIOSPPY = "BioSPPy"
APPLE = "Apple Health CSV"
LABCHART = "LabChart"
ACQKNOWLEDGE = "AcqKnowledge"

Columns = tuple[str, ...]


@dataclass(frozen=True)
class Preamble:
    """What the lines say; None and nothing where they do not.

    `labels` and `units` are lists that may be those of the columns, if they are as many. `count` is what one count of
    the converter is in mV, `bits` its resolution, where the table holds its counts.
    """

    fs: float | None = None
    unit: str | None = None
    lead: str | None = None
    labels: tuple[Columns, ...] = ()
    units: Columns = ()
    bits: int | None = None
    count: float | None = None
    begun: datetime | None = None
    dialect: str | None = None


def is_comment(line: str) -> bool:
    """Whether a line is marked as one that is no row."""
    return line.lstrip(" \"'").startswith(COMMENTS)


def read_preamble(lines: Sequence[str]) -> Preamble:
    """What the lines say together."""
    whole = [pair for line in lines[:MAX_LINES] if (pair := _pair(line))]
    pairs = [(key, value) for key, value in whole if len(key) + len(value) <= MAX_VALUE]
    found = Preamble(
        fs=_rate(pairs),
        unit=_unit(pairs),
        lead=_lead(pairs),
        labels=tuple(_lists(whole)),
        units=_units(whole),
        count=_count(pairs),
        begun=_begun(pairs),
        dialect=_dialect(lines),
    )
    return _with_devices(found, lines)


def _pair(line: str) -> tuple[str, str] | None:
    """The key and the value of a line; one that has none is all value."""
    plain = line.strip().strip(AROUND)
    places = [(at, -len(mark), mark) for mark in SEPARATORS if (at := plain.find(mark)) >= 0]
    if not plain or plain.startswith("{"):
        return None
    if not places:
        return "", plain
    at, _, mark = min(places)
    return plain[:at].strip(AROUND), plain[at + len(mark) :].strip(AROUND + ",;")


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _rate(pairs: Sequence[tuple[str, str]]) -> float | None:
    """What is called a rate of samples, else what is in Hz and of nothing else; the length of a sample, else."""
    found: list[tuple[int, float]] = []
    for key, value in pairs:
        if NO_RATE.search(key):
            continue
        hertz = HERTZ.search(value)
        plain = PLAIN.match(value)
        if hertz:
            found.append((0 if SAMPLING.search(key) else 2, _number(hertz[1]) * (1000 if hertz[2] else 1)))
        elif plain and SAMPLING.search(key) and not INTERVAL.search(key):
            found.append((1, _number(plain[0]) * (1000 if "khz" in key.lower() else 1)))
        elif (step := STEP.match(value + _unit_of(key))) and (INTERVAL.search(key) or PER_SAMPLE.search(value)):
            length = _number(step[1]) * SECONDS.get(step[2].lower(), 0.0)
            found += [(1, 1 / length)] if length > 0 else []
    likely = [(rank, rate) for rank, rate in found if rate > 0 and (rank < 2 or rate >= 50)]
    return min(likely, key=lambda pair: pair[0])[1] if likely else None


def _unit_of(key: str) -> str:
    """That in brackets at the end of a key."""
    return key[key.rfind("(") + 1 : -1] if key.endswith(")") else ""


def _unit(pairs: Sequence[tuple[str, str]]) -> str | None:
    """A voltage that stands by itself, after whatever word, once or for each column."""
    for _, value in (pair for pair in pairs if pair[0]):
        units = {VOLTS.get(unit.lower(), unit) for part in value.split(",") if (unit := part.strip("()[] \t"))}
        if len(units) == 1 and millivolts(unit := units.pop()):
            return unit
    return None


def _count(pairs: Sequence[tuple[str, str]]) -> float | None:
    """What one count of the converter is in mV."""
    for key, value in pairs:
        if RESOLUTION.search(key):
            if match := COUNTS_A_MILLIVOLT.search(value):
                return 1 / _number(match[1]) if _number(match[1]) else None
            if match := VOLTS_A_COUNT.match(value):
                return (millivolts(match[2]) or 0.0) * _number(match[1]) or None
    return None


def _lead(pairs: Sequence[tuple[str, str]]) -> str | None:
    """`Lead,Lead I` and `Ableitung,Ableitung I`: what follows where a line's word is said once more."""
    for key, value in pairs:
        rest = value.removeprefix(key).strip() if key else ""
        if key and kind_of(rest, None) == "lead" and (rest != value or LABELS.fullmatch(key)):
            return plain_name(rest) if rest != value else rest
    return None


def _lists(pairs: Sequence[tuple[str, str]]) -> Iterator[Columns]:
    for key, value in pairs:
        if LABELS.fullmatch(key.strip()):
            mark = max("\t;,", key=value.count)
            yield tuple(part.strip(AROUND) for part in value.split(mark))


def _units(pairs: Sequence[tuple[str, str]]) -> Columns:
    """Those of the ranges that LabChart gives, a channel each."""
    ranges = next((value.split("\t") for key, value in pairs if key.lower() == "range"), [])
    return tuple(match[1] if (match := RANGE.fullmatch(part.strip())) else "" for part in ranges)


def _begun(pairs: Sequence[tuple[str, str]]) -> datetime | None:
    """The first date with a time of day; none that somebody was born on."""
    values = [value for key, value in pairs if not BIRTH.search(key) and ":" in value]
    return next((found for value in values if (found := moment(value, day_first=day_is_first([value])))), None)


def _dialect(lines: Sequence[str]) -> str | None:
    first = lines[0] if lines else ""
    text = "\n".join(lines)
    if "OpenSignals" in first:
        return OPENSIGNALS
    if "Simple Text Format" in first:
        return BIOSPPY
    if first.startswith("Interval=") and "ChannelTitle=" in text:
        return LABCHART
    if ".acq" in first or PER_SAMPLE.search(text):
        return ACQKNOWLEDGE
    return APPLE if "Watch" in text and HERTZ.search(text) else None


def _with_devices(found: Preamble, lines: Sequence[str]) -> Preamble:
    """Of OpenSignals' line of JSON, one entry a device, with their columns side by side."""
    device = next((object_ for line in lines if (object_ := _device(line))), None)
    if device is None:
        return found
    names = [str(name) for name in _list(device, "column")]
    labels, sensors = _list(device, "label"), _list(device, "sensor")
    for label, sensor in zip(labels, sensors, strict=False):
        if str(label) in names and str(sensor) not in ("", "RAW", "CUSTOM"):
            names[names.index(str(label))] = str(sensor)
    rate = device.get("sampling rate")
    bits = [int(each) for each in _list(device, "resolution") if isinstance(each, int) and 8 <= each <= 32]
    return replace(
        found,
        fs=float(rate) if isinstance(rate, int | float) and 0 < rate < 1e6 else found.fs,
        labels=(tuple(names), *found.labels),
        bits=max(bits, default=None),
        begun=_began(device) or found.begun,
    )


def _device(line: str) -> dict[str, object] | None:
    plain = line.strip().strip("# ")
    if not plain.startswith("{"):
        return None
    try:
        read = json.loads(plain)
    except (ValueError, RecursionError):
        return None
    if isinstance(read, dict) and "sampling rate" not in read:
        read = next(iter(read.values()), None)
    return read if isinstance(read, dict) and "sampling rate" in read else None


def _list(device: dict[str, object], key: str) -> list[object]:
    found = device.get(key)
    return found if isinstance(found, list) else []


def _began(device: dict[str, object]) -> datetime | None:
    day, clock = str(device.get("date", "")), str(device.get("time", ""))
    found = moment(f"{day} {clock}".strip()) if day and clock else None
    return found if found and found.time() != time() else None
