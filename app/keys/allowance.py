"""Allowance: how many beats a key may still ask for.

A token bucket that may go below zero, kept as the generic cell rate algorithm keeps it (ITU-T I.371): one number, the
time from which on nothing is owed. A request is served while nothing is owed, whatever its size, and pays for all its
beats; the next is refused until they are paid, and a refused one pays nothing. So no request is too large for any
limit, work whose beats are only known once they are found (a recording, a live signal) pays like any other, and over
any time a key gets no more than its rate, the burst, and what it asked for last.
"""

import math
import threading
import time
from collections.abc import Callable

from app.errors import OverLimit
from app.keys.file import Key

BURST_SECONDS = 10.0
"""So many seconds' worth of beats may be saved up by asking for none."""


class Allowance:
    """What one key may still ask for; without a rate, in beats a second, as much as it likes."""

    def __init__(self, rate: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._lock = threading.Lock()
        self._owing_until = -math.inf

    def check(self) -> None:
        """Raises OverLimit where beats are owed."""
        self.charge(0)

    def charge(self, beats: int) -> None:
        """Pay for beats that are to be worked on. Raises OverLimit, and then takes nothing."""
        if self.rate is None:
            return
        with self._lock:
            now = self._clock()
            if now < self._owing_until:
                raise OverLimit(self.rate, math.ceil(self._owing_until - now))
            self._pay(beats, self.rate, now)

    def pay(self, beats: int) -> None:
        """Pay for beats that have been worked on already, owing what is missing."""
        if self.rate is None:
            return
        with self._lock:
            self._pay(beats, self.rate, self._clock())

    def _pay(self, beats: int, rate: float, now: float) -> None:
        self._owing_until = max(self._owing_until, now - BURST_SECONDS) + beats / rate


class Allowances:
    """One for each key, which outlasts a change of the file of keys. It belongs to one thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._by_name: dict[str, Allowance] = {}

    def of(self, key: Key) -> Allowance:
        """That of a key; with another rate it begins anew."""
        known = self._by_name.get(key.name)
        if known is None or known.rate != key.beats_per_second:
            known = self._by_name[key.name] = Allowance(key.beats_per_second, self._clock)
        return known
