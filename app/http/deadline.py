"""The deadline: how long a request may take, by what its client and the service allow."""

from typing import Any

from starlette.datastructures import Headers

from app.http.validation import invalid, single
from ecg.messages import shortened

HEADER = "Cardiode-Deadline-Ms"
MOST_DIGITS = 9


def deadline_parameter() -> dict[str, Any]:
    """The header, for the API's description."""
    bounds = {"type": "integer", "minimum": 1, "maximum": 10**MOST_DIGITS - 1}
    return {"name": HEADER, "in": "header", "description": "in how many ms it may take", "schema": bounds}


def seconds_for(headers: Headers, allowed: float) -> float:
    """The least of what the client and the service allow, in seconds. Raises RequestValidationError."""
    text = single(headers, HEADER)
    if text is None:
        return allowed
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS and int(text)):
        message = f"got {shortened(text)!r}, expected milliseconds: a whole number from 1 to {10**MOST_DIGITS - 1:,}"
        raise invalid(HEADER, message, "header")
    return min(int(text) / 1e3, allowed)
