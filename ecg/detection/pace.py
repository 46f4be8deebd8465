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
    """Follows how strong candidates, of a rate `fs`, follow each other; `fast` where they are known to."""

    def __init__(self, fs: float, *, fast: bool = False) -> None:
        self.fs = fs
        self._at: int | None = None
        self._score = 0.0
        self._interval: int | None = None
        self._streak = STREAK if fast else 0

    @property
    def is_fast(self) -> bool:
        """Whether beats follow each other so fast."""
        return self._streak >= STREAK

    @property
    def refractory(self) -> float:
        """Samples after a beat in which no other begins."""
        return (FASTEST if self.is_fast else REFRACTORY) * self.fs

    def follow(self, at: int, score: float) -> None:
        """Count the next candidate, if it is a strong one."""
        if score < STRONG:
            return
        last, before = self._at, self._interval
        if last is not None and at - last < FASTEST * self.fs:
            self._move(at, score)
            return
        self._at, self._score, self._interval = at, score, None if last is None else at - last
        if self._interval is None:
            return
        fast = self._interval <= FAST * self.fs
        even = before is None or abs(self._interval - before) < UNEVEN * before
        self._streak = self._streak + 1 if fast and even else 0

    def _move(self, at: int, score: float) -> None:
        """The last one lies at the highest maximum of its complex."""
        if self._at is None or score <= self._score:
            return
        if self._interval is not None:
            self._interval += at - self._at
        self._at, self._score = at, score
