"""Pace: whether beats follow each other faster than the usual refractory time allows."""

REFRACTORY = 0.25
"""Seconds after a beat in which no other begins, at most paces."""

FASTEST, FAST = 0.17, 0.32
"""Seconds between beats, from 350 to 190 a minute."""

STRONG = 0.65
"""Score of what may be a beat of a fast heart."""

UNEVEN = 0.25
"""By what share two intervals of a fast heart may differ: those within a wide complex differ by more."""

STREAK = 5
"""Even intervals in a row that show a fast heart."""


class FastPace:
    """Follows how strong candidates, of a rate `fs`, follow each other."""

    def __init__(self, fs: float) -> None:
        self.fs = fs
        self._at = 0
        self._interval = 0
        self._streak = 0

    @property
    def refractory(self) -> float:
        """Samples after a beat in which no other begins."""
        return (FASTEST if self._streak >= STREAK else REFRACTORY) * self.fs

    def follow(self, at: int, score: float) -> None:
        """Count the next candidate, if it is a strong one."""
        if score < STRONG:
            return
        interval, before = at - self._at, self._interval
        fast = FASTEST * self.fs <= interval <= FAST * self.fs
        self._streak = self._streak + 1 if fast and abs(interval - before) < UNEVEN * before else 0
        self._at, self._interval = at, interval
