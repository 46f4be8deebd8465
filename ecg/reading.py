"""Reading: what a caller says of a file, and what was understood of it, signal by signal."""

from dataclasses import dataclass, field
from typing import Literal

from ecg.messages import listed

WarningKind = Literal["checksum", "truncated", "uncalibrated", "unit_guessed", "rate_guessed", "times"]


@dataclass(frozen=True)
class ReadOptions:
    """What a caller says of a file; None leaves it to the file. What is said overrules what the file says.

    `fs` in samples a second, `unit` a voltage, `lead` the name of a signal that is one, whatever its name or unit looks
    like. A `strict` reader refuses what is otherwise read with a warning.
    """

    fs: float | None = None
    unit: str | None = None
    lead: str | None = None
    strict: bool = False


@dataclass(frozen=True)
class LeadRead:
    """A lead, and where its unit comes from: the file, the caller, a guess by its values, or a default.

    `column` counts the signals of the file from 1.
    """

    name: str
    unit: str
    unit_from: Literal["file", "option", "values", "default"]
    column: int


@dataclass(frozen=True)
class LeftOut:
    """A signal that is no lead, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class ReadAs:
    """How a file was understood."""

    format: str
    fs: float
    fs_from: Literal["file", "option", "times"]
    leads: tuple[LeadRead, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


SOURCES = {"file": "as it says", "option": "as you say", "times": "by its times", "values": "by its values",
           "default": "as nothing else is said"}  # fmt: skip
"""Where a rate or a unit comes from."""


def described(read: ReadAs) -> str:
    """How a file was understood, in one line."""
    rate = [f"{read.fs:g} samples a second ({SOURCES[read.fs_from]})"] if read.leads else []
    leads = [f"{lead.name} in {lead.unit} ({SOURCES[lead.unit_from]})" for lead in read.leads]
    others = [f"{signal.name or 'a column without a name'} ({signal.reason})" for signal in read.left_out]
    left_out = [f"left out: {listed(others)}"] if others else []
    return "; ".join(
        [read.format, *rate, f"lead{'s' * (len(leads) > 1)} {listed(leads)}" if leads else "no lead", *left_out]
    )


@dataclass(frozen=True)
class ReadingWarning:
    """Something in a file that was read all the same, and may make the answer wrong."""

    kind: WarningKind
    message: str


@dataclass
class Warnings:
    """Those of one reading, which is complete once all its blocks were read: a checksum is known at the end."""

    given: list[ReadingWarning] = field(default_factory=list)

    def add(self, kind: WarningKind, message: str) -> None:
        """Warn once of each kind and message."""
        warning = ReadingWarning(kind, message)
        if warning not in self.given:
            self.given.append(warning)
