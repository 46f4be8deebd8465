"""Periods that an annotator marks in a recording: shutdowns, and ventricular flutter or fibrillation."""

from dataclasses import dataclass

REMEMBERED = 2
"""How many of the periods read so far bxb still knows of."""


@dataclass(frozen=True)
class Period:
    """From sample `start` to sample `stop`, both included; `open` where the annotator never said that it ends."""

    start: int
    stop: int
    open: bool = False


@dataclass(frozen=True)
class Periods:
    """All periods of a kind, in order. Of them, `read[entry]` lie before that entry of the annotator's beats."""

    all: tuple[Period, ...]
    read: tuple[int, ...]

    def known(self, entry: int) -> tuple[Period, ...]:
        """Those that are remembered once that entry has been read."""
        count = self.read[entry]
        return self.all[max(count - REMEMBERED, 0) : count]

    def cover(self, sample: int, entry: int) -> bool:
        """Whether the sample lies in one that is known."""
        return any(period.start <= sample <= period.stop for period in self.known(entry))

    def begin_between(self, first: int, last: int, entry: int) -> bool:
        """Whether one that is known begins from `first` on and before `last`."""
        return any(first <= period.start < last for period in self.known(entry))

    def samples(self, entry: int, end: int | None) -> int:
        """How long those up to that entry last together. An open one lasts until `end`, or counts for nothing."""
        return sum(
            period.stop - period.start if not period.open else (end - period.start if end is not None else 0)
            for period in self.all[: self.read[entry]]
        )
