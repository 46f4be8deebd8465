"""Names of columns: the unit that one may end in, and what a name says that its column is."""

import re
from dataclasses import dataclass
from typing import Literal

from ecg.leads import may_be_ecg, plain_name
from ecg.units import millivolts

Kind = Literal["lead", "time", "index", "other", "axis", "unknown"]
"""What a name means; an axis (X) may be a lead where nothing else is one."""

SECONDS = {
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "sekunden": 1.0,
    "ms": 1e-3, "msec": 1e-3, "msecs": 1e-3, "millis": 1e-3, "millisecond": 1e-3, "milliseconds": 1e-3,
    "us": 1e-6, "µs": 1e-6, "μs": 1e-6, "usec": 1e-6, "micros": 1e-6, "microseconds": 1e-6,
    "ns": 1e-9, "nsec": 1e-9, "nanos": 1e-9, "nanoseconds": 1e-9,
    "min": 60.0, "mins": 60.0, "minutes": 60.0, "h": 3600.0, "hours": 3600.0, "days": 86400.0,
}  # fmt: skip
"""How long a unit of time is."""

MAX_UNIT = 40
"""Characters."""

VOLTS = {"volt": "V", "volts": "V", "millivolt": "mV", "millivolts": "mV", "microvolt": "uV", "microvolts": "uV"}

COUNTS = frozenset(
    (
        "adu",
        "adc",
        "lsb",
        "count",
        "counts",
        "raw",
        "digit",
        "digits",
        "a.u.",
        "au",
        "adunits",
        "none",
        "nu",
        "no_units",
    )
)
"""What a converter counts in: nobody can say how many are a mV."""

PATTERN = re.compile(r"[-hmsdyfzapt:./, ]*(hh|mm|yyyy|dd)[-hmsdyfzapt:./, ]*", re.IGNORECASE)
"""A time's form, in a unit's place."""

PART_OF_A_SECOND = re.compile(r"s/\d{1,6}")

OTHER_UNITS = frozenset(
    ("mmhg", "bpm", "%", "1/min", "l/min", "g", "mg", "°c", "dps", "lux", "deg", "hz", "ohm", "kohm", "us/cm",
     "m/s", "m/s^2", "m/s²", "/min", "beats/min", "pa", "kpa", "cmh2o", "t", "ut", "gauss")
)  # fmt: skip

BARE = frozenset((*SECONDS, "mv", "uv", "µv", "μv", "bpm")) - {"h", "min", "mins", "days", "second"}
"""Units that a name may end in without brackets; `Lead V` has none."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


TIME_WORDS = _words(
    "time times timestamp timestamps date datetime clock elapsed seconds sec secs milliseconds millis msec micros zeit "
    "zeitstempel datum uhrzeit temps horodatage heure tiempo fecha hora tempo tijd tid czas cas čas vreme idő aika "
    "zaman время дата 时间 時間 時刻 시간"
)
INDEX_WORDS = _words("sample samples index idx n no nr num row rows nseq seq sequence counter count unnamed")
INDEX_COMPANIONS = INDEX_WORDS | {"number", "id", "#", "packet", "frame"}
LEAD_WORDS = ("ecg", "ekg", "lead", "ableitung", "derivation", "dérivation", "derivación", "mlii", "voltage")
PART_OF_OTHER = _words(
    "rate hr heart bpm pulse quality sqi signalquality status state off acc accel acceleration accelerometer gyro "
    "gyroscope mag magnetometer photosensor lux light temp temperature battery bat event events marker markers mark "
    "trigger triggers annotation annotations label labels class note notes comment comments rr rri ibi nn hrv resp "
    "respiration breathing spo2 sao2 ppg pleth abp bp eda gsr emg eeg eog motion activity steps peak peaks rpeak "
    "rpeaks qrs beat beats rhythm onset onsets offset offsets phase error errors checksum crc rssi altitude latitude "
    "longitude speed distance cadence power kcal pressure humidity filename file patient subject gender sex age "
    "digital confidence flag flags symbol type kind zone impedance"
)
OTHER_NAME = re.compile(r"(gyro|mag|acc|a|g|m)[ _-]?[xyz]|heartrate|leadoff|i\d|o\d|di\d|do\d|photo\w*", re.IGNORECASE)
AXIS = re.compile(r"[xyz]", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]+")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
STANDARD = _words(
    "I II III AVR AVL AVF -AVR V V1 V2 V3 V4 V5 V6 V7 V8 V9 V3R V4R C1 C2 C3 C4 C6 MV1 ML1 ML3 MLI MLIII MCL MCL1 DI "
    "DIII D1 D3 VX VY VZ"
)
"""Leads, as `ecg.leads.plain_name` writes them."""


@dataclass(frozen=True)
class Name:
    """What a column is called, without the unit that stands with it."""

    text: str
    unit: str | None = None

    @property
    def kind(self) -> Kind:
        """What it means."""
        return kind_of(self.text, self.unit)


def name_of(text: str, unit: str | None = None) -> Name:
    """Of what the row of names says: `II (mV)`, `II [mV]`, `II / mV`, `II_mV`; `unit` is that of the row of units."""
    stated = plain_unit(unit) if unit else None
    if text.endswith((")", "]")):
        outer = max(text.rfind(")", 0, -1), text.rfind("]", 0, -1)) + 1
        opening = min((at for at in (text.find("(", outer), text.find("[", outer)) if at >= 0), default=0)
        plain, inner = text[:opening].rstrip(" _"), text[opening + 1 : -1]
        if plain and is_unit(inner):
            return Name(plain, stated or plain_unit(inner))
        return Name(text, stated)
    after = max(text.rfind(" "), text.rfind("_"), text.rfind("/")) + 1
    plain, last = text[:after].rstrip(" _/,"), text[after:]
    if plain and last.lower() in BARE:
        return Name(plain, stated or plain_unit(last))
    return Name(text, stated)


def plain_unit(unit: str) -> str:
    """A unit without brackets, and voltages by their sign."""
    plain = unit.strip().strip("()[]").strip()
    return VOLTS.get(plain.lower(), plain)


def is_unit(text: str) -> bool:
    """Whether it is a unit that columns come in, or the form of a time."""
    if len(text) > MAX_UNIT:
        return False
    plain = VOLTS.get(text.strip().lower(), text.strip())
    lower = plain.lower()
    known = (
        lower in SECONDS
        or PART_OF_A_SECOND.fullmatch(lower)
        or lower in COUNTS
        or lower in OTHER_UNITS
        or millivolts(plain) is not None
    )
    return bool(known) or is_pattern(plain)


def is_pattern(text: str) -> bool:
    """Whether it is the form of a time, as `hh:mm:ss.mmm`."""
    return len(text) <= MAX_UNIT and PATTERN.fullmatch(text) is not None


def kind_of(name: str, unit: str | None) -> Kind:
    """What a name, with the unit that stands with it, means."""
    words = [word.lower() for word in WORD.findall(CAMEL.sub(" ", name))]
    if plain_name(name) in STANDARD:
        return "lead"
    if not PART_OF_OTHER.intersection(words) and STANDARD.intersection(name.upper().replace("_", " ").split()):
        return "lead"
    if OTHER_NAME.fullmatch(name.strip()):
        return "other"
    if is_lead_word(words) and not PART_OF_OTHER.intersection(words) and may_be_ecg(name):
        return "lead" if not TIME_WORDS.intersection(words) else "time"
    if TIME_WORDS.intersection(words) and not PART_OF_OTHER.intersection(words):
        return "time"
    if AXIS.fullmatch(name.strip()):
        return "lead" if unit and millivolts(unit) else "axis"
    if PART_OF_OTHER.intersection(words) or not may_be_ecg(name):
        return "other"
    return _kind_of_clock(name, unit, words)


def is_lead_word(words: list[str]) -> bool:
    """Whether any of a name's words is one for a lead."""
    return any(word.startswith(LEAD_WORDS) for word in words)


def _kind_of_clock(name: str, unit: str | None, words: list[str]) -> Kind:
    """Of a name that is none of a signal's: a time's, an index's, or nobody's."""
    timed = unit is not None and (
        unit.lower() in SECONDS or is_pattern(unit) or PART_OF_A_SECOND.fullmatch(unit.lower()) is not None
    )
    if name.lower() in ("t", *SECONDS) or timed:
        return "time"
    if not name or (INDEX_WORDS.intersection(words) and INDEX_COMPANIONS.issuperset(words)):
        return "index"
    return "unknown"
