"""The crowd: how many requests are being answered at once, now and lately."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SECONDS = 0.1
"""A client that asks again does so within less, or is no company."""


class Crowd:
    """Counts requests; `clock` is in seconds. Entered and left in one thread, looked at from any."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._now = 0
        self._turn = 0
        self._most = 0
        """Of this turn, which lasts `SECONDS`."""
        self._most_before = 0

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """While a request is being answered."""
        self._turn_over()
        self._now += 1
        self._most = max(self._most, self._now)
        try:
            yield
        finally:
            self._turn_over()
            self._now -= 1

    @property
    def lately(self) -> int:
        """The most that were there at once in this turn and the last."""
        turns = int(self._clock() / SECONDS) - self._turn
        if turns > 1:
            return self._now
        return max(self._now, self._most, self._most_before if not turns else 0)

    def _turn_over(self) -> None:
        turn = int(self._clock() / SECONDS)
        if turn != self._turn:
            self._most_before = self._most if turn == self._turn + 1 else self._now
            self._turn, self._most = turn, self._now
