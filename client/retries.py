"""Retries: how often, when and for how long what has failed is tried again."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2 as httpx

BUSY = (429, 503)

Outcome = httpx.Response | httpx.TransportError


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Retries:
    """Up to `most` times, and none that would begin later than `seconds` after the first try.

    By default that outlasts a service that is started anew.

    A pause is as long as Retry-After says (RFC 9110, 10.2.3: seconds or a date), else `pause` seconds before the first
    try again, and twice as long before each further one. `clock` is in seconds, `now` the date.
    """

    most: int = 8
    seconds: float = 60
    pause: float = 0.2
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _now

    def after(self, outcome: Outcome, number: int, *, repeatable: bool) -> float | None:
        """Seconds to wait before it is tried again, which it was `number` times; None: it shall not be.

        Where no answer came, it may have been done all the same: only what is `repeatable` is tried again.
        """
        if number >= self.most:
            return None
        if isinstance(outcome, httpx.Response):
            if outcome.status_code not in BUSY:
                return None
            asked = self._asked(outcome.headers.get("retry-after", ""))
            return self.pause * 2**number if asked is None else asked
        return self.pause * 2**number if repeatable else None

    def _asked(self, header: str) -> float | None:
        if header.isascii() and header.isdigit():
            return float(header)
        try:
            date = parsedate_to_datetime(header)
        except ValueError:
            return None
        if date.tzinfo is None:  # "-0000" says that nothing is known of the zone
            date = date.replace(tzinfo=UTC)
        return max((date - self.now()).total_seconds(), 0.0)


class Pauses:
    """The pauses of one request, which begins now."""

    def __init__(self, retries: Retries, *, repeatable: bool) -> None:
        self._retries = retries
        self._repeatable = repeatable
        self._number = 0
        self._end = retries.clock() + retries.seconds

    def next(self, outcome: Outcome) -> float | None:
        """Seconds to wait after this; None where that is all."""
        pause = self._retries.after(outcome, self._number, repeatable=self._repeatable)
        self._number += 1
        return None if pause is None or self._retries.clock() + pause > self._end else pause
