"""XML formats: HL7 aECG, and what GE's MUSE and Philips' carts export."""

import codecs
import re

from ecg.formats.xml import aecg, muse, philips
from ecg.formats.xml.aecg import open_aecg
from ecg.formats.xml.muse import open_muse
from ecg.formats.xml.philips import open_philips

__all__ = ["is_aecg", "is_muse", "is_philips", "open_aecg", "open_muse", "open_philips"]


def is_aecg(first: bytes) -> bool:
    """Whether a file that begins so is an annotated ECG."""
    return _root(first) == aecg.ROOT


def is_muse(first: bytes) -> bool:
    """Whether a file that begins so is an ECG of MUSE."""
    return _root(first) == muse.ROOT


def is_philips(first: bytes) -> bool:
    """Whether a file that begins so is an ECG of Philips."""
    return _root(first) == philips.ROOT


def _root(first: bytes) -> str | None:
    """The name of the first element."""
    wide = first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = first.decode("utf-16" if wide else "utf-8", "replace")
    if not text.lstrip("\ufeff \r\n\t").startswith("<"):
        return None
    found = re.search(r"<(?:[\w.-]+:)?([A-Za-z_][\w.-]*+)", text)
    return found[1] if found else None
