"""Numbers in XML: one, or many between blanks, or packed as base64."""

import base64
import math

import numpy as np
from jaxtyping import Float64, Int16

from ecg.errors import UnreadableRecording
from ecg.messages import shortened

AT_ONCE = 2**16
"""Characters that are parted into words at once: each word takes many times what it is in the text."""


def number(name: str, text: str, what: str, missing: float | None = None) -> float:
    """A finite number; `missing` where nothing is written. Raises UnreadableRecording."""
    if not text and missing is not None:
        return missing
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UnreadableRecording(f"{name}: got {shortened(text)!r} for the {what}, expected a number")
    return value


def numbers(name: str, text: str) -> Float64[np.ndarray, "sample"]:
    """Those that stand between blanks, or commas. Raises UnreadableRecording for what is none."""
    text = text.replace(",", " ")
    parts, place = [np.zeros(0)], 0
    while place < len(text):
        end = _blank(text, place + AT_ONCE)
        try:
            parts.append(np.array(text[place:end].split(), np.float64))
        except ValueError as error:
            raise UnreadableRecording(f"{name}: its samples are no numbers: {shortened(str(error))}") from error
        place = end
    return np.concatenate(parts)


def _blank(text: str, place: int) -> int:
    """The first at or after a place, or the end."""
    found = [at for blank in " \n\t" if (at := text.find(blank, place, place + AT_ONCE)) >= 0]
    return min(found, default=min(len(text), place + AT_ONCE))


def unpacked(name: str, text: str) -> Int16[np.ndarray, "sample"]:
    """The numbers of 16 bits that base64 holds. Raises UnreadableRecording."""
    content = decoded(name, text)
    return np.frombuffer(content, "<i2", len(content) // 2)


def decoded(name: str, text: str) -> bytes:
    """What base64 holds. Raises UnreadableRecording."""
    try:
        return base64.b64decode(text)
    except ValueError as error:
        raise UnreadableRecording(f"{name}: its samples are no base64: {error}") from error
