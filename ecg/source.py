"""A source: a recording whose header is read and whose signals are still to come, block by block."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32

from ecg.errors import InvalidSignals, LargeRecording
from ecg.messages import listed, shortened
from ecg.reading import LeadRead, ReadAs, Warnings
from ecg.recording import Recording
from ecg.units import UNITS, millivolts

FS = (50.0, 2000.0)
"""Samples a second that beats can be found at."""

MAX_LEADS = 64

MAX_NAME = 100
"""Characters of a signal's name."""

MAX_SAMPLES = 2**40
"""More is claimed by no honest header."""

BLOCK = 2**18
"""Samples of a lead that are read at once."""


@dataclass(frozen=True)
class Source:
    """What a header says, and the signals of the leads in mV, as blocks that follow each other; NaN is a gap.

    `blocks` can be gone through once; it raises UnreadableRecording where what comes is not as the header says.
    `length` is in samples, None where nobody knows before the end. `left_out` names the signals that are no leads.
    `warnings` are complete once the blocks have been gone through. `begun` is the date and time of the first sample,
    where the file states one.
    """

    name: str
    leads: tuple[str, ...]
    fs: float
    length: int | None
    blocks: Iterator[Float32[np.ndarray, "lead sample"]] = field(repr=False)
    left_out: tuple[str, ...] = ()
    read_as: ReadAs | None = None
    warnings: Warnings = field(default_factory=Warnings)
    begun: datetime | None = None

    def __post_init__(self) -> None:
        """Raises InvalidSignals for a signal's name that is too long to be one."""
        for name in (*self.leads, *self.left_out):
            if len(name) > MAX_NAME:
                raise InvalidSignals(f"got the name {shortened(name)!r}, expected at most {MAX_NAME} characters")

    def read(self, max_values: int | None = None) -> Recording:
        """The recording, in memory. Raises what `blocks` raises, and LargeRecording."""
        blocks = list(self._counted(max_values))
        signals = np.concatenate([np.zeros((len(self.leads), 0), np.float32), *blocks], axis=1)
        return self._recording(signals)

    def store(
        self, file: Path, max_values: int | None = None, progress: Callable[[float], object] | None = None
    ) -> Recording:
        """Write the signals to a file, block by block, and give the recording that reads from it.

        `progress` is called with the share that is done, where the length is known. Raises what `blocks` raises, and
        LargeRecording.
        """
        written = 0
        with file.open("wb") as target:
            for block in self._counted(max_values):
                target.write(np.ascontiguousarray(block.T).tobytes())
                written += block.shape[1]
                if progress and self.length:
                    progress(min(written / self.length, 1.0))
        if not written or not self.leads:
            return self._recording(np.zeros((len(self.leads), 0), np.float32))
        return self._recording(np.memmap(file, np.float32, "r", shape=(written, len(self.leads))).T)

    def _recording(self, signals: Float32[np.ndarray, "lead sample"]) -> Recording:
        return Recording(
            self.name,
            signals,
            self.leads,
            self.fs,
            left_out=self.left_out,
            read_as=self.read_as,
            warnings=tuple(self.warnings.given),
            begun=self.begun,
        )

    def _counted(self, max_values: int | None) -> Iterator[Float32[np.ndarray, "lead sample"]]:
        seen = 0
        if max_values is not None and (self.length or 0) * len(self.leads) > max_values:
            raise _too_large(self.name, f"{self.length:,} samples of {len(self.leads)} leads", max_values)
        for block in self.blocks:
            seen += block.size
            if max_values is not None and seen > max_values:
                raise _too_large(self.name, f"{seen:,} values and more", max_values)
            yield block


def _too_large(name: str, got: str, max_values: int) -> LargeRecording:
    return LargeRecording(
        f"{name}: got {got}, expected at most {max_values:,} values; send a shorter part, or fewer leads"
    )


def check_layout(fs: float, leads: int) -> None:
    """Raises InvalidSignals for a rate, or a number of leads, that cannot be worked with."""
    if not FS[0] <= fs <= FS[1]:
        raise InvalidSignals(f"got {fs:g} samples a second, expected {FS[0]:g} to {FS[1]:,.0f}")
    if leads > MAX_LEADS:
        raise InvalidSignals(f"got {leads} signals, expected at most {MAX_LEADS}")


def from_arrays(
    signals: Mapping[str, Sequence[float | None]] | Mapping[str, Float[np.ndarray, "sample"]],
    fs: float,
    *,
    unit: str | None = None,
    name: str = "recording",
    format: str = "arrays",  # noqa: A002 - the word of ReadAs
) -> Source:
    """The source of signals that are already there, by name of the lead; None, NaN and infinity are gaps.

    `format` says what they came as.

    Raises InvalidSignals for no signals, for ones of different lengths, a rate or a unit that is not known.
    """
    check_layout(fs, len(signals))
    lengths = {len(values) for values in signals.values()}
    if len(lengths) != 1:
        got = f"{len(signals)} signals of {listed(sorted(lengths))} samples" if signals else "no signals"
        raise InvalidSignals(f"got {got}, expected one or more of equal length")
    factor = check_unit(unit or "mV")
    values = np.array([np.array(signal, dtype=np.float64) for signal in signals.values()])
    with np.errstate(over="ignore"):
        block = np.where(np.isfinite(values), values * factor, np.nan).astype(np.float32)
    leads = tuple(
        LeadRead(lead, unit or "mV", "option" if unit else "default", place) for place, lead in enumerate(signals, 1)
    )
    read_as = ReadAs(format, float(fs), "option", leads)
    return Source(name, tuple(signals), float(fs), block.shape[1], iter([block]), read_as=read_as)


def check_unit(unit: str) -> float:
    """How many mV one of the unit is. Raises InvalidSignals for one that is no voltage."""
    factor = millivolts(unit)
    if factor is None:
        raise InvalidSignals(f"got the unit {shortened(unit)!r}, expected one of: {', '.join(UNITS)}")
    return factor
