"""Times as cells show them: numbers of a unit, a clock, or a date with a clock, in any of their usual forms."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal

import numpy as np
import pandas as pd
from jaxtyping import Float64

MAX_TIME = 100
"""Characters."""

_CLOCK = r"(?P<clock>\d{1,4}:\d{1,2}(:\d{1,2}(:\d{3})?)?([.,]\d*)?)(\s?(?P<half>[AaPp])\.?[Mm]\.?)?"
_YEAR_FIRST = r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})[-/.](?P<day>\d{1,2})"
_YEAR_LAST = r"(?P<first>\d{1,2})(?P<mark>[-/. ])(?P<second>\d{1,2}|[A-Za-z]{3})[-/. ](?P<last>\d{4}|\d{2})"
_ZONE = r"( ?(?P<zone>Z|UTC|GMT|[-+]\d{2}(:?\d{2})?))?"
_FORMS = [
    re.compile(form)
    for form in (
        rf"{_YEAR_FIRST}([T ]{{1,2}}{_CLOCK}{_ZONE})?",
        rf"{_YEAR_LAST}(,?[T ]{{1,2}}{_CLOCK}{_ZONE})?",
        rf"{_CLOCK} {_YEAR_LAST}",  # as rdsamp writes it
        rf"((?P<days>\d{{1,5}}) days? \+?)?-?{_CLOCK}",
    )
]
_LENGTH = re.compile(r"(?P<number>-?\d{1,15}([.,]\d{0,15})?) ?(?P<unit>s|secs?|seconds?|ms|msec)")
"""A number with its unit, as MATLAB writes times."""
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[-+]\d{2}:?\d{2})?")
_AROUND = "'\" []"
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

Style = Literal["clock", "date"]

DAY = 86400.0


def is_time(cell: str) -> bool:
    """Whether a cell shows a time of day, or a date."""
    return _match(cell) is not None


def style_of(cells: Sequence[str]) -> Style | None:
    """How most of the cells show times; None where they do not."""
    found = [match for cell in cells if (match := _match(cell))]
    if 2 * len(found) <= len(cells):
        return None
    dates = sum(_has_date(match) for match in found)
    return "date" if 2 * dates > len(found) else "clock"


def seconds(column: "pd.Series[str]", style: Style, *, day_first: bool = True) -> Float64[np.ndarray, "row"]:
    """The column's times in seconds: of a clock since it stood at 0, of dates since 1970; NaN for what is none."""
    cells = column.fillna("").str.slice(0, MAX_TIME).str.strip(_AROUND)
    if style == "date":
        return _dates(cells, day_first)
    return np.array([_clock_seconds(cell) for cell in cells.tolist()], dtype=np.float64)


def moment(cell: str, *, day_first: bool | None = True) -> datetime | None:
    """The date and time of a cell, with its zone where it names one.

    None where it is none, or where nobody can say which of its numbers is the day (`day_first` None).
    """
    match = _match(cell)
    if match is None or not _has_date(match):
        return None
    parts = match.groupdict()
    try:
        year, month, day = _date(parts, day_first)
        begins = datetime(year, month, day, tzinfo=_zone(parts.get("zone")))
        clock = _clock_seconds((parts["clock"] or "0:0") + (f" {parts['half']}m" if parts.get("half") else ""))
        return begins + timedelta(seconds=clock)
    except (ValueError, OverflowError):  # the 31st of June, or a day that nobody can say
        return None


def day_is_first(cells: Sequence[str]) -> bool | None:
    """Whether 4/5 is the 4th of May; None where the cells do not show it, and could mean either."""
    matches = [match.groupdict() for cell in cells if (match := _match(cell))]
    dates = [parts for parts in matches if parts.get("first")]
    if any(int(parts["first"]) > 12 for parts in dates) or not dates:
        return True
    if any(parts["second"].isdigit() and int(parts["second"]) > 12 for parts in dates):
        return False
    if any(parts.get("half") for parts in dates):
        return False  # who writes AM and PM writes the month first
    plain = all(
        parts["mark"] == "." or parts["second"].isalpha() or parts["first"] == parts["second"] for parts in dates
    )
    return True if plain else None


def _match(cell: str) -> "re.Match[str] | None":
    cell = cell.strip(_AROUND)
    if not 3 <= len(cell) <= MAX_TIME or not cell.lstrip("-")[:1].isdigit():
        return None
    return next((match for form in (*_FORMS, _LENGTH) if (match := form.fullmatch(cell))), None)


def _has_date(match: "re.Match[str]") -> bool:
    return bool(match.groupdict().get("mark"))


def _date(parts: dict[str, str | None], day_first: bool | None) -> tuple[int, int, int]:
    """Raises ValueError."""
    if parts.get("year"):
        return int(parts["year"] or 0), int(parts["month"] or 0), int(parts["day"] or 0)
    first, second, last = parts["first"] or "", parts["second"] or "", int(parts["last"] or 0)
    year = last + 2000 * (last < 100)
    if second.isalpha():
        return year, MONTHS.index(second.lower()) + 1, int(first)
    if day_first is None:
        raise ValueError("either may be the day")
    day, month = (first, second) if day_first else (second, first)
    return year, int(month), int(day)


def _zone(text: str | None) -> timezone | None:
    if not text:
        return None
    if text[0] not in "+-":
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    return timezone((1 if text[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))


def _dates(cells: "pd.Series[str]", day_first: bool) -> Float64[np.ndarray, "row"]:
    cells = cells.str.replace(",", ".", regex=False)
    if len(cells) and _ISO.fullmatch(cells.iloc[0]):
        return _unix(pd.to_datetime(cells, format="ISO8601", utc=True, errors="coerce"))
    found = _of_one_form(cells, day_first)
    for place in np.flatnonzero(~np.isfinite(found)).tolist():
        found[place] = _stamp(cells.iloc[place], day_first)
    return found


def _of_one_form(cells: "pd.Series[str]", day_first: bool) -> Float64[np.ndarray, "row"]:
    """Those that are written like the first one, all at once: one by one takes ten times as long."""
    match = _match(cells.iloc[0]) if len(cells) else None
    if (
        match is None
        or not match.groupdict().get("first")
        or not match["clock"]
        or match["half"]
        or match.groupdict().get("zone")
    ):
        return np.full(len(cells), np.nan)
    month = "%b" if match["second"].isalpha() else "%m"
    days = f"%d{match['mark']}{month}" if day_first or month == "%b" else f"{month}{match['mark']}%d"
    date = f"{days}{match['mark']}%{'Y' if len(match['last']) == 4 else 'y'}"
    clock = ("%H:%M:%S" if match["clock"].count(":") == 2 else "%H:%M") + (".%f" if "." in match["clock"] else "")
    form = f"{clock} {date}" if match.start("clock") == 0 else f"{date} {clock}"
    return _unix(pd.to_datetime(cells, format=form, utc=True, errors="coerce"))


def _unix(found: "pd.Series[pd.Timestamp]") -> Float64[np.ndarray, "row"]:
    found = found.dt.as_unit("us")
    return np.where(found.notna().to_numpy(), found.astype(np.int64).to_numpy() / 1e6, np.nan)


def _stamp(cell: str, day_first: bool) -> float:
    found = moment(cell, day_first=day_first)
    return np.nan if found is None else (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _clock_seconds(text: str) -> float:
    """Of hours:minutes:seconds, or minutes:seconds; NaN for what is none."""
    parts = text.split(":")
    if len(parts) == 3 and parts[0].isdecimal() and parts[1].isdecimal() and "_" not in text:  # as most are
        with suppress(ValueError):
            return 3600 * int(parts[0]) + 60 * int(parts[1]) + float(parts[2])
    return _any_clock_seconds(text)


def _any_clock_seconds(text: str) -> float:
    length = _LENGTH.fullmatch(text) if len(text) <= MAX_TIME else None
    if length:
        return float(length["number"].replace(",", ".")) * (1e-3 if length["unit"].startswith("m") else 1.0)
    match = _FORMS[-1].fullmatch(text) if len(text) <= MAX_TIME else None
    if match is None:
        return np.nan
    clock = match["clock"].replace(",", ".")
    if clock.count(":") == 3:  # 10:00:00:004
        clock = ".".join(clock.rsplit(":", 1))
    total = 0.0
    for part in clock.split(":"):
        total = 60 * total + float(part or 0)
    if match["half"]:
        total += 43200 * (match["half"] in "Pp") - 43200 * (43200 <= total < 46800)
    return -total if text.startswith("-") else total + DAY * int(match["days"] or 0)
