"""A reading: one file that is being read, what its caller says of it, and what was warned of so far."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

from ecg.errors import UnreadableRecording
from ecg.formats.rates import Block
from ecg.formats.signals import Chosen, Signal, Values, choose
from ecg.leads import may_be_ecg
from ecg.messages import shortened
from ecg.reading import ReadAs, ReadOptions, WarningKind, Warnings
from ecg.source import MAX_SAMPLES, Source, check_layout

UNKNOWN_RATE = 0.0
"""Of a recording without leads."""


@dataclass(frozen=True)
class Reading:
    """Of a file in the named format."""

    file: Path
    format: str
    options: ReadOptions
    warnings: Warnings = field(default_factory=Warnings)

    def doubt(self, kind: WarningKind, message: str) -> None:
        """Warn of what can be read all the same. Raises UnreadableRecording where a strict reader was asked for."""
        if self.options.strict:
            raise UnreadableRecording(f"{message}; leave out strict to read it all the same")
        self.warnings.add(kind, message)

    def choose(self, signals: Sequence[Signal], values: Values) -> Chosen:
        """The leads among the signals, with a warning where a unit was guessed by values. Raises InvalidSignals."""
        chosen = choose(signals, self.options, values)
        for lead in chosen.leads:
            if lead.unit_from == "values":
                self.doubt(
                    "unit_guessed",
                    f"{self.file.name} states no unit of {lead.name}; by its values it is in {lead.unit}: say the unit "
                    "if it is another",
                )
        return chosen

    def rate(self, fs: float) -> float:
        """Samples a second: what the caller says, or else the file."""
        return self.options.fs or fs

    def source(
        self, chosen: Chosen, fs: float, length: int | None, blocks: Iterator[Block], begun: datetime | None = None
    ) -> Source:
        """The source of the leads, of which the file says that they have `fs` samples a second.

        Raises InvalidSignals for a rate, or a number of leads, that cannot be worked with, and UnreadableRecording for
        a length that no recording has.
        """
        rate, rate_from = self.rate(fs), self._rate_from()
        left_out = tuple(f"{one.name} ({one.unit or 'no unit'})" for one in chosen.others)
        if not chosen.places:
            self._check_others(chosen)
            fs, length, blocks = UNKNOWN_RATE, 0, iter(())
        else:
            check_layout(rate, len(chosen.places))
        if (length or 0) * len(chosen.places) > MAX_SAMPLES:
            raise UnreadableRecording(f"{self.file.name} claims {length:,} samples, which no recording has")
        read_as = ReadAs(self.format, rate, rate_from, chosen.leads, chosen.left_out)
        rate = rate if chosen.places else UNKNOWN_RATE
        return Source(self.file.stem, chosen.names, rate, length, blocks, left_out, read_as, self.warnings, begun)

    def _check_others(self, chosen: Chosen) -> None:
        """Where there is no lead, that none was left out which would be one. Raises UnreadableRecording."""
        for signal in chosen.others:
            if signal.wrong and may_be_ecg(signal.name):
                raise UnreadableRecording(f"{self.file.name}: {shortened(signal.name)} cannot be read: {signal.wrong}")

    def _rate_from(self) -> Literal["file", "option"]:
        return "option" if self.options.fs else "file"
