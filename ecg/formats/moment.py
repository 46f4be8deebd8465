"""Moments: dates and times as HL7 and DICOM write them, figures without separators."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:\.(\d{1,6})\d*)?([+-]\d\d\d\d)?")


def moment(text: str) -> datetime | None:
    """Of `20021122091000.000`, or with a zone, `...+0100`; None for what is none, or no more than a date."""
    parts = MOMENT.fullmatch(text.strip())
    if parts is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in parts.groups()[:6])
    try:
        return datetime(year, month, day, hour, minute, second, int((parts[7] or "").ljust(6, "0")), _zone(parts[8]))
    except ValueError:
        return None


def alike(moments: Sequence[datetime | None]) -> list[datetime | None]:
    """The moments, without their zones where not all have one: those cannot be compared."""
    zoned = all(one.tzinfo is not None for one in moments if one is not None)
    return [one if one is None or zoned else one.replace(tzinfo=None) for one in moments]


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    minutes = 60 * int(text[1:3]) + int(text[3:5])
    return timezone(timedelta(minutes=-minutes if text[0] == "-" else minutes))
