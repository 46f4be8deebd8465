"""Scale: what one of a lead's units is in mV, where nobody says it, by how high its waves are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Float64

from ecg.source import check_unit

Stretch = Float64[np.ndarray, "_"]

COUNTS = "counts"
A_MILLIVOLT = 200.0
"""Counts, where a converter is not calibrated: what WFDB takes them as (header(5))."""

RANGE = 3.0
"""mV that the ECG sensors of OpenSignals' recorders span with all their counts."""

VOLTS_BELOW, COUNTS_ABOVE = 0.02, 20.0
"""Heights of waves: what is lower, or higher, is not in mV; it is in V, or in uV or counts."""

UV_ABOVE, TALLEST = 40.0, 20_000.0
"""Heights of waves in uV."""

OFF_CENTRE = 1.5
"""Of their height: how far from 0 the middle of waves lies that are counts of a converter."""

SECONDS = 2.0
"""So long there is a beat, mostly."""


@dataclass(frozen=True)
class Scale:
    """A lead's unit, how many mV it is, and who says so."""

    unit: str
    factor: float
    unit_from: Literal["file", "option", "values", "default"]

    @property
    def guessed(self) -> bool:
        """Whether by the values alone."""
        return self.unit_from == "values"


def stated(unit: str, by: Literal["file", "option"]) -> Scale:
    """That of a unit of voltage. Raises InvalidSignals for another one."""
    return Scale(unit, check_unit(unit), by)


def counted(bits: int | None, count: float | None, height: float | None = None) -> Scale:
    """That of a converter's counts: of so many mV, by the file, or of so many bits, or not calibrated."""
    if count:
        return Scale(COUNTS, count, "file")
    if bits:
        return Scale(COUNTS, RANGE / 2**bits, "values")
    if height and height > TALLEST:
        return Scale(COUNTS, 10.0 ** -round(np.log10(height)), "values")
    return Scale(COUNTS, 1 / A_MILLIVOLT, "values")


def height(leads: Sequence[Sequence[Stretch]], fs: float) -> float:
    """How high waves usually are, in the leads' unit; 0 where nothing moves."""
    pieces = _pieces(leads, fs)
    return float(np.median(np.ptp(pieces, axis=1))) if len(pieces) else 0.0


def guessed(leads: Sequence[Sequence[Stretch]], fs: float, bits: int | None, count: float | None) -> Scale:
    """That of leads of one recorder, each in stretches, by their values."""
    pieces, size = _pieces(leads, fs), height(leads, fs)
    whole, unsigned = bool((pieces == np.rint(pieces)).all()), bool((pieces >= 0).all())
    if whole and count:
        return counted(bits, count)
    if not size or VOLTS_BELOW <= size <= COUNTS_ABOVE:
        return Scale("mV", 1.0, "default")
    if size < VOLTS_BELOW:
        return Scale("V", 1e3, "values")
    middles = np.abs(np.median(pieces, axis=1))
    centred = float(np.median(middles)) < OFF_CENTRE * size and not unsigned  # as converters count
    if bits or size > TALLEST or (whole and not centred) or size < UV_ABOVE:
        return counted(bits, count, size)
    return Scale("uV", 1e-3, "values")


def _pieces(leads: Sequence[Sequence[Stretch]], fs: float) -> Float64[np.ndarray, "piece sample"]:
    """The leads' stretches in pieces long enough for a wave: those in which something moves, and without gaps."""
    length = max(2, int(SECONDS * fs))
    stretches = [stretch for lead in leads for stretch in lead]
    cut = [stretch[: len(stretch) // length * length].reshape(-1, length) for stretch in stretches]
    pieces: Float64[np.ndarray, "piece sample"] = np.concatenate([*cut, np.zeros((0, length))])
    return np.compress(np.ptp(pieces, axis=1) > 0, pieces, axis=0)
